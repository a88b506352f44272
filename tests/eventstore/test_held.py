"""Notices that wait: nobody takes them before their moment, and then what goes together stays together."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from domain.outcomes import NoticeKey
from eventstore.protocol import EventStore, HeldNotice, Parcel
from tests.eventstore.appends import NOON, append, hours, notice, write

EIGHT, NINE = NOON + hours(8), NOON + hours(9)
_LEASE = timedelta(minutes=3)


def held(
    version: int, until: datetime = EIGHT, recipient: str = "person-1", channel: str = "email"
) -> HeldNotice:
    return HeldNotice(notice=notice(version, recipient, channel), send_after=until)


async def _give(
    store: EventStore, stream: str, *notices: HeldNotice, settled: Sequence[NoticeKey] = ()
) -> None:
    version = len(await store.read_stream(stream))
    given = write(stream, version, held=notices, settled=settled)
    await store.append(append(f"{stream}-{version}", given))


async def _take(store: EventStore, at: datetime, limit: int = 10) -> Sequence[Parcel]:
    return await store.take_released(at, until=at + _LEASE, limit=limit)


def _told(parcels: Sequence[Parcel]) -> list[tuple[str, bool, list[tuple[str, int]]]]:
    """Recipient, whether together, and of which streams and versions."""
    return [
        (parcel.recipient, parcel.together, [(stream, n.version) for stream, n in parcel.notices])
        for parcel in parcels
    ]


async def test_a_held_notice_is_without_outcome_and_yet_nobodys_until_its_moment(
    store: EventStore,
) -> None:
    await _give(store, "instruction-a", held(1))
    assert await store.undelivered("instruction-a") == (held(1).notice,)
    later = datetime.max.replace(tzinfo=NOON.tzinfo)
    assert [one async for one in store.undelivered_before(later)] == []
    assert await _take(store, EIGHT - timedelta(microseconds=1)) == []
    assert _told(await _take(store, EIGHT)) == [("person-1", False, [("instruction-a", 1)])]


async def test_those_of_one_person_channel_and_moment_go_together(store: EventStore) -> None:
    await _give(
        store,
        "instruction-b",
        held(1),
        held(1, channel="log"),
        held(1, recipient="person-2"),
        held(1, NINE, recipient="person-3"),
    )
    await _give(store, "instruction-a", held(1))
    parcels = await _take(store, NINE)
    assert _told(parcels) == [
        ("person-1", True, [("instruction-a", 1), ("instruction-b", 1)]),
        ("person-1", False, [("instruction-b", 1)]),
        ("person-2", False, [("instruction-b", 1)]),
        ("person-3", False, [("instruction-b", 1)]),
    ]
    assert [parcel.channel for parcel in parcels] == ["email", "log", "email", "email"]
    assert {parcel.send_after for parcel in parcels} == {EIGHT, NINE}


async def test_what_is_taken_is_nobody_elses_until_the_lease_is_over(store: EventStore) -> None:
    await _give(store, "instruction-a", held(1), held(1, recipient="person-2"))
    assert len(await _take(store, NINE)) == 2
    assert await _take(store, NINE + _LEASE - timedelta(seconds=1)) == []
    assert len(await _take(store, NINE + _LEASE)) == 2


async def test_what_is_settled_does_not_come_again(store: EventStore) -> None:
    await _give(store, "instruction-a", held(1))
    await _take(store, NINE)
    await _give(store, "instruction-a", settled=[held(1).notice])
    assert await store.undelivered("instruction-a") == ()
    assert await _take(store, NINE + _LEASE) == []


async def test_a_notice_may_be_settled_by_the_append_that_holds_it(store: EventStore) -> None:
    await _give(store, "instruction-a", held(1), settled=[held(1).notice])
    assert await _take(store, NINE) == []


async def test_what_is_left_of_a_bundle_stays_that_bundles_rest(store: EventStore) -> None:
    """The message that brings it may be out: it must not come once more under another name."""
    await _give(store, "instruction-a", held(1))
    await _give(store, "instruction-b", held(1))
    await _take(store, NINE)
    await _give(store, "instruction-a", settled=[held(1).notice])
    assert _told(await _take(store, NINE + _LEASE)) == [("person-1", True, [("instruction-b", 1)])]


@pytest.mark.parametrize("first", [1, 2], ids=["after one", "after a bundle"])
async def test_those_that_come_later_than_the_others_go_each_by_itself_for_good(
    store: EventStore, first: int
) -> None:
    for number in range(first):
        await _give(store, f"instruction-{number}", held(1))
    await _take(store, NINE)
    await _give(store, "instruction-x", held(1))
    await _give(store, "instruction-y", held(1))
    late = [
        ("person-1", False, [("instruction-x", 1)]),
        ("person-1", False, [("instruction-y", 1)]),
    ]
    assert _told(await _take(store, NINE)) == late
    again = _told(await _take(store, NINE + _LEASE))
    assert [one for one in again if one in late] == late
    assert len(again) == 3


async def test_what_fails_waits_for_as_long_as_it_is_told_to_and_is_counted(
    store: EventStore,
) -> None:
    await _give(store, "instruction-a", held(1), held(1, recipient="person-2"))
    first, second = await _take(store, NINE)
    assert (first.attempts, second.attempts) == (0, 0)
    await store.postpone([(first, NINE + hours(1))])
    [left] = await _take(store, NINE + _LEASE)
    assert left.recipient == "person-2"
    [again] = [p for p in await _take(store, NINE + hours(1)) if p.recipient == "person-1"]
    assert again.attempts == 1
    await store.postpone([])


async def test_a_page_takes_whole_groups_those_waiting_longest_first(store: EventStore) -> None:
    await _give(store, "instruction-a", held(1, NINE), held(1, EIGHT, recipient="person-2"))
    await _give(store, "instruction-b", held(1, NINE), held(1, NINE, recipient="person-3"))
    pages = [_told(await _take(store, NINE, limit=1)) for _ in range(4)]
    assert pages == [
        [("person-2", False, [("instruction-a", 1)])],
        [("person-1", True, [("instruction-a", 1), ("instruction-b", 1)])],
        [("person-3", False, [("instruction-b", 1)])],
        [],
    ]


async def test_many_appends_at_once_hold_theirs_too(store: EventStore) -> None:
    appends = [
        append(f"c{n}", write(f"instruction-{n}", held=[held(1)], notices=[notice(1)]))
        for n in range(3)
    ]
    await store.append_many(appends)
    [parcel] = await _take(store, NINE)
    assert len(parcel.notices) == 3
    later = datetime.max.replace(tzinfo=NOON.tzinfo)
    assert [n async for _, n in store.undelivered_before(later)] == [notice(1)] * 3
