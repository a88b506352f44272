"""Whatever is asked of a recurrence, and whenever it is looked at: each day is dealt with once."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given as any_of
from hypothesis import strategies as st

from domain.outcomes import Rejected
from domain.recurrence import commands as c
from domain.recurrence import events as e
from domain.recurrence.decisions import recurrence_decider
from domain.recurrence.state import next_wake
from tests.domain.recurring import STARTED_AT, Given, asked, change, check, given, start

_FIRST = date(2026, 2, 1)
_days = st.lists(st.integers(0, 300), min_size=1, max_size=12, unique=True).map(
    lambda offsets: tuple(_FIRST + timedelta(days=n) for n in sorted(offsets))
)
_commands: st.SearchStrategy[Any] = st.one_of(
    st.just(check()),
    st.just(check()),
    st.just(check()),
    st.just(asked(c.PauseRecurrence, reason="why")),
    st.just(asked(c.ResumeRecurrence, reason="why")),
    st.integers(0, 300).map(
        lambda n: asked(c.SkipOccurrence, day=_FIRST + timedelta(days=n), reason="why")
    ),
    st.integers(0, 60).map(lambda days: change(lead_days=days)),
)
_steps = st.lists(st.tuples(st.integers(0, 60), _commands), max_size=25)


def _played(days: tuple[date, ...], steps: list[tuple[int, Any]]) -> Given | None:
    """All that is accepted of these steps, each so many days after the one before."""
    told, at = given().on(*days), STARTED_AT
    if isinstance(told.when(start(), at=at).outcome, Rejected):
        return None
    told = told.and_then(start(), at=at)
    for wait, command in steps:
        at += timedelta(days=wait)
        if isinstance(command, c.ChangeRecurrence):
            done = told.known.last_day
            ahead = tuple(day for day in days if done is None or day > done)
            decided = replace(told, days=ahead).when(command, at=at)
        else:
            decided = told.when(command, at=at)
        if not isinstance(decided.outcome, Rejected):
            told = replace(told, history=(*told.history, *decided.events))
    return told


@any_of(_days, _steps)
def test_no_day_is_issued_twice_or_issued_and_skipped(
    days: tuple[date, ...], steps: list[tuple[int, Any]]
) -> None:
    told = _played(days, steps)
    if told is None:
        return
    issued = [event for event in told.history if isinstance(event, e.OccurrenceIssued)]
    skipped = [event.day for event in told.history if isinstance(event, e.OccurrenceSkipped)]
    dealt_with = [*(event.day for event in issued), *skipped]
    assert len(dealt_with) == len(set(dealt_with))
    assert [event.day for event in issued] == sorted(event.day for event in issued)
    assert [event.n for event in issued] == sorted({event.n for event in issued})
    for event in issued:
        assert event.occurred_at >= event.due_at
        assert event.occurred_at < event.deadline.instant


@any_of(_days, _steps)
def test_checked_until_nothing_is_due_it_waits_or_has_ended(
    days: tuple[date, ...], steps: list[tuple[int, Any]]
) -> None:
    told = _played(days, steps)
    if told is None:
        return
    at = told.history[-1].occurred_at
    for _ in range(len(days) + 2):
        told = told.and_then(check(), at=at)
    wake = next_wake(told.known)
    assert told.when(check(), at=at).events == ()
    assert wake is None or wake > at


@any_of(_days, _steps, st.data())
def test_a_view_folds_any_part_of_what_happened(
    days: tuple[date, ...], steps: list[tuple[int, Any]], data: st.DataObject
) -> None:
    told = _played(days, steps)
    if told is None:
        return
    seen = [event for event in told.history if data.draw(st.booleans())]
    state = recurrence_decider.fold(seen)
    assert (state is None) == (not any(isinstance(s, e.RecurrenceStarted) for s in seen))
