"""A life lived again: under the policy that was in force it is the same life; under others the rules differ."""

from datetime import timedelta

from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from domain.instruction.backtest import Deed, as_it_occurred, by_machinery, relived
from domain.instruction.commands import AnyInstructionCommand, Correct
from domain.instruction.deadlines import next_wake
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.events import ExtensionExpired, InstructionEvent, PolicyChanged
from domain.instruction.state import Unissued, is_closed
from domain.instruction.warnings_given import TwoLives, warnings_given
from domain.outcomes import Rejected
from domain.policies import EscalationStep, Policy
from tests.domain.arbitrary import policies
from tests.domain.specification import check
from tests.domain.test_properties import FACTS, Life, due_keys
from tests.domain.world import (
    ACKNOWLEDGED_AT,
    ASSIGNED_AT,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    ISSUED_AT,
    REQUESTED_AT,
    acknowledged,
    assigned,
    by,
    extension_requested,
    facts,
    issued,
    submitted,
)


class PunctualLife(Life):
    """One whose machinery is always on time, with what people did in it put aside."""

    def __init__(self) -> None:
        super().__init__()
        self.deeds: list[Deed] = []

    def send(self, command: AnyInstructionCommand) -> tuple[InstructionEvent, ...] | Rejected:
        if isinstance(command, Correct):
            return ()  # read from the start on, it would change what the machinery did before it
        outcome = super().send(command)
        if not isinstance(outcome, Rejected):
            events = tuple(event for event in outcome if not by_machinery(event))
            if events:
                self.deeds.append(Deed(at=self.now, events=events))
        return outcome

    def pass_time(self, hours: int) -> None:
        """So many hours, with every moment acted on as it comes."""
        end = self.now + timedelta(hours=hours)
        while (wake := next_wake(self.state)) is not None and wake <= end:
            self.now = max(self.now, wake)
            assert self.send(check()), "waking up for nothing"
        self.now = end


def lived(data: st.DataObject, *, steps: int) -> PunctualLife:
    """A random life of so many steps, or to its end."""
    life = PunctualLife()
    life.issue(data)
    for _ in range(steps):
        if isinstance(life.state, Unissued) or is_closed(life.state):
            break
        life.pass_time(data.draw(st.integers(1, 24 * 15)))
        life.proceed(data)
    life.pass_time(data.draw(st.integers(0, 24 * 60)))
    return life


@settings(max_examples=60, deadline=None)
@over(data=st.data())
def test_under_what_was_in_force_the_same_is_recorded_to_the_last_event(
    data: st.DataObject,
) -> None:
    life = lived(data, steps=8)
    assert relived(life.deeds, FACTS, life.now) == tuple(life.events)


@settings(max_examples=30, deadline=None)
@over(data=st.data(), policy=policies())
def test_under_another_policy_people_do_the_same_and_nothing_fires_twice(
    data: st.DataObject, policy: Policy
) -> None:
    life = lived(data, steps=6)
    events = relived(life.deeds, FACTS, life.now, policy)
    done = [type(event) for event in events if not by_machinery(event)]
    assert [d for d in done if d is not PolicyChanged] == [
        type(event)
        for deed in life.deeds
        for event in deed.events
        if not isinstance(event, PolicyChanged)
    ]
    fired = [key for event in events for key in due_keys(event)]
    assert len(fired) == len(set(fired))
    state = instruction_decider.fold(events)
    wake = next_wake(state)
    assert wake is None or wake > life.now
    assert isinstance(state, Unissued) or state.record.policy == policy.of_priority(
        state.record.priority
    )


def test_a_stricter_policy_escalates_what_the_one_in_force_left_alone() -> None:
    deeds = (
        Deed(at=ISSUED_AT, events=(issued(),)),
        Deed(at=ASSIGNED_AT, events=(assigned(),)),
        Deed(at=ACKNOWLEDGED_AT, events=(acknowledged(),)),
        Deed(at=DEADLINE_AT + 10 * DAY, events=(submitted(DEADLINE_AT + 10 * DAY),)),
    )
    strict = Policy(
        id="strict",
        escalation=(
            EscalationStep(id="at-once", since="deadline", after=timedelta(hours=1), to="issuer"),
        ),
    )
    two = TwoLives(
        number="SC-17/4",
        happened=warnings_given(relived(deeds, facts(), DEADLINE_AT + 30 * DAY)),
        relived=warnings_given(relived(deeds, facts(), DEADLINE_AT + 30 * DAY, strict)),
    )
    assert [one.rule for one in two.happened.given] == [
        "before-30d",
        "before-7d",
        "before-1d",
        "overdue-1d",
        "after-weekly",
        "overdue-7d",
    ]
    assert [(w.rule, w.to, w.at) for w in two.relived.given] == [
        ("at-once", "issuer", DEADLINE_AT + timedelta(hours=1))
    ]
    assert two.relived.deadline_passed == DEADLINE_AT
    assert two.caught_earlier_by == timedelta(hours=23)


def test_the_time_to_decide_on_an_extension_is_that_of_the_other_policy() -> None:
    deeds = (
        Deed(at=ISSUED_AT, events=(issued(),)),
        Deed(at=ASSIGNED_AT, events=(assigned(),)),
        Deed(at=REQUESTED_AT, events=(extension_requested(),)),
    )
    patient = Policy(id="patient", extension_decision=timedelta(days=12))
    expired = [
        event.due_at
        for event in relived(deeds, facts(), REQUESTED_AT + 20 * DAY, patient)
        if isinstance(event, ExtensionExpired)
    ]
    assert expired == [REQUESTED_AT + 12 * DAY]


def test_history_is_warned_of_only_as_if_it_had_been_entered_when_it_happened() -> None:
    entered = DEADLINE_AT + 90 * DAY
    registrar = by(COUNCIL_REGISTRAR).model_copy(update={"backdating_reason": "Taken over."})
    founded = issued(scheduled_from=entered).model_copy(update={"by": registrar})
    given_to = assigned().model_copy(update={"by": registrar, "scheduled_from": entered})
    deeds = (Deed(at=entered, events=(founded,)), Deed(at=entered, events=(given_to,)))
    as_entered = warnings_given(relived(deeds, facts(), entered))
    assert as_entered.given == ()
    as_it_was = warnings_given(relived(as_it_occurred(deeds), facts(), entered))
    assert [w.at for w in as_it_was.given if w.rule == "before-1d"] == [DEADLINE_AT - DAY]
    assert as_it_was.first_escalation == DEADLINE_AT + DAY
