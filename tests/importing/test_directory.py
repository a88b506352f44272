"""Loading a directory: deterministic, all or nothing, and no name of a person in the log."""

import asyncio
from datetime import date, timedelta

import pytest

from domain.directory.commitment import addresses_elsewhere, commitment
from eventstore.addresses import checked_webhook_secret
from eventstore.codec import decode
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore, Person
from importing.directory import LoadResult, load_directory
from importing.directory_file import BadDirectoryFile, read_directory
from tests.programmes import ADMINISTRATOR, EXAMPLE_DIRECTORY, NOW, SMALL_DIRECTORY, set_up


@pytest.fixture
def store() -> MemoryEventStore:
    return MemoryEventStore()


@pytest.fixture
def persons() -> MemoryPersonStore:
    return MemoryPersonStore()


async def _load(
    store: MemoryEventStore,
    persons: MemoryPersonStore,
    content: bytes = SMALL_DIRECTORY,
    actor: str = ADMINISTRATOR,
) -> LoadResult:
    handler = CommandHandler(store, tzdata="2026a")
    return await load_directory(
        read_directory(content),
        store=store,
        handler=handler,
        persons=persons,
        actor=actor,
        at=NOW + timedelta(hours=1),
    )


async def _commitments(store: MemoryEventStore) -> dict[str, str]:
    events = [decode(e.type, e.body) for e in await store.read_stream("directory")]
    return {e.person: e.commitment for e in events if e.type == "PersonRegistered"}


async def _on_file(store: MemoryEventStore, persons: MemoryPersonStore) -> dict[str, Person]:
    """Whom the log's commitments are opened by."""
    return dict(await persons.get(await _commitments(store)))


async def test_loading_twice_changes_nothing(
    store: MemoryEventStore, persons: MemoryPersonStore
) -> None:
    first = await _load(store, persons)
    head, known = await store.head(), await _on_file(store, persons)
    assert set(known) == {"p-0001", "p-0002", "p-0004", "p-0007"}
    second = await _load(store, persons)
    assert (second.commands_recorded, second.commands_known) == (0, first.commands_recorded)
    assert await store.head() == head
    assert await _on_file(store, persons) == known


async def test_the_log_holds_commitments_that_only_the_persons_table_opens(
    store: MemoryEventStore, persons: MemoryPersonStore
) -> None:
    await _load(store, persons)
    committed = await _commitments(store)
    for person_id, person in (await persons.get(committed)).items():
        assert committed[person_id] == commitment(person.salt, person.name, person.email)
    assert len(set(committed.values())) == 4
    for batch in [batch async for batch in store.read_all()]:
        assert not any(b"example.org" in e.body or b"Officer 7" in e.body for e in batch)


def test_a_commitment_cannot_be_read_two_ways() -> None:
    salt = bytes(32)
    assert commitment(salt, "ab", "c") != commitment(salt, "a", "bc")
    assert commitment(salt, "a", None) == commitment(salt, "a", "")
    # sha256(salt || 00000001 "a" || 00000001 "b"), computed by sha256sum
    assert commitment(salt, "a", "b") == (
        "8d7fe6c7f3732c5909f8a7091bfd325cf77f1ca9c1c555a57e1bb97d6d2617f1"
    )


def test_addresses_elsewhere_are_committed_to_one_by_one() -> None:
    salt = bytes(32)
    assert addresses_elsewhere(salt, {"webhook_url": None, "apprise_url": None}) == b""
    assert commitment(salt, "a", "b", b"") == commitment(salt, "a", "b"), (
        "as it was before there were any"
    )
    found = [
        commitment(salt, "a", "b", addresses_elsewhere(salt, addresses))
        for addresses in (
            {"webhook_url": "c"},
            {"apprise_url": "c"},
            {"webhook_url": "c", "apprise_url": "c"},
            {"webhook_url": "c", "apprise_url": ""},
        )
    ]
    assert len({commitment(salt, "a", "b"), *found}) == 5
    # sha256(salt || 0000000b "webhook_url" || 00000001 "c"), computed by sha256sum
    assert addresses_elsewhere(salt, {"webhook_url": "c"}).hex() == (
        "7aa3fcfd341f6ad0e17cd030be1c529d9ef9e36d60259524ea4714fe97607fce"
    )


_WEBHOOK = SMALL_DIRECTORY.replace(
    b'name = "Officer 7",', b'name = "Officer 7", webhook_url = "https://example.org/hooks/7",'
)


async def test_a_webhook_s_secret_that_is_missing_is_made_once(
    store: MemoryEventStore, persons: MemoryPersonStore
) -> None:
    await _load(store, persons, _WEBHOOK)
    made = (await _on_file(store, persons))["p-0007"]
    assert made.webhook_url == "https://example.org/hooks/7"
    assert checked_webhook_secret(made.webhook_secret or "")
    again = await _load(store, persons, _WEBHOOK)
    assert again.commands_recorded == 0
    assert (await _on_file(store, persons))["p-0007"] == made
    for batch in [batch async for batch in store.read_all()]:
        assert not any(b"hooks/7" in e.body for e in batch)


@pytest.mark.parametrize(
    ("entry", "where"),
    [
        (b'webhook_url = "ftp://secret.example.org/"', "people[4].webhook_url"),
        (b'webhook_url = "https://user:secret@example.org/"', "people[4].webhook_url"),
        (
            b'webhook_url = "https://example.org/", webhook_secret = "secret"',
            "people[4].webhook_secret",
        ),
        (b'webhook_secret = "whsec_' + b"c2VjcmV0" * 4 + b'"', "people[4]"),
        (b'apprise_url = "secret"', "people[4].apprise_url"),
    ],
)
def test_an_address_that_is_none_is_named_and_not_repeated(entry: bytes, where: str) -> None:
    with pytest.raises(BadDirectoryFile) as refused:
        read_directory(
            SMALL_DIRECTORY.replace(b'name = "Officer 7",', b'name = "Officer 7", ' + entry + b",")
        )
    assert [p.where for p in refused.value.problems] == [where]
    told = str(refused.value).replace("webhook_secret", "")
    assert "secret.example" not in told
    assert "secret@" not in told
    assert "c2VjcmV0" not in told


async def test_a_longer_file_adds_what_is_new(
    store: MemoryEventStore, persons: MemoryPersonStore
) -> None:
    await _load(store, persons)
    more = SMALL_DIRECTORY.replace(
        b"people = [", b'people = [\n  { id = "p-0008", name = "Officer 8" },'
    )
    result = await _load(store, persons, more)
    assert result.commands_recorded == 1
    assert (await _on_file(store, persons))["p-0008"].name == "Officer 8"


async def test_a_changed_entry_is_refused_and_nothing_written(
    store: MemoryEventStore, persons: MemoryPersonStore
) -> None:
    await _load(store, persons)
    head, known = await store.head(), await _on_file(store, persons)
    changed = SMALL_DIRECTORY.replace(b"Head 1", b"Head 2").replace(
        b"Europe/Berlin", b"Europe/Paris"
    )
    with pytest.raises(BadDirectoryFile) as refused:
        await _load(store, persons, changed)
    assert [p.where for p in refused.value.problems] == [
        "bodies[3].zone",
        "people[3].name or address",
    ]
    assert await store.head() == head
    assert await _on_file(store, persons) == known


async def test_an_erased_person_stays_erased(
    store: MemoryEventStore, persons: MemoryPersonStore
) -> None:
    await _load(store, persons)
    await persons.erase("p-0007")
    assert (await _load(store, persons)).commands_recorded == 0
    assert "p-0007" not in await _on_file(store, persons)


async def test_a_load_cut_short_or_beside_another_leaves_no_commitment_without_its_salt(
    store: MemoryEventStore, persons: MemoryPersonStore
) -> None:
    other = MemoryEventStore()
    await _load(other, persons)  # persons were kept, but another log took them
    await _load(store, persons)
    assert len(await _on_file(store, persons)) == len(await _on_file(other, persons)) == 4


async def test_two_loaders_at_once_leave_each_commitment_its_salt_and_no_other_name_behind(
    store: MemoryEventStore,
) -> None:
    given: list[Person] = []
    both_there = asyncio.Barrier(2)

    class Meeting(MemoryPersonStore):
        """Where the two wait for each other before either keeps its first person."""

        async def put(self, person: Person) -> None:
            given.append(person)
            if len(given) <= 2:
                await both_there.wait()
            await super().put(person)

    persons = Meeting()
    first, second = await asyncio.gather(
        *(_load(store, persons) for _ in range(2)), return_exceptions=True
    )
    assert isinstance(first, BadDirectoryFile) or isinstance(second, BadDirectoryFile)
    await _load(store, persons)
    committed = await _commitments(store)
    assert len(await persons.get(committed)) == 4
    assert len(given) > 4
    for person in given:
        kept = await persons.get({person.person_id: person.commitment})
        assert bool(kept) == (committed[person.person_id] == person.commitment)


async def test_substitutions_and_closings_are_loaded_once(
    store: MemoryEventStore, persons: MemoryPersonStore
) -> None:
    more = SMALL_DIRECTORY.replace(
        b"[[programmes]]",
        b"""substitutions = [
  { absent = "p-0004", substitute = "p-0007", since = 2026-11-01, until = 2026-11-30, reason = "Leave." },
]

[[programmes]]""",
    ).replace(b'zone = "Europe/Berlin"', b'zone = "Europe/Berlin", closed_on = 2026-11-01')
    await _load(store, persons, more)
    directory = await CommandHandler(store, tzdata="2026a").directory()
    assert [m.substituting for m in directory.mandates("p-0007", NOW)] == [None, "p-0004"]
    assert directory.bodies["region"].closed(date(2026, 11, 1))
    assert (await _load(store, persons, more)).commands_recorded == 0


async def test_two_substitutions_of_one_pair_and_day_are_two_unless_their_offices_are_the_same(
    store: MemoryEventStore, persons: MemoryPersonStore
) -> None:
    entry = b"""
  { absent = "p-0004", substitute = "p-0007", since = 2026-11-01, until = 2026-11-30, reason = "%s", offices = ["%s"] },
"""

    def file(*entries: bytes) -> bytes:
        listed = b"substitutions = [" + b"".join(entries) + b"]\n[[programmes]]"
        return (
            SMALL_DIRECTORY.replace(
                b"offices = [", b'offices = [{ id = "x", body = "council", kind = "officer" },'
            )
            .replace(
                b"appointments = [",
                b'appointments = [{ person = "p-0004", office = "x", since = 2024-01-01 },',
            )
            .replace(b"[[programmes]]", listed)
        )

    of_one, of_the_other = entry % (b"Leave.", b"x"), entry % (b"Leave.", b"council-head")
    with pytest.raises(BadDirectoryFile) as refused:
        await _load(store, persons, file(of_one, entry % (b"Illness.", b"x")))
    assert [p.where for p in refused.value.problems] == ["substitutions[2]"]
    assert await store.head() == 0
    await _load(store, persons, file(of_one, of_the_other))
    directory = await CommandHandler(store, tzdata="2026a").directory()
    found = [m.office.id for m in directory.mandates("p-0007", NOW) if m.substituting]
    assert sorted(found) == ["council-head", "x"]
    assert (await _load(store, persons, file(of_one, of_the_other))).commands_recorded == 0


async def test_what_contradicts_itself_is_reported_all_at_once(
    store: MemoryEventStore, persons: MemoryPersonStore
) -> None:
    content = b"""
    bodies = [
      { id = "a", name = "A", kind = "ministry", parent = "b" },
      { id = "c", name = "C", kind = "ministry", zone = "Europe/Nowhere" },
      { id = "d", name = "", kind = "ministry" },
    ]
    people = [{ id = "p-0001", name = "Head 1" }]
    appointments = [{ person = "p-0001", office = "none", since = 2024-01-01 }]
    """
    with pytest.raises(BadDirectoryFile) as refused:
        await _load(store, persons, content)
    assert {p.where for p in refused.value.problems} == {
        "bodies[1].parent",
        "bodies[2].zone",
        "bodies[3].name",
        "appointments[1].office",
    }
    assert await store.head() == 0
    assert not await persons.erase("p-0001"), "nothing is kept"


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"bodies = [", ["file"]),
        ("bodies = 'Тест'".encode("cp1251"), ["file"]),
        (b"towns = []", ["towns"]),
        (b'bodies = [{ id = "a", name = "A", kind = "duchy" }]', ["bodies[1].kind"]),
        (b'people = [{ id = "a b" }]', ["people[1].id", "people[1].name"]),
    ],
)
def test_an_unreadable_file_names_the_entries(content: bytes, where: list[str]) -> None:
    with pytest.raises(BadDirectoryFile) as refused:
        read_directory(content)
    assert [p.where for p in refused.value.problems] == where


async def test_only_an_administrator_adds_to_a_directory_that_has_one(
    store: MemoryEventStore, persons: MemoryPersonStore
) -> None:
    await _load(store, persons)
    more = SMALL_DIRECTORY.replace(
        b"offices = [", b'offices = [\n  { id = "x", body = "region", kind = "head" },'
    )
    with pytest.raises(BadDirectoryFile, match="administrator"):
        await _load(store, persons, more, actor="p-0002")
    assert (await _load(store, persons, actor="p-0002")).commands_recorded == 0


async def test_the_example_loads(store: MemoryEventStore) -> None:
    handler = await set_up(store, EXAMPLE_DIRECTORY.read_bytes())
    directory = await handler.directory()
    assert len(directory.bodies) == 47
    assert all(directory.reached(b, ["head"], NOW) for b in directory.bodies)
