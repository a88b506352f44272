"""Held notices of the log in memory: what `remit.take_released` and `remit.postpone` do in PostgreSQL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.identifiers import StreamId
from domain.outcomes import NoticeKey
from eventstore.parcels import ReleasedNotice, parcels
from eventstore.protocol import Parcel

_Row = tuple[StreamId, NoticeKey]


@dataclass(kw_only=True, slots=True)
class _Held:
    send_after: datetime
    try_after: datetime
    together: bool | None = None
    attempts: int = 0


class HeldNotices:
    def __init__(self, is_settled: Callable[[StreamId, NoticeKey], bool]) -> None:
        self._is_settled = is_settled
        self._rows: dict[_Row, _Held] = {}

    def __contains__(self, row: _Row) -> bool:
        return row in self._rows

    def hold(self, stream_id: StreamId, notice: NoticeKey, send_after: datetime) -> None:
        self._rows[stream_id, notice] = _Held(send_after=send_after, try_after=send_after)

    def take(self, at: datetime, *, until: datetime, limit: int) -> Sequence[Parcel]:
        due = [
            (row, held)
            for row, held in self._rows.items()
            if held.try_after <= at and not self._is_settled(*row)
        ]
        waiting = {(held.try_after, *_group(row, held)) for row, held in due}
        groups = {(moment, *to) for _, moment, *to in sorted(waiting)[:limit]}
        taken = [(row, held) for row, held in due if _group(row, held) in groups]
        begun = {_group(*one) for one in self._rows.items() if one[1].together is not None}
        counted = [_group(*one) for one in taken]
        for row, held in taken:
            group = _group(row, held)
            if held.together is None:
                held.together = group not in begun and counted.count(group) > 1
            held.try_after = until
        rows = [_released(row, held) for row, held in taken]
        return parcels(
            sorted(
                rows, key=lambda r: (r.send_after, r.recipient, r.channel, r.stream_id, r.version)
            )
        )

    def postpone(self, postponed: Sequence[tuple[Parcel, datetime]]) -> None:
        for parcel, moment in postponed:
            for row in parcel.notices:
                self._rows[row].attempts = parcel.attempts + 1
                self._rows[row].try_after = moment


def _group(row: _Row, held: _Held) -> tuple[datetime, str, str]:
    return (held.send_after, row[1].recipient, row[1].channel)


def _released(row: _Row, held: _Held) -> ReleasedNotice:
    stream_id, notice = row
    return ReleasedNotice(
        stream_id=stream_id,
        version=notice.version,
        recipient=notice.recipient,
        channel=notice.channel,
        send_after=held.send_after,
        together=bool(held.together),
        attempts=held.attempts,
    )
