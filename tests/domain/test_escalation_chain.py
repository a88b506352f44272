"""The escalation chain as the machinery runs it: one step at a time, paused, silenced, ended."""

from datetime import date, datetime, timedelta

from domain.attribution import Backdating
from domain.instruction import events as e
from domain.instruction.commands import (
    AcknowledgeEscalation,
    ApproveExtension,
    Assign,
    Deescalate,
    Escalate,
    RefuseExtension,
)
from domain.instruction.deadlines import next_wake, planned
from domain.instruction.state import Assigned
from domain.policies import DEFAULT_POLICY, EscalationStep, Policy, Repeat
from tests.domain.specification import Given, given, without_plans
from tests.domain.world import (
    ASSIGNED_AT,
    CONTROL,
    CONTROL_OFFICER,
    COUNCIL,
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    COUNCIL_OPERATOR,
    COUNCIL_REGISTRAR,
    DAY,
    DEADLINE_AT,
    ISSUED_AT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    OF_TWO_BODIES,
    acknowledged,
    assigned,
    by_system,
    done_by,
    escalated,
    extension_approved,
    extension_requested,
    issue,
    issued,
    key,
    sent_by,
    told,
    utc,
)

_CHAIN = DEFAULT_POLICY.model_copy(update={"reminders": ()})
_ASSIGNED = (issued(policy=_CHAIN), assigned())
_IN_PROGRESS = (*_ASSIGNED, acknowledged())
_TICK = timedelta(microseconds=1)


def _steps(specified: Given) -> list[tuple[str, datetime]]:
    """Every step that the machinery fired: its rule and when."""
    return [
        (event.moment.rule, event.occurred_at)
        for event in specified.history
        if isinstance(event, e.Escalated) and event.moment is not None
    ]


def _through(specified: Given, end: datetime) -> Given:
    while (wake := next_wake(specified.state)) is not None and wake <= end:
        specified = specified.and_checked(at=wake)
    return specified


def _overdue() -> Given:
    """One day after the deadline: the controller has been told."""
    return _through(given(_IN_PROGRESS), DEADLINE_AT + DAY)


def test_without_acknowledgement_the_lead_is_told_after_three_days_and_the_controller_after_five() -> (
    None
):
    silent = _through(given(_ASSIGNED), ASSIGNED_AT + 6 * DAY)
    assert without_plans(silent.history)[2:] == (
        e.Escalated(
            **by_system(ASSIGNED_AT + 3 * DAY),
            to="lead",
            body=MINISTRY_A,
            reason="policy default, step unacknowledged-3d",
            moment=key("unacknowledged-3d"),
            due_at=ASSIGNED_AT + 3 * DAY,
            notices=told(MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES),
        ),
        e.Escalated(
            **by_system(ASSIGNED_AT + 5 * DAY),
            to="controller",
            body=CONTROL,
            reason="policy default, step unacknowledged-5d",
            moment=key("unacknowledged-5d"),
            due_at=ASSIGNED_AT + 5 * DAY,
            notices=told(CONTROL_OFFICER),
        ),
    )


def test_acknowledging_stops_the_steps_that_wait_for_it() -> None:
    assert _steps(_through(given(_IN_PROGRESS), DEADLINE_AT - DAY)) == []


def test_after_the_deadline_controller_issuer_and_head_are_told_in_turn() -> None:
    late = _through(given(_IN_PROGRESS), DEADLINE_AT + 365 * DAY)
    escalations = [event for event in late.history if isinstance(event, e.Escalated)]
    assert [
        (event.occurred_at - DEADLINE_AT, event.body, event.notices) for event in escalations
    ] == [
        (1 * DAY, CONTROL, told(CONTROL_OFFICER)),
        (7 * DAY, COUNCIL, told(COUNCIL_HEAD, COUNCIL_OFFICER)),
        (14 * DAY, COUNCIL, told(COUNCIL_HEAD)),
    ]


def test_steps_that_were_missed_run_one_per_wake_in_order() -> None:
    back_up = DEADLINE_AT + 20 * DAY
    specified = given(_IN_PROGRESS)
    assert specified.when_checked(at=back_up).types == ["DeadlinePassed", "Escalated"]
    for rule in ("overdue-1d", "overdue-7d", "overdue-14d"):
        assert next_wake(specified.state) is not None
        events = specified.when_checked(at=back_up).events
        [escalation] = [event for event in events if isinstance(event, e.Escalated)]
        assert escalation.moment == key(rule)
        assert escalation.late
        specified = given((*specified.history, *events))
    specified.when_checked(at=back_up).then_nothing()


def test_a_step_without_a_body_is_recorded_and_the_chain_goes_on() -> None:
    without_controller = given([issued(policy=_CHAIN, controller=None), assigned(), acknowledged()])
    late = _through(without_controller, DEADLINE_AT + 7 * DAY)
    escalations = [event for event in late.history if isinstance(event, e.Escalated)]
    assert [(event.to, event.body, bool(event.notices)) for event in escalations] == [
        ("controller", None, False),
        ("issuer", COUNCIL, True),
    ]


def test_a_step_to_a_body_whose_offices_nobody_holds_is_recorded() -> None:
    policy = Policy(
        id="to-nobody",
        escalation=(
            EscalationStep(id="superior", after=DAY, since="deadline", to="superior"),
            EscalationStep(id="joint", after=2 * DAY, since="deadline", to="body:unknown"),
        ),
    )
    history = [issued(policy=policy), assigned(lead="supreme"), acknowledged()]
    late = _through(given(history), DEADLINE_AT + 2 * DAY)
    escalations = [event for event in late.history if isinstance(event, e.Escalated)]
    assert [(event.body, event.notices) for event in escalations] == [(None, ()), ("unknown", ())]


def test_an_open_request_pauses_the_chain_until_it_is_refused() -> None:
    requested_at, refused_at = DEADLINE_AT - DAY, DEADLINE_AT + 3 * DAY
    request = extension_requested(requested_at, decide_by=DEADLINE_AT + 30 * DAY)
    paused = given((*_IN_PROGRESS, request)).and_checked(at=refused_at)
    assert _steps(paused) == []
    refuse = RefuseExtension(**sent_by(CONTROL_OFFICER), reason="There was time enough.")
    refused = paused.and_then(refuse, at=refused_at)
    assert next_wake(refused.state) == refused_at, "overdue by now, so at once"
    checked = refused.and_checked(at=refused_at)
    assert _steps(checked) == [("overdue-1d", refused_at)]
    assert not any(event.late for event in checked.history if isinstance(event, e.Escalated)), (
        "it was held up, nothing was down"
    )


def test_a_request_that_expires_lets_the_overdue_steps_run_one_per_wake() -> None:
    decide_by = DEADLINE_AT + 10 * DAY
    request = extension_requested(DEADLINE_AT - DAY, decide_by=decide_by)
    paused = _through(given((*_IN_PROGRESS, request)), decide_by - _TICK)
    assert _steps(paused) == []
    first = paused.when_checked(at=decide_by)
    assert first.types == ["ExtensionExpired"], "the chain is paused until that is recorded"
    assert _steps(paused.and_checked(at=decide_by)) == [
        ("overdue-1d", decide_by),
        ("overdue-7d", decide_by),
    ]


def test_a_request_pauses_the_steps_that_wait_for_acknowledgement_as_well() -> None:
    request = extension_requested(ASSIGNED_AT + DAY, decide_by=ASSIGNED_AT + 30 * DAY)
    assert _steps(_through(given((*_ASSIGNED, request)), ASSIGNED_AT + 20 * DAY)) == []


def test_an_approved_extension_starts_the_chain_afresh() -> None:
    late = _overdue()
    request = extension_requested(DEADLINE_AT + 2 * DAY, to=date(2026, 4, 30))
    approved = given((*late.history, request)).and_then(
        ApproveExtension(**sent_by(CONTROL_OFFICER)), at=DEADLINE_AT + 3 * DAY
    )
    assert not approved.known.record.escalation.raised
    assert _steps(_through(approved, utc("2026-05-08 00:00"))) == [
        ("overdue-1d", DEADLINE_AT + DAY),
        ("overdue-1d", utc("2026-05-01 21:00")),
        ("overdue-7d", utc("2026-05-07 21:00")),
    ]


def test_an_acknowledged_escalation_is_silent_until_the_moment_given() -> None:
    silent_until = DEADLINE_AT + 10 * DAY
    command = AcknowledgeEscalation(**sent_by(COUNCIL_OPERATOR), until=silent_until)
    silenced = _overdue().and_then(command, at=DEADLINE_AT + 2 * DAY)
    assert next_wake(silenced.state) == silent_until
    silenced.when_checked(at=silent_until - _TICK).then_nothing()
    [event] = silenced.when_checked(at=silent_until).events
    assert isinstance(event, e.Escalated)
    assert (event.moment, event.due_at) == (key("overdue-7d"), DEADLINE_AT + 7 * DAY)
    assert not event.late, "it waited because it was told to"


def test_silence_that_ends_before_the_next_step_changes_nothing() -> None:
    command = AcknowledgeEscalation(**sent_by(COUNCIL_OPERATOR), until=DEADLINE_AT + 3 * DAY)
    silenced = _overdue().and_then(command, at=DEADLINE_AT + 2 * DAY)
    assert next_wake(silenced.state) == DEADLINE_AT + 7 * DAY


def test_silence_holds_back_no_reminder() -> None:
    history = (issued(), assigned(), acknowledged())
    late = _through(given(history), DEADLINE_AT + DAY)
    command = AcknowledgeEscalation(**sent_by(COUNCIL_OPERATOR), until=DEADLINE_AT + 30 * DAY)
    silenced = late.and_then(command, at=DEADLINE_AT + 2 * DAY)
    assert silenced.when_checked(at=DEADLINE_AT + 7 * DAY).types == ["ReminderDue"]
    acts = [moment.acts_at for moment in planned(silenced.state)]
    assert acts == sorted(acts), "what acts soonest is planned first, silenced steps among it"


def test_a_de_escalated_chain_is_silent_as_long_as_the_deadline_is_the_same() -> None:
    command = Deescalate(**sent_by(COUNCIL_OPERATOR), reason="Settled by telephone.")
    ended = _overdue().and_then(command, at=DEADLINE_AT + 2 * DAY)
    assert next_wake(ended.state) is None
    request = extension_requested(DEADLINE_AT + 3 * DAY, to=date(2026, 4, 30))
    approved = given((*ended.history, request)).and_then(
        ApproveExtension(**sent_by(CONTROL_OFFICER)), at=DEADLINE_AT + 4 * DAY
    )
    assert _steps(_through(approved, utc("2026-05-02 00:00")))[-1] == (
        "overdue-1d",
        utc("2026-05-01 21:00"),
    )


def test_an_operators_own_escalation_does_not_stand_for_a_step_of_the_policy() -> None:
    command = Escalate(**sent_by(COUNCIL_OPERATOR), to="issuer", reason="It cannot wait.")
    raised = given(_IN_PROGRESS).and_then(command, at=DEADLINE_AT - DAY)
    assert [rule for rule, _ in _steps(_through(raised, DEADLINE_AT + 14 * DAY))] == [
        "overdue-1d",
        "overdue-7d",
        "overdue-14d",
    ]


def test_a_step_may_repeat_and_missed_repeats_collapse() -> None:
    policy = Policy(
        id="insistent",
        escalation=(
            EscalationStep(
                id="again",
                after=DAY,
                since="deadline",
                to="controller",
                repeat=Repeat(every=DAY, times=4),
            ),
            EscalationStep(id="further", after=3 * DAY, since="deadline", to="issuer"),
        ),
    )
    back_up = DEADLINE_AT + 3 * DAY + DAY / 2
    down = given([issued(policy=policy), assigned(), acknowledged()])
    passed, escalation = down.when_checked(at=back_up).events
    assert passed.type == "DeadlinePassed"
    assert isinstance(escalation, e.Escalated)
    assert escalation.moment == key("again", 3)
    assert escalation.collapsed == (key("again", 1), key("again", 2))
    assert [rule for rule, _ in _steps(_through(down, DEADLINE_AT + 10 * DAY))] == [
        "again",
        "again",
        "again",
        "further",
        "again",
        "again",
    ]


_IN_TURN = Policy(
    id="in-turn",
    escalation=(
        EscalationStep(id="first", after=DAY, since="deadline", to="controller"),
        EscalationStep(id="second", after=2 * DAY, since="previous", to="issuer"),
        EscalationStep(id="third", after=2 * DAY, since="previous", to="issuer-head"),
    ),
)


def test_a_step_counts_from_when_the_one_before_it_fired() -> None:
    specified = given([issued(policy=_IN_TURN), assigned(), acknowledged()])
    back_up = DEADLINE_AT + 4 * DAY
    late = specified.and_checked(at=back_up)
    assert _steps(late) == [("first", back_up)]
    assert _steps(_through(late, DEADLINE_AT + 30 * DAY)) == [
        ("first", back_up),
        ("second", back_up + 2 * DAY),
        ("third", back_up + 4 * DAY),
    ]


def test_a_step_after_one_that_lay_before_the_schedule_counts_from_when_that_was_planned() -> None:
    """Else importing an overdue measure would start its chain from the import."""
    history = Backdating(at=ISSUED_AT, reason="Taken over from the register of 2026.")
    command = issue(actor=COUNCIL_REGISTRAR, policy=_IN_TURN, backdated=history)
    overdue = given().and_then(command, at=DEADLINE_AT + 4 * DAY)
    suppressed = overdue.history[1]
    assert isinstance(suppressed, e.ReminderSuppressed)
    assert suppressed.moments == (key("first"), key("second"))
    assert _steps(_through(overdue, DEADLINE_AT + 30 * DAY)) == [("third", DEADLINE_AT + 5 * DAY)]
    long_overdue = given().and_then(command, at=DEADLINE_AT + 365 * DAY)
    assert _steps(_through(long_overdue, DEADLINE_AT + 999 * DAY)) == []


def test_a_step_after_one_that_waits_for_acknowledgement_waits_for_it_too() -> None:
    policy = Policy(
        id="silence",
        escalation=(
            EscalationStep(id="silent", after=DAY, since="assignment", to="lead"),
            EscalationStep(id="still-silent", after=DAY, since="previous", to="controller"),
            EscalationStep(id="overdue", after=DAY, since="deadline", to="issuer"),
        ),
    )
    silent = _through(given([issued(policy=policy), assigned()]), ASSIGNED_AT + DAY)
    assert [rule for rule, _ in _steps(_through(silent, ASSIGNED_AT + 9 * DAY))] == [
        "silent",
        "still-silent",
    ]
    heard = given((*silent.history, acknowledged(ASSIGNED_AT + DAY + _TICK)))
    assert [rule for rule, _ in _steps(_through(heard, ASSIGNED_AT + 9 * DAY))] == ["silent"]


def test_such_a_step_comes_after_an_extension_as_well() -> None:
    policy = Policy(
        id="silence",
        escalation=(
            EscalationStep(id="silent", after=30 * DAY, since="assignment", to="lead"),
            EscalationStep(id="still-silent", after=DAY, since="previous", to="controller"),
        ),
    )
    extended = given(
        [issued(policy=policy), assigned(), extension_requested(to=date(2026, 6, 30))]
    ).and_then(ApproveExtension(**sent_by(CONTROL_OFFICER)), at=utc("2026-01-21 09:00"))
    assert _steps(_through(extended, DEADLINE_AT)) == [
        ("silent", ASSIGNED_AT + 30 * DAY),
        ("still-silent", ASSIGNED_AT + 31 * DAY),
    ]


def test_a_step_at_once_after_the_deadline_comes_with_it() -> None:
    step = EscalationStep(id="now", after=timedelta(0), since="deadline", to="issuer")
    policy = Policy(id="at-once", escalation=(step,))
    late = _through(given([issued(policy=policy), assigned(), acknowledged()]), DEADLINE_AT)
    assert _steps(late) == [("now", DEADLINE_AT)]


def test_a_step_at_once_after_the_assignment_lies_within_no_schedule() -> None:
    step = EscalationStep(id="now", after=timedelta(0), since="assignment", to="lead")
    policy = Policy(id="at-once", escalation=(step,))
    assign = Assign(**sent_by(COUNCIL_OFFICER), lead=MINISTRY_A)
    silent = given([issued(policy=policy)]).and_then(assign, at=ASSIGNED_AT)
    assert isinstance(silent.history[-1], e.ReminderSuppressed)
    assert _steps(_through(silent, DEADLINE_AT)) == []


def test_an_operators_silence_outlasts_a_new_deadline() -> None:
    until = DEADLINE_AT + 90 * DAY
    silenced = e.EscalationAcknowledged(**done_by(COUNCIL_OPERATOR, DEADLINE_AT), until=until)
    history = (
        *_IN_PROGRESS,
        escalated(DEADLINE_AT - DAY),
        silenced,
        extension_requested(DEADLINE_AT, to=date(2026, 5, 10)),
        extension_approved(DEADLINE_AT, to=date(2026, 5, 10)),
    )
    quiet = _through(given(history), until - _TICK)
    assert [step for step, at in _steps(quiet) if at > DEADLINE_AT] == []
    assert next_wake(quiet.state) == until


def test_a_step_that_only_turns_to_the_lead_escalates_to_nobody() -> None:
    reminded = _through(given(_ASSIGNED), ASSIGNED_AT + 4 * DAY)
    assert [step for step, _ in _steps(reminded)] == ["unacknowledged-3d"]
    assert isinstance(reminded.state, Assigned)
    assert not reminded.state.record.escalation.raised
