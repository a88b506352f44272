"""What is explained of due moments is what the events say: each once, with its instants and what became of it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from domain.directory.calendar_versions import PublishedCalendar
from domain.identifiers import CalendarId
from domain.instruction import commands as c
from domain.instruction import events as e
from domain.instruction.deadlines import planned
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.evolution import evolve
from domain.instruction.explanation import Explained, explain
from domain.instruction.state import InstructionState, Unissued
from domain.instruction.terms import DueKey
from domain.policies import EscalationStep, Policy, ReminderRule, WorkingSpan
from domain.working_time import PLAIN
from tests.domain.specification import Given, given
from tests.domain.test_backtest import lived
from tests.domain.test_properties import due_keys
from tests.domain.world import (
    ACKNOWLEDGED_AT,
    ASSIGNED_AT,
    COUNCIL_OFFICER,
    COUNCIL_OPERATOR,
    DAY,
    DEADLINE_AT,
    ISSUED_AT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    NOW,
    issue,
    key,
    sent_by,
    utc,
)


def _no_calendar(calendar: CalendarId, version: int) -> PublishedCalendar | None:
    del calendar, version
    return None


def _plain(calendar: CalendarId, version: int) -> PublishedCalendar:
    """As if the plain week had been published, with a name for one of its Sundays."""
    del calendar, version
    return PublishedCalendar(
        calendar=PLAIN, title="", names={date(2026, 3, 29): "A feast"}, origin="", changes=()
    )


def _explained(events: Sequence[e.InstructionEvent]) -> dict[DueKey, Explained]:
    rows = explain(enumerate(events, start=1), _no_calendar)
    assert [row.due_at or row.at for row in rows] == sorted(
        at for row in rows if (at := row.due_at or row.at)
    )
    return {row.key: row for row in rows}


def _known(events: Sequence[e.InstructionEvent]) -> list[DueKey]:
    """Every due moment that the events name, or that was waited for after one of them."""
    keys: list[DueKey] = []
    state: InstructionState = Unissued()
    for event in events:
        state = evolve(state, event)
        keys.extend(due_keys(event))
        keys.extend(moment.key for moment in planned(state))
        if isinstance(event, e.MomentsPlanned):
            keys.extend(moment.key for moment in event.moments)
    return list(dict.fromkeys(keys))


@settings(max_examples=50, deadline=None)
@over(data=st.data())
def test_every_due_moment_of_a_life_is_there_once_with_its_instants_and_its_end(
    data: st.DataObject,
) -> None:
    events = lived(data, steps=8).events
    rows = explain(enumerate(events, start=1), _no_calendar)
    explained = {row.key: row for row in rows}
    assert len(explained) == len(rows)
    assert explained.keys() == dict.fromkeys(_known(events)).keys()
    for row in rows:
        named = [
            (version, moment.due_at)
            for version, event in enumerate(events, start=1)
            if isinstance(event, e.MomentsPlanned)
            for moment in event.moments
            if moment.key == row.key
        ]
        if named:
            assert [(one.version, one.due_at) for one in row.computed] == named
        if row.status in ("fired", "collapsed", "suppressed"):
            assert row.version is not None
            event = events[row.version - 1]
            assert row.key in due_keys(event)
            assert (row.at, row.event) == (event.occurred_at, event.type)
            assert row.status != "fired" or row.due_at == getattr(event, "due_at", None)
    over_with = dict.fromkeys(k for event in events for k in due_keys(event))
    ended = ("fired", "collapsed", "suppressed")
    assert over_with.keys() == {k: 0 for k, row in explained.items() if row.status in ended}.keys()
    acting = {m.key: m.acts_at for m in planned(instruction_decider.fold(events))}
    waiting = {k: row.at for k, row in explained.items() if row.status == "planned"}
    held = [k for k, at in waiting.items() if at is None]
    assert {k: at for k, at in waiting.items() if k not in held} == acting
    assert all(explained[k].why == "held by an extension request" for k in held)


@settings(max_examples=30, deadline=None)
@over(data=st.data())
def test_a_view_that_leaves_events_out_is_explained_as_well(data: st.DataObject) -> None:
    events = lived(data, steps=5).events
    kept = data.draw(st.lists(st.booleans(), min_size=len(events), max_size=len(events)))
    part = [
        (version, event)
        for version, (event, keep) in enumerate(zip(events, kept, strict=True), start=1)
        if keep
    ]
    rows = explain(part, _no_calendar)
    assert len({row.key: row for row in rows}) == len(rows)


_POLICY = Policy(
    id="explained",
    reminders=(
        ReminderRule.model_validate(
            {"id": "before", "offset": "P3D working", "at": "09:00", "off_days": "earlier"}
        ),
    ),
    escalation=(
        EscalationStep(id="late", since="deadline", after=timedelta(days=1), to="controller"),
        EscalationStep(id="then", since="previous", after=WorkingSpan(length=DAY), to="superior"),
    ),
)


def _begun(policy: Policy = _POLICY) -> Given:
    lead = sent_by(MINISTRY_A_HEAD)
    charge = c.Assign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A)
    return (
        given()
        .and_then(issue(policy=policy), at=ISSUED_AT)
        .and_then(charge, at=ASSIGNED_AT)
        .and_then(c.Acknowledge(**lead), at=ACKNOWLEDGED_AT)
    )


def test_a_reminder_is_told_with_its_rule_its_hour_and_the_days_off_on_the_way() -> None:
    rows = {row.key: row for row in explain(enumerate(_begun().history, 1), _plain)}
    row = rows[key("before")]
    assert (row.kind, row.status, row.due_at) == (
        "reminder",
        "planned",
        DEADLINE_AT.replace(day=26, hour=6),
    )
    basis = row.basis
    assert basis is not None
    assert basis.rule == (
        "3 working days before the deadline of 31 March 2026, at 09:00 in Minsk, "
        "on a day off the working day before"
    )
    assert basis.counts_from == DEADLINE_AT
    assert basis.days_off == ((date(2026, 3, 28), ""), (date(2026, 3, 29), "A feast"))
    assert basis.policy == "explained"


@pytest.mark.parametrize(
    ("said", "due_at", "skipped"),
    [
        ({"off_days": "later", "at": "09:00"}, utc("2026-03-02 06:00"), [date(2026, 3, 1)]),
        ({"off_days": "later"}, utc("2026-03-01 21:00"), [date(2026, 3, 1)]),
        (
            {"off_days": "earlier"},
            utc("2026-02-26 21:00"),
            [date(2026, 2, 28), date(2026, 3, 1)],
        ),
        ({}, utc("2026-02-28 21:00"), []),
    ],
)
def test_a_reminder_on_a_day_counts_from_that_day(
    said: dict[str, str], due_at: datetime, skipped: list[date]
) -> None:
    """1 March 2026 is a Sunday."""
    rule = ReminderRule.model_validate({"id": "on-a-day", "on": "2026-03-01", **said})
    begun = _begun(Policy(id="explained", reminders=(rule,)))
    rows = {row.key: row for row in explain(enumerate(begun.history, 1), _plain)}
    row = rows[key("on-a-day")]
    assert row.basis is not None
    assert (row.due_at, row.basis.counts_from) == (due_at, utc("2026-02-28 21:00"))
    assert [day for day, _ in row.basis.days_off] == skipped


def test_the_time_to_decide_on_an_extension_is_told_and_by_whose_calendar() -> None:
    ask = c.RequestExtension.model_validate(
        {**sent_by(MINISTRY_A_HEAD), "until": {"on": "2026-04-30"}, "reason": "The region is late."}
    )

    def says(policy: Policy) -> str:
        asked = _begun(policy).and_then(ask, at=NOW)
        basis = _explained(asked.history)[key("extension-decision")].basis
        assert basis is not None
        return basis.rule

    over = "the time to decide on the extension is over"
    assert says(_POLICY) == (
        f"{over}: 5 working days after the request, by the calendar of whoever decides"
    )
    a_week = Policy(id="explained", extension_decision=7 * DAY)
    assert says(a_week) == f"{over}: 7 days after the request"


def test_a_moved_deadline_shows_the_instants_before_and_what_dropped_the_others() -> None:
    extend = c.ChangeDeadline.model_validate(
        {**sent_by(COUNCIL_OFFICER), "deadline": {"on": "2026-04-30"}, "reason": "Later."}
    )
    begun = _begun()
    moved = begun.and_then(extend, at=NOW)
    changed = len(begun.history) + 1
    rows = _explained(moved.history)
    old, new = rows[key("before")], rows[key("before", revision=2)]
    assert (old.status, old.event, old.version) == ("dropped", "DeadlineChanged", changed)
    assert (new.status, new.basis and new.basis.counts_from) == (
        "planned",
        moved.known.record.deadline.instant,
    )
    suspended = c.Suspend(**sent_by(COUNCIL_OFFICER), reason="Talks.")
    paused = moved.and_then(suspended, at=NOW + DAY)
    assert _explained(paused.history)[new.key].status == "stopped"
    resumed = paused.and_then(c.Resume(**sent_by(COUNCIL_OFFICER)), at=NOW + 8 * DAY)
    again = _explained(resumed.history)[new.key]
    assert again.status == "planned"
    assert [one.due_at for one in again.computed][:1] == [new.due_at]
    assert len(again.computed) == 2


def test_a_step_that_another_policy_takes_away_while_a_report_waits_is_dropped() -> None:
    undecided = EscalationStep(id="late", since="submission", after=DAY, to="issuer")
    reported = _begun(Policy(id="explained", escalation=(undecided,))).and_then(
        c.SubmitReport(**sent_by(MINISTRY_A_HEAD), text="Done."), at=NOW
    )
    other = c.ChangePolicy(
        **sent_by(COUNCIL_OFFICER), policy=Policy(id="other"), reason="It is enough."
    )
    changed = reported.and_then(other, at=NOW + timedelta(hours=1))
    row = _explained(changed.history)[key("late")]
    assert (row.status, row.event) == ("dropped", "PolicyChanged")


def test_what_was_told_and_what_is_silenced_says_so() -> None:
    late = _begun().and_checked(at=DEADLINE_AT).and_checked(at=DEADLINE_AT + DAY)
    until = DEADLINE_AT + 20 * DAY
    silence = c.Snooze(**sent_by(COUNCIL_OPERATOR), until=until, reason="Known.")
    rows = _explained(late.and_then(silence, at=DEADLINE_AT + DAY).history)
    told, silenced = rows[key("late")], rows[key("then")]
    assert (told.status, told.at, told.event, told.late) == (
        "fired",
        DEADLINE_AT + DAY,
        "Escalated",
        False,
    )
    assert (silenced.status, silenced.at, silenced.why) == (
        "planned",
        until,
        "silenced until then",
    )
    assert silenced.basis is not None
    assert silenced.basis.rule == "1 working day after the step before it, to superior"
    assert silenced.basis.counts_from == DEADLINE_AT + DAY
    assert rows[key("deadline")].status == "fired"


def test_what_comes_again_says_how_much_later_and_in_which_round() -> None:
    policy = Policy.model_validate(
        {
            "id": "again",
            "reminders": [
                {
                    "id": "after",
                    "side": "after",
                    "offset": "P7D",
                    "repeat": {"every": "P7D", "times": 3},
                }
            ],
            "escalation": [
                {
                    "id": "late",
                    "since": "deadline",
                    "after": "P2D working",
                    "to": "issuer",
                    "repeat": {"every": "P1D", "times": 1},
                }
            ],
            "again": {"since": "late", "every": "P30D", "times": 1},
        }
    )
    rows = _explained(_begun(policy).history)

    def says(due: DueKey) -> str:
        basis = rows[due].basis
        assert basis is not None
        return basis.rule

    deadline = "after the deadline of 31 March 2026"
    assert says(key("after")) == f"7 days {deadline}"
    assert says(key("after", 3)) == f"7 days {deadline}, and 14 days on"
    assert says(key("late", 2)) == f"2 working days {deadline}, to issuer, and 1 day on"
    assert says(key("late", 3)) == f"2 working days {deadline}, to issuer, round 2"
    assert says(key("late", 4)) == f"2 working days {deadline}, to issuer, round 2, and 1 day on"
