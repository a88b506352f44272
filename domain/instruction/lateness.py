"""Whether an instruction is late at a moment T: a function of state and T, not of recorded events."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.instruction.state import Cancelled, KnownState, is_closed, submission

_NONE = timedelta(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lateness:
    """How late, against which deadline. Durations are zero when it is not."""

    behind_schedule: bool
    """Open, no submission stands, and the currently approved deadline lies before T."""
    behind_by: timedelta
    """Against the currently approved deadline: until T, or until the submission that stands."""
    late_by: timedelta
    """Against the original deadline, which nothing moves; never shrinks as the instruction goes on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """All that lateness depends on. The register keeps these five columns."""

    closed: bool
    original_deadline: datetime
    deadline: datetime
    """The currently approved one."""
    submitted_at: datetime | None
    """Of the submission that stands: what counts as done on time is it, not its acceptance."""
    cancelled_at: datetime | None

    def lateness(self, at: datetime) -> Lateness:
        """How late it is at `at`, if this is how it stood then.

        A cancelled instruction keeps the lateness it had when it was cancelled.
        """
        end = self.submitted_at or self.cancelled_at or at
        behind_by = max(end - self.deadline, _NONE)
        return Lateness(
            behind_schedule=not self.closed and self.submitted_at is None and behind_by > _NONE,
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
    )


def lateness(state: KnownState, at: datetime) -> Lateness:
    """How late the instruction is at `at`. `state` must be the state as of that moment."""
    return timing(state).lateness(at)
