"""Many series of commands at once answer and record what the same commands would one by one."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.attribution import Command
from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.outcomes import Outcome, Recorded, Rejected
from domain.rejections import Code
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore
from eventstore.protocol import Append, AppendResult, EventStore
from tests.staging import CONTROL, COUNCIL, ISSUER, LEAD, MINISTRY, TZDATA, stage

_NOW = datetime.now(UTC)


@pytest.fixture
async def handler(store: EventStore) -> CommandHandler:
    handler = CommandHandler(store, tzdata=TZDATA)
    await stage(handler, MemoryPersonStore())
    return handler


def _series(number: str) -> list[Command]:
    """Issued, assigned, acknowledged, reported on, corrected."""

    def of(kind: type[c.InstructionCommand], actor: str, **more: object) -> Command:
        envelope = {"command_id": str(uuid4()), "actor": actor}
        return kind.model_validate({**envelope, "instruction": instruction_id(number), **more})

    return [
        of(
            c.Issue,
            ISSUER,
            number=number,
            text="Agree on common rules.",
            issuer=COUNCIL,
            controller=CONTROL,
            deadline=DeadlineRequest(at=_NOW + timedelta(days=30)),
        ),
        of(c.Assign, ISSUER, lead=MINISTRY),
        of(c.Acknowledge, LEAD),
        of(c.ReportProgress, LEAD, percent=40, text="Two of five."),
        of(c.Correct, ISSUER, version=1, field="text", value="Agree on all rules.", reason="typo"),
    ]


async def _one_by_one(series: Sequence[Command]) -> tuple[list[Outcome], list[tuple[str, bytes]]]:
    store = MemoryEventStore()
    handler = CommandHandler(store, tzdata=TZDATA)
    await stage(handler, MemoryPersonStore())
    outcomes = [await handler.handle(command, _NOW) for command in series]
    return outcomes, await _stored(store, series)


async def _stored(store: EventStore, series: Sequence[Command]) -> list[tuple[str, bytes]]:
    assert isinstance(series[0], c.InstructionCommand)
    events = await store.read_stream(series[0].instruction)
    return [(event.type, event.body) for event in events]


async def test_the_same_is_recorded_and_answered_as_one_by_one(
    handler: CommandHandler, store: EventStore
) -> None:
    all_series = [_series(number) for number in ("1", "2", "3")]
    answers = await handler.handle_in_bulk(all_series, _NOW)
    for series, outcomes in zip(all_series, answers, strict=True):
        alone, stored = await _one_by_one(series)
        assert await _stored(store, series) == stored
        assert [_but_position(one) for one in outcomes] == [_but_position(one) for one in alone]


async def test_all_at_once_goes_to_the_log_in_one_go() -> None:
    store = _Observed()
    handler = CommandHandler(store, tzdata=TZDATA)
    await stage(handler, MemoryPersonStore())
    await handler.handle_in_bulk([_series("1"), _series("2")], _NOW)
    assert store.together == [10]


async def test_a_series_sent_again_answers_as_it_did(
    handler: CommandHandler, store: EventStore
) -> None:
    series = _series("1")
    (first,) = await handler.handle_in_bulk([series], _NOW)
    head = await store.head()
    (again,) = await handler.handle_in_bulk([series], _NOW)
    assert [one.version for one in _all_recorded(again)] == [
        one.version for one in _all_recorded(first)
    ]
    assert await store.head() == head


async def test_what_is_known_in_part_is_gone_on_with(
    handler: CommandHandler, store: EventStore
) -> None:
    series = _series("1")
    for command in series[:3]:
        await handler.handle(command, _NOW)
    (outcomes,) = await handler.handle_in_bulk([series], _NOW)
    assert len(_all_recorded(outcomes)) == 5
    assert await _stored(store, series) == (await _one_by_one(series))[1]


async def test_a_series_ends_at_its_first_refusal_and_no_other_does(
    handler: CommandHandler, store: EventStore
) -> None:
    bad, good = _series("1"), _series("2")
    refused = c.Acknowledge.model_validate({**bad[2].model_dump(), "actor": ISSUER})
    outcomes, others = await handler.handle_in_bulk([[*bad[:2], refused, *bad[3:]], good], _NOW)
    assert [type(one) for one in outcomes] == [Recorded, Recorded, Rejected]
    assert await _stored(store, bad) == (await _one_by_one(bad[:2]))[1]
    assert len(_all_recorded(others)) == 5


async def test_two_series_that_claim_one_number_found_one_instruction(
    handler: CommandHandler, store: EventStore
) -> None:
    """Only a slip of an importer's: it is refused like any other second claim."""
    first, second = _series("1"), _series("1")
    one, other = await handler.handle_in_bulk([first, second], _NOW)
    assert len(_all_recorded(one)) == 5
    (refused,) = other
    assert isinstance(refused, Rejected)
    assert refused.code == Code.ALREADY_ISSUED
    assert await _stored(store, first) == (await _one_by_one(first))[1]


async def test_what_another_process_wrote_meanwhile_is_decided_on() -> None:
    store = _Observed()
    handler, other = (CommandHandler(store, tzdata=TZDATA) for _ in range(2))
    await stage(handler, MemoryPersonStore())
    series = _series("1")
    await handler.handle(series[0], _NOW)

    async def assign() -> None:
        await other.handle(series[1], _NOW)

    store.meanwhile = assign
    (outcomes,) = await handler.handle_in_bulk([series[1:]], _NOW)
    assert len(_all_recorded(outcomes)) == 4
    assert await _stored(store, series) == (await _one_by_one(series))[1]


async def test_nothing_is_recorded_on_top_of_what_was_not_decided_on() -> None:
    """A command that came between leaves the version that the series' second one expects."""
    store = _Observed()
    handler, other = (CommandHandler(store, tzdata=TZDATA) for _ in range(2))
    await stage(handler, MemoryPersonStore())
    series = _series("1")
    for command in series[:3]:
        await handler.handle(command, _NOW)
    progress = series[3]
    assert isinstance(progress, c.ReportProgress)
    report = c.SubmitReport(
        command_id="report", actor=LEAD, instruction=progress.instruction, text="All is agreed."
    )
    suspend = c.Suspend(
        command_id="suspend", actor=ISSUER, instruction=progress.instruction, reason="A treaty."
    )

    async def suspended() -> None:
        assert isinstance(await other.handle(suspend, _NOW), Recorded)

    store.meanwhile = suspended
    (outcomes,) = await handler.handle_in_bulk([[progress, report]], _NOW)
    assert [type(one) for one in outcomes] == [Rejected]
    assert (await _stored(store, series))[-1][0] == "Suspended"


class _Observed(MemoryEventStore):
    """Tells how many commands came together; lets something happen before they are recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.together: list[int] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def append_many(self, appends: Sequence[Append]) -> Sequence[AppendResult]:
        self.together.append(len(appends))
        if self.meanwhile is not None:
            await self.meanwhile()
        return await super().append_many(appends)


def _all_recorded(outcomes: Sequence[Outcome]) -> list[Recorded]:
    recorded = [one for one in outcomes if isinstance(one, Recorded)]
    assert len(recorded) == len(outcomes), outcomes
    return recorded


def _but_position(outcome: Outcome) -> Outcome:
    assert isinstance(outcome, Recorded)
    return outcome.model_copy(update={"position": 0})
