"""A command for one version of a stream, on memory and on PostgreSQL: refused once that is no longer the stream's."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.attribution import Command
from domain.identifiers import SYSTEM, instruction_id
from domain.instruction import commands as c
from domain.outcomes import Rejected
from domain.programme.commands import DraftProgramme, SetSectors
from domain.rejections import Code
from eventstore.content import content_version
from eventstore.handle import CommandHandler
from eventstore.persons import MemoryPersonStore
from eventstore.protocol import Append, AppendResult, EventStore
from tests.eventstore.desk import NOW, issue, made, recorded, refused
from tests.staging import CONTROL, COUNCIL, ISSUER, MINISTRY, TZDATA, stage

_ID = instruction_id("1")


def _comment(expected: int | None, text: str = "seen") -> c.Comment:
    return made(c.Comment, "1", ISSUER, text=text, expected_version=expected)


class _Desk:
    """Two processes on one log; the first wrote the instruction last, so it has its standing in memory."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.one, self.other = (CommandHandler(store, tzdata=TZDATA) for _ in range(2))

    async def content(self) -> int:
        return content_version(await self.store.read_stream(_ID))

    async def delivered(self, by: CommandHandler) -> None:
        """The outcome of a notice is recorded."""
        waiting = await self.store.undelivered(_ID)
        outcome = {"notice": waiting[0], "outcome": "delivered", "detail": "id"}
        await recorded(by, made(c.RecordDelivery, "1", SYSTEM, **outcome))


async def _refused(by: CommandHandler, command: Command) -> None:
    refusal = await refused(by, command)
    assert (refusal.code, refusal.field) == (Code.CHANGED_MEANWHILE, "expected_version")


@pytest.fixture
async def desk(store: EventStore) -> _Desk:
    desk = _Desk(store)
    await stage(desk.one, MemoryPersonStore())
    await recorded(desk.one, issue("1"))
    await recorded(desk.one, made(c.Assign, "1", ISSUER, lead=MINISTRY))
    return desk


async def test_what_happened_since_refuses_it_whoever_recorded_that(desk: _Desk) -> None:
    seen = await desk.content()
    await recorded(desk.one, _comment(seen))
    head = await desk.store.head()
    await _refused(desk.one, _comment(seen))  # as it is kept
    await _refused(desk.other, _comment(seen))  # as it is read
    await recorded(desk.other, _comment(seen + 1))
    await _refused(desk.one, _comment(seen + 1))  # what is kept is stale, and of that very version
    assert await desk.store.head() == head + 1


async def test_a_delivery_refuses_nothing_whoever_recorded_it(desk: _Desk) -> None:
    seen = await desk.content()
    await desk.delivered(desk.one)
    assert len(await desk.store.read_stream(_ID)) > seen
    assert await desk.content() == seen
    await recorded(desk.one, _comment(seen))
    await recorded(desk.one, made(c.Reassign, "1", ISSUER, lead=CONTROL))
    seen = await desk.content()
    await desk.delivered(desk.other)
    await recorded(desk.one, _comment(seen))
    await recorded(desk.other, _comment(await desk.content()))


async def test_a_command_that_is_recorded_answers_as_it_did_whatever_the_version_is_now(
    desk: _Desk,
) -> None:
    command = _comment(await desk.content())
    first = await recorded(desk.one, command)
    await recorded(desk.one, _comment(None))
    for handler in (desk.one, desk.other):
        again = await recorded(handler, command)
        assert (again.version, again.position) == (first.version, first.position)


async def test_an_outcome_says_for_which_version_the_next_may_be(desk: _Desk) -> None:
    """Whatever it led to, and when it is asked for again: `version` counts what became of notices too."""
    command = _comment(None)
    first = await recorded(desk.one, command)
    assert first.content_version == first.version == await desk.content()
    waiting = await desk.store.undelivered(_ID)
    outcome = {"notice": waiting[0], "outcome": "delivered", "detail": "id"}
    delivery = made(c.RecordDelivery, "1", SYSTEM, **outcome)
    nothing = made(c.CheckDeadlines, "1", SYSTEM)
    for handler in (desk.one, desk.other):
        for sent in (delivery, nothing, command):
            told = await recorded(handler, sent)
            assert told.content_version == first.content_version
    assert len(await desk.store.read_stream(_ID)) > first.version
    for number in (1, 2):
        drafted = DraftProgramme(
            command_id=str(uuid4()),
            actor=ISSUER,
            programme=f"p-{number}",
            title="Programme",
            body=COUNCIL,
            period_start=NOW.date(),
            period_end=NOW.date() + timedelta(days=9),
        )
        for _ in range(2):
            assert (await recorded(desk.one, drafted)).content_version == 1


async def test_another_version_under_the_same_id_is_another_request(desk: _Desk) -> None:
    command = _comment(await desk.content())
    await recorded(desk.one, command)
    outcome = await desk.one.handle(command.model_copy(update={"expected_version": None}), NOW)
    assert isinstance(outcome, Rejected)
    assert outcome.code == Code.COMMAND_ID_REUSED


async def test_a_preview_refuses_as_handle_does(desk: _Desk) -> None:
    seen = await desk.content()
    foreseen = await desk.one.preview(_comment(seen - 1), NOW)
    assert isinstance(foreseen, Rejected)
    assert foreseen.code == Code.CHANGED_MEANWHILE
    assert not isinstance(await desk.one.preview(_comment(seen), NOW), Rejected)


async def test_in_bulk_each_is_for_the_version_that_those_before_it_lead_to(desk: _Desk) -> None:
    seen = await desk.content()
    series = [_comment(seen), _comment(seen + 1), _comment(seen + 1, "late"), _comment(None)]
    [outcomes] = await desk.other.handle_in_bulk([series], NOW)
    assert [outcome.kind for outcome in outcomes] == ["recorded", "recorded", "rejected"]
    assert isinstance(outcomes[-1], Rejected)
    assert outcomes[-1].code == Code.CHANGED_MEANWHILE


async def test_version_0_is_that_of_what_is_not_there_yet(desk: _Desk) -> None:
    fresh = made(c.Propose, "1", ISSUER, **_terms_of_another(), expected_version=0)
    await recorded(desk.one, fresh)
    again = fresh.model_copy(update={"command_id": "another"})
    await _refused(desk.one, again)


def _terms_of_another() -> dict[str, Any]:
    terms = {"text": "Do it.", "issuer": COUNCIL, "deadline": {"at": NOW + timedelta(days=30)}}
    return {"instruction": instruction_id("2"), "number": "2", **terms}


async def test_of_other_streams_it_is_simply_the_version(desk: _Desk) -> None:
    draft = DraftProgramme(
        command_id="draft",
        actor=ISSUER,
        programme="2027-30",
        title="Main Guidelines",
        body=COUNCIL,
        period_start=NOW.date(),
        period_end=NOW.date() + timedelta(days=365),
        expected_version=0,
    )
    version = (await recorded(desk.one, draft)).version

    def sectors(expected: int) -> SetSectors:
        ids = {"command_id": str(uuid4()), "actor": ISSUER, "programme": "2027-30"}
        tax = {"id": "tax", "name": "Taxation"}
        return SetSectors.model_validate({**ids, "sectors": [tax], "expected_version": expected})

    await _refused(desk.other, sectors(version - 1))
    await recorded(desk.other, sectors(version))


class _Overtaken:
    """A log to which somebody else always writes first, after the decision and before the append."""

    def __init__(self, store: EventStore, other: CommandHandler) -> None:
        self._store, self._other = store, other
        self.before: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def append(self, append: Append) -> AppendResult:
        if self.before:
            await recorded(self._other, self.before.pop())
        return await self._store.append(append)


async def test_it_is_compared_again_after_a_conflict(desk: _Desk) -> None:
    """Both of them expect the same version: one is recorded, the other is not decided on what it did not see."""
    overtaken: Any = _Overtaken(desk.store, desk.other)
    handler = CommandHandler(overtaken, tzdata=TZDATA)
    seen = await desk.content()
    overtaken.before.append(_comment(seen, "first"))
    await _refused(handler, _comment(seen, "second"))
    assert overtaken.before == []
