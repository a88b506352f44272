"""Which command is for whom and in which phase: the table of docs/rules.md as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from domain.directory.state import Directory
from domain.instruction import authority as who
from domain.instruction import commands as c
from domain.instruction.authority import Party
from domain.instruction.state import (
    Assigned,
    Cancelled,
    Completed,
    InProgress,
    Issued,
    KnownState,
    Proposed,
    Record,
    Reported,
    Suspended,
)

Phases = tuple[type[KnownState], ...]
Relation = Callable[[Record, Directory], Party]

_AT_WORK: Phases = (Assigned, InProgress)
_OPEN: Phases = (Issued, *_AT_WORK, Reported)
_UNDER_WAY: Phases = (*_OPEN, Suspended)
_CLOSED: Phases = (Completed, Cancelled)
ANY: Phases = (Proposed, *_UNDER_WAY, *_CLOSED)


@dataclass(frozen=True, slots=True)
class Rule:
    deed: str
    """In the words of a refusal: `X may not {deed} this`."""
    phases: Phases
    who: tuple[Relation, ...]


_PARTIES: tuple[Relation, ...] = (
    who.issuer,
    who.lead,
    who.co_assignee,
    who.controller,
    who.observer,
    who.operator,
)
_DECIDES = (who.controller_else_issuer,)
_CHARGES = (who.issuer, who.controller)

RULES: Mapping[type[c.InstructionCommand], Rule] = {
    c.Propose: Rule("propose", (), (who.issuer,)),
    c.Adopt: Rule("adopt", (Proposed,), (who.issuer,)),
    c.Refuse: Rule("refuse", (Proposed,), (who.issuer,)),
    c.Issue: Rule("issue", (), (who.issuer,)),
    c.IssueAsPart: Rule("issue", (), (who.issuer,)),
    c.IssueAsOccurrence: Rule("issue", (), ()),
    c.Assign: Rule("assign", (Issued,), _CHARGES),
    c.Reassign: Rule("reassign", _AT_WORK, _CHARGES),
    c.Acknowledge: Rule("acknowledge", (Assigned,), (who.lead,)),
    c.Decline: Rule("decline", (Assigned,), (who.lead,)),
    c.SetController: Rule("set the controller of", _OPEN, (who.issuer,)),
    c.SetObservers: Rule("set the observers of", _OPEN, (who.issuer,)),
    c.SetMilestones: Rule("set the milestones of", _OPEN, (who.issuer,)),
    c.ChangePolicy: Rule("change the policy of", _UNDER_WAY, (who.issuer,)),
    c.ReportProgress: Rule("report progress on", _AT_WORK, (who.lead, who.co_assignee)),
    c.RequestProgress: Rule("request progress on", _UNDER_WAY, (who.controller, who.operator)),
    c.RequestExtension: Rule("request an extension of", _AT_WORK, (who.lead,)),
    c.WithdrawExtension: Rule(
        "withdraw the extension request of", (*_AT_WORK, Reported), (who.lead,)
    ),
    c.ApproveExtension: Rule("approve an extension of", _OPEN, _DECIDES),
    c.RefuseExtension: Rule("refuse an extension of", _OPEN, _DECIDES),
    c.ChangeDeadline: Rule("change the deadline of", _OPEN, (who.issuer,)),
    c.SubmitReport: Rule("report completion of", _AT_WORK, (who.lead,)),
    c.WithdrawReport: Rule("withdraw the report on", (*_AT_WORK, Reported), (who.lead,)),
    c.Accept: Rule("accept", (Reported,), (who.controller,)),
    c.Return: Rule("return", (Reported,), (who.controller,)),
    c.Suspend: Rule("suspend", _OPEN, _CHARGES),
    c.Resume: Rule("resume", (Suspended,), _CHARGES),
    c.Cancel: Rule("cancel", _UNDER_WAY, (who.issuer,)),
    c.Reopen: Rule("reopen", _CLOSED, (who.issuer,)),
    c.CarryOver: Rule("carry over", (Proposed, *_UNDER_WAY), (who.issuer,)),
    c.IssuePart: Rule("issue a part of", (Issued, *_AT_WORK), (who.issuer,)),
    c.IssueSubInstruction: Rule("issue a part of", _AT_WORK, (who.lead,)),
    c.Escalate: Rule("escalate", _UNDER_WAY, (who.operator,)),
    c.AcknowledgeEscalation: Rule("acknowledge an escalation of", _OPEN, (who.operator,)),
    c.Snooze: Rule("snooze the escalation of", _OPEN, (who.operator,)),
    c.Deescalate: Rule("de-escalate", _OPEN, (who.operator,)),
    c.Comment: Rule("comment on", ANY, _PARTIES),
    c.AttachEvidence: Rule("attach evidence to", ANY, _PARTIES),
    c.Correct: Rule("correct", (*_OPEN, *_CLOSED), (who.issuer, who.registrar)),
    c.RecordPart: Rule("record a part of", ANY, ()),
    c.FollowWhole: Rule("do to a part what was done to", ANY, ()),
    c.AcknowledgeNotice: Rule("acknowledge a notice of", ANY, (who.recipient,)),
    c.CheckDeadlines: Rule("check the deadlines of", ANY, ()),
    c.RecordDelivery: Rule("record a delivery for", ANY, ()),
}
"""Propose and Issue found the instruction: they have no phase to come from."""
