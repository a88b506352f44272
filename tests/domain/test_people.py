"""People change names, channels and offices, are erased, and are stood in for while absent."""

from dataclasses import replace
from datetime import date

import pytest

from domain.attribution import Attribution, Backdating, Identity
from domain.directory import commands as c
from domain.directory import events as e
from domain.directory.commands import AnyDirectoryCommand
from domain.directory.state import ACTING
from domain.facts import Facts
from domain.instruction import commands as i
from domain.instruction.events import InstructionAssigned
from domain.outcomes import Rejected
from domain.rejections import Code
from tests.domain.directory_specification import DirectoryGiven, asked, directory_after
from tests.domain.specification import given
from tests.domain.test_bodies import changed, merge
from tests.domain.world import (
    ADMINISTRATOR,
    CONTROL,
    CONTROL_OFFICER,
    COUNCIL,
    COUNCIL_OFFICER,
    COUNCIL_REGISTRAR,
    DAY,
    FORMER_OFFICER,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    MINISTRY_B,
    MINISTRY_B_HEAD,
    NOW,
    OF_TWO_BODIES,
    REGION,
    REGION_HEAD,
    STRANGER,
    SUPREME_REGISTRAR,
    TZDATA,
    assigned,
    by,
    done_by,
    facts,
    issued,
    sent_by,
    told,
    utc,
)

TODAY, LAST_DAY = date(2026, 2, 2), date(2026, 2, 13)

replaced = c.ReplacePersonDetails(**asked(), person=STRANGER, commitment="b" * 64)
channels = c.SetChannels(**asked(), person=STRANGER, channels=("email", "log"))
erase = c.ErasePerson(**asked(), person=STRANGER, reason="At their request.")
close_office = c.CloseOffice(**asked(), office="ministry-a-head")
end = c.EndAppointment(**asked(), person=MINISTRY_A_HEAD, office="ministry-a-head")
substitute = c.Substitute(
    **asked(),
    absent=MINISTRY_A_HEAD,
    substitute=STRANGER,
    since=TODAY,
    until=LAST_DAY,
    reason="On leave.",
)
back = c.EndSubstitution(
    **asked(), absent=MINISTRY_A_HEAD, substitute=STRANGER, until=date(2026, 2, 6)
)
DONE = done_by(ADMINISTRATOR, NOW)


def test_another_name_is_committed_to_and_the_channels_are_set() -> None:
    directory_after().when(replaced).then(
        [e.PersonCommitted(**DONE, person=STRANGER, commitment="b" * 64)]
    )
    directory_after().when(channels).then(
        [e.ChannelsSet(**DONE, person=STRANGER, channels=("email", "log"))]
    )
    after = directory_after(replaced, channels).directory
    assert after.commitments[STRANGER] == "b" * 64
    assert after.channels[STRANGER] == ("email", "log")


def test_who_is_erased_does_not_come_back_and_is_erased_once() -> None:
    directory_after().when(erase).then(
        [e.PersonErased(**DONE, person=STRANGER, reason="At their request.")]
    )
    erased = directory_after(erase)
    erased.when(erase).then([])
    appoint = c.Appoint(**asked(), person=STRANGER, office="control-officer", since=TODAY)
    for command, field in (
        (replaced, "person"),
        (channels, "person"),
        (appoint, "person"),
        (substitute, "substitute"),
    ):
        erased.when(command).refused(Code.INVALID, field, "erased")


def test_a_closed_office_gives_no_authority_and_reaches_nobody() -> None:
    directory_after().when(close_office).then(
        [e.OfficeClosed(**DONE, office="ministry-a-head", on=TODAY)]
    )
    after = directory_after(close_office).directory
    assert after.offices_held(MINISTRY_A_HEAD, NOW) == ()
    assert MINISTRY_A_HEAD not in after.reached(MINISTRY_A, ACTING, NOW)
    again = c.Appoint(**asked(), person=STRANGER, office="ministry-a-head", since=TODAY)
    directory_after(close_office).when(again).refused(Code.INVALID, "office")


def test_a_term_ends_with_its_last_day() -> None:
    command = changed(end, until=LAST_DAY)
    directory_after().when(command).then(
        [
            e.AppointmentEnded(
                **DONE,
                person=MINISTRY_A_HEAD,
                office="ministry-a-head",
                since=date(2020, 1, 1),
                until=LAST_DAY,
            )
        ]
    )
    after = directory_after(command).directory
    assert after.offices_held(MINISTRY_A_HEAD, utc("2026-02-13 20:59"))
    assert not after.offices_held(MINISTRY_A_HEAD, utc("2026-02-13 21:00"))


def test_a_term_to_come_can_be_taken_back() -> None:
    appoint = c.Appoint(
        **asked(), person=STRANGER, office="control-officer", since=date(2026, 3, 1)
    )
    taken_back = c.EndAppointment(**asked(), person=STRANGER, office="control-officer")
    after = directory_after(appoint, taken_back)
    assert not after.directory.offices_held(STRANGER, utc("2026-03-02 09:00"))
    after.when(taken_back).refused(Code.INVALID, "office")
    assert after.and_then(appoint).directory.offices_held(STRANGER, utc("2026-03-02 09:00"))


def test_the_same_office_is_not_given_twice_for_the_same_days() -> None:
    again = c.Appoint(**asked(), person=MINISTRY_A_HEAD, office="ministry-a-head", since=TODAY)
    directory_after().when(again).refused(Code.INVALID, "since")
    assert directory_after(changed(end, until=date(2026, 2, 1))).when(again).event


def test_a_substitution_is_recorded_with_its_reason() -> None:
    directory_after().when(substitute).then(
        [
            e.SubstitutionSet(
                **DONE,
                absent=MINISTRY_A_HEAD,
                substitute=STRANGER,
                since=TODAY,
                until=LAST_DAY,
                offices=(),
                reason="On leave.",
            )
        ]
    )
    directory_after(substitute).when(back).then(
        [
            e.SubstitutionEnded(
                **DONE,
                absent=MINISTRY_A_HEAD,
                substitute=STRANGER,
                since=TODAY,
                until=date(2026, 2, 6),
                offices=(),
            )
        ]
    )


def _two_at_a_time(since: date) -> DirectoryGiven:
    """In one office until the 6th, in another until the 13th; from that day and from TODAY on."""
    first = changed(
        substitute,
        absent=OF_TWO_BODIES,
        offices=["region-officer"],
        since=since,
        until=date(2026, 2, 6),
    )
    other = changed(first, offices=["ministry-a-officer"], since=TODAY, until=LAST_DAY)
    return directory_after(first, other)


def _acts_in(directory: DirectoryGiven, at: str) -> list[str]:
    return [m.office.id for m in directory.directory.mandates(STRANGER, utc(f"{at} 09:00"))]


def test_to_end_one_substitution_leaves_another_as_it_is() -> None:
    """They began on the same day; the first was over."""
    until = date(2026, 2, 12)
    two = _two_at_a_time(TODAY)
    ended = two.and_then(
        changed(back, absent=OF_TWO_BODIES, until=until), at=utc("2026-02-10 09:00")
    )
    assert _acts_in(two, "2026-02-06") == ["ministry-a-officer", "region-officer"]
    assert _acts_in(ended, "2026-02-10") == ["ministry-a-officer"]
    assert _acts_in(ended, "2026-02-13") == []


@pytest.mark.parametrize("since", [TODAY, date(2026, 1, 20)])
def test_of_two_substitutions_at_a_time_the_offices_say_which(since: date) -> None:
    unsaid = changed(back, absent=OF_TWO_BODIES, until=date(2026, 2, 3))
    two = _two_at_a_time(since)
    two.when(unsaid).refused(Code.INVALID, "offices", "region-officer or ministry-a-officer")
    two.when(changed(unsaid, offices=["region-head"])).refused(Code.INVALID, "offices")
    ended = two.and_then(changed(unsaid, offices=["region-officer"]))
    assert _acts_in(ended, "2026-02-04") == ["ministry-a-officer"]


def test_one_to_come_is_taken_back_by_its_first_day_while_another_runs() -> None:
    """They are in the same offices: in all."""
    coming, eve = date(2026, 3, 2), date(2026, 2, 1)
    later = changed(substitute, since=coming, until=None)
    two = directory_after(substitute, later)

    def last_days(command: AnyDirectoryCommand) -> list[date | None]:
        return [s.term.until for s in two.and_then(command).directory.substitutions]

    assert last_days(changed(back, until=eve)) == [eve, None]
    assert last_days(changed(back, until=eve, since=TODAY)) == [eve, None]
    assert last_days(changed(back, until=eve, since=coming)) == [LAST_DAY, eve]
    two.when(changed(back, since=eve)).refused(Code.INVALID, "since", "2026-02-01")


def test_one_in_all_offices_is_told_by_its_first_day_from_one_in_some() -> None:
    coming = date(2026, 3, 2)
    some = changed(substitute, offices=["ministry-a-head"])
    every = changed(substitute, since=coming, until=None)
    ended = directory_after(some, every).and_then(changed(back, since=coming, until=coming))
    assert [s.term.until for s in ended.directory.substitutions] == [LAST_DAY, coming]


def test_what_was_taken_back_stays_so_whatever_is_ended_later() -> None:
    eve, friday = date(2026, 2, 1), date(2026, 2, 6)
    never = changed(back, until=eve)
    anew = changed(substitute, until=date(2026, 2, 20))
    ended = directory_after(substitute, never, anew, back)
    assert [s.term.until for s in ended.directory.substitutions] == [eve, friday]

    appoint = c.Appoint(**asked(), person=STRANGER, office="control-officer", since=TODAY)
    last = c.EndAppointment(**asked(), person=STRANGER, office="control-officer")
    terms = directory_after(
        appoint,
        changed(last, until=eve),
        appoint,
        changed(last, until=LAST_DAY),
    ).directory.appointments[-2:]
    assert [a.term.until for a in terms] == [eve, LAST_DAY]


def test_who_is_erased_has_no_authority_and_is_told_nothing() -> None:
    erase_head = changed(erase, person=MINISTRY_A_HEAD)
    after = directory_after(erase_head).directory
    assert after.mandates(MINISTRY_A_HEAD, NOW) == ()
    assert MINISTRY_A_HEAD not in after.reached(MINISTRY_A, ACTING, NOW)
    assert not directory_after(substitute, erase_head).directory.mandates(STRANGER, NOW)


def test_who_was_stood_in_for_by_somebody_erased_is_told_again() -> None:
    after = directory_after(substitute, erase).directory
    assert after.reached(MINISTRY_A, ["head"], NOW) == (MINISTRY_A_HEAD,)
    assert after.mandates(STRANGER, NOW) == ()


def test_it_holds_from_its_first_day_to_its_last_where_the_body_is() -> None:
    after = directory_after(substitute).directory
    moments = ("2026-02-01 20:59", "2026-02-01 21:00", "2026-02-13 20:59", "2026-02-13 21:00")
    assert [bool(after.mandates(STRANGER, utc(at))) for at in moments] == [
        False,
        True,
        True,
        False,
    ]
    ended = directory_after(substitute, back).directory
    assert not ended.mandates(STRANGER, utc("2026-02-07 09:00"))


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (changed(replaced, person="nobody"), Code.UNKNOWN, "person"),
        (changed(channels, person="nobody"), Code.UNKNOWN, "person"),
        (changed(erase, person="nobody"), Code.UNKNOWN, "person"),
        (changed(close_office, office="none"), Code.UNKNOWN, "office"),
        (changed(end, office="none"), Code.UNKNOWN, "office"),
        (changed(end, person=STRANGER), Code.INVALID, "office"),
        (
            changed(end, person=FORMER_OFFICER, office="ministry-a-officer"),
            Code.INVALID,
            "office",
        ),
        (changed(substitute, absent="nobody"), Code.UNKNOWN, "absent"),
        (changed(substitute, substitute="nobody"), Code.UNKNOWN, "substitute"),
        (changed(substitute, substitute=MINISTRY_A_HEAD), Code.INVALID, "substitute"),
        (changed(substitute, until=date(2026, 2, 1)), Code.INVALID, "until"),
        (changed(substitute, offices=["none"]), Code.UNKNOWN, "offices"),
        (changed(substitute, offices=["region-head"]), Code.INVALID, "offices"),
        (back, Code.INVALID, "substitute"),
    ],
)
def test_it_is_refused(command: AnyDirectoryCommand, code: Code, field: str) -> None:
    directory_after().when(command).refused(code, field)


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (changed(substitute, substitute=REGION_HEAD), "absent"),
        (changed(substitute, substitute=REGION_HEAD, offices=["ministry-a-head"]), "absent"),
        (changed(substitute, absent=STRANGER, substitute=REGION_HEAD), "absent"),
        (changed(substitute, absent=REGION_HEAD, substitute=MINISTRY_A_HEAD), "substitute"),
        (changed(back, until=date(2026, 3, 1)), "until"),
    ],
)
def test_there_is_one_substitute_at_a_time_and_none_of_a_substitute(
    command: AnyDirectoryCommand, field: str
) -> None:
    directory_after(substitute).when(command).refused(Code.INVALID, field)


def test_a_later_substitution_is_another_matter() -> None:
    later = changed(substitute, substitute=REGION_HEAD, since=date(2026, 2, 14), until=None)
    assert directory_after(substitute).when(later).event
    too_late = changed(later, since=LAST_DAY)
    directory_after(substitute).when(too_late).refused(Code.INVALID, "absent")


def test_an_office_may_be_closed_or_ended_once_only() -> None:
    directory_after(close_office).when(close_office).refused(Code.INVALID, "office")
    ending = directory_after(changed(end, until=LAST_DAY))
    ending.when(changed(end, until=date(2026, 3, 1))).refused(Code.INVALID, "until")


def _facts(directory: DirectoryGiven) -> Facts:
    return Facts(directory=directory.directory, tzdata=TZDATA)


def _acts_for(absent: str, actor: str, office: str, body: str = MINISTRY_A) -> Attribution:
    return Attribution(
        actor=actor,
        on_behalf_of=body,
        office=office,
        substituting=absent,
        identity=Identity(),
    )


def test_a_substitute_acts_through_the_absent_persons_office_on_record() -> None:
    world = _facts(directory_after(substitute))
    specified = given((issued(), assigned()), lambda: world)
    command = i.Acknowledge(**sent_by(STRANGER))
    [event] = specified.when(command, at=NOW).events
    assert event.by == _acts_for(MINISTRY_A_HEAD, STRANGER, "ministry-a-head")
    specified.when(command, at=NOW + 13 * DAY).refused(Code.NOT_AUTHORISED, "actor")


def test_who_may_do_it_by_an_own_office_does_it_by_that() -> None:
    world = _facts(directory_after(changed(substitute, substitute=MINISTRY_A_OFFICER)))
    command = i.Acknowledge(**sent_by(MINISTRY_A_OFFICER))
    [event] = given((issued(), assigned()), lambda: world).when(command, at=NOW).events
    assert event.by == by(MINISTRY_A_OFFICER)


def test_a_substitution_in_one_office_gives_no_other() -> None:
    in_one = changed(
        substitute, absent=OF_TWO_BODIES, substitute=STRANGER, offices=["region-officer"]
    )
    directory = directory_after(in_one).directory
    assert [m.office.body for m in directory.mandates(STRANGER, NOW)] == [REGION]
    assert STRANGER not in directory.reached(MINISTRY_A, ACTING, NOW)
    assert directory.reached(REGION, ACTING, NOW) == (REGION_HEAD, STRANGER)


def test_who_is_absent_may_still_act() -> None:
    world = _facts(directory_after(substitute))
    command = i.Acknowledge(**sent_by(MINISTRY_A_HEAD))
    [event] = given((issued(), assigned()), lambda: world).when(command, at=NOW).events
    assert event.by == by(MINISTRY_A_HEAD)


def test_a_substituted_registrar_enters_history_and_an_administrator_keeps_the_directory() -> None:
    registrar = changed(substitute, absent=SUPREME_REGISTRAR, substitute=STRANGER)
    world = _facts(directory_after(registrar))
    backdated = Backdating(at=NOW - DAY, reason="It arrived on paper.")
    command = i.Acknowledge(**sent_by(STRANGER), backdated=backdated)
    [event] = given((issued(), assigned()), lambda: world).when(command, at=NOW).events
    assert (event.by.substituting, event.by.office) == (SUPREME_REGISTRAR, "supreme-registrar")

    keeper = directory_after(changed(substitute, absent=ADMINISTRATOR))
    done = keeper.when(changed(channels, actor=STRANGER)).event
    assert done.by == _acts_for(ADMINISTRATOR, STRANGER, "council-administrator", COUNCIL)
    directory_after().when(changed(channels, actor=STRANGER)).refused(Code.NOT_AUTHORISED, "actor")


def _told_of_assignment(directory: DirectoryGiven, actor: str = COUNCIL_OFFICER) -> set[str]:
    world = _facts(directory)
    command = i.Assign(**sent_by(actor), lead=MINISTRY_A, co_assignees=(MINISTRY_B,))
    [event] = given((issued(),), lambda: world).when(command, at=NOW).events
    assert isinstance(event, InstructionAssigned)
    persons = [notice.person for notice in event.notices]
    assert len(event.notices) == len(set(event.notices))
    return set(persons)


def test_a_notice_reaches_the_substitute_instead_of_the_absent_person() -> None:
    usual = _told_of_assignment(directory_after())
    assert usual == {MINISTRY_A_HEAD, MINISTRY_A_OFFICER, OF_TWO_BODIES, MINISTRY_B_HEAD}
    assert _told_of_assignment(directory_after(substitute)) == usual - {MINISTRY_A_HEAD} | {
        STRANGER
    }


def test_who_substitutes_beside_an_office_of_their_own_is_told_once() -> None:
    beside = changed(substitute, substitute=MINISTRY_A_OFFICER)
    assert _told_of_assignment(directory_after(beside)) == {
        MINISTRY_A_OFFICER,
        OF_TWO_BODIES,
        MINISTRY_B_HEAD,
    }


def test_a_substitute_is_not_told_of_their_own_deed() -> None:
    by_themselves = changed(substitute, substitute=COUNCIL_OFFICER)
    assert COUNCIL_OFFICER not in _told_of_assignment(directory_after(by_themselves))


def test_a_notice_for_a_reorganised_body_reaches_its_heir() -> None:
    world = _facts(directory_after(merge))
    command = i.Escalate(**sent_by("p-13"), to=f"body:{MINISTRY_A}", reason="No word.")
    [event] = given((issued(), assigned()), lambda: world).when(command, at=NOW).events[-1:]
    assert getattr(event, "notices", ()) == told(MINISTRY_B_HEAD)


@pytest.mark.parametrize("field", ["lead", "co_assignees"])
def test_a_body_that_is_no_more_is_not_charged(field: str) -> None:
    world = _facts(directory_after(merge))
    parties = {"lead": REGION} | {field: MINISTRY_A if field == "lead" else [MINISTRY_A]}
    command = i.Assign.model_validate({**sent_by(COUNCIL_OFFICER), **parties})
    decided = given((issued(),), lambda: world).when(command, at=NOW)
    decided.refused(Code.BODY_CLOSED, field)
    assert isinstance(decided.outcome, Rejected)
    assert MINISTRY_B in decided.outcome.message


def test_what_was_charged_while_the_body_was_there_can_be_entered_later() -> None:
    closed = directory_after(c.CloseBody(**asked(), body=REGION)).directory
    world = replace(facts(), directory=closed)
    backdated = Backdating(at=NOW - DAY, reason="It arrived on paper.")
    command = i.Assign(**sent_by(COUNCIL_REGISTRAR), lead=REGION, backdated=backdated)
    assert given((issued(),), lambda: world).when(command, at=NOW).types[0] == "InstructionAssigned"


def test_who_holds_an_office_of_a_closed_body_decides_nothing_for_it() -> None:
    world = _facts(directory_after(c.CloseBody(**asked(), body=CONTROL)))
    history = (issued(), assigned())
    command = i.Return(**sent_by(CONTROL_OFFICER), reason="Incomplete.")
    decided = given(history, lambda: world).when(command, at=NOW)
    assert isinstance(decided.outcome, Rejected)
    comment = i.Comment(**sent_by(CONTROL_OFFICER), text="See annex 2.")
    given(history, lambda: world).when(comment, at=NOW).refused(Code.NOT_AUTHORISED, "actor")
