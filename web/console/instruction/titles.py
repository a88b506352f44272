"""What commands are called on their forms, and what they do."""

from collections.abc import Mapping

from web.console.language import Words


def titles(words: Words) -> Mapping[str, str]:
    """By the command's type."""
    say = words.say
    return {
        "Acknowledge": say("Take note and begin"),
        "Decline": say("Decline the assignment"),
        "ReportProgress": say("Report progress"),
        "SubmitReport": say("Report completion"),
        "WithdrawReport": say("Withdraw the report"),
        "RequestExtension": say("Ask for an extension"),
        "WithdrawExtension": say("Withdraw the extension request"),
        "IssueSubInstruction": say("Charge another body with a part"),
        "Accept": say("Accept: take it off control"),
        "Return": say("Return for rework"),
        "ApproveExtension": say("Approve the extension"),
        "RefuseExtension": say("Refuse the extension"),
        "RequestProgress": say("Ask how far it is"),
        "Adopt": say("Adopt the proposal"),
        "Refuse": say("Refuse the proposal"),
        "Assign": say("Assign"),
        "Reassign": say("Assign to others"),
        "ChangeDeadline": say("Change the deadline"),
        "IssuePart": say("Issue a part"),
        "SetController": say("Set the controller"),
        "SetObservers": say("Set the observers"),
        "SetMilestones": say("Set the milestones"),
        "ChangePolicy": say("Change the policy"),
        "Suspend": say("Suspend"),
        "Resume": say("Resume"),
        "CarryOver": say("Carry over into another programme"),
        "Cancel": say("Cancel the instruction"),
        "Reopen": say("Reopen"),
        "Escalate": say("Escalate"),
        "AcknowledgeEscalation": say("Acknowledge the escalation"),
        "Snooze": say("Snooze the escalation"),
        "Deescalate": say("End the escalation"),
        "AcknowledgeNotice": say("Confirm a notice"),
        "Comment": say("Comment"),
        "Correct": say("Correct an event"),
        "AttachEvidence": say("Attach a file"),
    }


def explained(words: Words) -> Mapping[str, str]:
    """What it does, where the title does not say it all."""
    say = words.say
    return {
        "Decline": say("It goes back to whoever assigned it: somebody else must be named."),
        "SubmitReport": say("The time counts until now. With no controller this completes it."),
        "WithdrawReport": say("Work goes on, and so does the time."),
        "Accept": say("It is done, and closed."),
        "Return": say("Work goes on; the report does not stand any more."),
        "Adopt": say("It is issued, and everything begins to fall due."),
        "ChangePolicy": say("It is watched by other rules from now on."),
        "Suspend": say("The clock stands still until it is resumed."),
        "Cancel": say("It is withdrawn, and closed."),
        "CarryOver": say("It goes on in another programme, with its history."),
        "AcknowledgeEscalation": say("You take it on; the chain is silent until then."),
        "Snooze": say("The chain is silent until then."),
        "Deescalate": say("The chain is silent as long as the deadline is the same."),
        "Correct": say(
            "The event itself stays as it is; from now on it is read with the correction."
        ),
        "SetMilestones": say("These are all of them: one whose title is empty is dropped."),
    }
