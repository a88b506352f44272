"""A story of three years: what is sent when, and what the log must then say, worked out twice.

`told_by_simulation` plays it on the memory store under a clock that jumps from moment to moment: slow
servers, timers and time zones play no part in it. What the real servers make of it must be the same.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from domain.deadline import DeadlineRequest
from domain.identifiers import SYSTEM, InstructionId
from domain.instruction import commands as c
from domain.outcomes import Recorded, Rejected
from domain.policies import EscalationStep, Policy, ReminderRule, Repeat
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore
from eventstore.protocol import StoredEvent
from tests import staging as s

DAY = timedelta(days=1)
_SLOT = timedelta(minutes=5)
"""How exactly a moment must be met: at its minute, and a few seconds for slow machines."""

POLICY = Policy(
    id="story",
    reminders=(
        ReminderRule(id="before-90d", offset=90 * DAY),
        ReminderRule(id="before-30d", offset=30 * DAY),
        ReminderRule(
            id="after-weekly", offset=7 * DAY, side="after", repeat=Repeat(every=7 * DAY, times=2)
        ),
    ),
    escalation=(
        EscalationStep(id="unacknowledged-3d", after=3 * DAY, since="assignment", to="lead"),
        EscalationStep(id="overdue-1d", after=DAY, since="deadline", to="controller"),
        EscalationStep(id="overdue-2d-later", after=2 * DAY, since="previous", to="issuer-head"),
    ),
)


@dataclass(frozen=True)
class Step:
    """One command, sent so many days after the beginning."""

    day: int
    command: type[c.InstructionCommand]
    actor: str
    fields: Callable[[datetime], dict[str, Any]]


def _until(day: int) -> Callable[[datetime], DeadlineRequest]:
    return lambda base: DeadlineRequest(at=base + day * DAY)


def _issue(number: str) -> Step:
    return Step(
        0,
        c.Issue,
        s.ISSUER,
        lambda base: {
            "number": number,
            "text": "Agree the common rules",
            "issuer": s.COUNCIL,
            "controller": s.CONTROL,
            "deadline": _until(365)(base),
            "policy": POLICY,
        },
    )


def story(number: str) -> Sequence[Step]:
    """Three years with two extensions, an escalation acknowledged, and rework."""
    return (
        _issue(number),
        Step(1, c.Assign, s.ISSUER, lambda _: {"lead": s.MINISTRY}),
        Step(6, c.Acknowledge, s.LEAD, lambda _: {}),
        Step(
            340, c.RequestExtension, s.LEAD, lambda b: {"until": _until(700)(b), "reason": "more"}
        ),
        Step(341, c.ApproveExtension, s.CONTROLLER, lambda _: {}),
        Step(
            702,
            c.AcknowledgeEscalation,
            s.OPERATOR,
            lambda b: {"until": b + 710 * DAY},
        ),
        Step(
            720, c.RequestExtension, s.LEAD, lambda b: {"until": _until(1000)(b), "reason": "more"}
        ),
        Step(722, c.ApproveExtension, s.CONTROLLER, lambda _: {}),
        Step(990, c.SubmitReport, s.LEAD, lambda _: {"text": "done"}),
        Step(
            995,
            c.Return,
            s.CONTROLLER,
            lambda b: {"reason": "annex missing", "deadline": _until(1100)(b)},
        ),
        Step(1080, c.SubmitReport, s.LEAD, lambda _: {"text": "annex attached"}),
        Step(1085, c.Accept, s.CONTROLLER, lambda _: {}),
    )


def command_of(step: Step, instruction: InstructionId, base: datetime) -> c.ClientCommand:
    command: Any = step.command(
        command_id=str(uuid4()), actor=step.actor, instruction=instruction, **step.fields(base)
    )
    return command


DUE_MOMENTS: Sequence[tuple[int, str]] = (
    (4, "unacknowledged-3d"),
    (275, "before-90d"),
    (335, "before-30d"),
    (610, "before-90d"),
    (670, "before-30d"),
    (700, "deadline"),
    (701, "overdue-1d"),
    (707, "after-weekly"),
    (710, "overdue-2d-later"),  # due on day 703, silenced until day 710
    (714, "after-weekly"),
    (721, "after-weekly"),
    (910, "before-90d"),
    (970, "before-30d"),
    (1010, "before-90d"),
    (1070, "before-30d"),
)
"""Every moment that must fire, by day, reckoned by hand from the story and its policy."""


@dataclass(frozen=True)
class Told:
    """A stream as told: its own events in order, and its deliveries, which may come in any order."""

    events: Sequence[tuple[str, Any]]
    deliveries: Sequence[tuple[str, str]]


def told(stream: Iterable[StoredEvent], base: datetime) -> Told:
    """The stream without ids, positions and recorded times; each instant as a time since the base."""
    events: list[tuple[str, Any]] = []
    deliveries: list[tuple[str, str]] = []
    for event in stream:
        body = json.loads(event.body)
        if event.type.startswith("Notification"):
            deliveries.append((event.type, body["notice"]["recipient"]))
        else:
            events.append((event.type, _relative(body, base)))
    return Told(events, sorted(deliveries))


def fired(stream: Iterable[StoredEvent], base: datetime) -> Sequence[tuple[int, str]]:
    """Every due moment that fired: on which day (to the slot), and of which rule."""
    found: list[tuple[int, str]] = []
    for event in stream:
        moment = json.loads(event.body).get("moment")
        if moment is not None:
            days, rest = divmod(event.occurred_at - base, DAY)
            assert rest < _SLOT, f"{moment} fired {rest} after its minute"
            found.append((days, moment["rule"]))
    return found


_INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


def _relative(value: Any, base: datetime) -> Any:
    match value:
        case dict():
            return {k: _relative(v, base) for k, v in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [_relative(v, base) for v in value]  # pyright: ignore[reportUnknownVariableType]
        case str() if _INSTANT.match(value):
            since = datetime.fromisoformat(value) - base
            return f"{since // _SLOT * _SLOT} after the beginning"
        case _:
            return value  # pyright: ignore[reportUnknownVariableType]


async def told_by_simulation(number: str, instruction: InstructionId) -> Told:
    """The story under a clock that jumps: check at each wake, send each command on its day."""
    store, persons = MemoryEventStore(), MemoryPersonStore()
    handler = CommandHandler(store, tzdata=s.TZDATA)
    await s.stage(handler, persons)
    base = datetime.now(UTC)
    for step in story(number):
        await _check_until(handler, store, instruction, base + step.day * DAY)
        outcome = await handler.handle(command_of(step, instruction, base), base + step.day * DAY)
        assert not isinstance(outcome, Rejected), outcome
        await _settle(handler, store, instruction, base + step.day * DAY)
    return told(await store.read_stream(instruction), base)


async def _check_until(
    handler: CommandHandler, store: MemoryEventStore, instruction: InstructionId, end: datetime
) -> None:
    while True:
        head = await store.stream_head(instruction)
        if head is None or head.next_wake is None or head.next_wake > end:
            return
        check = c.CheckDeadlines(command_id=str(uuid4()), actor=SYSTEM, instruction=instruction)
        checked = await handler.handle(check, head.next_wake)
        assert isinstance(checked, Recorded)
        await _settle(handler, store, instruction, head.next_wake)


async def _settle(
    handler: CommandHandler, store: MemoryEventStore, instruction: InstructionId, at: datetime
) -> None:
    """Say of every notice that it was delivered."""
    for notice in await store.undelivered(instruction):
        delivered = c.RecordDelivery(
            command_id=str(uuid4()),
            actor=SYSTEM,
            instruction=instruction,
            notice=notice,
            outcome="delivered",
        )
        assert isinstance(await handler.handle(delivered, at), Recorded)
