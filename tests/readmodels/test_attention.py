"""Who was last heard and warned, how the escalation stands and what comes next, for each instruction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.attribution import Backdating
from domain.deadline import DeadlineRequest
from domain.identifiers import SYSTEM, instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded, Rejected
from domain.policies import EscalationStep, Policy, ReminderRule
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.persons import MemoryPersonStore
from readmodels.attention import Attention, AttentionProjection, Standing
from readmodels.projection import History
from tests import staging as s

_DAY = timedelta(days=1)
_BEGIN = datetime.fromisoformat("2024-01-08T09:00+00:00")
_DUE = _BEGIN + 10 * _DAY
_ID = instruction_id("A-1")
_POLICY = Policy(
    id="plain",
    reminders=(ReminderRule(id="before", offset=2 * _DAY),),
    escalation=(
        EscalationStep(id="first", after=2 * _DAY, since="deadline", to="controller"),
        EscalationStep(id="second", after=5 * _DAY, since="previous", to="issuer"),
    ),
)


class _Life:
    """One instruction in the hands of everybody, on a log in memory."""

    def __init__(self) -> None:
        self._store = MemoryEventStore()
        self._handler = CommandHandler(self._store, tzdata=s.TZDATA)
        self._sent = 0

    async def begins(self) -> "_Life":
        await s.stage(self._handler, MemoryPersonStore())
        founding = {"number": "A-1", "text": "Do it.", "issuer": s.COUNCIL, "policy": _POLICY}
        due = DeadlineRequest(at=_DUE)
        await self.sees(_BEGIN, s.ISSUER, c.Issue, **founding, controller=s.CONTROL, deadline=due)
        await self.sees(_BEGIN, s.ISSUER, c.Assign, lead=s.MINISTRY)
        return self

    async def sees(
        self, at: datetime, who: str, what: type[c.InstructionCommand], **said: object
    ) -> Attention:
        self._sent += 1
        envelope = {"command_id": f"c-{self._sent}", "actor": who, "instruction": _ID}
        outcome = await self._handler.handle(what.model_validate({**envelope, **said}), at)
        assert isinstance(outcome, Recorded | Rejected)
        assert isinstance(outcome, Recorded), outcome
        return await self.stands()

    async def stands(self) -> Attention:
        history = History.of(_ID, await self._store.read_stream(_ID))
        ((row,),) = AttentionProjection().rows(history)
        values = dict(zip(AttentionProjection.tables[0].columns, row, strict=True))
        which = [values.pop(name) for name in ("instruction", "number", "issuer")]
        assert which == [_ID, "A-1", s.COUNCIL]
        return replace(Attention(), **values)


def _standings(found: Attention, *moments: datetime) -> Sequence[Standing | None]:
    return [found.standing(at) for at in moments]


async def test_nobody_is_heard_or_warned_before_anybody_is() -> None:
    found = await (await _Life().begins()).stands()
    assert (found.heard_at, found.warned_at, found.standing(_BEGIN)) == (None, None, None)
    assert (found.next_step, found.next_to, found.next_at) == (
        "first",
        "controller",
        _DUE + 2 * _DAY,
    )


async def test_the_last_word_of_an_assignee_and_the_last_warning_are_told() -> None:
    life = await _Life().begins()
    await life.sees(_BEGIN + _DAY, s.LEAD, c.Acknowledge)
    found = await life.sees(_BEGIN + 2 * _DAY, s.LEAD, c.ReportProgress, percent=10)
    assert (found.heard_at, found.heard_by) == (_BEGIN + 2 * _DAY, s.LEAD)
    assert found.heard == "ProgressReported"
    found = await life.sees(_BEGIN + 8 * _DAY, SYSTEM, c.CheckDeadlines)
    assert (found.warned_at, found.warned) == (_BEGIN + 8 * _DAY, s.LEAD)
    found = await life.sees(_BEGIN + 9 * _DAY, s.ISSUER, c.Comment, text="Hurry.")
    assert found.heard_at == _BEGIN + 2 * _DAY, "the issuer's word is not the assignee's"


async def test_a_side_that_reports_without_having_taken_note_is_heard() -> None:
    life = await _Life().begins()
    await life.sees(_BEGIN, s.ISSUER, c.Reassign, lead=s.MINISTRY, joint_leads=(s.CONTROL,))
    found = await life.sees(_BEGIN + _DAY, s.LEAD, c.SubmitReport, text="Our half is done.")
    assert (found.heard_at, found.heard_by) == (_BEGIN + _DAY, s.LEAD)
    assert found.heard == "JointReportSubmitted"


async def test_of_joint_leads_it_tells_which_have_yet_to_take_note_and_which_to_report() -> None:
    life = await _Life().begins()
    alone = await life.stands()
    assert (alone.to_note, alone.to_report) == (None, None)
    await life.sees(_BEGIN, s.ISSUER, c.SetController, controller=None)
    found = await life.sees(_BEGIN, s.ISSUER, c.Reassign, lead=s.MINISTRY, joint_leads=(s.CONTROL,))
    both = f"{s.MINISTRY} {s.CONTROL}"
    assert (found.to_note, found.to_report) == (both, both)
    found = await life.sees(_BEGIN + _DAY, s.LEAD, c.Acknowledge)
    assert (found.to_note, found.to_report) == (s.CONTROL, both)
    found = await life.sees(_BEGIN + _DAY, s.CONTROLLER, c.SubmitReport, text="Our half is done.")
    assert (found.to_note, found.to_report) == ("", s.MINISTRY)
    found = await life.sees(_BEGIN + 2 * _DAY, s.LEAD, c.SubmitReport, text="Ours, too.")
    assert (found.over, found.to_note, found.to_report) == (True, None, None)


async def test_what_is_entered_late_does_not_hide_what_came_after_it() -> None:
    life = await _Life().begins()
    await life.sees(_BEGIN + 5 * _DAY, s.LEAD, c.ReportProgress, percent=50)
    earlier = Backdating(at=_BEGIN + 3 * _DAY, reason="Entered late.")
    found = await life.sees(
        _BEGIN + 6 * _DAY, s.REGISTRAR, c.ReportProgress, percent=30, backdated=earlier
    )
    assert found.heard_at == _BEGIN + 5 * _DAY


async def test_a_step_of_the_policy_raises_it_and_the_next_one_is_foreseen() -> None:
    life = await _Life().begins()
    first, second = _DUE + 2 * _DAY, _DUE + 7 * _DAY
    found = await life.sees(first, SYSTEM, c.CheckDeadlines)
    assert found.standing(first) == "open"
    assert (found.step, found.escalated_to, found.escalated_body) == (
        "first",
        "controller",
        s.CONTROL,
    )
    assert (found.escalated_by, found.warned) == (SYSTEM, s.CONTROLLER)
    assert (found.next_step, found.next_to, found.next_at) == ("second", "issuer", second)
    found = await life.sees(second, SYSTEM, c.CheckDeadlines)
    assert (found.step, found.raised_since, found.escalated_at) == ("second", first, second)
    assert found.next_step is None


async def test_an_operators_escalation_names_the_operator_and_the_reason() -> None:
    life = await _Life().begins()
    at = _BEGIN + _DAY
    found = await life.sees(at, s.OPERATOR, c.Escalate, to="issuer-head", reason="It is stuck.")
    assert (found.step, found.reason, found.escalated_by) == (None, "It is stuck.", s.OPERATOR)
    assert (found.escalated_body, found.since) == (s.COUNCIL, at)


async def test_turning_to_the_lead_alone_raises_nothing() -> None:
    life = await _Life().begins()
    found = await life.sees(_BEGIN + _DAY, s.OPERATOR, c.Escalate, to="lead", reason="Hurry.")
    assert found.standing(_BEGIN + _DAY) is None
    assert (found.escalated_at, found.warned) == (None, s.LEAD)


async def test_acknowledged_it_is_taken_on_until_the_moment_given_and_open_again_after_it() -> None:
    life = await _Life().begins()
    at = _DUE + 2 * _DAY
    await life.sees(at, SYSTEM, c.CheckDeadlines)
    until = at + 9 * _DAY
    found = await life.sees(at + _DAY, s.OPERATOR, c.AcknowledgeEscalation, until=until)
    assert _standings(found, until - _DAY, until) == ["acknowledged", "open"]
    assert (found.silenced_by, found.silenced_until) == (s.OPERATOR, until)
    assert (found.next_step, found.next_at) == ("second", until), "held until then"


async def test_snoozed_before_it_is_raised_it_is_silent_and_nothing_after() -> None:
    life = await _Life().begins()
    until = _BEGIN + 5 * _DAY
    found = await life.sees(_BEGIN + _DAY, s.OPERATOR, c.Snooze, until=until, reason="Known.")
    assert _standings(found, until - _DAY, until) == ["silenced", None]
    assert (found.silence, found.silence_reason) == ("snoozed", "Known.")


async def test_ended_it_tells_who_ended_what_and_another_deadline_begins_afresh() -> None:
    life = await _Life().begins()
    at = _DUE + 2 * _DAY
    await life.sees(at, SYSTEM, c.CheckDeadlines)
    found = await life.sees(at + _DAY, s.OPERATOR, c.Deescalate, reason="Agreed with them.")
    assert found.standing(at + _DAY) == "ended"
    assert (found.ended_by, found.ended_reason) == (s.OPERATOR, "Agreed with them.")
    assert (found.escalated_to, found.raised_since, found.next_step) == ("controller", None, None)
    later = DeadlineRequest(at=at + 30 * _DAY)
    found = await life.sees(
        at + 2 * _DAY, s.ISSUER, c.ChangeDeadline, deadline=later, reason="More time."
    )
    assert found.standing(at + 2 * _DAY) is None
    assert (found.ended_by, found.escalated_to) == (None, None)


async def test_an_open_request_for_more_time_is_seen_until_it_is_decided() -> None:
    life = await _Life().begins()
    until = _DUE + 5 * _DAY
    found = await life.sees(
        _BEGIN + _DAY,
        s.LEAD,
        c.RequestExtension,
        until=DeadlineRequest(at=until),
        reason="The supplier is late.",
    )
    assert (found.extension_until, found.heard) == (until, "ExtensionRequested")
    found = await life.sees(_BEGIN + 2 * _DAY, s.CONTROLLER, c.ApproveExtension)
    assert found.extension_until is None
