"""Publishing the policies that instructions may be watched by."""

from domain.directory.commands import PublishPolicy
from domain.directory.deed import Deed
from domain.directory.events import PolicyPublished
from domain.directory.state import Directory
from domain.outcomes import Rejected
from domain.policies import Policy, policy_hash
from domain.rejections import Code, rejected


def publish_policy(command: PublishPolicy, deed: Deed) -> PolicyPublished | Rejected | None:
    """Nothing, where just these rules are published already."""
    policy = command.policy
    refusal = unknown_name(policy, deed.directory)
    if refusal is not None:
        return refusal
    before = deed.directory.policies.get(policy.id)
    if before is not None and before.policy == policy:
        return None
    return PolicyPublished(
        occurred_at=deed.at,
        by=deed.by,
        policy=policy,
        policy_hash=policy_hash(policy),
        version=1 if before is None else before.version + 1,
    )


def unknown_name(policy: Policy, directory: Directory) -> Rejected | None:
    """Refuses a policy that turns to a body, or counts by a calendar, that nobody knows."""
    for rules in (policy, *policy.variants.values()):
        if rules.calendar is not None and rules.calendar not in directory.calendars:
            return rejected(
                Code.UNKNOWN, f"no calendar {rules.calendar} is known; publish it first", "policy"
            )
        for step in rules.escalation:
            body = step.to.removeprefix("body:")
            if body != step.to and body not in directory.bodies:
                return rejected(
                    Code.UNKNOWN,
                    f"no body {body} is known, to which step {step.id} escalates; register it first",
                    "policy",
                )
    return None
