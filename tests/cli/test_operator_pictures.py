"""Operators' lists in a terminal of 80 columns: every standing can be told, and no number is cut."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console, RenderableType

from cli.escalations import escalations_picture
from cli.late_view import duration, late_json, late_picture
from readmodels.attention import Attention
from readmodels.late import totals_of
from readmodels.register import RegisterRow
from readmodels.worklist import Work

_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_DAY = timedelta(days=1)
_ROW = RegisterRow(
    instruction="instruction-1",
    number="U-001",
    text="Agree on [bold]forecasts[/] of the main indicators, year by year.",
    programme="p",
    sector=None,
    issuer="council",
    controller=None,
    lead="joint-customs-committee",
    phase="InProgress",
    closed=False,
    original_deadline=_AT - 17 * _DAY,
    deadline=_AT - 17 * _DAY,
    submitted_at=None,
    cancelled_at=None,
    percent=40,
    escalated=True,
    version=3,
    stopped_at=None,
    refused=False,
    carried_from=None,
    parent=None,
    source_kind=None,
    source_number=None,
)
_RAISED = Attention(
    raised=True,
    raised_since=_AT - 3 * _DAY,
    escalated_at=_AT - 3 * _DAY,
    escalated_by="system",
    escalated_to="controller",
    escalated_body="control",
    step="overdue-1d",
    heard_at=_AT - 40 * _DAY,
    heard_by="p-1",
    heard="ProgressReported",
    warned_at=_AT - 3 * _DAY,
    warned="p-8 p-9",
)
_BY_HAND = replace(_RAISED, step=None, escalated_by="p-3", reason="It is [red]stuck[/].")
_TAKEN = replace(
    _RAISED,
    silence="acknowledged",
    silenced_by="p-3",
    silenced_at=_AT - _DAY,
    silenced_until=_AT + _DAY,
)
_STANDINGS = {
    "open": _RAISED,
    "p-3: It is [red]stuck[/].": _BY_HAND,
    "p-3 has it until": _TAKEN,
    "open; acknowledged until": replace(_TAKEN, silenced_until=_AT - _DAY),
    "silenced until 2026-03-03 by p-3: Known.": replace(
        _TAKEN, silence="snoozed", silence_reason="Known."
    ),
    "ended by p-3: Agreed.": replace(
        _RAISED,
        raised=False,
        raised_since=None,
        ended=True,
        ended_at=_AT,
        ended_by="p-3",
        ended_reason="Agreed.",
    ),
    "issuer 2026-03-06": replace(_RAISED, next_step="x", next_to="issuer", next_at=_AT + 4 * _DAY),
}


def _drawn(pictures: Sequence[RenderableType], width: int = 80) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, emoji=False)
    for picture in pictures:
        console.print(picture)
    return file.getvalue()


def _works(*seen: Attention) -> Sequence[Work]:
    return [
        Work(row=replace(_ROW, number=f"U-{place:03}"), attention=attention)
        for place, attention in enumerate(seen, start=1)
    ]


@pytest.mark.parametrize("told", _STANDINGS)
def test_each_standing_of_an_escalation_is_told(told: str) -> None:
    drawn = _drawn([escalations_picture(_works(_STANDINGS[told]), _AT)], width=200)
    assert told in drawn
    assert "17 d late" in drawn


def test_numbers_are_whole_and_nothing_is_wider_than_the_terminal() -> None:
    works = _works(*_STANDINGS.values(), Attention())
    queue = _drawn([escalations_picture(works, _AT)])
    late = _drawn(list(late_picture(works, totals_of(works, _AT), _AT, 80)))
    for drawn in (queue, late):
        lines = drawn.splitlines()
        assert max(map(len, lines)) <= 80
        assert all(any(line.startswith(work.row.number) for line in lines) for work in works)


def test_the_latest_has_the_longest_bar_and_what_was_never_heard_is_said() -> None:
    works = [
        *_works(_RAISED),
        Work(row=replace(_ROW, number="U-002", deadline=_AT - _DAY), attention=Attention()),
    ]
    drawn = _drawn(list(late_picture(works, totals_of(works, _AT), _AT, 160)), width=160)
    first, second = (
        next(r for r in drawn.splitlines() if r.startswith(n)) for n in ("U-001", "U-002")
    )
    assert first.count("█") == 12
    assert second.count("█") == 1
    assert "Agree on [bold]forecasts[/]" in first
    assert "p-8 p-9" in first
    assert "never" in second
    assert "2 behind schedule, the longest by 17 d: 1 escalated" in drawn


def test_late_by_a_milestone_it_shows_the_milestones_day_and_says_so() -> None:
    row = replace(_ROW, deadline=_AT + 300 * _DAY, milestone=_AT - 17 * _DAY)
    works = [Work(row=row, attention=Attention())]
    totals = totals_of(works, _AT)
    drawn = _drawn(list(late_picture(works, totals, _AT, 80)))
    assert "2026-02-13" in drawn
    assert "milestone" in drawn
    assert f"{row.deadline:%Y-%m-%d}" not in drawn
    [told] = late_json(works, totals, _AT, None)["instructions"]
    assert (told["late_since"], told["late_for"]) == (row.milestone, "milestone")
    [other] = late_json(_works(_RAISED), totals, _AT, None)["instructions"]
    assert (other["late_since"], other["late_for"]) == (_ROW.deadline, "deadline")


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (_DAY, "1 d"),
        (timedelta(days=421, hours=23), "421 d"),
    ],
)
def test_a_delay_is_told_in_its_largest_whole_unit(span: timedelta, told: str) -> None:
    assert duration(span) == told
