"""A programme's digest: when it is due, what it tells, who is still to be reached."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest

from domain.attribution import BY_SYSTEM
from domain.directory.commands import CloseBody
from domain.identifiers import SYSTEM
from domain.outcomes import Rejected
from domain.programme import commands as c
from domain.programme import events as e
from domain.programme.decisions import programme_decider
from domain.programme.digests import (
    GIVEN_UP_AFTER,
    GRACE,
    WEEK,
    Digests,
    DigestSchedule,
    due,
)
from domain.programme.terms import DigestReader, DigestRecipient
from domain.rejections import Code
from tests.domain.directory_specification import asked
from tests.domain.test_programme_life import NEXT, adopted, closed, drafted, given
from tests.domain.world import (
    COUNCIL_HEAD,
    COUNCIL_OFFICER,
    DAY,
    MINISTRY_A,
    MINISTRY_B,
    NOW,
    done_by,
    utc,
)

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_SCHEDULED_AT = utc("2026-01-21 12:00")  # a Wednesday
_MONDAY = utc("2026-01-26 06:00")  # 09:00 in Minsk


def _scheduled(at: datetime = _SCHEDULED_AT, **fields: Any) -> e.DigestScheduled:
    said = {"weekday": "Mon", "hour": time(9), "zone": "Europe/Minsk", "bodies": (), "offices": ()}
    return e.DigestScheduled.model_validate({**done_by(COUNCIL_OFFICER, at), **said, **fields})


def _reader(person: str = COUNCIL_HEAD) -> DigestReader:
    return DigestReader(person=person, channel="email", message_id=f"to {person}")


def _recipient(person: str = COUNCIL_HEAD, outcome: str = "delivered") -> DigestRecipient:
    said = {"detail": "250 OK", "outcome": outcome}
    return DigestRecipient.model_validate({**_reader(person).model_dump(), **said})


def _begun(
    due_at: datetime = _MONDAY,
    *,
    at: datetime | None = None,
    people: Sequence[str] = (COUNCIL_HEAD,),
    **fields: Any,
) -> e.DigestBegun:
    said = {"due_at": due_at, "since": due_at - WEEK, "position": 9, "late": False, "asked": False}
    head = {"occurred_at": at or due_at, "by": BY_SYSTEM, "readers": tuple(map(_reader, people))}
    return e.DigestBegun.model_validate({**head, **said, **fields})


def _sent(
    due_at: datetime = _MONDAY,
    *,
    at: datetime | None = None,
    outcome: str = "delivered",
    people: Sequence[str] = (COUNCIL_HEAD,),
    attempt: int = 1,
) -> e.DigestSent:
    return e.DigestSent(
        occurred_at=at or due_at,
        by=BY_SYSTEM,
        due_at=due_at,
        attempt=attempt,
        recipients=tuple(_recipient(person, outcome) for person in people),
    )


def _told(
    due_at: datetime = _MONDAY,
    *,
    at: datetime | None = None,
    outcome: str = "delivered",
    **fields: Any,
) -> tuple[e.DigestBegun, e.DigestSent]:
    """By one attempt, which is the first."""
    return _begun(due_at, at=at, **fields), _sent(due_at, at=at, outcome=outcome)


def _digests(*events: e.ProgrammeEvent) -> Digests:
    return given(adopted(), *events).programme.digests


def test_it_is_due_first_at_the_next_such_hour_after_it_was_scheduled() -> None:
    digests = _digests(_scheduled())
    assert digests.next_wake == _MONDAY
    assert due(digests, _MONDAY - timedelta(seconds=1)) is None
    first = due(digests, _MONDAY)
    assert first is not None
    assert (first.due_at, first.since) == (_MONDAY, _MONDAY - WEEK)
    assert (first.late, first.asked, first.attempt) == (False, False, 1)


def test_scheduled_on_the_very_hour_it_is_due_a_week_later() -> None:
    assert _digests(_scheduled(at=_MONDAY)).next_wake == _MONDAY + WEEK


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-03-22 00:00", "2026-03-22 01:30"),  # 02:30 in Berlin, before the change
        ("2026-03-22 01:30", "2026-03-29 01:30"),  # 02:30 is left out, it is 03:30
        ("2026-03-29 01:30", "2026-04-05 00:30"),
        ("2026-10-18 00:30", "2026-10-25 00:30"),  # 02:30 comes twice, it is the first
        ("2026-10-25 00:30", "2026-11-01 01:30"),
    ],
)
def test_its_hour_is_that_of_the_local_clock(after: str, expected: str) -> None:
    schedule = DigestSchedule(
        weekday="Sun",
        hour=time(2, 30),
        zone="Europe/Berlin",
        bodies=(),
        offices=(),
        scheduled_at=NOW,
    )
    assert schedule.next(utc(after)) == utc(expected)
    assert schedule.last(utc(expected)) == utc(expected)
    assert schedule.last(utc(expected) - timedelta(seconds=1)) <= utc(after)


def test_a_week_that_was_told_is_not_due_again_and_the_next_goes_on_from_it() -> None:
    digests = _digests(_scheduled(), *_told(at=_MONDAY + timedelta(seconds=20)))
    assert due(digests, _MONDAY + 6 * DAY) is None
    second = due(digests, _MONDAY + WEEK)
    assert second is not None
    assert second.since == _MONDAY + timedelta(seconds=20), "no moment is left out or told twice"


def test_weeks_that_were_missed_are_told_at_once_by_one_that_says_it_is_late() -> None:
    digests = _digests(_scheduled(), *_told())
    back = _MONDAY + 3 * WEEK + _HOUR
    late = due(digests, back)
    assert late is not None
    assert (late.due_at, late.since, late.late) == (_MONDAY + 3 * WEEK, _MONDAY, True)
    after = _digests(_scheduled(), *_told(), *_told(late.due_at, at=back, since=_MONDAY, late=True))
    assert due(after, back + _HOUR) is None
    assert after.next_wake == _MONDAY + 4 * WEEK


def test_within_its_grace_it_is_on_time() -> None:
    digests = _digests(_scheduled())
    for at, late in ((_MONDAY + GRACE, False), (_MONDAY + GRACE + timedelta(seconds=1), True)):
        found = due(digests, at)
        assert found is not None
        assert found.late is late


def test_whom_it_did_not_reach_is_tried_again_with_growing_pauses_and_given_up_after_a_day() -> (
    None
):
    history: list[e.ProgrammeEvent] = [_scheduled()]
    at, attempts = _MONDAY, list[timedelta]()
    while (found := due(_digests(*history), at)) is not None:
        attempts.append(at - _MONDAY)
        assert found.attempt == len(attempts)
        assert (found.due_at, found.late) == (_MONDAY, False)
        assert (found.again is None) == (found.attempt == 1)
        if found.again is None:
            history.append(_begun(at=at))
        outcome = "failed" if found.last_attempt else "waiting"
        history.append(_sent(at=at, outcome=outcome, attempt=found.attempt))
        if found.last_attempt:
            break
        coming = _digests(*history).next_wake
        assert coming is not None
        assert due(_digests(*history), coming - timedelta(seconds=1)) is None
        at = coming
    pauses = [after - before for before, after in pairwise(attempts)]
    assert pauses[0] == timedelta(minutes=5)
    assert pauses == sorted(pauses)
    assert GIVEN_UP_AFTER <= attempts[-1] < GIVEN_UP_AFTER + timedelta(hours=4)
    assert _digests(*history).next_wake == _MONDAY + WEEK


_BOTH = (COUNCIL_HEAD, COUNCIL_OFFICER)


def test_only_those_who_wait_are_told_again_of_the_same() -> None:
    first = (_sent(people=[COUNCIL_HEAD]), _sent(people=[COUNCIL_OFFICER], outcome="waiting"))
    again = due(_digests(_scheduled(), _begun(people=_BOTH), *first), _MONDAY + _HOUR)
    assert again is not None
    assert again.again is not None
    assert [one.person for one in again.again.waiting] == [COUNCIL_OFFICER]
    assert (again.again.begun_at, again.again.position, again.attempt) == (_MONDAY, 9, 2)


def test_begun_and_not_gone_on_with_it_is_another_rounds_after_five_minutes() -> None:
    """As if the worker was killed, before anything was recorded of the messages or in between."""
    for recorded, left, attempt in (((), _BOTH, 1), ((_sent(),), _BOTH[1:], 2)):
        digests = _digests(_scheduled(), _begun(people=_BOTH), *recorded)
        assert due(digests, _MONDAY + timedelta(minutes=4)) is None
        taken_up = due(digests, _MONDAY + timedelta(minutes=5))
        assert taken_up is not None
        assert taken_up.again is not None
        assert tuple(one.person for one in taken_up.again.waiting) == left
        assert taken_up.attempt == attempt


def test_begun_with_nobody_to_be_told_it_is_over() -> None:
    digests = _digests(_scheduled(), _begun(people=()))
    assert (digests.under_way, digests.next_wake) == ((), _MONDAY + WEEK)


def test_one_that_is_asked_for_goes_out_at_once_and_moves_nothing() -> None:
    asked_for = e.DigestRequested.model_validate(done_by(COUNCIL_OFFICER, _MONDAY + DAY))
    history = (_scheduled(), *_told(), asked_for)
    now = due(_digests(*history), _MONDAY + DAY)
    assert now is not None
    assert (now.due_at, now.since, now.asked) == (_MONDAY + DAY, _MONDAY, True)
    told = _told(now.due_at, since=now.since, asked=True)
    after = _digests(*history, *told)
    assert due(after, _MONDAY + 2 * DAY) is None
    weekly = due(after, _MONDAY + WEEK)
    assert weekly is not None
    assert weekly.since == _MONDAY, "the weekly one tells the whole week"


def test_one_that_is_asked_for_waits_for_nobody_who_is_out_of_reach() -> None:
    asked_for = e.DigestRequested.model_validate(done_by(COUNCIL_OFFICER, _MONDAY + _MINUTE))
    history = (_scheduled(), *_told(outcome="waiting"), asked_for)
    now = due(_digests(*history), _MONDAY + _MINUTE)
    assert now is not None
    assert (now.asked, now.attempt) == (True, 1)
    told = _told(now.due_at, since=now.since, asked=True, outcome="waiting")
    both = _digests(*history, *told)
    assert [one.asked for one in both.under_way] == [False, True]
    weekly = due(both, _MONDAY + timedelta(minutes=5))
    assert weekly is not None
    assert (weekly.due_at, weekly.attempt) == (_MONDAY, 2)
    second = _sent(at=_MONDAY + timedelta(minutes=5), attempt=2)
    assert [one.asked for one in _digests(*history, *told, second).under_way] == [True]


def test_without_a_schedule_one_that_is_asked_for_tells_the_last_week() -> None:
    asked_for = e.DigestRequested.model_validate(done_by(COUNCIL_OFFICER, NOW))
    found = due(_digests(asked_for), NOW)
    assert found is not None
    assert found.since == NOW - WEEK


@pytest.mark.parametrize(
    "ending", [e.DigestEnded.model_validate(done_by(COUNCIL_OFFICER, NOW)), closed()]
)
def test_ended_or_with_its_programme_closed_it_is_due_no_more(ending: e.ProgrammeEvent) -> None:
    digests = _digests(_scheduled(), ending)
    assert digests.next_wake is None
    assert due(digests, _MONDAY + WEEK) is None


def test_scheduled_anew_it_tells_nothing_of_the_time_without() -> None:
    ended = e.DigestEnded.model_validate(done_by(COUNCIL_OFFICER, _MONDAY + DAY))
    anew = _scheduled(at=_MONDAY + 10 * WEEK + DAY)
    found = due(_digests(_scheduled(), *_told(), ended, anew), _MONDAY + 11 * WEEK)
    assert found is not None
    assert found.since == _MONDAY + 10 * WEEK


def test_moved_to_another_day_it_goes_on_from_the_last() -> None:
    moved = _scheduled(at=_MONDAY + DAY, weekday="Fri", hour=time(8))
    found = due(_digests(_scheduled(), *_told(), moved), _MONDAY + 4 * DAY)
    assert found is not None
    assert (found.due_at, found.since) == (_MONDAY + 4 * DAY - _HOUR, _MONDAY)


_HEAD: dict[str, Any] = {"command_id": "command", "programme": NEXT, "actor": COUNCIL_OFFICER}


def test_it_is_scheduled_on_the_clock_of_the_programmes_body() -> None:
    command = c.ScheduleDigest(
        **_HEAD, weekday="Mon", hour=time(9), bodies=(MINISTRY_A, MINISTRY_A)
    )
    given(adopted()).when(command).then(_scheduled(at=NOW, bodies=(MINISTRY_A,)))


@pytest.mark.parametrize(
    ("fields", "field"), [({"bodies": ("nobody",)}, "bodies"), ({"offices": ("none",)}, "offices")]
)
def test_it_goes_to_nobody_unknown(fields: dict[str, Any], field: str) -> None:
    command = c.ScheduleDigest(**_HEAD, weekday="Mon", hour=time(9), **fields)
    given(adopted()).when(command).refused(Code.UNKNOWN, field)


def test_it_goes_to_no_body_that_is_closed() -> None:
    command = c.ScheduleDigest(**_HEAD, weekday="Mon", hour=time(9), bodies=(MINISTRY_B,))
    gone = given(adopted()).in_world(CloseBody(**asked(), body=MINISTRY_B, on=NOW.date()))
    gone.when(command).refused(Code.INVALID, "bodies")


@pytest.mark.parametrize("history", [(drafted(),), (adopted(), closed())])
def test_only_a_programme_in_force_has_one(history: tuple[e.ProgrammeEvent, ...]) -> None:
    for command in (
        c.ScheduleDigest(**_HEAD, weekday="Mon", hour=time(9)),
        c.SendDigest(**_HEAD),
        c.EndDigest(**_HEAD),
    ):
        given(*history).when(command).refused(Code.NOT_IN_THIS_PHASE)


def _decided(
    command: type[c.BeginDigest | c.RecordDigest],
    event: e.ProgrammeEvent,
    *history: e.ProgrammeEvent,
) -> object:
    """What is decided where that event is asked for, at its moment."""
    made = command.model_validate(
        {
            "command_id": "delivery:digest",
            "programme": NEXT,
            "actor": SYSTEM,
            **event.model_dump(include=set(command.model_fields) - {"type"}),
        }
    )
    given_ = given(adopted(), *history)
    return programme_decider.decide(made, given_.state, given_.world, event.occurred_at)


def _refused(outcome: object, field: str) -> bool:
    return isinstance(outcome, Rejected) and (outcome.code, outcome.field) == (Code.INVALID, field)


def test_what_is_due_is_begun_once_and_nothing_else_is() -> None:
    begun, ended = _begun(), e.DigestEnded.model_validate(done_by(COUNCIL_OFFICER, _MONDAY))
    assert _decided(c.BeginDigest, begun, _scheduled()) == (begun,)
    for history in ((_scheduled(), begun), (_scheduled(), *_told()), (), (_scheduled(), ended)):
        assert _refused(_decided(c.BeginDigest, begun, *history), "due_at")
    early = _begun(at=_MONDAY - _MINUTE)
    assert _refused(_decided(c.BeginDigest, early, _scheduled()), "due_at")


def test_what_was_sent_is_recorded_once_for_each_reader_and_in_the_order_of_attempts() -> None:
    begun, sent = (_scheduled(), _begun(people=_BOTH)), _sent()
    assert _decided(c.RecordDigest, sent, *begun) == (sent,)
    assert _refused(_decided(c.RecordDigest, sent, *begun, sent), "recipients")
    both = _sent(people=_BOTH)
    assert _decided(c.RecordDigest, both, *begun, sent) == (_sent(people=_BOTH[1:]),)
    assert _refused(_decided(c.RecordDigest, sent, _scheduled()), "due_at")
    assert _refused(_decided(c.RecordDigest, sent, *begun, both), "due_at")
    for attempt, history in ((2, begun), (1, (*begun, _sent(attempt=2, outcome="waiting")))):
        of_another = _sent(attempt=attempt)
        assert _refused(_decided(c.RecordDigest, of_another, *history), "attempt")


def test_what_was_sent_is_recorded_though_it_was_ended_meanwhile() -> None:
    ended = e.DigestEnded.model_validate(done_by(COUNCIL_OFFICER, _MONDAY))
    history = (_scheduled(), _begun(), ended)
    sent = _sent(at=_MONDAY + _HOUR)
    assert _decided(c.RecordDigest, sent, *history) == (sent,)
    assert replace(_digests(*history, sent), last_due_at=None) == Digests()


def test_an_outcome_says_nothing_where_a_view_leaves_out_that_it_began() -> None:
    assert _digests(_scheduled(), _sent()) == _digests(_scheduled())
