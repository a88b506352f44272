"""Short ways to say what is appended."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from domain.outcomes import NoticeKey
from eventstore.protocol import (
    ANY_SESSION,
    Append,
    EventStore,
    HeldNotice,
    NewEvent,
    RecordedCommand,
    StreamRead,
    StreamWrite,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def event(type: str = "Happened", body: bytes = b"{}") -> NewEvent:  # noqa: A002 - the field's own name
    return NewEvent(type=type, occurred_at=NOON, actor="person-1", body=body)


def write(
    stream_id: str = "instruction-1",
    expected_version: int = 0,
    *,
    events: int = 1,
    next_wake: datetime | None = None,
    closed: bool = False,
    notices: Sequence[NoticeKey] = (),
    held: Sequence[HeldNotice] = (),
    settled: Sequence[NoticeKey] = (),
) -> StreamWrite:
    return StreamWrite(
        stream_id=stream_id,
        expected_version=expected_version,
        events=tuple(event() for _ in range(events)),
        next_wake=next_wake,
        closed=closed,
        notices=tuple(notices),
        held=tuple(held),
        settled=tuple(settled),
    )


def append(
    command_id: str,
    *writes: StreamWrite,
    request: str = "",
    claims: Sequence[str] = (),
    read: Sequence[StreamRead] = (),
    epoch: int = 1,
    session: int = ANY_SESSION,
) -> Append:
    return Append(
        command_id=command_id,
        request_hash=hashlib.sha256(request.encode()).digest(),
        writes=writes or (write(),),
        claims=tuple(claims),
        read=tuple(read),
        epoch=epoch,
        session=session,
    )


def notice(version: int, recipient: str = "person-1", channel: str = "log") -> NoticeKey:
    return NoticeKey(version=version, recipient=recipient, channel=channel)


async def known(store: EventStore, command_id: str) -> RecordedCommand | None:
    """What the log says of a command."""
    loaded = await store.load("any", command_id=command_id, shared="any", shared_after=0)
    return loaded.known
