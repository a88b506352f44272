"""Lays commands out for `remit.append_bulk` (migrations/0018_held_notices.sql), if they are fit for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from eventstore.protocol import Append, AppendResult, AppendStatus, StreamWrite

_Item = TypeVar("_Item")


def chunks(appends: Sequence[Append], at_most: int) -> Iterator[Sequence[Append]]:
    """Commands in order, in calls of about so many events.

    Neither one command is divided, nor what goes to one stream in a row: then calls can overlap.
    """
    start = events = 0
    stream = ""
    for end, append in enumerate(appends):
        own = append.writes[0].stream_id
        count = sum(len(write.events) for write in append.writes)
        if end > start and events + count > at_most and own != stream:
            yield appends[start:end]
            start, events = end, 0
        events += count
        stream = own
    if start < len(appends):
        yield appends[start:]


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkCall:
    """One call's arguments, and its answers but for where in the log it begins."""

    arguments: Sequence[Sequence[Any]]
    answers: Sequence[tuple[int, int]]
    """For each command its own stream's version, and its last event there, counted from 1."""

    events: int
    written: frozenset[tuple[str, str]]
    rested_on: frozenset[tuple[str, str]]
    """By its commands, as `Append` has it."""

    def results(self, before: int) -> list[AppendResult]:
        """If the first of the events is at the position after this one."""
        return [
            AppendResult(status=AppendStatus.OK, version=version, position=before + event)
            for version, event in self.answers
        ]


def contend(first: BulkCall | None, second: BulkCall | None) -> bool:
    """Whether they must not be on their way together. One that could not be laid out may not with any."""
    return (
        first is None
        or second is None
        or not first.written.isdisjoint(second.rested_on)
        or not second.written.isdisjoint(first.rested_on)
    )


@dataclass(slots=True)
class _Layout:
    """The columns, as far as they are laid out."""

    streams: dict[str, int] = field(default_factory=dict[str, int])
    """Where each is among those named."""
    first: list[int] = field(default_factory=list[int])
    versions: list[int] = field(default_factory=list[int])
    """As of the last write, by the place of the stream."""
    last: list[StreamWrite] = field(default_factory=list[StreamWrite])
    events: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])

    def write(self, command: int, write: StreamWrite) -> bool:
        """False if it does not go on where the stream was left by what comes before it."""
        place = self.streams.get(write.stream_id)
        if place is None:
            place = self.streams[write.stream_id] = len(self.streams)
            self.first.append(write.expected_version)
            self.versions.append(write.expected_version)
            self.last.append(write)
        elif self.versions[place] != write.expected_version:
            return False
        before = self.versions[place] - self.first[place]
        self.versions[place] += len(write.events)
        self.last[place] = write
        self.events += [
            (place + 1, number, command, event.type, event.occurred_at, event.actor, event.body)
            for number, event in enumerate(write.events, start=before + 1)
        ]
        return True


def bulk_call(appends: Sequence[Append]) -> BulkCall | None:
    """None if one of the commands stands against another: then each must be judged by itself."""
    claims = [(n, key) for n, a in enumerate(appends, 1) for key in dict.fromkeys(a.claims)]
    if _repeats([a.command_id for a in appends]) or _repeats([key for _, key in claims]):
        return None
    layout = _Layout()
    answers: list[tuple[int, int]] = []
    for command, append in enumerate(appends, start=1):
        for write in append.writes:
            if not layout.write(command, write):
                return None
            if write is append.writes[0]:
                version = write.expected_version + len(write.events)
                answers.append((version, len(layout.events)))
    reads = {read.stream_id: read.version for a in appends for read in a.read}
    if any(reads[read.stream_id] != read.version for a in appends for read in a.read):
        return None
    if not reads.keys().isdisjoint(layout.streams):
        return None
    writes = [write for a in appends for write in a.writes]
    notices = [
        (w.stream_id, n.version, n.recipient, n.channel, send_after)
        for w in writes
        for n, send_after in w.outbox
    ]
    settled = [(w.stream_id, n.version, n.recipient, n.channel) for w in writes for n in w.settled]
    if not {notice[:4] for notice in notices}.isdisjoint(settled):
        return None
    return BulkCall(
        arguments=(
            [append.command_id for append in appends],
            [append.request_hash for append in appends],
            [event for _, event in answers],
            list(layout.streams),
            layout.first,
            [write.next_wake for write in layout.last],
            [write.closed for write in layout.last],
            *_columns(layout.events, 7),
            list(reads),
            list(reads.values()),
            *_columns(notices, 5),
            *_columns(settled, 4),
            *_columns(claims, 2),
            list({append.epoch for append in appends}),
        ),
        answers=answers,
        events=len(layout.events),
        written=frozenset[tuple[str, str]]().union(*(append.written for append in appends)),
        rested_on=frozenset[tuple[str, str]]().union(*(append.rested_on for append in appends)),
    )


def _repeats(items: Sequence[_Item]) -> bool:
    return len(set(items)) < len(items)


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [() for _ in range(width)]
