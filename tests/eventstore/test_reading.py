"""Reading the log; on memory and on PostgreSQL."""

from datetime import timedelta

from eventstore.protocol import EventStore, RecordedCommand
from tests.eventstore.appends import append, known, write


async def _three_streams(store: EventStore) -> None:
    """Positions 1..6: a a b c a b."""
    await store.append(append("c1", write("a", events=2), write("b"), write("c")))
    await store.append(append("c2", write("a", 2), write("b", 1)))


async def test_a_stream_is_read_in_version_order_from_where_one_left_off(store: EventStore) -> None:
    await _three_streams(store)
    assert [e.version for e in await store.read_stream("a")] == [1, 2, 3]
    assert [e.version for e in await store.read_stream("a", after_version=1)] == [2, 3]
    assert list(await store.read_stream("nothing")) == []


async def test_several_streams_are_read_in_position_order(store: EventStore) -> None:
    await _three_streams(store)
    found = await store.read_streams(["b", "a", "nothing"])
    assert [(e.position, e.stream_id) for e in found] == [
        (1, "a"), (2, "a"), (3, "b"), (5, "a"), (6, "b"),
    ]  # fmt: skip
    found = await store.read_streams(["b", "a"], until_position=3)
    assert [e.position for e in found] == [1, 2, 3]


async def test_the_whole_log_is_read_in_contiguous_batches(store: EventStore) -> None:
    await _three_streams(store)

    async def positions(**bounds: int) -> list[list[int]]:
        batches = store.read_all(batch_size=2, **bounds)
        return [[e.position for e in batch] async for batch in batches]

    assert await positions() == [[1, 2], [3, 4], [5, 6]]
    assert await positions(after_position=1, until_position=4) == [[2, 3], [4]]
    assert await positions(until_position=100) == [[1, 2], [3, 4], [5, 6]]
    assert await positions(after_position=6) == []


async def test_a_reading_ends_at_the_head_it_met(store: EventStore) -> None:
    await _three_streams(store)
    found: list[int] = []
    async for batch in store.read_all(batch_size=3):
        found += [e.position for e in batch]
        await store.append(append(f"later-{len(found)}", write(f"later-{len(found)}")))
    assert found == [1, 2, 3, 4, 5, 6]
    assert await store.head() == 8


async def test_recorded_at_never_goes_back_and_finds_its_position(store: EventStore) -> None:
    for number in range(5):
        await store.append(append(f"c{number}", write(expected_version=number * 2, events=2)))
    events = await store.read_stream("instruction-1")
    recorded = [e.recorded_at for e in events]
    assert recorded == sorted(recorded)
    tick = timedelta(microseconds=1)
    assert await store.position_at(recorded[0] - tick) == 0
    assert await store.position_at(recorded[-1]) == 10
    for event in events:
        last_then = max(e.position for e in events if e.recorded_at == event.recorded_at)
        assert await store.position_at(event.recorded_at) == last_then


async def test_an_empty_log(store: EventStore) -> None:
    assert await store.head() == 0
    assert await store.epoch() == 1
    assert [batch async for batch in store.read_all()] == []
    assert await known(store, "c1") is None


async def test_what_a_decision_starts_from_is_loaded_at_once(store: EventStore) -> None:
    await store.append(append("c1", write("a", events=2), write("shared", events=3)))
    await store.append(append("c2", write("a", 2)))
    loaded = await store.load("a", command_id="c2", shared="shared", shared_after=1)
    assert loaded.known == RecordedCommand(
        command_id="c2",
        request_hash=append("c2").request_hash,
        stream_id="a",
        version=3,
        position=6,
    )
    assert loaded.epoch == await store.epoch()
    assert list(loaded.events) == await store.read_stream("a")
    assert list(loaded.shared) == await store.read_stream("shared", after_version=1)


async def test_loading_what_is_not_there_finds_nothing(store: EventStore) -> None:
    loaded = await store.load("a", command_id="c1", shared="shared", shared_after=0)
    assert loaded.known is None
    assert (tuple(loaded.events), tuple(loaded.shared)) == ((), ())


async def test_the_shared_stream_itself_is_loaded_whole_and_from_where_one_left_off(
    store: EventStore,
) -> None:
    await store.append(append("c1", write("shared", events=3)))
    loaded = await store.load("shared", command_id=None, shared="shared", shared_after=2)
    assert [e.version for e in loaded.events] == [1, 2, 3]
    assert [e.version for e in loaded.shared] == [3]
    assert loaded.known is None


async def test_what_is_new_of_the_shared_stream_is_loaded_alone(store: EventStore) -> None:
    await store.append(append("c1", write("shared", events=3)))
    loaded = await store.load(None, command_id=None, shared="shared", shared_after=2)
    assert loaded.events in ((), [])
    assert [e.version for e in loaded.shared] == [3]
