"""What the append keeps in step with the events: due moments, notices, open streams."""

from datetime import datetime

from domain.outcomes import NoticeKey
from eventstore.protocol import EventStore, StreamHead
from tests.eventstore.appends import NOON, append, hours, notice, write


async def test_a_head_is_as_the_last_append_left_it(store: EventStore) -> None:
    await store.append(append("c1", write(next_wake=NOON)))
    assert await store.stream_head("instruction-1") == StreamHead(
        stream_id="instruction-1", version=1, next_wake=NOON, closed=False
    )
    await store.append(append("c2", write(expected_version=1, closed=True)))
    assert await store.stream_head("instruction-1") == StreamHead(
        stream_id="instruction-1", version=2, next_wake=None, closed=True
    )


async def test_a_notice_is_undelivered_until_it_is_settled(store: EventStore) -> None:
    late, early = notice(2, "person-1"), notice(1, "person-2")
    await store.append(append("c1", write(events=2, notices=[late, early, late])))
    assert await store.undelivered("instruction-1") == (early, late)
    await store.append(append("c2", write(expected_version=2, settled=[early, notice(9)])))
    assert await store.undelivered("instruction-1") == (late,)
    await store.append(append("c3", write(expected_version=3, settled=[late])))
    assert await store.undelivered("instruction-1") == ()


async def test_undelivered_goes_by_version_recipient_and_channel(store: EventStore) -> None:
    ordered = [
        notice(1, "B", "log"),
        notice(1, "a", "email"),
        notice(1, "a", "log"),
        notice(2, "a", "email"),
    ]
    await store.append(append("c1", write(events=2, notices=ordered[::-1])))
    assert await store.undelivered("instruction-1") == tuple(ordered)


async def test_a_notice_may_be_settled_by_the_append_that_opens_it(store: EventStore) -> None:
    await store.append(append("c1", write(notices=[notice(1)], settled=[notice(1)])))
    assert await store.undelivered("instruction-1") == ()


async def test_a_settled_notice_does_not_open_again(store: EventStore) -> None:
    await store.append(append("c1", write(notices=[notice(1)], settled=[notice(1)])))
    await store.append(append("c2", write(expected_version=1, notices=[notice(1)])))
    assert await store.undelivered("instruction-1") == ()


async def test_a_refused_append_opens_and_settles_nothing(store: EventStore) -> None:
    await store.append(append("c1", write(notices=[notice(1)])))
    await store.append(append("c2", write(notices=[notice(2)], settled=[notice(1)])))
    assert await store.undelivered("instruction-1") == (notice(1),)


async def test_what_is_undelivered_is_found_once_it_is_older_than_a_moment(
    store: EventStore,
) -> None:
    await store.append_many(
        [
            append("c0", write("instruction-c")),
            append("c1", write("instruction-b", notices=[notice(1), notice(1, "person-2")])),
            append("c2", write("instruction-a", closed=True, notices=[notice(1)])),
            append("c3", write("instruction-d", notices=[notice(1)], settled=[notice(1)])),
        ]
    )
    (first,) = await store.read_stream("instruction-c")

    async def found(moment: datetime) -> list[tuple[str, NoticeKey]]:
        return [each async for each in store.undelivered_before(moment, batch_size=1)]

    assert await found(first.recorded_at) == []
    assert await found(first.recorded_at + hours(1)) == [
        ("instruction-a", notice(1)),
        ("instruction-b", notice(1)),
        ("instruction-b", notice(1, "person-2")),
    ]


async def test_overdue_streams_come_longest_overdue_first(store: EventStore) -> None:
    for number, wake in enumerate([-1, -3, 0, 1, -3]):
        stream = write(f"instruction-{number}", next_wake=NOON + hours(wake))
        await store.append(append(f"c{number}", stream))
    closed = write("instruction-closed", next_wake=NOON - hours(9), closed=True)
    await store.append(append("c-closed", closed))
    await store.append(append("c-idle", write("instruction-idle")))
    overdue = await store.overdue(NOON, limit=10)
    assert [head.stream_id for head in overdue] == [
        "instruction-1",
        "instruction-4",
        "instruction-0",
    ]
    assert [head.stream_id for head in await store.overdue(NOON, limit=1)] == ["instruction-1"]


async def test_all_streams_are_listed_by_id_closed_ones_too(store: EventStore) -> None:
    await store.append_many(
        [
            append("c1", write("instruction-b", closed=True)),
            append("c2", write("instruction-a", next_wake=NOON)),
            append("c3", write("programme-a")),
            append("c4", write("instruction-c", events=2)),
        ]
    )
    heads = await store.streams(prefix="instruction-", limit=10)
    assert [(h.stream_id, h.version, h.next_wake, h.closed) for h in heads] == [
        ("instruction-a", 1, NOON, False),
        ("instruction-b", 1, None, True),
        ("instruction-c", 2, None, False),
    ]
    page = await store.streams(prefix="instruction-", after_stream_id="instruction-a", limit=1)
    assert [h.stream_id for h in page] == ["instruction-b"]


async def test_open_streams_are_listed_by_id(store: EventStore) -> None:
    await store.append_many(
        [
            append("c1", write("instruction-a")),
            append("c2", write("instruction-b", closed=True)),
            append("c3", write("instruction-c", closed=True, notices=[notice(1)])),
            append("c4", write("instruction-d", notices=[notice(1), notice(1, "person-2")])),
            append("c5", write("instruction-B")),
            append("c6", write("programme-a")),
        ]
    )

    async def found(
        prefix: str = "instruction-", after_stream_id: str = "", limit: int = 10
    ) -> list[str]:
        heads = await store.open_streams(
            prefix=prefix, after_stream_id=after_stream_id, limit=limit
        )
        return [head.stream_id for head in heads]

    assert await found() == ["instruction-B", "instruction-a", "instruction-d"]
    assert await found(limit=2) == ["instruction-B", "instruction-a"]
    assert await found(limit=2, after_stream_id="instruction-a") == ["instruction-d"]
    assert (await found(prefix=""))[-1] == "programme-a"
    assert await found(prefix="directory") == []
