"""What is kept of people: nothing that the rules would refuse, and nothing that the log refused, whoever waits for it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from domain.directory.commands import DirectoryCommand, ErasePerson, RegisterPerson
from domain.directory.state import Directory
from domain.outcomes import Outcome, Recorded, Rejected
from domain.rejections import Code, rejected
from eventstore.codec import AnyEvent
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore
from operators.people import PersonDetails, Preview, erase, put_on_file
from tests.staging import TZDATA

_REFUSED = rejected(Code.NOT_AUTHORISED, "p-actor may not register a person")
_DETAILS = PersonDetails(person="p-new", name="Ann Example")


def _command(commitment: str) -> DirectoryCommand:
    return RegisterPerson(command_id="one", actor="p-actor", person="p-new", commitment=commitment)


async def test_what_the_rules_would_refuse_is_never_kept() -> None:
    persons = MemoryPersonStore()

    async def preview(_: DirectoryCommand) -> Rejected:
        return _REFUSED

    async def record(_: DirectoryCommand) -> Outcome:
        raise AssertionError("it is not sent")

    _, outcome = await put_on_file(
        MemoryEventStore(),
        persons,
        Directory(),
        _DETAILS,
        _command,
        preview,
        record,
        command_id=None,
    )
    assert outcome == _REFUSED
    assert await persons.kept() == {}


async def test_what_the_log_refuses_is_taken_back_also_when_whoever_asked_is_gone() -> None:
    persons, asked, answer = MemoryPersonStore(), asyncio.Event(), asyncio.Event()
    ended = asyncio.Event()

    async def preview(_: DirectoryCommand) -> Sequence[AnyEvent]:
        return ()

    async def record(_: DirectoryCommand) -> Outcome:
        asked.set()
        await answer.wait()
        asyncio.get_running_loop().call_later(0, ended.set)
        return _REFUSED

    waiting = asyncio.create_task(
        put_on_file(
            MemoryEventStore(),
            persons,
            Directory(),
            _DETAILS,
            _command,
            preview,
            record,
            command_id=None,
        )
    )
    await asked.wait()
    assert await persons.kept() == {"p-new": 1}
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    answer.set()
    await ended.wait()
    assert await persons.kept() == {}


async def test_who_is_recorded_as_erased_is_forgotten_also_when_whoever_asked_is_gone() -> None:
    persons, asked, answer = MemoryPersonStore(), asyncio.Event(), asyncio.Event()
    ended = asyncio.Event()
    await persons.put(_DETAILS.kept(None))

    async def record(_: DirectoryCommand) -> Outcome:
        asked.set()
        await answer.wait()
        asyncio.get_running_loop().call_later(0, ended.set)
        return Recorded(version=2, content_version=2, position=2, next_wake=None, closed=False)

    command = ErasePerson(command_id="two", actor="p-actor", person="p-new", reason="asked for it")
    waiting = asyncio.create_task(erase(persons, command, record))
    await asked.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    answer.set()
    await ended.wait()
    assert await persons.kept() == {}


async def test_the_same_again_while_the_first_is_being_recorded_is_answered_as_the_first() -> None:
    store, persons = MemoryEventStore(), MemoryPersonStore()
    handler, at = CommandHandler(store, tzdata=TZDATA), datetime(2026, 1, 10, 9, tzinfo=UTC)
    first: list[tuple[DirectoryCommand, Outcome]] = []

    async def preview(command: DirectoryCommand) -> Sequence[AnyEvent] | Rejected:
        return await handler.preview(command, at)

    async def record(command: DirectoryCommand) -> Outcome:
        return await handler.handle(command, at)

    async def after_the_other(command: DirectoryCommand) -> Sequence[AnyEvent] | Rejected:
        foreseen = await preview(command)
        first.append(await put(_DETAILS, preview))
        return foreseen

    async def put(details: PersonDetails, looking: Preview) -> tuple[DirectoryCommand, Outcome]:
        return await put_on_file(
            store, persons, Directory(), details, _command, looking, record, command_id="one"
        )

    again = await put(_DETAILS, after_the_other)
    assert isinstance(again[1], Recorded)
    assert [again] == first
    assert await persons.kept() == {"p-new": 1}
    _, other = await put(PersonDetails(person="p-new", name="Bob"), preview)
    assert isinstance(other, Rejected)
    assert other.code == Code.COMMAND_ID_REUSED
