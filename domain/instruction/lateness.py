"""Whether an instruction is late at a moment T: a function of state and T, not of recorded events."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.instruction.state import (
    Cancelled,
    KnownState,
    Proposed,
    Suspended,
    is_closed,
    submission,
)

_NONE = timedelta(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lateness:
    """How late, against which deadline. Durations are zero when it is not."""

    behind_schedule: bool
    """Open, not suspended, no submission stands, and the currently approved deadline, or the date of a
    milestone that is not reached, lies before T."""
    behind_by: timedelta
    """Against the currently approved deadline: until T, the submission that stands, or the suspension.
    While it goes on, also against the earliest milestone that is not reached."""
    late_by: timedelta
    """Against the original deadline, which nothing moves; never shrinks as the instruction goes on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """All that lateness depends on. The register keeps these columns."""

    closed: bool
    original_deadline: datetime
    deadline: datetime
    """The currently approved one."""
    submitted_at: datetime | None
    """Of the submission that stands: what counts as done on time is it, not its acceptance."""
    cancelled_at: datetime | None
    milestone: datetime | None = None
    """The earliest date of one that is not reached."""
    stopped_at: datetime | None = None
    """Since when the clock stands still: suspended, or not started because it is only proposed."""

    def lateness(self, at: datetime) -> Lateness:
        """How late it is at `at`, if this is how it stood then.

        A cancelled instruction keeps the lateness it had when it was cancelled.
        """
        end = self.submitted_at or self.cancelled_at or at
        stopped = self.submitted_at or self.stopped_at or end
        behind_by = max(stopped - self.deadline, _NONE)
        running = not self.closed and self.submitted_at is None and self.stopped_at is None
        if running and self.milestone is not None:
            behind_by = max(behind_by, at - self.milestone)
        return Lateness(
            behind_schedule=running and behind_by > _NONE,
            behind_by=behind_by,
            late_by=max(end - self.original_deadline, _NONE),
        )


def timing(state: KnownState) -> Timing:
    return Timing(
        closed=is_closed(state),
        original_deadline=state.record.original_deadline.instant,
        deadline=state.record.deadline.instant,
        submitted_at=submission(state),
        cancelled_at=state.cancelled_at if isinstance(state, Cancelled) else None,
        milestone=min(
            (s.milestone.due.instant for s in state.record.milestones if s.open), default=None
        ),
        stopped_at=_stopped_at(state),
    )


def _stopped_at(state: KnownState) -> datetime | None:
    match state:
        case Proposed():
            return state.record.issued_at
        case Suspended():
            return state.suspended_at
        case Cancelled():
            stopped_at = _stopped_at(state.before)
            # It may be entered that it was cancelled before it was suspended.
            return None if stopped_at is None else min(stopped_at, state.cancelled_at)
        case _:
            return None


def lateness(state: KnownState, at: datetime) -> Lateness:
    """How late the instruction is at `at`. `state` must be the state as of that moment.

    A proposal is never late: nobody is charged yet.
    """
    if isinstance(state, Proposed) or (isinstance(state, Cancelled) and state.refused_proposal):
        return Lateness(behind_schedule=False, behind_by=_NONE, late_by=_NONE)
    return timing(state).lateness(at)
