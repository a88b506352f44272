"""What moved a programme's figures: the measures that came into a figure or left it, and what did it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from domain.identifiers import InstructionId, ProgrammeId
from domain.instruction.events import InstructionEvent
from domain.programme.membership import measures_by_programme
from domain.programme.report import Measure

Figure = Literal[
    "total",
    "implemented",
    "behind_schedule",
    "late_against_original",
    "completed_late",
    "open_late",
    "cancelled",
    "carried_over",
    "proposed",
    "refused",
]
"""A count of a programme report (report.py): a measure is in it or is not."""
Term = Literal["deadline", "lead", "sector"]
"""What a measure has one of. Another lead or sector moves the figures of those."""
Aspect = Figure | Term

FIGURES: tuple[Figure, ...] = get_args(Figure)
TERMS: tuple[Term, ...] = get_args(Term)
ASPECTS: tuple[Aspect, ...] = (*FIGURES, *TERMS)

Value = bool | str | datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A measure as it stood at a moment, once one more event was seen, or only time had passed."""

    measure: Measure | None
    """None: the instruction was no measure of the programme."""
    at: datetime
    """The moment lateness is measured at."""
    version: int | None
    """Of the event that is seen in addition, within its stream; None: time alone has passed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """An event; or, if `version` is None, time that passed this moment: a deadline, or a milestone's date."""

    version: int | None
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A measure came into a figure (`now` is true) or left it; or has another deadline, lead or sector."""

    aspect: Aspect
    was: Value
    now: Value
    measure: Measure
    """As it stands afterwards."""
    causes: tuple[Cause, ...]
    """All that changed the aspect on the way, in order: the last one made it what it is."""


def seen(
    instruction: InstructionId,
    programme: ProgrammeId,
    events: Iterable[InstructionEvent],
    at: datetime,
    version: int | None = None,
) -> Seen:
    """`events` are those of the instruction that count, in version order, as corrected."""
    measure = measures_by_programme(instruction, events).get(programme)
    return Seen(measure=measure, at=at, version=version)


def changes(first: Seen, last: Seen, between: Callable[[], Iterable[Seen]]) -> tuple[Change, ...]:
    """How one measure changed from `first` to `last`.

    Args:
        between: every step from the one after `first` to one that is as `last`; only asked for where
            something changed.
    """
    measure = last.measure or first.measure
    was, now = standing(first), standing(last)
    changed: list[Aspect] = [
        aspect for aspect in ASPECTS if was[aspect] != now[aspect] and _tells(aspect, was, now)
    ]
    if measure is None or not changed:
        return ()
    way = [first, *between()]
    standings = [standing(step) for step in way]
    return tuple(
        Change(
            aspect=aspect,
            was=was[aspect],
            now=now[aspect],
            measure=measure,
            causes=tuple(
                _cause(aspect, step)
                for step, before, after in zip(way[1:], standings, standings[1:], strict=False)
                if before[aspect] != after[aspect]
            ),
        )
        for aspect in changed
    )


def standing(step: Seen) -> Mapping[Aspect, Value]:
    """Which figures count the measure, by the rules of `report`; and its terms, if it is counted."""
    measure = step.measure
    if measure is None or not measure.counted:
        proposed = measure is not None and measure.proposed
        refused = measure is not None and not proposed and measure.refused
        cancelled = measure is not None and not proposed and not refused
        none = dict[Aspect, Value]()
        none.update(dict.fromkeys(FIGURES, False))
        none.update(dict.fromkeys(TERMS))
        none |= {"proposed": proposed, "refused": refused, "cancelled": cancelled}
        return none
    how_late = measure.lateness(step.at)
    overdue = how_late.behind_by > timedelta(0)
    return {
        "total": True,
        "implemented": measure.implemented,
        "behind_schedule": how_late.behind_schedule,
        "late_against_original": how_late.late_by > timedelta(0),
        "completed_late": measure.timing.closed and overdue,
        "open_late": not measure.timing.closed and overdue,
        "cancelled": False,
        "carried_over": measure.departure is not None,
        "proposed": False,
        "refused": False,
        "deadline": measure.timing.deadline,
        "lead": measure.lead,
        "sector": measure.sector,
    }


def _tells(aspect: Aspect, was: Mapping[Aspect, Value], now: Mapping[Aspect, Value]) -> bool:
    """A term of what is only counted since, or not any more, says nothing besides the total."""
    return aspect in FIGURES or (was["total"] is True and now["total"] is True)


def _cause(aspect: Aspect, step: Seen) -> Cause:
    if step.version is not None or step.measure is None:
        return Cause(version=step.version, at=step.at)
    timing = step.measure.timing
    if aspect == "late_against_original":
        return Cause(version=None, at=timing.original_deadline)
    # Time makes only what goes on late: whichever it passed first did, also a milestone that is not reached.
    passed = min(at for at in (timing.deadline, timing.milestone) if at is not None)
    return Cause(version=None, at=passed)
