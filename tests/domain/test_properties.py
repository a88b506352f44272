"""What must be true whatever is asked, by whomever, in whatever order, while time goes on."""

from copy import deepcopy
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.attribution import Backdating
from domain.facts import Facts
from domain.identifiers import PersonId
from domain.instruction.commands import (
    AcknowledgeEscalation,
    AnyInstructionCommand,
    ApproveExtension,
    AttachEvidence,
    Cancel,
    ChangePolicy,
    CheckDeadlines,
    Comment,
    Correct,
    Deescalate,
    InstructionCommand,
    Issue,
    Propose,
    Reassign,
    RecordDelivery,
    RecordPart,
    RefuseExtension,
    Suspend,
    WithdrawExtension,
)
from domain.instruction.deadlines import next_wake, planned
from domain.instruction.decisions.decide import decide, instruction_decider
from domain.instruction.events import (
    CompletionReported,
    Corrected,
    InstructionEvent,
    MomentsPlanned,
    NotifyingEvent,
    ReminderSuppressed,
)
from domain.instruction.lateness import lateness
from domain.instruction.planning import PlanChange, plan_change, planning
from domain.instruction.rules import RULES
from domain.instruction.state import (
    Assigned,
    InProgress,
    InstructionState,
    Part,
    Proposed,
    Record,
    Reported,
    Unissued,
    is_closed,
)
from domain.instruction.terms import DueKey, PartEnd
from domain.outcomes import NoticeKey, Rejected
from domain.policies import ReminderRule
from eventstore.codec import decode, encode
from tests.domain.arbitrary import commands, issuing
from tests.domain.specification import check
from tests.domain.world import (
    COUNCIL_OFFICER,
    COUNCIL_REGISTRAR,
    INSTRUCTION,
    ISSUED_AT,
    MINISTRY_A,
    MINISTRY_B,
    facts_with_programme,
    sent_by,
)
from tests.drawing import drawn

_TICK = timedelta(microseconds=1)


def _facts() -> Facts:
    """Ministry B works far in the east, where each hour of the day comes nine hours before it does elsewhere."""
    facts = facts_with_programme()
    far = replace(facts.directory.bodies[MINISTRY_B], zone="Asia/Kamchatka")
    directory = replace(facts.directory, bodies={**facts.directory.bodies, MINISTRY_B: far})
    return replace(facts, directory=directory)


FACTS = _facts()


def due_keys(event: InstructionEvent) -> tuple[DueKey, ...]:
    """Every due moment that this event says has fired or was suppressed."""
    one = getattr(event, "moment", None)
    return (
        *((one,) if one is not None else ()),
        *getattr(event, "collapsed", ()),
        *(event.moments if isinstance(event, ReminderSuppressed) else ()),
    )


def _due_again(event: InstructionEvent) -> tuple[DueKey, ...]:
    """What this event plans: of what was left out, that which lies within its schedule now."""
    return tuple(m.key for m in event.moments) if isinstance(event, MomentsPlanned) else ()


def _is_apt(command: type[InstructionCommand], record: Record) -> bool:
    """Whether a command leads anywhere; ends and remarks are left to `anybody_sends_anything`."""
    if command in (ApproveExtension, RefuseExtension, WithdrawExtension):
        return record.extension is not None
    if command in (AcknowledgeEscalation, Deescalate):
        return record.escalation.raised
    return command not in (Cancel, Suspend, Comment, AttachEvidence, CheckDeadlines, RecordDelivery)


def _parts(state: InstructionState) -> tuple[Part, ...]:
    return () if isinstance(state, Unissued) else state.record.parts


def _is_open(state: InstructionState) -> bool:
    return not (isinstance(state, Unissued) or is_closed(state))


class Life(RuleBasedStateMachine):
    """One instruction, from before it is issued to after it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = ISSUED_AT
        self.events: list[InstructionEvent] = []
        self.state: InstructionState = Unissued()
        self.late_by = timedelta(0)
        self.backdated = False

    def send(self, command: AnyInstructionCommand) -> tuple[InstructionEvent, ...] | Rejected:
        before, seen = deepcopy(self.state), repr(self.state)
        facts = FACTS
        if isinstance(command, Correct):
            facts = replace(FACTS, history=tuple(self.events))
        outcome = decide(command, self.state, facts, self.now)
        assert self.state == before
        assert repr(self.state) == seen, "deciding changes nothing, least of all a refusal"
        assert decide(command, self.state, facts, self.now) == outcome, (
            "and depends on nothing else"
        )
        if not isinstance(outcome, Rejected):
            self.record(outcome)
        return outcome

    def record(self, events: tuple[InstructionEvent, ...]) -> None:
        fired: list[DueKey] = []
        for event in self.events:
            fired = [key for key in fired if key not in _due_again(event)]
            fired.extend(due_keys(event))
        for event in events:
            left_out = () if isinstance(self.state, Unissued) else self.state.record.left_out
            for key in _due_again(event):
                assert key not in fired or key in left_out, f"{key} is planned after it fired"
            fired = [key for key in fired if key not in _due_again(event)]
            for key in due_keys(event):
                assert key not in fired, f"{key} fired twice"
                fired.append(key)
            body = encode(event)
            assert decode(event.type, body) == event
            assert encode(decode(event.type, body)) == body
            self.state = instruction_decider.evolve(self.state, event)
        self.events.extend(events)
        if any(isinstance(event, CompletionReported) and event.submitted_at for event in events):
            self.backdated = (
                True  # its parts were done before they were accepted, or it was resumed
            )
        if any(isinstance(event, Corrected) for event in events):
            self.state = instruction_decider.replay(self.events)
            self.backdated = True

    @initialize(data=st.data())
    def issue(self, data: st.DataObject) -> None:
        command: Issue | Propose = data.draw(issuing(self.now))
        if data.draw(st.integers(0, 4)) == 0:
            command = Propose.model_validate(command.model_dump(exclude={"type"}))
        if data.draw(st.integers(0, 4)) == 0:
            self.backdated = True
            at = self.now - timedelta(days=data.draw(st.integers(0, 200)))
            backdated = Backdating(at=at, reason="Taken over.")
            command = command.model_copy(
                update={"actor": COUNCIL_REGISTRAR, "backdated": backdated}
            )
        self.send(command)
        for _ in range(data.draw(st.integers(0, 3))):
            if _is_open(self.state):
                self.proceed(data)

    @property
    def after(self) -> datetime:
        """What a new deadline has to be later than."""
        if isinstance(self.state, Unissued):
            return self.now
        return max(self.now, self.state.record.deadline.instant)

    @rule(data=st.data())
    def anybody_sends_anything(self, data: st.DataObject) -> None:
        self.send(data.draw(commands(self.now, self.after)))

    @precondition(lambda self: _is_open(self.state))
    @rule(data=st.data())
    def somebody_who_may_does_what_comes_next(self, data: st.DataObject) -> None:
        self.proceed(data)

    @precondition(lambda self: _is_open(self.state))
    @rule(data=st.data(), hours=st.integers(0, 24 * 10))
    def the_story_goes_on(self, data: st.DataObject, hours: int) -> None:
        """Days later, with all timers served meanwhile: how it is in practice."""
        self.now += timedelta(hours=hours)
        self.the_machinery_catches_up()
        self.proceed(data)

    def proceed(self, data: st.DataObject) -> None:
        """Chance alone would not take stories far: somebody who may does something that may be."""
        state, directory = self.state, FACTS.directory
        assert not isinstance(state, Unissued)
        allowed: list[tuple[str, list[PersonId]]] = []
        for command, its_rule in RULES.items():
            parties = [relation(state.record, directory) for relation in its_rule.who]
            people = [
                person
                for party in parties
                for body in sorted(party.bodies)
                for person in directory.reached(body, party.kinds, self.now)
            ]
            if people and isinstance(state, its_rule.phases) and _is_apt(command, state.record):
                allowed.append((command.__name__, people))
        name, people = data.draw(st.sampled_from(allowed))
        self.send(data.draw(commands(self.now, self.after, [name], people)))

    @rule(data=st.data())
    def a_registrar_enters_something_earlier(self, data: st.DataObject) -> None:
        command = data.draw(commands(self.now, self.after))
        at = self.now - timedelta(hours=data.draw(st.integers(0, 200)))
        backdated = Backdating(at=at, reason="It arrived on paper.")
        outcome = self.send(
            command.model_copy(update={"actor": COUNCIL_REGISTRAR, "backdated": backdated})
        )
        self.backdated = self.backdated or not isinstance(outcome, Rejected)

    @precondition(lambda self: bool(_parts(self.state)))
    @rule(data=st.data())
    def a_part_closes_or_is_taken_up_again(self, data: st.DataObject) -> None:
        part = data.draw(st.sampled_from(_parts(self.state)))
        ends: list[PartEnd] = ["completed", "cancelled"]
        how = data.draw(st.sampled_from(ends)) if part.closed is None else "reopened"
        outcome = self.send(
            RecordPart(
                command_id="part",
                actor="system",
                instruction=INSTRUCTION,
                part=part.instruction,
                number=part.number,
                how=how,
                submitted_at=self.now if how == "completed" else None,
            )
        )
        assert not isinstance(outcome, Rejected), "what became of a part is never refused"

    @rule(hours=st.integers(0, 24 * 40))
    def time_goes_on(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: next_wake(self.state) is not None)
    @rule()
    def the_workflow_sleeps_until_its_wake(self) -> None:
        wake = next_wake(self.state)
        assert wake is not None
        self.now = max(self.now, wake)
        outcome = self.send(check())
        assert outcome, "waking up for nothing"

    @precondition(lambda self: isinstance(self.state, Assigned | InProgress))
    @rule()
    def it_is_given_away_and_back_shortly_before_an_hour_of_its_leads(self) -> None:
        """What one lead's hour leaves out lies ahead again by the other's."""
        assert isinstance(self.state, Assigned | InProgress)
        next_hour = (self.now + timedelta(hours=1)).astimezone(ZoneInfo("Europe/Minsk"))
        soon = ReminderRule(id="soon", on=next_hour.date(), at=time(next_hour.hour))
        policy = self.state.record.policy
        others = tuple(rule for rule in policy.reminders if rule.id != soon.id)
        policy = policy.model_copy(update={"reminders": (*others, soon)})
        self.send(ChangePolicy(**sent_by(COUNCIL_OFFICER), policy=policy, reason="It is pressing."))
        for lead in (MINISTRY_A, MINISTRY_B, MINISTRY_A):
            self.send(Reassign(**sent_by(COUNCIL_OFFICER), lead=lead))

    @rule()
    def the_machinery_catches_up(self) -> None:
        for _ in range(100):
            outcome = self.send(check())
            assert not isinstance(outcome, Rejected)
            if not outcome:
                break
        else:
            raise AssertionError("there is always something more to record")
        wake = next_wake(self.state)
        assert wake is None or wake > self.now

    @precondition(
        lambda self: any(isinstance(e, NotifyingEvent) and e.notices for e in self.events)
    )
    @rule(data=st.data())
    def a_notice_is_delivered(self, data: st.DataObject) -> None:
        notices = [
            NoticeKey(version=version, recipient=to.person, channel=to.channel)
            for version, event in enumerate(self.events, start=1)
            if isinstance(event, NotifyingEvent)
            for to in event.notices
        ]
        outcome = self.send(
            RecordDelivery(
                command_id="delivery",
                actor="system",
                instruction=INSTRUCTION,
                notice=data.draw(st.sampled_from(notices)),
                outcome=data.draw(st.sampled_from(["delivered", "failed", "suppressed"])),
            )
        )
        assert not isinstance(outcome, Rejected)

    @rule(data=st.data())
    def a_view_folds_any_part_of_what_happened(self, data: st.DataObject) -> None:
        """As-of views leave events out; folding, planning and lateness take whatever is left."""
        kept = data.draw(
            st.lists(st.booleans(), min_size=len(self.events), max_size=len(self.events))
        )
        part = [event for event, keep in zip(self.events, kept, strict=True) if keep]
        state = instruction_decider.fold(part)
        planned(state)
        planning(state, FACTS.directory)
        if not isinstance(state, Unissued):
            lateness(state, self.now)
        founded = any(event.type in ("Proposed", "InstructionIssued") for event in part)
        assert isinstance(state, Unissued) != founded

    @invariant()
    def the_state_is_what_its_events_make_it(self) -> None:
        assert instruction_decider.replay(self.events) == self.state

    @invariant()
    def what_the_rules_come_to_is_on_record(self) -> None:
        computed = planning(self.state, FACTS.directory)
        assert computed.before_schedule == ()
        assert plan_change(self.state, computed.plan) == PlanChange(moments=(), dropped=())

    @invariant()
    def what_was_left_out_and_lies_within_its_schedule_now_is_waited_for(self) -> None:
        record = None if isinstance(self.state, Unissued) else self.state.record
        asked = planning(self.state, FACTS.directory).plan.moments
        assert record is None or not record.fired.keys() & asked.keys()

    @invariant()
    def the_next_wake_is_the_first_moment_at_which_checking_records_anything(self) -> None:
        wake = next_wake(self.state)
        if wake is None:
            far = self.now + timedelta(days=10_000)
            assert decide(check(), self.state, FACTS, far) == ()
            return
        assert decide(check(), self.state, FACTS, wake)
        assert decide(check(), self.state, FACTS, wake - _TICK) == ()

    @invariant()
    def whoever_leads_takes_note_and_reports_before_it_counts(self) -> None:
        assignment = None if isinstance(self.state, Unissued) else self.state.record.assignment
        if assignment is None:
            return
        leads = set(assignment.leads)
        assert leads >= {*assignment.acknowledged, *assignment.reported}
        if isinstance(self.state, Assigned):
            assert leads > set(assignment.acknowledged)
        if isinstance(self.state, Assigned | InProgress):
            assert leads > set(assignment.reported)
        if isinstance(self.state, Reported):
            assert leads == set(assignment.reported)

    @invariant()
    def what_acts_soonest_is_planned_first(self) -> None:
        acts = [moment.acts_at for moment in planned(self.state)]
        assert acts == sorted(acts)

    @invariant()
    def a_closed_instruction_waits_for_nothing(self) -> None:
        if is_closed(self.state):
            assert next_wake(self.state) is None

    @invariant()
    def lateness_against_the_original_deadline_never_shrinks(self) -> None:
        if isinstance(self.state, Unissued | Proposed) or self.backdated:
            return
        late_by = lateness(self.state, self.now).late_by
        assert late_by >= self.late_by
        self.late_by = late_by

    @invariant()
    def what_is_not_late_against_the_original_deadline_is_not_behind_an_extended_one(self) -> None:
        if isinstance(self.state, Unissued | Proposed):
            return
        now = lateness(self.state, self.now)
        record = self.state.record
        extended = record.deadline.instant >= record.original_deadline.instant
        if extended and not any(standing.open for standing in record.milestones):
            assert now.behind_by <= now.late_by
        assert not (now.behind_schedule and is_closed(self.state))


def test_an_instruction_keeps_its_promises_whatever_is_asked_of_it() -> None:
    run_state_machine_as_test(  # pyright: ignore[reportUnknownMemberType]
        Life, settings=settings(max_examples=drawn(60), stateful_step_count=40, deadline=None)
    )
