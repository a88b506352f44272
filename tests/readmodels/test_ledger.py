"""The ledger tells of every due moment: planned, fired or suppressed, and what became of its notices."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from domain.attribution import RESERVED_PREFIX
from domain.deadline import DeadlineRequest
from domain.directory.commands import RegisterBody, SetPreferences
from domain.directory.preferences import QuietHours
from domain.identifiers import SYSTEM, instruction_id
from domain.instruction import commands as c
from domain.outcomes import NoticeKey, Recorded
from domain.policies import EscalationStep, Policy, ProgressCycle, ReminderRule, Repeat
from readmodels.ledger import Ledger, LedgerRow
from tests import staging as s
from tests.readmodels.random_lives import BEGIN
from tests.readmodels.staged import Staged, staged

_DAY = timedelta(days=1)
_POLICY = Policy(
    id="two-rules",
    reminders=(
        ReminderRule(id="long-before", offset=60 * _DAY),
        ReminderRule(id="before", offset=2 * _DAY),
        ReminderRule(id="after", offset=_DAY, side="after", repeat=Repeat(every=_DAY, times=3)),
    ),
    escalation=(EscalationStep(id="overdue", after=2 * _DAY, since="deadline", to="controller"),),
)
_ID = instruction_id("L-1")


async def _handled(
    at: Staged, when: datetime, type_: type[c.InstructionCommand], **told: object
) -> Recorded:
    command = type_.model_validate(
        {"command_id": f"{type_.__name__}-{when:%d-%H}", "instruction": _ID, **told}
    )
    outcome = await at.handler.handle(command, when)
    assert isinstance(outcome, Recorded), outcome
    return outcome


async def _begun(at: Staged, policy: Policy = _POLICY) -> None:
    """Due in ten days, with the lead charged."""
    founding = {"number": "L-1", "text": "Do it.", "issuer": s.COUNCIL, "controller": s.CONTROL}
    due = DeadlineRequest(at=BEGIN + 10 * _DAY)
    told = {**founding, "deadline": due, "policy": policy, "programme": "first"}
    await _handled(at, BEGIN, c.Issue, actor=s.ISSUER, **told)
    await _handled(at, BEGIN, c.Assign, actor=s.ISSUER, lead=s.MINISTRY)


async def _deliver(at: Staged, notice: NoticeKey, when: datetime, outcome: str) -> None:
    told = {"notice": notice, "outcome": outcome, "detail": f"it {outcome}", "attempts": 2}
    name = f"{RESERVED_PREFIX}{notice.version}"
    command = c.RecordDelivery.model_validate(
        {"command_id": name, "actor": SYSTEM, "instruction": _ID, **told}
    )
    assert isinstance(await at.handler.handle(command, when), Recorded)


async def _ledger(at: Staged, **asked: object) -> Sequence[LedgerRow]:
    await at.catch_up()
    return await Ledger(at.pool).page(**asked)  # pyright: ignore[reportArgumentType]


def _told(row: LedgerRow) -> tuple[object, ...]:
    return (row.kind, row.rule, row.occurrence, row.status, row.outcome)


async def test_a_moment_is_planned_then_fires_and_its_notice_has_an_outcome(
    staged_url: str,
) -> None:
    async with staged(staged_url) as at:
        await _begun(at)
        suppressed, planned = await _ledger(at)
        assert _told(suppressed) == ("reminder", "long-before", 1, "suppressed", None)
        assert (suppressed.why, suppressed.at) == ("before-schedule", BEGIN)
        assert _told(planned) == ("reminder", "before", 1, "planned", None)
        assert planned.due_at == planned.at == BEGIN + 8 * _DAY

        await _handled(at, BEGIN + 8 * _DAY, c.CheckDeadlines, actor=SYSTEM)
        _, waiting, next_one = await _ledger(at)
        assert _told(waiting) == ("reminder", "before", 1, "fired", "waiting")
        assert (waiting.recipient, waiting.channel) == (s.LEAD, "log")
        assert waiting.at == BEGIN + 8 * _DAY
        assert not waiting.late
        assert _told(next_one) == ("deadline", "deadline", 1, "planned", None)

        notice = next(n for n in await at.store.undelivered(_ID) if n.version == waiting.version)
        await _deliver(at, notice, BEGIN + 9 * _DAY, "delivered")
        _, accepted, _ = await _ledger(at)
        assert _told(accepted) == ("reminder", "before", 1, "fired", "accepted")
        assert accepted.outcome_at == BEGIN + 9 * _DAY
        assert (accepted.attempts, accepted.detail) == (2, "it delivered")


async def test_what_was_missed_collapses_and_each_outcome_is_told(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await _begun(at)
        await _handled(at, BEGIN + 13 * _DAY, c.CheckDeadlines, actor=SYSTEM)
        by_rule = {row.rule: row for row in await _ledger(at, status="waiting")}
        outcomes = {"before": "failed", "after": "suppressed", "overdue": "delivered"}
        for rule, outcome in outcomes.items():
            row = by_rule[rule]
            notice = next(n for n in await at.store.undelivered(_ID) if n.version == row.version)
            await _deliver(at, notice, BEGIN + 13 * _DAY, outcome)
        rows = await _ledger(at, programme="first")
        told = [_told(row) for row in rows]
        assert ("reminder", "before", 1, "fired", "failed") in told
        assert ("reminder", "after", 3, "fired", "suppressed") in told
        assert ("reminder", "after", 1, "collapsed", None) in told
        assert ("reminder", "after", 2, "collapsed", None) in told
        assert ("deadline", "deadline", 1, "fired", None) in told
        assert ("escalation", "overdue", 1, "fired", "accepted") in told
        (escalation,) = [row for row in rows if row.kind == "escalation"]
        assert (escalation.sent_to, escalation.recipient) == ("controller", s.CONTROLLER)
        assert escalation.late
        assert await _ledger(at, programme="next") == []
        assert {row.outcome for row in await _ledger(at, status="failed")} == {"failed"}


async def test_a_notice_is_held_until_its_hour_then_accepted_then_acknowledged(
    staged_url: str,
) -> None:
    async with staged(staged_url) as at:
        fired = datetime.now(UTC).replace(microsecond=0) + _DAY
        until = fired + timedelta(hours=2)
        quiet = QuietHours(start=fired.time(), end=until.time())
        wanted = SetPreferences(command_id="quiet", actor=s.LEAD, person=s.LEAD, quiet=quiet)
        assert isinstance(await at.handler.handle(wanted, BEGIN), Recorded)
        founding = {"number": "L-1", "text": "Do it.", "issuer": s.COUNCIL}
        due = DeadlineRequest(at=fired + 2 * _DAY)
        one_rule = Policy(id="one-rule", reminders=_POLICY.reminders[1:2])
        head = {**founding, "deadline": due, "policy": one_rule}
        await _handled(at, BEGIN, c.Issue, actor=s.ISSUER, **head)
        await _handled(at, BEGIN, c.Assign, actor=s.ISSUER, lead=s.MINISTRY)
        await _handled(at, fired, c.CheckDeadlines, actor=SYSTEM)
        [held] = await _ledger(at, status="held")
        assert _told(held) == ("reminder", "before", 1, "fired", "waiting")
        assert held.held_until == until
        [notice] = [n for n in await at.store.undelivered(_ID) if n.version == held.version]
        await _deliver(at, notice, until, "delivered")
        assert await _ledger(at, status="held") == []
        seen = until + timedelta(minutes=3)
        await _handled(at, seen, c.AcknowledgeNotice, actor=s.LEAD, notice=notice)
        [row] = await _ledger(at, status="acknowledged")
        assert (row.outcome, row.held_until, row.acknowledged_at) == ("accepted", until, seen)


async def test_nothing_is_planned_once_it_is_closed(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await _begun(at)
        await _handled(at, BEGIN + _DAY, c.Cancel, actor=s.ISSUER, reason="Overtaken.")
        assert [row.status for row in await _ledger(at, instruction=_ID)] == ["suppressed"]


async def _checked(at: Staged, when: datetime) -> None:
    await _handled(at, when, c.CheckDeadlines, actor=SYSTEM)


async def test_the_cycle_is_told_of_as_progress_planned_suppressed_and_fired(
    staged_url: str,
) -> None:
    async with staged(staged_url) as at:
        await _begun(at, Policy(id="daily", progress=ProgressCycle(every=_DAY)))
        [planned] = await _ledger(at)
        assert _told(planned) == ("progress", "progress", 1, "planned", None)
        await _handled(at, BEGIN + _DAY / 2, c.ReportProgress, actor=s.LEAD, percent=20)
        await _checked(at, BEGIN + _DAY)
        await _checked(at, BEGIN + 4 * _DAY)
        suppressed, fired, *missed, following = await _ledger(at)
        assert _told(suppressed) == ("progress", "progress", 1, "suppressed", None)
        assert suppressed.why == "reported"
        assert _told(fired) == ("progress", "progress", 4, "fired", "waiting")
        assert (fired.due_at, fired.recipient) == (BEGIN + 4 * _DAY, s.LEAD)
        collapsed = [("progress", "progress", n, "collapsed", None) for n in (2, 3)]
        assert [_told(row) for row in missed] == collapsed
        assert _told(following) == ("progress", "progress", 5, "planned", None)


async def test_progress_that_somebody_asks_for_is_no_due_moment(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await _begun(at, Policy(id="none"))
        before = await _ledger(at)
        await _handled(at, BEGIN + _DAY, c.RequestProgress, actor=s.CONTROLLER)
        assert await _ledger(at) == before


async def test_a_milestone_that_is_missed_stays_with_its_notices(staged_url: str) -> None:
    async with staged(staged_url) as at:
        await _begun(at, Policy(id="none"))
        draft = {"id": "draft", "title": "A draft.", "due": DeadlineRequest(at=BEGIN + 3 * _DAY)}
        await _handled(at, BEGIN, c.SetMilestones, actor=s.ISSUER, milestones=(draft,))
        [planned] = await _ledger(at)
        assert _told(planned) == ("milestone", "milestone/draft", 1, "planned", None)
        await _checked(at, BEGIN + 3 * _DAY)
        *fired, _ = await _ledger(at)
        told = ("milestone", "milestone/draft", 1, "fired", "waiting")
        assert [_told(row) for row in fired] == [told, told]
        assert {row.recipient for row in fired} == {s.LEAD, s.CONTROLLER}


async def test_the_time_to_acknowledge_and_to_accept_is_told_of_as_that(staged_url: str) -> None:
    within = 2 * _DAY
    async with staged(staged_url) as at:
        await _begun(at, Policy(id="soon", acknowledge_within=within, accept_within=within))
        [planned] = await _ledger(at)
        assert _told(planned) == ("acknowledgement", "acknowledgement", 1, "planned", None)
        await _checked(at, BEGIN + within)
        passed, _ = await _ledger(at)
        assert _told(passed) == ("acknowledgement", "acknowledgement", 1, "fired", None)
        await _handled(at, BEGIN + 3 * _DAY, c.SubmitReport, actor=s.LEAD, text="Done.")
        _, planned = await _ledger(at)
        assert _told(planned) == ("acceptance", "acceptance", 1, "planned", None)
        await _checked(at, BEGIN + 3 * _DAY + within)
        _, passed = await _ledger(at)
        assert _told(passed) == ("acceptance", "acceptance", 1, "fired", None)


async def test_a_step_that_another_policy_drops_was_an_escalation_still(staged_url: str) -> None:
    step = EscalationStep(id="at-once", after=_DAY, since="deadline", to="controller")
    async with staged(staged_url) as at:
        await _begun(at, Policy(id="none"))
        other = Policy(id="other", escalation=(step,))
        why = {"actor": s.ISSUER, "reason": "Otherwise."}
        await _handled(at, BEGIN + 15 * _DAY, c.ChangePolicy, policy=other, **why)
        await _handled(at, BEGIN + 16 * _DAY, c.ChangePolicy, policy=Policy(id="none"), **why)
        [suppressed] = await _ledger(at, status="suppressed")
        assert _told(suppressed) == ("escalation", "at-once", 1, "suppressed", None)
        assert suppressed.why == "before-schedule"


async def test_what_comes_to_lie_within_its_schedule_is_suppressed_no_more(
    staged_url: str,
) -> None:
    """At ten where the lead is: in Kamchatka that was before the instruction was issued."""
    policy = Policy(id="at-ten", reminders=(ReminderRule(id="r", offset=_DAY, at=time(10)),))
    async with staged(staged_url) as at:
        body = {"body": "kamchatka", "name": "Kamchatka", "body_kind": "region"}
        far = {**body, "parent": s.COUNCIL, "zone": "Asia/Kamchatka"}
        command = RegisterBody.model_validate({"command_id": "far", "actor": "set-up", **far})
        assert isinstance(await at.handler.handle(command, BEGIN), Recorded)
        due = DeadlineRequest(on=date(2024, 1, 9))
        told = {"number": "L-1", "text": "Do it.", "issuer": s.COUNCIL, "deadline": due}
        await _handled(at, BEGIN, c.Issue, actor=s.ISSUER, policy=policy, **told)
        await _handled(at, BEGIN, c.Assign, actor=s.ISSUER, lead="kamchatka")
        suppressed, _ = await _ledger(at)
        assert _told(suppressed) == ("reminder", "r", 1, "suppressed", None)
        await _handled(at, BEGIN, c.Reassign, actor=s.ISSUER, lead=s.MINISTRY)
        [planned] = await _ledger(at)
        assert _told(planned) == ("reminder", "r", 1, "planned", None)
        await _checked(at, BEGIN + timedelta(hours=1))
        fired, _ = await _ledger(at)
        assert _told(fired) == ("reminder", "r", 1, "fired", "waiting")
