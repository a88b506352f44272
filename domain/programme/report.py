"""The figures of a programme at a moment: how many measures are implemented, how many are behind."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

from domain.identifiers import BodyId, InstructionId
from domain.instruction.lateness import Timing


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One measure of a programme, as it stood at the moment of the report."""

    instruction: InstructionId
    number: str
    text: str
    phase: str
    sector: str | None
    lead: BodyId | None
    timing: Timing


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeReport:
    """Counts of measures. Cancelled ones are counted apart and belong to no other figure."""

    at: datetime
    total: int
    implemented: int
    """Completed: reported and accepted."""
    behind_schedule: int
    """Against the currently approved deadline (DESIGN.md §5)."""
    late_against_original: int
    """Of all, open or completed: past the original deadline, whatever was extended since."""
    completed_late: int
    """Completed, but submitted after the approved deadline. An extension asked for in time and approved
    only after the submission counts; against the original deadline nothing does."""
    open_late: int
    """Open and past the approved deadline, or submitted after it and not yet accepted."""
    cancelled: int

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
    total = implemented = behind = late = completed_late = open_late = cancelled = 0
    for measure in measures:
        if measure.timing.cancelled_at is not None:
            cancelled += 1
            continue
        how_late = measure.timing.lateness(at)
        total += 1
        implemented += measure.phase == "Completed"
        behind += how_late.behind_schedule
        late += how_late.late_by > timedelta(0)
        completed_late += measure.timing.closed and how_late.behind_by > timedelta(0)
        open_late += not measure.timing.closed and how_late.behind_by > timedelta(0)
    return ProgrammeReport(
        at=at,
        total=total,
        implemented=implemented,
        behind_schedule=behind,
        late_against_original=late,
        completed_late=completed_late,
        open_late=open_late,
        cancelled=cancelled,
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
