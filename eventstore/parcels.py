"""Released notices as the outbox has them, gathered into what goes out as one message."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.identifiers import PersonId, StreamId
from domain.outcomes import NoticeKey
from eventstore.protocol import Parcel


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleasedNotice:
    """A row of the outbox that was taken to be sent."""

    stream_id: StreamId
    version: int
    recipient: PersonId
    channel: str
    send_after: datetime
    together: bool
    attempts: int


def parcels(rows: Iterable[ReleasedNotice]) -> list[Parcel]:
    """Those that go together as one, each of the others as one by itself; in the order of the rows."""
    found: dict[Hashable, list[ReleasedNotice]] = {}
    for row in rows:
        group = (row.send_after, row.recipient, row.channel)
        alone = (row.stream_id, row.version)
        found.setdefault(group if row.together else (*group, *alone), []).append(row)
    return [_parcel(of_one) for of_one in found.values()]


def _parcel(rows: Sequence[ReleasedNotice]) -> Parcel:
    first = rows[0]
    return Parcel(
        recipient=first.recipient,
        channel=first.channel,
        send_after=first.send_after,
        together=first.together,
        notices=tuple(
            (
                row.stream_id,
                NoticeKey(version=row.version, recipient=row.recipient, channel=row.channel),
            )
            for row in rows
        ),
        attempts=max(row.attempts for row in rows),
    )


def postponed(parcels: Sequence[tuple[Parcel, datetime]]) -> list[list[Any]]:
    """The arguments of `remit.postpone`: a row for each notice."""
    rows = [
        (stream, notice.version, parcel.recipient, parcel.channel, parcel.attempts + 1, moment)
        for parcel, moment in parcels
        for stream, notice in parcel.notices
    ]
    return [[row[column] for row in rows] for column in range(6)]
