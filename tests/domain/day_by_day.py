"""Lives under a policy, looked at once a day, and what was told in them."""

from datetime import datetime

from domain.attribution import Backdating
from domain.instruction import events as e
from domain.instruction.commands import (
    Acknowledge,
    Assign,
    ChangePolicy,
    Issue,
)
from domain.policies import (
    EscalationStep,
    Policy,
    ProgressCycle,
    ReminderRule,
)
from tests.domain.specification import Given, given
from tests.domain.world import (
    ASSIGNED_AT,
    COUNCIL_OFFICER,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    ISSUED_AT,
    MINISTRY_A,
    acknowledged,
    assigned,
    issue,
    issued,
    sent_by,
    utc,
)

FAR = utc("2027-12-31 21:00")
WEEKLY = ProgressCycle(every=7 * DAY)
OVERDUE = EscalationStep(id="overdue", after=DAY, since="deadline", to="controller")


def policy_of(*rules: ReminderRule | EscalationStep, **further: object) -> Policy:
    return Policy.model_validate(
        {
            "id": "tested",
            "reminders": [rule for rule in rules if isinstance(rule, ReminderRule)],
            "escalation": [rule for rule in rules if isinstance(rule, EscalationStep)],
            **further,
        }
    )


def at_work(policy: Policy, deadline: datetime = DEADLINE_AT) -> Given:
    return given([issued(policy=policy, deadline=deadline), assigned(), acknowledged()])


def with_policy(so_far: Given, policy: Policy, at: datetime) -> Given:
    command = ChangePolicy(**sent_by(COUNCIL_OFFICER), policy=policy, reason="It is pressing.")
    return so_far.and_then(command, at=at)


def checked_daily(so_far: Given, first: datetime, last: datetime) -> Given:
    """The machinery looks once a day."""
    for day in range((last - first).days + 1):
        so_far = so_far.and_checked(at=first + day * DAY)
    return so_far


def told_since(after: Given, before: Given) -> list[tuple[str, datetime]]:
    """Each that somebody was told of since, and when."""
    found: list[tuple[str, datetime]] = []
    for event in after.history[len(before.history) :]:
        match event:
            case e.ReminderDue() | e.ProgressRequested() | e.Escalated() if event.moment:
                found.append((event.moment.rule, event.occurred_at))
            case _:
                pass
    return found


def asked_since(after: Given, before: Given) -> list[datetime]:
    return [at for rule, at in told_since(after, before) if rule == "progress"]


def entered_at(policy: Policy, at: datetime) -> Given:
    """Entered at that moment, with its beginnings as they happened."""
    founded = Issue.model_validate(
        {
            **issue(policy=policy).model_dump(exclude={"type"}),
            "actor": COUNCIL_REGISTRAR,
            "backdated": Backdating(at=ISSUED_AT, reason="Taken over."),
        }
    )
    given_to = Assign(
        **sent_by(COUNCIL_REGISTRAR),
        lead=MINISTRY_A,
        backdated=Backdating(at=ASSIGNED_AT, reason="Taken over."),
    )
    read = Acknowledge(
        **sent_by(COUNCIL_REGISTRAR),
        on_behalf_of=MINISTRY_A,
        backdated=Backdating(at=ASSIGNED_AT, reason="Taken over."),
    )
    return given().and_then(founded, at=at).and_then(given_to, at=at).and_then(read, at=at)
