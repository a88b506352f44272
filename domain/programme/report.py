"""The figures of a programme at a moment: how many measures are implemented, how many are behind."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

from domain.identifiers import BodyId, InstructionId, PersonId, ProgrammeId
from domain.instruction.lateness import Lateness, Timing
from domain.programme.terms import Figures, PartFigures

AT_RISK = timedelta(days=14)
"""What is due so soon, and not reported, is at risk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Departure:
    """A measure was carried over."""

    at: datetime
    into: ProgrammeId


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One measure of a programme, as it stood at the moment of the report, or when it left."""

    instruction: InstructionId
    number: str
    text: str
    phase: str
    refused: bool = False
    """It was a proposal, and the body decided against it."""
    sector: str | None
    lead: BodyId | None
    acting: PersonId | None = None
    """Who last acted for the lead, and so who submitted it; none if nobody has, or it is not known."""
    timing: Timing
    carried_from: ProgrammeId | None = None
    """The programme it came from, if it was carried over into this one."""
    departure: Departure | None = None
    """None: it belongs to the programme still."""

    @property
    def counted(self) -> bool:
        """Whether the total counts it: no proposal, decided or not, and not cancelled."""
        return not self.proposed and self.timing.cancelled_at is None

    @property
    def proposed(self) -> bool:
        """It is a proposal that the body has yet to decide."""
        return self.phase == "Proposed"

    @property
    def implemented(self) -> bool:
        return self.counted and self.phase == "Completed"

    def lateness(self, at: datetime) -> Lateness:
        """How late it is at `at`. One that was carried over is as late as when it left."""
        return self.timing.lateness(self.departure.at if self.departure else at)

    def behind_schedule(self, at: datetime) -> bool:
        return self.counted and self.lateness(at).behind_schedule

    def at_risk(self, at: datetime) -> bool:
        """Not behind schedule yet, but soon, if it goes on as it is: its clock runs, and the approved deadline, or the date
        of a milestone that is not reached, comes within `AT_RISK`.
        """
        soon = self.timing.lateness(at + AT_RISK).behind_schedule
        return self.counted and self.departure is None and soon and not self.behind_schedule(at)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeReport:
    """Counts of measures. Cancelled and proposed ones are counted apart and belong to no other figure."""

    at: datetime
    total: int
    implemented: int
    """Completed: reported and accepted."""
    behind_schedule: int
    """Against the currently approved deadline (docs/glossary.md)."""
    late_against_original: int
    """Of all, open or completed: past the original deadline, whatever was extended since."""
    completed_late: int
    """Completed, but submitted after the approved deadline. An extension asked for in time and approved
    only after the submission counts; against the original deadline nothing does."""
    open_late: int
    """Open and past the approved deadline, or submitted after it and not yet accepted."""
    cancelled: int
    carried_over: int
    """Went on into another programme: in the total here, not implemented, as late as when they left."""
    proposed: int
    """Proposals that the body has yet to decide."""
    refused: int
    """Proposals that it decided against."""

    @property
    def implemented_line(self) -> str:
        return f"{self.implemented} of {self.total} ({percent(self.implemented, self.total)})"

    @property
    def behind_schedule_line(self) -> str:
        return f"{self.behind_schedule} ({percent(self.behind_schedule, self.total)})"

    @property
    def execution_discipline(self) -> str:
        """(total - completed late - open late) / total, as a percentage."""
        on_time = self.total - self.completed_late - self.open_late
        return percent(on_time, self.total)


def report(measures: Iterable[Measure], at: datetime) -> ProgrammeReport:
    """The figures at `at`, from the measures as they stood then."""
    total = implemented = behind = late = completed_late = open_late = 0
    cancelled = carried_over = proposed = refused = 0
    for measure in measures:
        if not measure.counted:
            proposed += measure.proposed
            refused += measure.refused
            cancelled += not measure.proposed and not measure.refused
            continue
        how_late = measure.lateness(at)
        total += 1
        implemented += measure.implemented
        behind += how_late.behind_schedule
        late += how_late.late_by > timedelta(0)
        completed_late += measure.timing.closed and how_late.behind_by > timedelta(0)
        open_late += not measure.timing.closed and how_late.behind_by > timedelta(0)
        carried_over += measure.departure is not None
    return ProgrammeReport(
        at=at,
        total=total,
        implemented=implemented,
        behind_schedule=behind,
        late_against_original=late,
        completed_late=completed_late,
        open_late=open_late,
        cancelled=cancelled,
        carried_over=carried_over,
        proposed=proposed,
        refused=refused,
    )


def as_report(counted: Figures, at: datetime) -> ProgrammeReport:
    """Figures counted elsewhere, or published, as a report."""
    counts = counted.model_dump(exclude={"by_sector", "by_lead"})
    return ProgrammeReport(at=at, **counts)


def figures(measures: Sequence[Measure], at: datetime) -> Figures:
    """The figures at `at` as they are published, with those of each sector and lead."""
    whole = report(measures, at)
    return Figures(
        total=whole.total,
        implemented=whole.implemented,
        behind_schedule=whole.behind_schedule,
        late_against_original=whole.late_against_original,
        completed_late=whole.completed_late,
        open_late=whole.open_late,
        cancelled=whole.cancelled,
        carried_over=whole.carried_over,
        proposed=whole.proposed,
        refused=whole.refused,
        by_sector=_parts(measures, at, lambda measure: measure.sector),
        by_lead=_parts(measures, at, lambda measure: measure.lead),
    )


def _parts(
    measures: Iterable[Measure], at: datetime, part_of: Callable[[Measure], str | None]
) -> tuple[PartFigures, ...]:
    """By name; those of no part come first."""
    parts: defaultdict[str | None, list[Measure]] = defaultdict(list)
    for measure in measures:
        if measure.counted:
            parts[part_of(measure)].append(measure)
    return tuple(
        _part(name, report(parts[name], at)) for name in sorted(parts, key=lambda name: name or "")
    )


def _part(name: str | None, found: ProgrammeReport) -> PartFigures:
    return PartFigures(
        name=name,
        total=found.total,
        implemented=found.implemented,
        behind_schedule=found.behind_schedule,
        late_against_original=found.late_against_original,
        carried_over=found.carried_over,
    )


def percent(part: int, whole: int) -> str:
    """The share to two significant digits: `40 %`, `4.5 %`; `0 %` of nothing.

    Nothing but all of it is `100 %`: what would round to that is `99 %`.
    """
    if part == 0 or whole == 0:
        return "0 %"
    two_digits = Context(prec=2, rounding=ROUND_HALF_UP)
    share = two_digits.divide(Decimal(100 * part), Decimal(whole))
    if share == 100 and part < whole:
        return "99 %"
    decimals = max(0, 1 - share.adjusted())  # of the rounded share: 9.96 is 10, not 10.0
    return f"{share:.{decimals}f} %"
