"""What moved in a programme between two moments, such as two meetings."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.programme.report import Measure

Pair = tuple[Measure | None, Measure | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """The measures that changed, by number; one measure may have moved in several ways.

    They are shown as they stand at the later moment. The figures add up: what is behind schedule later
    is what was before, and the newly behind, without those that are behind no longer.
    """

    newly_issued: tuple[Measure, ...]
    """In the total now and not before: charged, adopted, or reopened after a cancellation."""
    brought_in: tuple[Measure, ...]
    """Carried over into the programme from another one."""
    implemented: tuple[Measure, ...]
    reopened: tuple[Measure, ...]
    """Implemented before, and not any more."""
    newly_behind: tuple[Measure, ...]
    no_longer_behind: tuple[Measure, ...]
    """Done, submitted, cancelled, suspended, or given a later deadline."""
    deadline_changed: tuple[Measure, ...]
    """The approved deadline is another one."""
    cancelled: tuple[Measure, ...]
    """In the total before, and not any more."""
    carried_over: tuple[Measure, ...]
    """Went on into another programme."""
    proposed: tuple[Measure, ...]
    """Put before the body, which has yet to decide."""
    refused: tuple[Measure, ...]
    """Proposals that the body decided against."""


def movement(
    before: Iterable[Measure], earlier: datetime, after: Iterable[Measure], later: datetime
) -> Movement:
    """What moved from `before`, as it stood at the moment `earlier`, to `after`, as of `later`."""
    was = {measure.instruction: measure for measure in before}
    now = {measure.instruction: measure for measure in after}
    pairs: list[Pair] = [(was.get(id_), now.get(id_)) for id_ in {**was, **now}]

    def behind(measure: Measure | None, at: datetime) -> bool:
        return measure is not None and measure.behind_schedule(at)

    def those(moved: Callable[[Measure | None, Measure | None], bool]) -> tuple[Measure, ...]:
        found = [shown for one in pairs if moved(*one) and (shown := one[1] or one[0]) is not None]
        return tuple(sorted(found, key=lambda measure: measure.number))

    return Movement(
        newly_issued=those(lambda a, b: not _counted(a) and _counted(b) and not _came(a, b)),
        brought_in=those(lambda a, b: not _counted(a) and _counted(b) and _came(a, b)),
        implemented=those(lambda a, b: not _implemented(a) and _implemented(b)),
        reopened=those(lambda a, b: _implemented(a) and not _implemented(b)),
        newly_behind=those(lambda a, b: not behind(a, earlier) and behind(b, later)),
        no_longer_behind=those(lambda a, b: behind(a, earlier) and not behind(b, later)),
        deadline_changed=those(_rescheduled),
        cancelled=those(lambda a, b: _counted(a) and not _counted(b)),
        carried_over=those(lambda a, b: not _left(a) and _left(b)),
        proposed=those(lambda a, b: not _proposed(a) and _proposed(b)),
        refused=those(lambda a, b: not _refused(a) and _refused(b)),
    )


def _counted(measure: Measure | None) -> bool:
    return measure is not None and measure.counted


def _came(before: Measure | None, after: Measure | None) -> bool:
    return before is None and after is not None and after.carried_from is not None


def _implemented(measure: Measure | None) -> bool:
    return measure is not None and measure.implemented


def _rescheduled(before: Measure | None, after: Measure | None) -> bool:
    if before is None or after is None or not (before.counted and after.counted):
        return False
    return before.timing.deadline != after.timing.deadline


def _left(measure: Measure | None) -> bool:
    return measure is not None and measure.departure is not None


def _proposed(measure: Measure | None) -> bool:
    return measure is not None and measure.proposed


def _refused(measure: Measure | None) -> bool:
    return measure is not None and measure.refused
