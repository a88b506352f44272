"""Lives of instructions, led for real in a log in memory, from which bench/log/filling.py makes a million."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from domain.attribution import RESERVED_PREFIX, Command
from domain.deadline import DeadlineRequest
from domain.identifiers import SYSTEM, instruction_id
from domain.instruction import commands as c
from domain.outcomes import NoticeKey, Recorded
from domain.programme.commands import AdoptProgramme, DraftProgramme
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore
from eventstore.protocol import StoredEvent
from tests import staging as s

NUMBER = "TEMPLATE-000000000"
PROGRAMME = "template-programme"
_DAY = timedelta(days=1)
_FIRST_DAY = datetime(2024, 1, 8, 9, tzinfo=UTC)

Step = tuple[float, type[Command], dict[str, object]]
"""Days after the start, and what is then asked."""


@dataclass(frozen=True, kw_only=True)
class Life:
    """One instruction's stored events, to be rewritten for others, and how its stream stands after."""

    events: Sequence[StoredEvent]
    next_wake: datetime | None
    closed: bool


async def staged() -> tuple[MemoryEventStore, CommandHandler]:
    """A log in memory with the staged directory and a programme in force."""
    store = MemoryEventStore()
    handler = CommandHandler(store, tzdata=s.TZDATA)
    await s.stage(handler, MemoryPersonStore())
    period = {"period_start": date(2024, 1, 1), "period_end": date(2026, 12, 31)}
    draft = {"title": "A filled programme", "body": s.COUNCIL, **period}
    for type_, told in ((DraftProgramme, draft), (AdoptProgramme, {})):
        envelope = {"command_id": type_.__name__, "programme": PROGRAMME, "actor": s.ISSUER}
        command = type_.model_validate({**envelope, **told})
        assert isinstance(await handler.handle(command, _FIRST_DAY), Recorded)
    return store, handler


async def template_lives(*, short: bool) -> Sequence[Life]:
    """Lives of different course, each begun at eight different times."""
    return [
        await _lead(steps, _FIRST_DAY + start * 45 * _DAY, machinery=not short)
        for start in range(8)
        for steps in (_SHORT if short else _WHOLE)
    ]


async def _lead(steps: Sequence[Step], start: datetime, *, machinery: bool) -> Life:
    """Send the commands at their times, and between them what the machinery would have sent."""
    store, handler = await staged()
    stream = instruction_id(NUMBER)
    wake: datetime | None = None
    count = 0
    for days, type_, told in steps:
        at = start + days * _DAY
        while machinery and wake is not None and wake < at:
            count += 1
            check = c.CheckDeadlines(command_id=f"check-{count}", actor=SYSTEM, instruction=stream)
            wake = await _handled(store, handler, check, wake)
        count += 1
        envelope = {"command_id": f"life-{count}", "instruction": stream, **told}
        made = {
            name: DeadlineRequest(at=start + value * _DAY)
            if name in ("deadline", "until") and isinstance(value, int | float)
            else value
            for name, value in envelope.items()
        }
        wake = await _handled(store, handler, type_.model_validate(made), at, deliver=machinery)
    head = await store.stream_head(stream)
    assert head is not None
    events = await store.read_stream(stream)
    return Life(events=events, next_wake=head.next_wake, closed=head.closed)


async def _handled(
    store: MemoryEventStore,
    handler: CommandHandler,
    command: Command,
    at: datetime,
    *,
    deliver: bool = True,
) -> datetime | None:
    outcome = await handler.handle(command, at)
    assert isinstance(outcome, Recorded), outcome
    wake = outcome.next_wake
    for notice in await store.undelivered(instruction_id(NUMBER)) if deliver else ():
        wake = await _delivered(handler, command, notice, at)
    return wake


async def _delivered(
    handler: CommandHandler, command: Command, notice: NoticeKey, at: datetime
) -> datetime | None:
    assert isinstance(command, c.InstructionCommand)
    delivery = c.RecordDelivery(
        command_id=f"{RESERVED_PREFIX}{notice.version}-{notice.recipient}",
        actor=SYSTEM,
        instruction=command.instruction,
        notice=notice,
        outcome="delivered",
        detail="message-1",
    )
    outcome = await handler.handle(delivery, at)
    assert isinstance(outcome, Recorded), outcome
    return outcome.next_wake


def _issue(deadline: float, sector: str) -> Step:
    told: dict[str, object] = {
        "actor": s.ISSUER,
        "number": NUMBER,
        "text": "Agree the common rules for the labelling of goods",
        "issuer": s.COUNCIL,
        "controller": s.CONTROL,
        "programme": PROGRAMME,
        "sector": sector,
        "deadline": deadline,
    }
    return (0, c.Issue, told)


def _lead_does(days: float, type_: type[Command], **told: object) -> Step:
    return (days, type_, {"actor": s.LEAD, **told})


def _controller_does(days: float, type_: type[Command], **told: object) -> Step:
    return (days, type_, {"actor": s.CONTROLLER, **told})


_ASSIGN: Step = (1, c.Assign, {"actor": s.ISSUER, "lead": s.MINISTRY})
_BEGUN: tuple[Step, ...] = (_ASSIGN, _lead_does(2, c.Acknowledge))
_PROGRESS = _lead_does(40, c.ReportProgress, percent=50, text="half of it is agreed")
_WHOLE: Sequence[Sequence[Step]] = (
    (  # in time, after an extension
        _issue(90, "transport"),
        *_BEGUN,
        _PROGRESS,
        _lead_does(50, c.RequestExtension, until=150, reason="the annex takes longer"),
        _controller_does(51, c.ApproveExtension),
        _lead_does(140, c.SubmitReport, text="all is agreed"),
        _controller_does(145, c.Accept),
    ),
    (  # late, returned once, accepted
        _issue(60, "customs"),
        *_BEGUN,
        _PROGRESS,
        _lead_does(58, c.SubmitReport, text="all is agreed"),
        _controller_does(65, c.Return, reason="the annex is missing", deadline=80),
        _lead_does(95, c.SubmitReport, text="with the annex"),
        _controller_does(100, c.Accept),
    ),
    (  # open and behind schedule, after a suspension
        _issue(60, "energy"),
        *_BEGUN,
        _PROGRESS,
        (45, c.Suspend, {"actor": s.ISSUER, "reason": "the treaty is being negotiated"}),
        (75, c.Resume, {"actor": s.ISSUER}),
        _lead_does(105, c.ReportProgress, percent=60, text="goes on"),
    ),
)
_SHORT: Sequence[Sequence[Step]] = (
    (
        _issue(90, "transport"),
        *_BEGUN,
        _lead_does(80, c.SubmitReport, text="all is agreed"),
        _controller_does(85, c.Accept),
    ),
    (
        _issue(60, "customs"),
        *_BEGUN,
        _lead_does(70, c.SubmitReport, text="all is agreed"),
        _controller_does(72, c.Accept),
    ),
    (_issue(60, "energy"), *_BEGUN, _PROGRESS),
)
