"""Whatever is sent, PostgreSQL answers as memory does, and the logs end up alike."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstore.memory import MemoryEventStore
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import Append, EventStore, HeldNotice, StoredEvent, StreamRead, StreamWrite
from tests.drawing import drawn
from tests.eventstore.appends import NOON, append, hours, notice, write

_STREAMS = "abc"


def _planned(
    command_id: str,
    writes: Sequence[StreamWrite],
    request: str,
    claims: Sequence[str],
    read: Sequence[StreamRead],
    epoch: int,
) -> Append:
    written = {write.stream_id for write in writes}
    others = [one for one in read if one.stream_id not in written]
    return append(command_id, *writes, request=request, claims=claims, read=others, epoch=epoch)


_notices = st.lists(st.builds(notice, st.integers(1, 4)), max_size=2)
_writes = st.builds(
    write,
    st.sampled_from(_STREAMS),
    st.sampled_from([0, 0, 0, 0, 0, 1]),  # how far from the version that the stream is at
    events=st.integers(1, 2),
    next_wake=st.none() | st.integers(-2, 2).map(lambda number: NOON + hours(number)),
    closed=st.booleans(),
    notices=_notices,
    held=st.lists(
        st.builds(
            HeldNotice,
            notice=st.builds(notice, st.integers(1, 4), st.sampled_from(["person-1", "person-2"])),
            send_after=st.integers(1, 2).map(lambda number: NOON + hours(number)),
        ),
        max_size=2,
    ),
    settled=_notices,
)
_reads = st.builds(
    StreamRead,
    stream_id=st.sampled_from(_STREAMS),
    version=st.sampled_from([0, 0, 0, 0, 0, 1]),  # likewise
)
_appends = st.builds(
    _planned,
    st.sampled_from([f"c{number}" for number in range(15)]),
    st.lists(_writes, min_size=1, max_size=2, unique_by=lambda write: write.stream_id),
    st.sampled_from(["", "", "", "other"]),
    st.lists(st.sampled_from(["n1", "n2", "n3", "n4"]), max_size=2),
    st.lists(_reads, max_size=2, unique_by=lambda read: read.stream_id),
    st.sampled_from([1, 1, 1, 1, 1, 2]),
)
_batches = st.lists(st.lists(_appends, min_size=1, max_size=6), min_size=1, max_size=6)


class _Twins:
    """A log in memory and one in PostgreSQL that are sent the same."""

    def __init__(self, postgres: PostgresEventStore) -> None:
        self.memory = MemoryEventStore()
        self.postgres = postgres
        self._examples = count(1)

    async def run(self, batches: Sequence[Sequence[Append]]) -> None:
        # An example's names begin with its number: all share the logs, and none meets another.
        mark = f"{next(self._examples)}-"
        one_by_one = MemoryEventStore()
        for batch in batches:
            sent: list[Append] = []
            for planned in batch:
                sent.append(await _at_versions(one_by_one, planned, mark))
                await one_by_one.append(sent[-1])
            if len(sent) == 1:
                assert await self.postgres.append(sent[0]) == await self.memory.append(sent[0])
            else:
                expected = await self.memory.append_many(sent)
                assert await self.postgres.append_many(sent) == expected
        await self._compare(mark)
        await self._compare_released()

    async def _compare_released(self) -> None:
        """Examples share persons and moments: all that is there is taken, and comes again once."""
        for at in (NOON + hours(1), NOON + hours(2), NOON + hours(3)):
            taken = [
                await store.take_released(at, until=at + hours(1), limit=99)
                for store in (self.memory, self.postgres)
            ]
            assert taken[0] == taken[1]

    async def _compare(self, mark: str) -> None:
        memory, postgres = self.memory, self.postgres
        assert await postgres.head() == await memory.head()
        names = [mark + stream for stream in _STREAMS]
        for name in names:
            assert await postgres.stream_head(name) == await memory.stream_head(name)
            assert await postgres.undelivered(name) == await memory.undelivered(name)
        found, kept = await postgres.read_streams(names), await memory.read_streams(names)
        assert [_unclocked(event) for event in found] == [_unclocked(event) for event in kept]
        for moment in (NOON, NOON + hours(9)):
            assert await postgres.overdue(moment, limit=99) == await memory.overdue(
                moment, limit=99
            )
        page = await postgres.open_streams(prefix=mark, limit=2)
        assert page == await memory.open_streams(prefix=mark, limit=2)


async def _at_versions(log: EventStore, planned: Append, mark: str) -> Append:
    """With versions counted from where the streams of that log are."""
    writes = [
        replace(
            write,
            stream_id=mark + write.stream_id,
            expected_version=write.expected_version
            + len(await log.read_stream(mark + write.stream_id)),
        )
        for write in planned.writes
    ]
    read = [
        StreamRead(
            stream_id=mark + read.stream_id,
            version=read.version + len(await log.read_stream(mark + read.stream_id)),
        )
        for read in planned.read
    ]
    return replace(
        planned,
        command_id=mark + planned.command_id,
        writes=tuple(writes),
        read=tuple(read),
        claims=tuple(mark + key for key in planned.claims),
    )


def _unclocked(event: StoredEvent) -> StoredEvent:
    return replace(event, recorded_at=NOON)


@pytest.fixture
def twins(postgres_store: PostgresEventStore) -> _Twins:
    return _Twins(postgres_store)


@settings(
    max_examples=drawn(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batches=_batches)
async def test_postgres_answers_as_memory_does(
    twins: _Twins, batches: Sequence[Sequence[Append]]
) -> None:
    await twins.run(batches)
