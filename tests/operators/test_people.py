"""What is kept of people: nothing that the rules would refuse, and nothing that the log refused, whoever waits for it."""

import asyncio
from collections.abc import Sequence

import pytest

from domain.directory.commands import DirectoryCommand, ErasePerson, RegisterPerson
from domain.directory.state import Directory
from domain.outcomes import Outcome, Recorded, Rejected
from domain.rejections import Code, rejected
from eventstore.codec import AnyEvent
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore
from operators.people import PersonDetails, erase, put_on_file

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
