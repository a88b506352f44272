"""When a person is told: quiet hours, digests, days off; what nobody may leave unread."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.directory import events as d
from domain.directory.commands import Appoint, RegisterBody, RegisterOffice, SetPreferences
from domain.directory.preferences import (
    DEFAULTS,
    MANDATORY,
    NOTICE_KINDS,
    Preferences,
    QuietHours,
    send_after,
)
from domain.facts import Facts
from domain.instruction import commands as c
from domain.instruction import events as e
from domain.instruction.terms import Addressee
from domain.rejections import Code
from domain.working_time import PLAIN
from tests.domain.directory_specification import asked, directory_after
from tests.domain.specification import Given, given
from tests.domain.world import (
    ADMINISTRATOR,
    AT_WORK,
    CONTROL_OFFICER,
    DAY,
    DEADLINE_AT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    MINISTRY_B_HEAD,
    NOW,
    OF_TWO_BODIES,
    REGION,
    STRANGER,
    TZDATA,
    assigned,
    by,
    issued,
    sent_by,
    told,
    utc,
)

_NIGHT = QuietHours(start=time(20), end=time(8))
_ROUTINE = "ProgressRequested"
_ZONE = "Europe/Berlin"


def _moment(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(_ZONE), fold=fold).astimezone(UTC)


def _sent(
    at: datetime, *, kind: str = _ROUTINE, overdue: bool = False, **preferences: object
) -> datetime | str | None:
    return send_after(
        replace(DEFAULTS, **preferences),  # pyright: ignore[reportArgumentType]
        kind=kind,
        at=at,
        zone=_ZONE,
        calendar=PLAIN,
        overdue=overdue,
    )


class TestQuietHours:
    @pytest.mark.parametrize(
        ("at", "until"),
        [
            ("2026-02-02 19:59:59", None),
            ("2026-02-02 20:00", "2026-02-03 08:00"),
            ("2026-02-02 23:30", "2026-02-03 08:00"),
            ("2026-02-03 00:00", "2026-02-03 08:00"),
            ("2026-02-03 07:59:59", "2026-02-03 08:00"),
            ("2026-02-03 08:00", None),
        ],
    )
    def test_over_midnight(self, at: str, until: str | None) -> None:
        found = _sent(_moment(at), quiet=_NIGHT)
        assert found == (None if until is None else _moment(until))

    def test_within_a_day(self) -> None:
        noon = QuietHours(start=time(12), end=time(13))
        assert _sent(_moment("2026-02-02 12:30"), quiet=noon) == _moment("2026-02-02 13:00")
        assert _sent(_moment("2026-02-02 00:30"), quiet=noon) is None

    def test_are_in_the_persons_own_zone_if_they_name_one(self) -> None:
        evening = _moment("2026-02-02 19:00")
        assert _sent(evening, quiet=_NIGHT) is None
        held = _sent(evening, quiet=_NIGHT, zone="Asia/Vladivostok")
        assert held == datetime(2026, 2, 3, 8, tzinfo=ZoneInfo("Asia/Vladivostok"))

    def test_that_end_in_the_hour_that_the_gap_leaves_out_end_the_hour_after_it(self) -> None:
        quiet = QuietHours(start=time(22), end=time(2, 30))
        assert _sent(_moment("2026-03-29 01:00"), quiet=quiet) == _moment("2026-03-29 03:30")

    def test_that_end_in_an_hour_that_comes_twice_end_in_the_first_and_do_not_begin_again(
        self,
    ) -> None:
        quiet = QuietHours(start=time(22), end=time(2, 30))
        first = _moment("2026-10-25 02:30")
        assert _sent(_moment("2026-10-25 01:00"), quiet=quiet) == first
        assert _sent(_moment("2026-10-25 02:10", fold=1), quiet=quiet) is None

    @pytest.mark.parametrize("kind", sorted(MANDATORY))
    def test_hold_what_is_mandatory_too(self, kind: str) -> None:
        held = _sent(_moment("2026-02-02 23:30"), kind=kind, quiet=_NIGHT)
        assert held == _moment("2026-02-03 08:00")

    def test_are_some_of_the_day_and_in_local_time(self) -> None:
        with pytest.raises(ValidationError, match="at another time"):
            QuietHours(start=time(8), end=time(8))
        with pytest.raises(ValidationError, match="no offset"):
            QuietHours.model_validate({"start": "20:00Z", "end": "08:00"})


class TestDigests:
    @pytest.mark.parametrize(
        ("at", "until"),
        [
            ("2026-02-02 08:00", "2026-02-02 09:05"),
            ("2026-02-02 09:00:01", "2026-02-02 09:05"),
            ("2026-02-02 09:05", "2026-02-03 09:05"),
            ("2026-02-02 23:00", "2026-02-03 09:05"),
        ],
    )
    def test_go_out_just_after_their_hour_with_all_that_came_before(
        self, at: str, until: str
    ) -> None:
        assert _sent(_moment(at), daily_at=time(9)) == _moment(until)

    def test_shortly_before_midnight_go_out_after_it(self) -> None:
        for at in ("2026-02-02 23:00", "2026-02-03 00:02"):
            assert _sent(_moment(at), daily_at=time(23, 58)) == _moment("2026-02-03 00:03")

    def test_wait_for_a_working_day_if_asked_to(self) -> None:
        friday = _moment("2026-02-06 18:00")
        assert _sent(friday, daily_at=time(9)) == _moment("2026-02-07 09:05")
        monday = _sent(friday, daily_at=time(9), working_days_only=True)
        assert monday == _moment("2026-02-09 09:05")

    def test_within_quiet_hours_go_out_at_their_end(self) -> None:
        at = _moment("2026-02-02 12:00")
        assert _sent(at, daily_at=time(7), quiet=_NIGHT) == _moment("2026-02-03 08:00")

    @pytest.mark.parametrize("kind", sorted(MANDATORY))
    def test_do_not_hold_what_is_mandatory(self, kind: str) -> None:
        assert _sent(_moment("2026-02-02 12:00"), kind=kind, daily_at=time(9)) is None

    def test_do_not_hold_a_reminder_after_the_deadline(self) -> None:
        at = _moment("2026-02-02 12:00")
        assert _sent(at, kind="ReminderDue", daily_at=time(9)) is not None
        assert _sent(at, kind="ReminderDue", overdue=True, daily_at=time(9)) is None


class TestDaysOff:
    def test_hold_until_work_begins_again(self) -> None:
        monday = _moment("2026-02-09 09:00")
        for at in ("2026-02-07 00:00", "2026-02-08 23:59"):
            assert _sent(_moment(at), working_days_only=True) == monday
        assert _sent(_moment("2026-02-06 23:59"), working_days_only=True) is None

    def test_follow_upon_quiet_hours_that_end_on_one(self) -> None:
        friday_night = _moment("2026-02-06 21:00")
        held = _sent(friday_night, quiet=_NIGHT, working_days_only=True)
        assert held == _moment("2026-02-09 09:00")

    def test_that_end_in_quiet_hours_hold_until_these_end(self) -> None:
        quiet = QuietHours(start=time(20), end=time(10))
        held = _sent(_moment("2026-02-07 12:00"), quiet=quiet, working_days_only=True)
        assert held == _moment("2026-02-09 10:00")

    @pytest.mark.parametrize("kind", sorted(MANDATORY))
    def test_do_not_hold_what_is_mandatory(self, kind: str) -> None:
        assert _sent(_moment("2026-02-07 12:00"), kind=kind, working_days_only=True) is None

    def test_of_a_calendar_without_working_days_hold_nothing(self) -> None:
        idle = replace(PLAIN, week=((), (), (), (), (), (), ()))
        wanted = replace(DEFAULTS, working_days_only=True)
        at = _moment("2026-02-07 12:00")
        assert send_after(wanted, kind=_ROUTINE, at=at, zone=_ZONE, calendar=idle) is None


_TIMES = st.times().map(lambda t: t.replace(microsecond=0))
_QUIET = st.tuples(_TIMES, _TIMES).filter(lambda two: two[0] != two[1])


@whatever(
    st.builds(
        Preferences,
        zone=st.sampled_from([None, "Europe/Minsk", "Australia/Lord_Howe", "America/New_York"]),
        quiet=st.none() | _QUIET.map(lambda two: QuietHours(start=two[0], end=two[1])),
        working_days_only=st.booleans(),
        daily_at=st.none() | _TIMES,
    ),
    st.integers(0, 366 * 24 * 60).map(
        lambda minutes: utc("2026-01-01 00:00") + minutes * DAY / 1440
    ),
    st.sampled_from(sorted(NOTICE_KINDS)),
)
def test_nothing_is_sent_before_it_is_given_and_what_is_mandatory_waits_a_day_at_most(
    preferences: Preferences, at: datetime, kind: str
) -> None:
    held = send_after(preferences, kind=kind, at=at, zone=_ZONE, calendar=PLAIN)
    assert held != "muted"
    if held is None:
        return
    assert held > at
    if kind in MANDATORY:
        assert held - at <= timedelta(hours=25), "a day of 25 hours, where the clocks go back"


def test_whoever_has_set_nothing_is_told_at_once() -> None:
    assert {_sent(NOW, kind=kind) for kind in NOTICE_KINDS} == {None}


def _world(*wanted: SetPreferences) -> Facts:
    return Facts(directory=directory_after(*wanted).directory, tzdata=TZDATA)


def _set(person: str, **fields: object) -> SetPreferences:
    return SetPreferences.model_validate({**asked(), "person": person, **fields})


def _at_work(*wanted: SetPreferences) -> Given:
    return given(AT_WORK, lambda: _world(*wanted))


def _asked_for_progress(world: Given) -> e.ProgressRequested:
    [event] = world.when(c.RequestProgress(**sent_by(CONTROL_OFFICER), text=""), at=NOW).events
    assert isinstance(event, e.ProgressRequested)
    return event


class TestSettingThem:
    def test_all_is_put_on_record(self) -> None:
        wanted = _set(
            MINISTRY_A_HEAD,
            language="ru",
            zone="Asia/Vladivostok",
            quiet=_NIGHT,
            working_days_only=True,
            daily_at="09:00",
            muted=["ReminderDue", "ControllerSet", "ReminderDue"],
        )
        directory_after().when(wanted).then(
            [
                d.PreferencesSet(
                    occurred_at=NOW,
                    by=by(ADMINISTRATOR),
                    person=MINISTRY_A_HEAD,
                    language="ru",
                    zone="Asia/Vladivostok",
                    quiet=_NIGHT,
                    working_days_only=True,
                    daily_at=time(9),
                    muted=("ControllerSet", "ReminderDue"),
                )
            ]
        )
        known = directory_after(wanted)
        assert known.directory.preferences[MINISTRY_A_HEAD].daily_at == time(9)
        known.when(wanted).then([])

    @pytest.mark.parametrize("kind", sorted(MANDATORY))
    def test_what_is_mandatory_cannot_be_muted(self, kind: str) -> None:
        wanted = _set(MINISTRY_A_HEAD, muted=["ControllerSet", kind])
        directory_after().when(wanted).refused(Code.INVALID, "muted", kind)

    def test_what_is_no_kind_of_notice_cannot_be_muted(self) -> None:
        wanted = _set(MINISTRY_A_HEAD, muted=["DeadlinePassed"])
        directory_after().when(wanted).refused(Code.INVALID, "muted", "ControllerSet")

    def test_a_zone_there_is_not_is_refused(self) -> None:
        wanted = _set(MINISTRY_A_HEAD, zone="Minsk")
        directory_after().when(wanted).refused(Code.INVALID, "zone", "Europe/Minsk")

    def test_nobody_unknown_has_any(self) -> None:
        directory_after().when(_set("p-nobody")).refused(Code.UNKNOWN, "person")
        own = SetPreferences(**asked("p-nobody"), person="p-nobody", language="ru")
        directory_after().when(own).refused(Code.UNKNOWN, "person")

    def test_mandatory_kinds_are_kinds_of_notice(self) -> None:
        assert MANDATORY < NOTICE_KINDS


class TestWhoIsTold:
    def test_the_moment_is_recorded_with_the_notice(self) -> None:
        quiet = _set(MINISTRY_A_HEAD, quiet=QuietHours(start=time(11), end=time(14)))
        event = _asked_for_progress(_at_work(quiet))
        until = utc("2026-02-02 11:00")  # two in the afternoon in Minsk
        assert event.notices == (
            Addressee(person=MINISTRY_A_HEAD, channel="log", not_before=until),
            Addressee(person=MINISTRY_A_HEAD, channel="email", not_before=until),
            *told(MINISTRY_A_OFFICER, OF_TWO_BODIES, MINISTRY_B_HEAD),
        )

    def test_the_hours_are_those_of_the_body_that_they_are_told_for(self) -> None:
        far = RegisterBody.model_validate(
            {**asked(), "body": "far", "name": "Far", "body_kind": "agency", "zone": "Asia/Omsk"}
        )
        office = RegisterOffice(**asked(), office="far-head", body="far", office_kind="head")
        appointed = Appoint(**asked(), person=STRANGER, office="far-head", since=date(2026, 1, 1))
        quiet = {"quiet": QuietHours(start=time(11), end=time(16))}
        known = directory_after(
            far, office, appointed, _set(STRANGER, **quiet), _set(MINISTRY_A_OFFICER, **quiet)
        )
        world = given(
            (issued(), assigned(co_assignees=("far",))),
            lambda: Facts(directory=known.directory, tzdata=TZDATA),
        )
        moments = {to.person: to.not_before for to in _asked_for_progress(world).notices}
        assert moments[MINISTRY_A_OFFICER] == utc("2026-02-02 13:00")
        assert moments[STRANGER] == utc("2026-02-02 10:00")

    def test_who_has_muted_it_is_not_told(self) -> None:
        world = _at_work(_set(MINISTRY_A_HEAD, muted=["ProgressRequested"]))
        event = _asked_for_progress(world)
        assert event.notices == told(MINISTRY_A_OFFICER, OF_TWO_BODIES, MINISTRY_B_HEAD)

    def test_where_everybody_has_muted_it_a_reminder_is_suppressed(self) -> None:
        everybody = (MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES, MINISTRY_B_HEAD)
        world = _at_work(*(_set(person, muted=["ReminderDue"]) for person in everybody))
        [before] = world.when_checked(at=DEADLINE_AT - 30 * DAY).events
        assert isinstance(before, e.ReminderSuppressed)
        assert before.why == "no-recipient"

    def test_after_the_deadline_a_reminder_reaches_who_has_muted_it(self) -> None:
        world = _at_work(_set(MINISTRY_A_HEAD, muted=["ReminderDue"])).and_checked(at=DEADLINE_AT)
        events = world.and_checked(at=DEADLINE_AT + 7 * DAY).history
        reminders = [event for event in events if isinstance(event, e.ReminderDue)]
        reached = [
            MINISTRY_A_HEAD in {to.person for to in reminder.notices} for reminder in reminders
        ]
        assert reached == [reminder.occurred_at > DEADLINE_AT for reminder in reminders]
        assert set(reached) == {True, False}

    def test_who_is_told_for_two_bodies_is_told_once_by_the_hours_of_the_first(self) -> None:
        quiet = QuietHours(start=time(11), end=time(14))
        world = given(
            (issued(), assigned(lead=MINISTRY_A, co_assignees=(REGION,))),
            lambda: _world(_set(OF_TWO_BODIES, quiet=quiet)),
        )
        event = _asked_for_progress(world)
        mine = [to for to in event.notices if to.person == OF_TWO_BODIES]
        assert [to.not_before for to in mine] == [utc("2026-02-02 11:00")]
