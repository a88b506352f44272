"""Why a due moment is when it is, in sentences of both languages: its rule, and what became of it."""

from collections.abc import Sequence
from datetime import timedelta

from domain.instruction.deadlines import milestone_of, rule_of
from domain.instruction.state import Record
from domain.policies import EscalationStep, ReminderRule, WorkingSpan, length, times
from web.api.explanation import ExplainedMoment
from web.console.language import Words
from web.console.setup.policy_words import span_said
from web.console.visit import Visit
from web.console.worklists import target_told


def rule_said(visit: Visit, one: ExplainedMoment, record: Record) -> str:
    """`5 working days before the deadline, at 09:00`; of a rule that the policy has no more its name alone."""
    what, say = rule_of(one.key, record.policy), visit.words.say
    nth = one.key.occurrence
    match what:
        case ReminderRule():
            said = _reminder(visit, what, milestone_of(one.key), record)
            also = _also(visit.words, what.repeat.every if what.repeat else None, nth)
            return f"{said}{_hour(visit, what.at)}{_off(visit, what.off_days)}{also}"
        case EscalationStep():
            said = _step(visit, what)
            repeated = what.repeat.every if what.repeat else None
            also = _also(visit.words, repeated, nth)
            return f"{said}{_hour(visit, what.at)}{_off(visit, what.off_days)}{also}"
        case None:
            return say("rule %(rule)s, which the policy has no more", rule=one.key.rule)
        case "deadline":
            return say("the deadline itself")
        case "milestone":
            return say("the day of the milestone %(title)s", title=_title(one, record))
        case "acknowledgement":
            return say("the time to take note is over")
        case "acceptance":
            return say("the time to decide on the report is over")
        case "extension-decision":
            return say("the time to decide on the extension is over")
        case "progress":
            return say("the cycle of progress reports")
        case _:
            every = span_said(what.every, visit.words)
            said = say("every %(span)s from the assignment to the deadline", span=every)
            return f"{said}{_hour(visit, what.at)}{_off(visit, what.off_days)}"


def _reminder(visit: Visit, what: ReminderRule, milestone: str | None, record: Record) -> str:
    words, say = visit.words, visit.words.say
    if what.percent is not None:
        return say("at %(percent)s %% of the way to the deadline", percent=what.percent)
    if what.on is not None:
        return say("on %(day)s", day=words.day(what.on))
    assert what.offset is not None
    span = span_said(what.offset, words)
    if milestone is not None:
        title = _milestone(record, milestone)
        if not length(what.offset):
            return say("on the day of the milestone %(title)s", title=title)
        if what.side == "before":
            return say("%(span)s before the day of the milestone %(title)s", span=span, title=title)
        return say("%(span)s after the day of the milestone %(title)s", span=span, title=title)
    if not length(what.offset):
        return say("at the deadline")
    if what.side == "before":
        return say("%(span)s before the deadline", span=span)
    return say("%(span)s after the deadline", span=span)


def _step(visit: Visit, what: EscalationStep) -> str:
    say, span = visit.words.say, span_said(what.after, visit.words)
    to = target_told(visit, what.to)
    match what.since:
        case "assignment":
            said = say("%(span)s after the assignment, if nobody has taken note", span=span)
        case "submission":
            said = say("%(span)s after the report, if it is not decided on", span=span)
        case "previous":
            said = say("%(span)s after the step before", span=span)
        case "deadline":
            said = say("%(span)s after the deadline", span=span)
    if what.action == "reassign":
        return say("%(when)s: it is assigned to %(to)s", when=said, to=to)
    return say("%(when)s: to %(to)s", when=said, to=to)


def _also(words: Words, every: timedelta | WorkingSpan | None, nth: int) -> str:
    if nth == 1:
        return ""
    if every is None:
        return words.say(", time %(nth)s", nth=nth)
    on = span_said(times(every, nth - 1), words)
    return words.say(", and %(span)s on", span=on)


def _hour(visit: Visit, hour: object) -> str:
    if hour is None:
        return ""
    return visit.words.say(", at %(hour)s local time", hour=f"{hour:%H:%M}")


def _off(visit: Visit, off_days: str) -> str:
    match off_days:
        case "earlier":
            return visit.words.say(", on a day off the working day before")
        case "later":
            return visit.words.say(", on a day off the working day after")
        case _:
            return ""


def _title(one: ExplainedMoment, record: Record) -> str:
    return _milestone(record, milestone_of(one.key) or "")


def _milestone(record: Record, id_: str) -> str:
    known = (standing.milestone for standing in record.milestones)
    return next((one.title for one in known if one.id == id_), id_)


def days_off_said(visit: Visit, one: ExplainedMoment) -> Sequence[str]:
    """The days that it skipped over."""
    words, days = visit.words, one.basis.days_off if one.basis else ()
    return [f"{words.day(day.on)}{f' ({day.name})' if day.name else ''}" for day in days]
