"""What is kept of recipients, and for how long."""

import asyncio
from collections.abc import Mapping
from dataclasses import fields, replace

from activities.address_book import AddressBook
from domain.identifiers import PersonId
from eventstore.addresses import new_webhook_secret
from eventstore.persons import MemoryPersonStore, Person
from notifications.channel import Recipient

_ANNA = Person(person_id="p-1", name="Anna", email="anna@example.org", salt=b"1" * 16)
_BORIS = Person(person_id="p-2", name="Boris", email=None, salt=b"2" * 16)


class _Slow(MemoryPersonStore):
    """Counts who is asked for, and answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[PersonId] = []
        self.answer = asyncio.Event()
        self.answer.set()

    async def get(self, commitments: Mapping[PersonId, str]) -> Mapping[PersonId, Person]:
        self.asked += commitments
        await self.answer.wait()
        return await super().get(commitments)


async def _filled() -> _Slow:
    store = _Slow()
    await store.put(_ANNA)
    await store.put(_BORIS)
    return store


async def test_a_person_is_looked_up_once_a_while_and_then_forgotten() -> None:
    store = await _filled()
    book = AddressBook(store, seconds_kept=0.05)
    wanted = {"p-1": _ANNA.commitment}
    for _ in range(3):
        assert (await book.get(wanted))["p-1"].email == "anna@example.org"
    assert store.asked == ["p-1"]
    await store.erase("p-1")
    await asyncio.sleep(0.1)
    assert await book.get(wanted) == {}


async def test_every_address_there_is_comes_along() -> None:
    reached = replace(
        _ANNA,
        webhook_url="https://example.org/hooks/1",
        webhook_secret=new_webhook_secret(),
        apprise_url="ntfys://example.org/anna",
    )
    store = MemoryPersonStore()
    await store.put(reached)
    [found] = (await AddressBook(store).get({"p-1": reached.commitment})).values()
    for field in fields(Recipient):
        assert getattr(found, field.name) == getattr(reached, field.name)
        assert getattr(found, field.name) is not None


async def test_another_commitment_is_another_entry() -> None:
    book = AddressBook(await _filled())
    assert set(await book.get({"p-1": _ANNA.commitment})) == {"p-1"}
    assert await book.get({"p-1": _BORIS.commitment}) == {}


async def test_what_is_forgotten_during_a_look_up_is_answered_all_the_same() -> None:
    store = await _filled()
    book = AddressBook(store, seconds_kept=0.02)
    await book.get({"p-1": _ANNA.commitment})
    store.answer.clear()
    both = asyncio.create_task(book.get({"p-1": _ANNA.commitment, "p-2": _BORIS.commitment}))
    await asyncio.sleep(0.05)
    store.answer.set()
    assert set(await both) == {"p-1", "p-2"}
