"""Cancelled, suspended and resumed with its parts: what each part makes of it."""

from datetime import date, time
from functools import partial

from domain.attribution import Backdating
from domain.identifiers import InstructionId, instruction_id
from domain.instruction import events as e
from domain.instruction.commands import Cancel, FollowWhole, Resume, Suspend
from domain.instruction.decisions.parts import told_to_the_whole
from domain.instruction.decisions.tree import done_to_the_parts
from domain.instruction.state import Cancelled, InProgress, Suspended, Unissued
from domain.outcomes import Rejected
from domain.policies import Policy, ReminderRule
from domain.rejections import Code
from tests.domain.specification import Given, given
from tests.domain.test_compound import part_of
from tests.domain.test_parts import after_merger
from tests.domain.world import (
    AT_WORK,
    COUNCIL_OFFICER,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    INSTRUCTION,
    ISSUED_AT,
    MINISTRY_A,
    MINISTRY_B,
    NOW,
    NUMBER,
    WORKERS,
    acknowledged,
    assigned,
    by,
    cancelled,
    completed,
    issued,
    part_ended,
    sent_by,
    submitted,
    suspended,
)

_WHOLE = instruction_id("SC-17")
_REASON = "Overtaken by the treaty."


def _follow(
    action: str, because_of: InstructionId = _WHOLE, lifts: tuple[InstructionId, ...] = ()
) -> FollowWhole:
    return FollowWhole.model_validate(
        {
            "command_id": "along",
            "actor": COUNCIL_OFFICER,
            "instruction": INSTRUCTION,
            "action": action,
            "reason": _REASON,
            "because_of": because_of,
            "lifts": lifts or (because_of,),
            "by": by(COUNCIL_OFFICER),
        }
    )


def _with_parts(*numbers: str) -> Given:
    whole = given(AT_WORK)
    for number in numbers:
        whole = whole.and_then(part_of(number), at=NOW)
    return whole


def _to_the_parts(
    command: Cancel | Suspend | Resume | FollowWhole, whole: Given
) -> list[tuple[InstructionId, str]]:
    decided = whole.when(command, at=NOW)
    after = given(whole.history + decided.recorded)
    further = done_to_the_parts(command, decided.recorded, whole.state, after.known)
    return [(one.instruction, one.action) for one in further]


def test_cancelled_with_its_parts_the_whole_knows_that_they_are_closed() -> None:
    whole = _with_parts("A", "B").and_then(part_ended("completed", "A", submitted_at=NOW), at=NOW)
    cancel = Cancel(**sent_by(COUNCIL_OFFICER), reason=_REASON, with_parts=True)
    decided = whole.when(cancel, at=NOW)
    assert decided.types == ["Cancelled", "PartClosed"]
    closed = decided.events[-1]
    assert isinstance(closed, e.PartClosed)
    assert (closed.number, closed.how) == ("B", "cancelled")
    assert _to_the_parts(cancel, whole) == [(instruction_id("B"), "cancel")]


def test_without_being_told_so_parts_are_left_as_they_are() -> None:
    whole = _with_parts("A")
    for command in (
        Cancel(**sent_by(COUNCIL_OFFICER), reason=_REASON),
        Suspend(**sent_by(COUNCIL_OFFICER), reason=_REASON),
    ):
        assert _to_the_parts(command, whole) == []


def test_open_parts_are_suspended_and_resumed() -> None:
    whole = _with_parts("A", "B").and_then(part_ended("cancelled", "A"), at=NOW)
    suspend = Suspend(**sent_by(COUNCIL_OFFICER), reason=_REASON, with_parts=True)
    assert _to_the_parts(suspend, whole) == [(instruction_id("B"), "suspend")]
    stopped = whole.and_then(suspend, at=NOW)
    resume = Resume(**sent_by(COUNCIL_OFFICER), with_parts=True)
    assert _to_the_parts(resume, stopped) == [(instruction_id("B"), "resume")]


def test_a_part_is_cancelled_by_who_cancelled_the_whole() -> None:
    """Though the part's own issuer is its lead, say."""
    [event] = given(AT_WORK).when(_follow("cancel"), at=NOW).events
    assert isinstance(event, e.Cancelled)
    assert (event.by, event.because_of, event.reason) == (by(COUNCIL_OFFICER), _WHOLE, _REASON)
    assert {to.person for to in event.notices} > {*WORKERS}, "its own people are told"


def test_a_part_is_cancelled_in_any_open_phase_and_left_alone_once_it_is_closed() -> None:
    for history in (AT_WORK, (*AT_WORK, submitted()), (*AT_WORK, suspended())):
        assert isinstance(given(history).and_then(_follow("cancel"), at=NOW).state, Cancelled)
    for history in ((*AT_WORK, submitted(), completed()), (*AT_WORK, cancelled())):
        given(history).when(_follow("cancel"), at=NOW).then_nothing()


def test_a_suspended_part_says_because_of_what_and_moves_by_its_own_days() -> None:
    stopped = given(AT_WORK).and_then(_follow("suspend"), at=NOW)
    assert isinstance(stopped.state, Suspended)
    assert stopped.state.because_of == _WHOLE
    resumed = stopped.and_then(_follow("resume"), at=NOW + 10 * DAY)
    assert isinstance(resumed.state, InProgress)
    assert resumed.known.record.deadline.instant == DEADLINE_AT + 10 * DAY
    assert [ev.because_of for ev in resumed.history if isinstance(ev, e.Resumed)] == [_WHOLE]


def test_a_refusal_says_which_part_it_is_about() -> None:
    far = given([issued(deadline=date(2999, 12, 31)), assigned()])
    stopped = far.and_then(_follow("suspend"), at=NOW)
    backdated = Backdating(at=ISSUED_AT - DAY, reason="It arrived on paper.")
    early = _follow("resume").model_copy(update={"backdated": backdated})
    for command, field in ((_follow("resume"), "deadline"), (early, "backdated")):
        refused = stopped.when(command, at=NOW + DAY)
        refused.refused(Code.INVALID, field)
        assert isinstance(refused.outcome, Rejected)
        assert refused.outcome.message.startswith(f"of part {NUMBER}: ")


def test_a_part_that_was_suspended_by_itself_stays_so() -> None:
    by_itself = given((*AT_WORK, suspended()))
    by_itself.when(_follow("suspend"), at=NOW).then_nothing()
    by_itself.when(_follow("resume"), at=NOW).then_nothing()
    other = given(AT_WORK).and_then(_follow("suspend", instruction_id("SC-99")), at=NOW)
    other.when(_follow("resume"), at=NOW).then_nothing()


def test_it_goes_on_below_a_part_that_stays_as_it_is() -> None:
    part = _with_parts("A")
    stays = given((*part.history, suspended()))
    for action in ("suspend", "resume"):
        assert _to_the_parts(_follow(action), stays) == [(instruction_id("A"), action)]


def test_one_resumed_by_itself_lifts_what_was_suspended_below_it_with_the_whole() -> None:
    stopped = _with_parts("A").and_then(_follow("suspend"), at=NOW)
    resume = Resume(**sent_by(COUNCIL_OFFICER), with_parts=True)
    decided = stopped.when(resume, at=NOW)
    after = given(stopped.history + decided.recorded).known
    [further] = done_to_the_parts(resume, decided.recorded, stopped.state, after)
    assert further.lifts == (INSTRUCTION, _WHOLE)


def test_entered_as_history_it_is_entered_so_for_the_parts_too() -> None:
    backdated = Backdating(at=NOW - DAY, reason="It arrived on paper.")
    cancel = Cancel(
        **sent_by(COUNCIL_REGISTRAR), reason=_REASON, with_parts=True, backdated=backdated
    )
    whole = given(AT_WORK).and_then(part_of("A"), at=NOW - 2 * DAY)
    decided = whole.when(cancel, at=NOW)
    after = given(whole.history + decided.recorded).known
    [further] = done_to_the_parts(cancel, decided.recorded, Unissued(), after)
    [event] = given(AT_WORK).when(further, at=NOW).events
    assert event.occurred_at == NOW - DAY
    assert event.by == decided.events[0].by


_CANCEL = Cancel(**sent_by(COUNCIL_OFFICER), reason=_REASON)
_CLOSED = ((*AT_WORK, submitted(), completed()), (*AT_WORK, cancelled()))


def test_a_part_that_closes_says_whether_it_leaves_any_of_its_own_open() -> None:
    part = given((issued(parent=_WHOLE), assigned(), acknowledged()))
    split = part.and_then(part_of("A"), at=NOW).and_then(part_of("B"), at=NOW)
    below_b = part_ended("completed", "B", submitted_at=NOW, leaves_open=True)
    for history, leaves_open in (
        (part, False),
        (split, True),
        (split.and_then(part_ended("cancelled", "A"), at=NOW), True),
        (split.and_then(part_ended("cancelled", "A"), at=NOW).and_then(below_b, at=NOW), True),
        (
            split.and_then(part_ended("cancelled", "A"), at=NOW).and_then(
                part_ended("cancelled", "B"), at=NOW
            ),
            False,
        ),
    ):
        decided = history.when(_CANCEL, at=NOW)
        after = given(history.history + decided.recorded).known
        told = told_to_the_whole(_CANCEL, decided.recorded, after)
        assert told is not None
        assert (told.how, told.leaves_open) == ("cancelled", leaves_open)


def test_it_goes_on_below_a_closed_part_that_has_left_some_of_its_own_open() -> None:
    whole = _with_parts("A", "B")
    whole = whole.and_then(
        part_ended("completed", "A", submitted_at=NOW, leaves_open=True), at=NOW
    ).and_then(part_ended("completed", "B", submitted_at=NOW), at=NOW)
    below_a = instruction_id("A")
    for command, action in (
        (Cancel(**sent_by(COUNCIL_OFFICER), reason=_REASON, with_parts=True), "cancel"),
        (Suspend(**sent_by(COUNCIL_OFFICER), reason=_REASON, with_parts=True), "suspend"),
        (_follow("cancel"), "cancel"),
        (_follow("resume"), "resume"),
    ):
        assert _to_the_parts(command, whole) == [(below_a, action)]


def test_a_closed_part_has_it_on_record_that_its_own_are_cancelled_with_the_whole() -> None:
    for end in ((submitted(), completed()), (cancelled(),)):
        part = _with_parts("A")
        closed = given((*part.history, *end))
        [event] = closed.when(_follow("cancel"), at=NOW).events
        assert isinstance(event, e.PartClosed)
        assert (event.number, event.how, event.by) == ("A", "cancelled", by(COUNCIL_OFFICER))
        assert _to_the_parts(_follow("cancel"), closed) == [(instruction_id("A"), "cancel")]
        closed.when(_follow("suspend"), at=NOW).then_nothing()
        assert _to_the_parts(_follow("suspend"), closed) == [(instruction_id("A"), "suspend")]


def test_what_is_closed_is_left_to_the_bodies_that_closed_it() -> None:
    merged = partial(after_merger, MINISTRY_A, heir=MINISTRY_B)
    for history in _CLOSED:
        for action in ("cancel", "suspend", "resume"):
            given(history, merged).when(_follow(action), at=NOW).then_nothing()


def test_where_nothing_comes_of_it_the_heir_is_reminded_by_its_own_hour_all_the_same() -> None:
    policy = Policy(id="tested", reminders=(ReminderRule(id="r", offset=DAY, at=time(9)),))
    merged = partial(after_merger, MINISTRY_A, heir=MINISTRY_B)
    part = given((issued(policy=policy), assigned(), acknowledged()), merged)
    succeeded, planned = part.when(_follow("resume"), at=NOW).recorded
    assert isinstance(succeeded, e.BodySucceeded)
    assert isinstance(planned, e.MomentsPlanned)
    # Minsk and Moscow keep the same hour, so that only the zone differs.
    assert {moment.zone for moment in planned.moments} == {"Europe/Moscow"}
