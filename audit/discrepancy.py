"""What an instruction or a recurrence can be found to be left undone in, and what to do about it."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.identifiers import StreamId


class Kind(StrEnum):
    """What can be wrong. Codes are stable."""

    NO_WORKFLOW = "no-workflow"
    """It is open (a recurrence: active), and no workflow of it runs."""
    STRAY_WORKFLOW = "stray-workflow"
    """A workflow runs for what is closed (a recurrence: paused or ended), or never began."""
    WAKE_OVERDUE = "wake-overdue"
    """The moment at which it was to be woken went by, and nothing was recorded."""
    DUE_WITHOUT_EVENT = "due-without-event"
    """A due moment has neither fired nor been suppressed; an occurrence was neither issued nor skipped."""
    NOTICE_WITHOUT_OUTCOME = "notice-without-outcome"
    """A notice was neither delivered, nor failed, nor suppressed."""
    NOTICE_NOT_IN_OUTBOX = "notice-not-in-outbox"
    """Such a notice is missing in the outbox as well: nobody will see to it."""
    WAKE_DIFFERS = "wake-differs"
    """`remit.streams` says another moment than the events do."""
    CLOSED_DIFFERS = "closed-differs"
    """`remit.streams` says closed, the events say open, or the other way round."""
    UNREADABLE = "unreadable"
    """An event cannot be read, so nothing else can be said of the stream."""


_ATTEND = "`remit recover`, with a worker running"
_RECORD_ANYTHING = (
    "record anything in it, such as `remit comment`, or `remit recur pause` and `resume`: "
    "each event sets it anew"
)
WAYS_OUT: Mapping[Kind, str] = {
    Kind.NO_WORKFLOW: _ATTEND,
    Kind.STRAY_WORKFLOW: "run a worker, then it ends by itself; or `temporal workflow terminate`",
    Kind.WAKE_OVERDUE: _ATTEND,
    Kind.DUE_WITHOUT_EVENT: _ATTEND,
    Kind.NOTICE_WITHOUT_OUTCOME: "run a worker: its watchdog has it sent within minutes",
    Kind.NOTICE_NOT_IN_OUTBOX: "tell the person another way; `remit audit verify` for what was altered",
    Kind.WAKE_DIFFERS: f"{_RECORD_ANYTHING}; then `remit audit verify` for what was altered",
    Kind.CLOSED_DIFFERS: f"{_RECORD_ANYTHING}; then `remit audit verify` for what was altered",
    Kind.UNREADABLE: "as the sentence says",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Discrepancy:
    """One thing that is not as the events of a stream say."""

    kind: Kind
    stream: StreamId
    """An instruction's or a recurrence's."""
    number: str | None
    """The instruction's; None if it was never issued, or cannot be read."""
    detail: str

    @property
    def way_out(self) -> str:
        return WAYS_OUT[self.kind]


@dataclass(frozen=True, kw_only=True, slots=True)
class Completeness:
    """What an examination for completeness came to."""

    at: datetime
    grace: timedelta
    """What was due, recorded or started so short a time before is left out."""
    counts: Mapping[Kind, int]
    """Of all there are; none of a kind that nothing is of."""
    shown: Sequence[Discrepancy]
    """The first of them."""

    @property
    def total(self) -> int:
        return sum(self.counts.values())


async def summed_up(
    found: AsyncIterator[Discrepancy], *, at: datetime, grace: timedelta, most: int
) -> Completeness:
    """All that was found, of which so many are kept at most."""
    shown: list[Discrepancy] = []
    counts: Counter[Kind] = Counter()
    async for one in found:
        counts[one.kind] += 1
        if len(shown) < most:
            shown.append(one)
    return Completeness(at=at, grace=grace, counts=counts, shown=shown)
