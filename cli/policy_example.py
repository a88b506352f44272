"""An instruction made up to show a policy on: nobody acknowledges it; a report, given late, nobody decides on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, TypedDict
from zoneinfo import ZoneInfo

from domain.attribution import Attribution, Identity
from domain.deadline import DeadlineRequest, resolve
from domain.directory.state import Body, Directory
from domain.facts import Facts
from domain.instruction import events as e
from domain.instruction.backtest import Deed, relived
from domain.policies import Policy, policy_hash
from domain.value import LONGEST
from domain.working_time import day_end, instant

_BY = Attribution(actor="example", identity=Identity())
_MORNING = time(9)
Kind = Literal["reminder", "escalation", "recorded"]


class _Done(TypedDict):
    occurred_at: datetime
    by: Attribution


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleMoment:
    """A moment at which the policy would act."""

    rule: str
    kind: Kind
    to: str
    at: datetime
    local: datetime
    days: int
    """After the day of the deadline; negative before."""

    @property
    def json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "kind": self.kind,
            "to": self.to,
            "at": self.at,
            "local": self.local.isoformat(),
            "days_from_deadline": self.days,
        }


def example_moments(
    policy: Policy,
    directory: Directory,
    tzdata: str,
    *,
    begin: date,
    last: date,
    zone: str,
    calendar: str | None,
) -> Sequence[ExampleMoment]:
    """By time: of a life in which nobody does anything; and what more there is once it is reported,
    at the end of the last day, and nobody decides.
    """
    facts = Facts(directory=_cast(directory, zone, calendar), tzdata=tzdata)
    assigned = instant(begin, _MORNING, zone)
    deadline = resolve(DeadlineRequest(on=last), zone, tzdata)
    charged = Deed(
        at=assigned,
        events=(
            e.InstructionIssued(
                **_done(assigned),
                number="example",
                text="An example.",
                issuer="issuer",
                controller="controller",
                programme=None,
                sector=None,
                source=None,
                deadline=deadline,
                policy=policy,
                policy_hash=policy_hash(policy),
                priority="normal",
                scheduled_from=assigned,
            ),
            e.InstructionAssigned(
                **_done(assigned), lead="lead", co_assignees=(), scheduled_from=assigned
            ),
        ),
    )
    reported_at = day_end(last, zone) - timedelta(minutes=1)
    reported = Deed(
        at=reported_at,
        events=(
            e.CompletionReported(
                **_done(reported_at), text="Done.", evidence=(), scheduled_from=reported_at
            ),
        ),
    )
    end = assigned + LONGEST
    silent = relived((charged,), facts, end)
    undecided = relived((charged, reported), facts, end)
    found = [
        *_moments(silent, last, zone, "", datetime.min.replace(tzinfo=assigned.tzinfo)),
        *_moments(undecided, last, zone, ", once it is reported", reported_at),
    ]
    return sorted(found, key=lambda one: (one.at, one.rule))


def _done(at: datetime) -> _Done:
    return _Done(occurred_at=at, by=_BY)


def _cast(directory: Directory, zone: str, calendar: str | None) -> Directory:
    """Four bodies beside those there are, all in one zone; the lead has its superior above it."""
    issuer = Body(
        id="issuer",
        name="Issuer",
        kind="council",
        parent=None,
        country=None,
        zone=zone,
        established_on=None,
        calendar=calendar,
    )
    parts = {
        "issuer": issuer,
        "superior": replace(issuer, id="superior", name="Superior"),
        "controller": replace(issuer, id="controller", name="Controller"),
        "lead": replace(issuer, id="lead", name="Lead", parent="superior"),
    }
    return replace(directory, bodies={**directory.bodies, **parts})


def _moments(
    events: Iterable[e.InstructionEvent], last: date, zone: str, when: str, after: datetime
) -> Iterator[ExampleMoment]:
    for event in events:
        if event.occurred_at <= after:
            continue
        match event:
            case e.ReminderDue() | e.DeadlinePassed():
                key = event.moment
                kind: Kind = "reminder" if isinstance(event, e.ReminderDue) else "recorded"
                to = "lead" if kind == "reminder" else ""
            case e.ReminderSuppressed(why="no-recipient"):
                key, kind, to = event.moments[-1], "reminder", "lead"
            case e.ProgressRequested() if event.moment is not None:
                key, kind, to = event.moment, "reminder", "lead"
            case e.Escalated() if event.moment is not None:
                key, kind, to = event.moment, "escalation", event.to
            case _:
                continue
        local = event.occurred_at.astimezone(ZoneInfo(zone))
        day = (local - timedelta(microseconds=1)).date()
        nth = f" ({key.occurrence})" if key.occurrence > 1 else ""
        yield ExampleMoment(
            rule=f"{key.rule}{nth}{when}",
            kind=kind,
            to=to,
            at=event.occurred_at,
            local=local,
            days=(day - last).days,
        )
