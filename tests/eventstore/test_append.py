"""What one append does, and what it refuses; on memory and on PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest

from eventstore.protocol import AppendResult, AppendStatus, EventStore, StreamWrite
from tests.eventstore.appends import NOON, append, event, known, write

OK = AppendStatus.OK


async def test_versions_count_the_stream_and_positions_the_log(store: EventStore) -> None:
    first = await store.append(append("c1", write("instruction-1", events=2)))
    second = await store.append(append("c2", write("instruction-2")))
    third = await store.append(append("c3", write("instruction-1", 2)))
    assert first == AppendResult(status=OK, version=2, position=2)
    assert second == AppendResult(status=OK, version=1, position=3)
    assert third == AppendResult(status=OK, version=3, position=4)
    assert await store.head() == 4


async def test_an_event_is_read_back_as_it_was_written(store: EventStore) -> None:
    body = '{"text": "Представить отчёт"}'.encode()
    stream = StreamWrite(
        stream_id="instruction-1", expected_version=0, events=(event("Issued", body),)
    )
    await store.append(append("c1", stream))
    (found,) = await store.read_stream("instruction-1")
    assert (found.position, found.stream_id, found.version) == (1, "instruction-1", 1)
    assert (found.type, found.body, found.actor) == ("Issued", body, "person-1")
    assert (found.occurred_at, found.command_id) == (NOON, "c1")
    assert found.recorded_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("expected_version", [0, 1, 3])
async def test_another_version_than_expected_is_a_conflict(
    store: EventStore, expected_version: int
) -> None:
    await store.append(append("c1", write(events=2)))
    result = await store.append(append("c2", write(expected_version=expected_version)))
    assert result == AppendResult(status=AppendStatus.CONFLICT)
    assert await store.head() == 2
    assert await known(store, "c2") is None


async def test_a_stream_that_does_not_exist_is_at_version_0(store: EventStore) -> None:
    result = await store.append(append("c1", write("instruction-1", 1)))
    assert result.status is AppendStatus.CONFLICT
    assert await store.stream_head("instruction-1") is None


async def test_a_retry_gets_the_original_answer(store: EventStore) -> None:
    original = await store.append(append("c1", write(events=2)))
    await store.append(append("c2", write(expected_version=2)))
    retry = await store.append(append("c1", write(expected_version=3)))
    assert retry.status is AppendStatus.DUPLICATE
    assert (retry.version, retry.position) == (original.version, original.position)
    assert await store.head() == 3


async def test_a_command_id_with_another_request_is_a_mismatch(store: EventStore) -> None:
    await store.append(append("c1", request="issue"))
    result = await store.append(append("c1", write("instruction-2"), request="assign"))
    assert result == AppendResult(status=AppendStatus.MISMATCH)
    assert await store.head() == 1


async def test_a_refused_command_id_may_be_used_again(store: EventStore) -> None:
    await store.append(append("c1"))
    await store.append(append("c2", write(expected_version=0)))
    result = await store.append(append("c2", write(expected_version=1), request="other"))
    assert result.status is OK


async def test_a_claimed_key_is_taken_for_good(store: EventStore) -> None:
    await store.append(append("c1", write("instruction-1"), claims=["number:7", "number:7"]))
    result = await store.append(
        append("c2", write("instruction-2"), claims=["number:8", "number:7", "number:6"])
    )
    assert result == AppendResult(status=AppendStatus.TAKEN, key="number:7")
    # Nothing of the refused command stays, the keys that were free included.
    assert await store.stream_head("instruction-2") is None
    again = await store.append(append("c3", write("instruction-3"), claims=["number:8"]))
    assert again.status is OK


async def test_several_streams_are_written_together(store: EventStore) -> None:
    await store.append(append("c0", write("instruction-2", events=3)))
    result = await store.append(
        append("c1", write("instruction-1", 0, events=2), write("instruction-2", 3))
    )
    assert result == AppendResult(status=OK, version=2, position=5)
    assert [e.position for e in await store.read_stream("instruction-1")] == [4, 5]
    assert [e.position for e in await store.read_stream("instruction-2")] == [1, 2, 3, 6]
    recorded = await known(store, "c1")
    assert recorded is not None
    assert (recorded.stream_id, recorded.version, recorded.position) == ("instruction-1", 2, 5)


async def test_one_stream_in_conflict_keeps_all_from_being_written(store: EventStore) -> None:
    await store.append(append("c0", write("instruction-2")))
    result = await store.append(
        append("c1", write("instruction-1"), write("instruction-2", 0), claims=["number:1"])
    )
    assert result.status is AppendStatus.CONFLICT
    assert await store.head() == 1
    assert await store.read_stream("instruction-1") == []
    other = await store.append(append("c2", write("instruction-3"), claims=["number:1"]))
    assert other.status is OK


async def test_duplicate_comes_before_conflict_and_conflict_before_taken(
    store: EventStore,
) -> None:
    await store.append(append("c1", claims=["number:1"]))
    retry = await store.append(append("c1", claims=["number:1"]))
    assert retry.status is AppendStatus.DUPLICATE
    stale = await store.append(append("c2", claims=["number:1"]))
    assert stale.status is AppendStatus.CONFLICT


async def test_append_many_goes_in_order_and_one_refused_fails_no_other(store: EventStore) -> None:
    results = await store.append_many(
        [
            append("c1", write("instruction-1"), claims=["number:1"]),
            append("c2", write("instruction-1", 1, events=2)),
            append("c3", write("instruction-2"), claims=["number:1"]),
            append("c4", write("instruction-1", 1)),
            append("c2", write("instruction-1", 1, events=2)),
            append("c5", write("instruction-3")),
            append("c6", write("instruction-1", 3), write("instruction-3", 1)),
        ]
    )
    assert results == [
        AppendResult(status=OK, version=1, position=1),
        AppendResult(status=OK, version=3, position=4),
        AppendResult(status=AppendStatus.TAKEN, key="number:1"),
        AppendResult(status=AppendStatus.CONFLICT),
        AppendResult(status=AppendStatus.DUPLICATE, version=3, position=4),
        AppendResult(status=OK, version=1, position=2),
        AppendResult(status=OK, version=4, position=5),
    ]
    assert await store.head() == 6
    assert await store.append_many([]) == []


async def test_what_follows_a_refused_command_does_not_rest_on_what_another_left(
    store: EventStore,
) -> None:
    await store.append(append("meanwhile", write("instruction-1")))
    results = await store.append_many(
        [
            append("c1", write("instruction-1", 0)),
            append("c2", write("instruction-1", 1)),
            append("c3", write("instruction-1", 2)),
            append("c4", write("instruction-2", 0)),
            append("c5", write("instruction-2", 1)),
        ]
    )
    assert [result.status for result in results] == [AppendStatus.CONFLICT] * 3 + [OK] * 2
    assert [e.command_id for e in await store.read_stream("instruction-1")] == ["meanwhile"]


async def test_append_many_takes_more_than_one_call_holds(store: EventStore) -> None:
    appends = [append(f"c{n}", write(f"instruction-{n // 2}", n % 2)) for n in range(450)]
    results = await store.append_many(appends)
    assert [result.position for result in results] == list(range(1, 451))


async def test_concurrent_appends_leave_no_gap(store: EventStore) -> None:
    async def client(number: int) -> None:
        for version in range(10):
            stream = write(f"instruction-{number}", version)
            result = await store.append(append(f"c-{number}-{version}", stream))
            assert result.status is OK

    await asyncio.gather(*(client(number) for number in range(30)))
    batches = [batch async for batch in store.read_all(batch_size=64)]
    assert [e.position for batch in batches for e in batch] == list(range(1, 301))


async def test_of_two_that_expect_the_same_version_one_wins(store: EventStore) -> None:
    results = await asyncio.gather(*(store.append(append(f"c{n}")) for n in range(10)))
    statuses = [result.status for result in results]
    assert statuses.count(OK) == 1
    assert statuses.count(AppendStatus.CONFLICT) == 9


async def test_a_write_without_events_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ValueError, match="has no events"):
        write(events=0)
    with pytest.raises(ValueError, match="one stream twice"):
        append("c1", write(), write(expected_version=1))
