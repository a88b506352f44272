"""A rule of a policy in words: what a due moment is, so long before or after what, at which hour."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from domain.deadline import Deadline
from domain.instruction.deadlines import What
from domain.instruction.terms import ScheduleKind
from domain.policies import (
    Again,
    EscalationStep,
    ProgressCycle,
    ReminderRule,
    WorkingSpan,
    length,
    times,
)

_DAY = timedelta(days=1)
_OFF = {
    "as-is": "",
    "earlier": ", on a day off the working day before",
    "later": ", on a day off the working day after",
}
_SINCE: dict[ScheduleKind, str] = {
    "deadline": "the deadline",
    "milestone": "the day of the milestone",
    "assignment": "the assignment, as long as it is not acknowledged",
    "submission": "the report, as long as it is not decided on",
}


def rule_in_words(what: What, since: str, zone: str) -> str:
    """`5 working days before the deadline of 31 March 2026, at 09:00 in Minsk`.

    Args:
        since: what it counts from, in words.
        zone: where the hour is read.
    """
    match what:
        case ReminderRule():
            hour = _hour(what.at, zone) + _OFF[what.off_days]
            if what.percent is not None:
                return f"{what.percent} % of the way to {since}{hour}"
            if what.on is not None:
                return f"on {day_in_words(what.on)}{hour}"
            assert what.offset is not None
            if not length(what.offset):
                return f"at {since}{hour}"
            return f"{span_in_words(what.offset)} {what.side} {since}{hour}"
        case EscalationStep():
            hour = _hour(what.at, zone) + _OFF[what.off_days]
            does = "" if what.action == "notify" else ", and it becomes the lead"
            begin = "the step before it" if what.since == "previous" else since
            after = f"{span_in_words(what.after)} after" if length(what.after) else "at"
            return f"{after} {begin}{hour}, to {what.to}{does}"
        case ProgressCycle():
            hour = _hour(what.at, zone) + _OFF[what.off_days]
            return (
                f"every {span_in_words(what.every)} since the assignment{hour}, until the deadline"
            )
        case "deadline":
            return since
        case "milestone":
            return since
        case "acknowledgement":
            return "the time to acknowledge is over"
        case "acceptance":
            return "the time to decide on the report is over"
        case "extension-decision":
            return f"the time to decide on the extension is over: {since}"
        case "progress":
            return "the progress cycle"


def occurrence_in_words(what: What, occurrence: int, again: Again | None) -> str:
    """What is added for one after the first: `, and 14 days on`; `, round 2`. Empty for the first."""
    if not isinstance(what, ReminderRule | EscalationStep) or occurrence == 1:
        return ""
    each = 1 + (what.repeat.times if what.repeat else 0)
    rounds, nth = divmod(occurrence - 1, each)
    if isinstance(what, ReminderRule):
        rounds, nth = 0, occurrence - 1
    of = f", round {rounds + 1}" if rounds and again is not None else ""
    on = f", and {span_in_words(times(what.repeat.every, nth))} on" if nth and what.repeat else ""
    return f"{of}{on}"


def since_in_words(kind: ScheduleKind, deadline: Deadline | None) -> str:
    """`the deadline of 31 March 2026`; of an assignment or report no day, as rules name none."""
    day = f" of {deadline_in_words(deadline)}" if deadline is not None else ""
    return f"{_SINCE[kind]}{day}"


def deadline_in_words(deadline: Deadline) -> str:
    if deadline.on is not None:
        return day_in_words(deadline.on)
    local = deadline.instant.astimezone(ZoneInfo(deadline.zone))
    return f"{day_in_words(local.date())}, {local:%H:%M} in {place_of(deadline.zone)}"


def day_in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def span_in_words(span: timedelta | WorkingSpan) -> str:
    """`5 working days`, `1 day 12 hours`."""
    kind = "working " if isinstance(span, WorkingSpan) else ""
    days, rest = divmod(length(span), _DAY)
    hours, rest = divmod(rest, timedelta(hours=1))
    minutes, rest = divmod(rest, timedelta(minutes=1))
    parts = ((days, "day"), (hours, "hour"), (minutes, "minute"), (rest.seconds, "second"))
    return (
        " ".join(f"{n} {kind}{unit}{'s' if n != 1 else ''}" for n, unit in parts if n)
        or f"no {kind}time"
    )


def place_of(zone: str) -> str:
    """`Minsk`, of `Europe/Minsk`."""
    return zone.rpartition("/")[2].replace("_", " ")


def _hour(hour: object, zone: str) -> str:
    return "" if hour is None else f", at {hour:%H:%M} in {place_of(zone)}"
