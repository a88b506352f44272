"""A test notice by each channel of a person: how it went is told, and nothing of where it went."""

import asyncio

import pytest

from domain.directory.state import Directory
from eventstore.persons import MemoryPersonStore, Person
from notifications import channel as channels
from notifications.log import LogChannel
from operators import trials
from operators.trials import try_channels

_ANNA = Person(person_id="p-1", name="Anna", email="anna@example.org", salt=b"salt")
_DIRECTORY = Directory(channels={"p-1": ("log",)}, commitments={"p-1": _ANNA.commitment})


class _Broken(LogChannel):
    """Fails with an address in what it says."""

    name = "email"

    async def send(self, message: channels.Message) -> str:
        raise ConnectionRefusedError(111, f"cannot reach {message.to.email}")


class _Silent(LogChannel):
    """Answers never."""

    name = "webhook"

    async def send(self, message: channels.Message) -> str:
        del message
        await asyncio.Event().wait()
        return ""


async def _persons() -> MemoryPersonStore:
    persons = MemoryPersonStore()
    await persons.put(_ANNA)
    return persons


async def test_each_channel_is_tried_and_says_how_it_went(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "PATIENCE", 0.05)
    found = await try_channels(
        await _persons(),
        _DIRECTORY,
        "p-1",
        (LogChannel(), _Broken(), _Silent()),
        ("log", "email", "webhook", "apprise"),
    )
    log, email, webhook, apprise = found
    assert log.reference is not None
    assert email.why == "ConnectionRefusedError (111)"
    assert webhook.why is not None
    assert webhook.why.startswith("no answer in")
    assert apprise.why == "it is not set up in the process that serves these pages"


async def test_whoever_is_not_on_file_is_sent_nothing() -> None:
    [found] = await try_channels(MemoryPersonStore(), _DIRECTORY, "p-1", (LogChannel(),), ("log",))
    assert (found.reference, found.why) == (None, "nothing is on file of the person")
