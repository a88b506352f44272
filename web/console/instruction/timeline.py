"""Due moments along the time from issue to deadline: where each stands in the drawing, in per cent of its width."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from web.api.explanation import ExplainedMoment, Kind
from web.api.instructions import InstructionTold
from web.console.instruction.reasons import days_off_said, rule_said
from web.console.instruction.shown import Shown

LANES: Sequence[Kind] = ("recorded", "reminder", "progress", "escalation")
"""From above."""
_TOP, _LANE = 34, 22
"""Pixels."""
_MARGIN = 2.0
"""Per cent, at either side."""
_NEAR_THE_EDGE = 0.1
MOST = 200
"""Moments that are listed: of years of daily reminders those around now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """One moment."""

    moment: ExplainedMoment
    at: datetime
    rule: str
    days_off: Sequence[str]
    x: str
    """With its per cent sign."""
    y: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """The drawing."""

    marks: Sequence[Mark]
    left_out: int
    """Further moments that are not listed."""
    lanes: Sequence[tuple[str, int]]
    """Those that have any, with their height."""
    height: int
    since: datetime
    until: datetime
    first_day: str
    """As people read it."""
    last_day: str
    deadline_x: str
    now_x: str | None
    """None where now is not within."""
    now_anchor: str
    """On which side of it its word stands, so that it is not cut off."""


def drawn(shown: Shown, moments: Sequence[ExplainedMoment]) -> Timeline:
    told = shown.told
    times = [(one.due_at or one.at, one) for one in moments]
    known = [(at, one) for at, one in times if at is not None]
    near = _around(known, told.at)
    since, until = _span(told, [at for at, _ in near])
    kinds = {one.kind for _, one in near}
    lanes: list[Kind] = [kind for kind in LANES if kind in kinds]
    heights = {kind: _TOP + nth * _LANE for nth, kind in enumerate(lanes)}

    def x(at: datetime) -> str:
        share = (at - since) / (until - since)
        return f"{_MARGIN + share * (100 - 2 * _MARGIN):.2f}%"

    record = shown.state.record
    marks = [
        Mark(
            moment=one,
            at=at,
            rule=rule_said(shown.visit, one, record),
            days_off=days_off_said(shown.visit, one),
            x=x(at),
            y=heights[one.kind],
        )
        for at, one in near
    ]
    return Timeline(
        marks=marks,
        left_out=len(known) - len(near),
        lanes=list(heights.items()),
        height=_TOP + len(lanes) * _LANE + 18,
        since=since,
        until=until,
        first_day=_day(shown, since),
        last_day=_day(shown, until),
        deadline_x=x(told.deadline.instant),
        now_x=x(told.at) if since <= told.at <= until else None,
        now_anchor=_anchor((told.at - since) / (until - since)),
    )


def _anchor(share: float) -> str:
    if share < _NEAR_THE_EDGE:
        return "start"
    return "end" if share > 1 - _NEAR_THE_EDGE else "middle"


def _day(shown: Shown, at: datetime) -> str:
    return shown.visit.words.day(at.astimezone(ZoneInfo(shown.visit.zone)).date())


def _around(
    known: Sequence[tuple[datetime, ExplainedMoment]], now: datetime
) -> Sequence[tuple[datetime, ExplainedMoment]]:
    """Of many the latest that are past, and the next to come."""
    if len(known) <= MOST:
        return known
    past = sum(1 for at, _ in known if at <= now)
    first = min(max(past - MOST // 2, 0), len(known) - MOST)
    return known[first : first + MOST]


def _span(told: InstructionTold, moments: Sequence[datetime]) -> tuple[datetime, datetime]:
    """From issue to the deadline, and to whatever lies beyond."""
    ends = [told.issued_at, told.deadline.instant, told.original_deadline.instant, *moments]
    since, until = min(ends), max(ends)
    if told.phase not in ("Completed", "Cancelled"):
        until = max(until, told.at)
    return since, max(until, since + timedelta(hours=1))
