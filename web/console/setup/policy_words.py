"""The rules of a policy as sentences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import time, timedelta

from domain.policies import (
    EscalationStep,
    ReminderRule,
    Repeat,
    Rules,
    WorkingSpan,
    length,
)
from domain.working_time import OffDays
from web.console.labels import label
from web.console.language import Words

Name = Callable[[str | None], str]
"""What a body is called."""


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """One rule."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class PolicySaid:
    """What a policy comes to, for one priority."""

    reminders: Sequence[RuleSaid]
    escalation: Sequence[RuleSaid]
    others: Sequence[str]


def policy_said(rules: Rules, words: Words, name: Name) -> PolicySaid:
    """Each rule in a sentence."""
    return PolicySaid(
        reminders=[RuleSaid(one.id, _reminder(one, words)) for one in rules.reminders],
        escalation=[RuleSaid(one.id, _step(one, words, name)) for one in rules.escalation],
        others=_others(rules, words),
    )


def _reminder(rule: ReminderRule, words: Words) -> str:
    parts = [_when(rule, words), *_hour(rule.at, words), *_off(rule.off_days, words)]
    said = words.say("%(when)s: the lead and the co-assignees are reminded", when=", ".join(parts))
    return _sentence([said, *_repeated(rule.repeat, words)])


def _when(rule: ReminderRule, words: Words) -> str:
    say = words.say
    if rule.percent is not None:
        return say("When %(percent)s %% of the time to the deadline are over", percent=rule.percent)
    if rule.on is not None:
        return say("On %(day)s", day=words.day(rule.on))
    assert rule.offset is not None  # one of the three is given
    if not length(rule.offset):
        if rule.of == "milestones":
            return say("On the day of a milestone that is not reached")
        return say("On the day of the deadline")
    span = span_said(rule.offset, words)
    if rule.of == "milestones":
        if rule.side == "before":
            return say("%(span)s before a milestone that is not reached", span=span)
        return say("%(span)s after a milestone that is not reached", span=span)
    if rule.side == "before":
        return say("%(span)s ahead of the deadline", span=span)
    return say("%(span)s past the deadline", span=span)


def _step(step: EscalationStep, words: Words, name: Name) -> str:
    span = span_said(step.after, words)
    since = {
        "assignment": words.say(
            "%(span)s after the assignment, if nobody has acknowledged it", span=span
        ),
        "deadline": words.say("%(span)s past the deadline", span=span),
        "submission": words.say(
            "%(span)s after the report, if nobody has decided on it", span=span
        ),
        "previous": words.say("%(span)s after the previous step", span=span),
    }[step.since]
    when = ", ".join([since, *_hour(step.at, words), *_off(step.off_days, words)])
    to = _target(step.to, words, name)
    said = (
        words.say("%(when)s: %(to)s is told", when=when, to=to)
        if step.action == "notify"
        else words.say("%(when)s: the work goes to: %(to)s", when=when, to=to)
    )
    return _sentence([said, *_repeated(step.repeat, words)])


def _target(to: str, words: Words, name: Name) -> str:
    if to.startswith("body:"):
        return name(to.removeprefix("body:"))
    said = label(words, "target", to)
    return said[:1].lower() + said[1:]


def _others(rules: Rules, words: Words) -> Sequence[str]:
    say, found = words.say, list[str]()
    if rules.again is not None:
        found.append(
            words.count(
                "Once all steps are through, those from “%(step)s” on come once more after %(span)s, %(n)s time.",
                "Once all steps are through, those from “%(step)s” on come once more every %(span)s, %(n)s times.",
                rules.again.times,
                step=rules.again.since,
                span=span_said(rules.again.every, words),
            )
        )
    if rules.progress is not None:
        parts = [
            say("every %(span)s", span=span_said(rules.progress.every, words)),
            *_hour(rules.progress.at, words),
            *_off(rules.progress.off_days, words),
        ]
        found.append(
            say(
                "A report on progress is asked for until the deadline: %(when)s, unless the lead has just reported.",
                when=", ".join(parts),
            )
        )
    for span, said in (
        (
            rules.acknowledge_within,
            say("It is to be acknowledged within %(span)s; passed, that is recorded."),
        ),
        (
            rules.accept_within,
            say("A report is to be decided on within %(span)s; passed, that is recorded."),
        ),
        (
            rules.extension_decision,
            say("A request for extension that is not decided on within %(span)s expires."),
        ),
    ):
        if span is not None:
            found.append(said % {"span": span_said(span, words)})
    if rules.calendar is not None:
        found.append(
            say("Working days are counted by the calendar %(calendar)s.", calendar=rules.calendar)
        )
    return found


def _hour(at: time | None, words: Words) -> Sequence[str]:
    return [words.say("at %(hour)s", hour=words.clock(at))] if at is not None else []


def _off(off_days: OffDays, words: Words) -> Sequence[str]:
    match off_days:
        case "earlier":
            return [words.say("on a day off: on the working day before")]
        case "later":
            return [words.say("on a day off: on the next working day")]
        case _:
            return []


def _repeated(repeat: Repeat | None, words: Words) -> Sequence[str]:
    if repeat is None:
        return []
    every = span_said(repeat.every, words)
    return [
        words.count(
            "then once more after %(span)s",
            "then every %(span)s, %(n)s times more",
            repeat.times,
            span=every,
        )
    ]


def span_said(span: timedelta | WorkingSpan, words: Words) -> str:
    """How long: `5 working days`, `1 day 2 hours`."""
    working, count = isinstance(span, WorkingSpan), words.count
    whole = length(span)
    hours, seconds = divmod(whole.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    parts: list[str] = []
    if whole.days:
        parts.append(
            count("%(n)s working day", "%(n)s working days", whole.days)
            if working
            else count("%(n)s day", "%(n)s days", whole.days)
        )
    if hours:
        parts.append(
            count("%(n)s working hour", "%(n)s working hours", hours)
            if working
            else count("%(n)s hour", "%(n)s hours", hours)
        )
    if minutes:
        parts.append(words.say("%(n)s min", n=minutes))
    if seconds:
        parts.append(words.say("%(n)s s", n=seconds))
    return " ".join(parts) or count("%(n)s day", "%(n)s days", 0)


def _sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
