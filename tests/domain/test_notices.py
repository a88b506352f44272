"""A notice is acknowledged by who was told, once; and what became of each is there to be seen."""

from domain.attribution import Attribution, Backdating, Identity
from domain.instruction import commands as c
from domain.instruction import events as e
from domain.instruction.noticed import Noticed, account
from domain.instruction.terms import Addressee
from domain.outcomes import NoticeKey
from domain.rejections import Code
from tests.domain.specification import given
from tests.domain.world import (
    ASSIGNED_AT,
    CLOSED_AT,
    COUNCIL,
    COUNCIL_REGISTRAR,
    DAY,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    NOW,
    assigned,
    by_system,
    cancelled,
    issued,
    sent_by,
    told,
)

_ASSIGNED = assigned().model_copy(update={"notices": told(MINISTRY_A_HEAD, MINISTRY_A_OFFICER)})
_TOLD = (issued(), _ASSIGNED)
_NOTICE = NoticeKey(version=2, recipient=MINISTRY_A_HEAD, channel="email")
_SEEN = e.NotificationAcknowledged(
    occurred_at=NOW,
    by=Attribution(actor=MINISTRY_A_HEAD, identity=Identity()),
    notice=_NOTICE,
)


def _acknowledge(notice: NoticeKey = _NOTICE, actor: str | None = None) -> c.AcknowledgeNotice:
    return c.AcknowledgeNotice(**sent_by(actor or notice.recipient), notice=notice)


def test_who_was_told_acknowledges_it_by_no_office() -> None:
    given(_TOLD).when(_acknowledge(), at=NOW).then([_SEEN])


def test_a_second_time_changes_nothing() -> None:
    given((*_TOLD, _SEEN)).when(_acknowledge(), at=NOW + DAY).then_nothing()


def test_each_notice_is_acknowledged_for_itself() -> None:
    by_log = _NOTICE.model_copy(update={"channel": "log"})
    assert given((*_TOLD, _SEEN)).when(_acknowledge(by_log), at=NOW).events


def test_what_was_not_told_to_them_is_refused() -> None:
    for changed in ({"version": 1}, {"version": 3}, {"channel": "post"}):
        other = _NOTICE.model_copy(update=changed)
        given(_TOLD).when(_acknowledge(other), at=NOW).refused(Code.INVALID, "notice")


def test_nobody_acknowledges_for_another() -> None:
    specified = given(_TOLD)
    specified.when(_acknowledge(actor=MINISTRY_A_OFFICER), at=NOW).refused(
        Code.NOT_AUTHORISED, "actor"
    )
    for_a_body = _acknowledge().model_copy(update={"on_behalf_of": COUNCIL})
    specified.when(for_a_body, at=NOW).refused(Code.INVALID, "on_behalf_of")


def test_a_registrar_enters_what_was_signed_on_paper() -> None:
    earlier = Backdating(at=NOW - DAY, reason="It was signed on paper.")
    signed = _acknowledge(actor=COUNCIL_REGISTRAR).model_copy(update={"backdated": earlier})
    [event] = given(_TOLD).when(signed, at=NOW).events
    assert isinstance(event, e.NotificationAcknowledged)
    assert (event.notice, event.occurred_at) == (_NOTICE, NOW - DAY)


def test_the_account_follows_a_notice_from_when_it_was_given() -> None:
    until = ASSIGNED_AT + DAY
    one, other = (
        Addressee(person=MINISTRY_A_HEAD, channel="email", not_before=until),
        Addressee(person=MINISTRY_A_OFFICER, channel="log"),
    )
    history = [issued(), _ASSIGNED.model_copy(update={"notices": (one, other)})]
    key, other_key = _NOTICE, NoticeKey(version=2, recipient=MINISTRY_A_OFFICER, channel="log")
    head = Noticed(notice=key, kind="InstructionAssigned", given_at=ASSIGNED_AT, held_until=until)
    waiting = Noticed(
        notice=other_key, kind="InstructionAssigned", given_at=ASSIGNED_AT, held_until=None
    )
    assert account(history) == (head, waiting)
    history += [
        e.NotificationDelivered(**by_system(until), notice=key, detail="id", attempts=2),
        e.NotificationSuppressed(**by_system(CLOSED_AT), notice=other_key, detail="erased"),
        _SEEN,
        cancelled(),
    ]
    delivered, suppressed = account(history)
    assert (delivered.outcome, delivered.outcome_at, delivered.attempts, delivered.detail) == (
        "accepted",
        until,
        2,
        "id",
    )
    assert delivered.acknowledged_at == NOW
    assert (suppressed.outcome, suppressed.detail) == ("suppressed", "erased")
    assert suppressed.acknowledged_at is None
