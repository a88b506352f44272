"""What a process keeps between commands never decides anything that the log does not bear out."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.attribution import Command
from domain.deadline import DeadlineRequest
from domain.directory.commands import ReorganiseBody
from domain.identifiers import DIRECTORY_STREAM, StreamId
from domain.instruction import commands as c
from domain.rejections import Code
from eventstore.handle import CommandHandler
from eventstore.persons import MemoryPersonStore
from eventstore.protocol import Append, AppendResult, AppendStatus, EventStore, Loaded, StreamRead
from tests.eventstore.appends import append, write
from tests.eventstore.desk import NOW, issue, made, recorded, refused
from tests.staging import CONTROL, ISSUER, LEAD, MINISTRY, TZDATA, stage


def _merged_into_control() -> Command:
    return ReorganiseBody(
        command_id="merge",
        actor="set-up",
        body=MINISTRY,
        kind="merged",
        into=(CONTROL,),
        heir=CONTROL,
        on=NOW.date() - timedelta(days=1),
    )


@pytest.fixture
async def handlers(store: EventStore) -> tuple[CommandHandler, CommandHandler]:
    """Two processes on one log; the first has written the instruction last."""
    one, other = (CommandHandler(store, tzdata=TZDATA) for _ in range(2))
    await stage(one, MemoryPersonStore())
    await recorded(one, issue("1"))
    await recorded(one, made(c.Assign, "1", ISSUER, lead=MINISTRY))
    return one, other


async def test_a_stream_that_another_process_moved_is_read_again(
    handlers: tuple[CommandHandler, CommandHandler],
) -> None:
    one, other = handlers
    await recorded(other, made(c.Cancel, "1", ISSUER, reason="No longer needed."))
    assert (await refused(one, made(c.Acknowledge, "1", LEAD))).code == Code.NOT_IN_THIS_PHASE


async def test_what_another_process_made_possible_is_not_refused(
    handlers: tuple[CommandHandler, CommandHandler],
) -> None:
    one, other = handlers
    await recorded(other, made(c.Reassign, "1", ISSUER, lead=CONTROL))
    await recorded(one, made(c.Acknowledge, "1", "p-controller"))


async def test_a_retry_that_would_be_refused_now_gets_its_answer(
    handlers: tuple[CommandHandler, CommandHandler],
) -> None:
    one, _ = handlers
    acknowledge = made(c.Acknowledge, "1", LEAD)
    first = await recorded(one, acknowledge)
    await recorded(one, made(c.Comment, "1", LEAD, text="begun"))
    assert (await refused(one, made(c.Acknowledge, "1", LEAD))).code == Code.NOT_IN_THIS_PHASE
    again = await recorded(one, acknowledge)
    assert (again.version, again.position) == (first.version, first.position)


async def test_a_directory_that_another_process_changed_is_read_again(
    handlers: tuple[CommandHandler, CommandHandler],
) -> None:
    one, other = handlers
    await recorded(other, _merged_into_control())
    await recorded(one, made(c.Acknowledge, "1", "p-controller"))  # the heir's, not the lead's


async def test_the_answer_is_the_same_whether_the_standing_was_kept_or_read(
    store: EventStore, handlers: tuple[CommandHandler, CommandHandler]
) -> None:
    one, _ = handlers
    for command in (
        made(c.Acknowledge, "1", LEAD),
        made(c.ReportProgress, "1", LEAD, percent=10),
        made(c.Comment, "1", LEAD, text="on"),
    ):
        kept = await recorded(one, command)
        read = await recorded(CommandHandler(store, tzdata=TZDATA), command)
        assert kept == read


class _Counting:
    """Counts what is asked of a log."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self._store, name)


async def test_one_round_trip_if_this_process_wrote_the_stream_last(store: EventStore) -> None:
    counting: Any = _Counting(store)
    handler = CommandHandler(counting, tzdata=TZDATA)
    await stage(handler, MemoryPersonStore())
    await recorded(handler, issue("1"))
    counting.asked.clear()
    await recorded(handler, made(c.Assign, "1", ISSUER, lead=MINISTRY))
    assert counting.asked == ["append"]


async def test_a_refusal_and_a_check_with_nothing_due_cost_the_next_command_nothing(
    store: EventStore,
) -> None:
    counting: Any = _Counting(store)
    handler = CommandHandler(counting, tzdata=TZDATA)
    await stage(handler, MemoryPersonStore())
    await recorded(handler, issue("1"))
    await refused(handler, made(c.Acknowledge, "1", LEAD))
    await recorded(handler, made(c.CheckDeadlines, "1", "system"))
    counting.asked.clear()
    await recorded(handler, made(c.Assign, "1", ISSUER, lead=MINISTRY))
    assert counting.asked == ["append"]


class _Weighing:
    """Counts the events that a log gives out by `load`."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self.given = 0

    async def load(self, stream_id: StreamId, **asked: Any) -> Loaded:
        loaded = await self._store.load(stream_id, **asked)
        self.given += len(loaded.events) + len(loaded.shared)
        return loaded

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def test_of_the_directory_only_what_is_new_is_read(store: EventStore) -> None:
    await stage(CommandHandler(store, tzdata=TZDATA), MemoryPersonStore())
    weighing: Any = _Weighing(store)
    handler = CommandHandler(weighing, tzdata=TZDATA)
    before = await handler.directory()
    whole = await store.read_stream(DIRECTORY_STREAM)
    assert weighing.given == len(whole)
    assert await handler.directory() == before
    assert weighing.given == len(whole)
    await recorded(CommandHandler(store, tzdata=TZDATA), _merged_into_control())
    assert await handler.directory() != before
    assert weighing.given == len(await store.read_stream(DIRECTORY_STREAM))


async def test_no_more_standings_are_kept_than_allowed(store: EventStore) -> None:
    counting: Any = _Counting(store)
    handler = CommandHandler(counting, tzdata=TZDATA, most_kept=1)
    await stage(handler, MemoryPersonStore())
    await recorded(handler, issue("1"))
    await recorded(handler, issue("2"))
    counting.asked.clear()
    await recorded(handler, made(c.Assign, "2", ISSUER, lead=MINISTRY))
    assert counting.asked == ["append"]
    counting.asked.clear()
    await recorded(handler, made(c.Assign, "1", ISSUER, lead=MINISTRY))
    assert counting.asked == ["load", "append"]


class _Meanwhile:
    """A log in which something happens between a decision and its append, once."""

    def __init__(self, store: EventStore, happen: Callable[[], Any]) -> None:
        self._store = store
        self._happen: Callable[[], Any] | None = happen

    async def append(self, append: Append) -> AppendResult:
        happen, self._happen = self._happen, None
        if happen is not None:
            await happen()
        return await self._store.append(append)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def test_a_whole_is_not_reported_while_a_part_is_being_reopened(
    store: EventStore, handlers: tuple[CommandHandler, CommandHandler]
) -> None:
    one, other = handlers
    deadline = DeadlineRequest(at=NOW + timedelta(days=20))
    part = {"number": "1/1", "text": "Draft the annex.", "deadline": deadline}
    await recorded(one, made(c.IssueSubInstruction, "1", LEAD, **part))
    await recorded(one, made(c.Cancel, "1/1", LEAD, reason="Done by ourselves."))

    async def reopen() -> None:
        await recorded(other, made(c.Reopen, "1/1", LEAD, reason="It was not."))

    meanwhile: Any = _Meanwhile(store, reopen)
    late = CommandHandler(meanwhile, tzdata=TZDATA)
    submit = made(c.SubmitReport, "1", LEAD, text="Done.")
    assert (await refused(late, submit)).code == Code.PARTS_STILL_OPEN


async def test_a_body_that_is_merged_away_meanwhile_acts_no_more(
    store: EventStore, handlers: tuple[CommandHandler, CommandHandler]
) -> None:
    """Also where nothing was kept: the directory was read a moment ago, and has moved since."""
    _, other = handlers
    meanwhile: Any = _Meanwhile(store, lambda: recorded(other, _merged_into_control()))
    late = CommandHandler(meanwhile, tzdata=TZDATA)
    assert (await refused(late, made(c.Acknowledge, "1", LEAD))).code == Code.NOT_AUTHORISED


async def test_what_rests_on_a_stream_that_moved_is_a_conflict(store: EventStore) -> None:
    await store.append(append("c1", write("instruction-1")))
    stale = StreamRead(stream_id="instruction-1", version=0)
    fresh = StreamRead(stream_id="instruction-1", version=1)
    result = await store.append(append("c2", write("instruction-2"), read=[stale]))
    assert result.status is AppendStatus.CONFLICT
    assert await store.head() == 1
    result = await store.append(append("c2", write("instruction-2"), read=[fresh]))
    assert (result.status, result.version) == (AppendStatus.OK, 1)
    head = await store.stream_head("instruction-1")
    assert head is not None
    assert head.version == 1, "what was only read has not moved"


async def test_what_rests_on_another_epoch_is_a_conflict(store: EventStore) -> None:
    epoch = await store.epoch()
    result = await store.append(append("c1", epoch=epoch + 1))
    assert result.status is AppendStatus.CONFLICT
    result = await store.append(append("c1", epoch=epoch))
    assert result.status is AppendStatus.OK


async def test_many_may_rest_on_one_stream_but_not_with_its_writer(store: EventStore) -> None:
    """Those at once that rest on what a command among them changes do not all stand."""
    await store.append(append("c0", write("shared")))
    read = StreamRead(stream_id="shared", version=1)
    before = [append(f"b{n}", write(f"instruction-b{n}"), read=[read]) for n in range(5)]
    after = [append(f"a{n}", write(f"instruction-a{n}"), read=[read]) for n in range(5)]
    results = await asyncio.gather(
        *map(store.append, before),
        store.append(append("w", write("shared", 1))),
        *map(store.append, after),
    )
    statuses = [result.status for result in results]
    assert statuses == [AppendStatus.OK] * 6 + [AppendStatus.CONFLICT] * 5


def test_a_command_names_no_stream_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        append("c1", write("s"), read=[StreamRead(stream_id="s", version=1)])
