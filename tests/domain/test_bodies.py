"""Bodies are founded, renamed, moved, reorganised and closed; what that means for who is charged."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.directory import commands as c
from domain.directory import events as e
from domain.directory.commands import AnyDirectoryCommand
from domain.directory.decisions import directory_decider
from domain.directory.state import ACTING
from domain.outcomes import Rejected
from domain.rejections import Code
from tests.domain.directory_specification import DirectoryGiven, asked, directory_after
from tests.domain.world import (
    ADMINISTRATOR,
    CONTROL,
    COUNCIL,
    COUNCIL_HEAD,
    JOINT,
    MINISTRY_A,
    MINISTRY_B,
    NOW,
    REGION,
    REGION_HEAD,
    SUPREME,
    by,
    directory,
    done_by,
    utc,
)

TODAY = date(2026, 2, 2)
EARLIER, LATER = date(2026, 1, 20), date(2026, 3, 1)

establish = c.EstablishBody(**asked(), body=JOINT, on=date(2026, 9, 1))
rename = c.RenameBody(**asked(), body=REGION, name="United region")
move = c.MoveBody(**asked(), body=REGION, parent=MINISTRY_B)
merge = c.ReorganiseBody(
    **asked(), body=MINISTRY_A, kind="merged", into=(MINISTRY_B,), heir=MINISTRY_B
)
split = c.ReorganiseBody(
    **asked(), body=MINISTRY_A, kind="split", into=(CONTROL, MINISTRY_B), heir=MINISTRY_B
)
close = c.CloseBody(**asked(), body=REGION)


def changed(command: AnyDirectoryCommand, **fields: object) -> AnyDirectoryCommand:
    return command.model_validate({**command.model_dump(), **fields})


def test_a_founding_day_that_becomes_known_decides_from_when_the_body_is_there() -> None:
    directory_after().when(establish).then(
        [e.BodyEstablished(occurred_at=NOW, by=by(ADMINISTRATOR), body=JOINT, on=date(2026, 9, 1))]
    )
    body = directory_after(establish).directory.bodies[JOINT]
    assert not body.established(date(2026, 8, 31))
    assert body.established(date(2026, 9, 1))


def test_the_day_of_a_body_that_is_established_stays() -> None:
    directory_after().when(changed(establish, body=REGION)).refused(Code.INVALID, "body", "always")
    sooner = changed(establish, on=EARLIER)
    directory_after(sooner).when(establish).refused(Code.INVALID, "body", "2026-01-20")


def test_a_body_gets_another_name_and_keeps_its_id() -> None:
    directory_after().when(rename).then(
        [
            e.BodyRenamed(
                occurred_at=NOW,
                by=by(ADMINISTRATOR),
                body=REGION,
                name="United region",
                on=TODAY,
            )
        ]
    )
    after = directory_after(rename).directory
    assert after.bodies[REGION].name == "United region"
    assert after.reached(REGION, ["head"], NOW) == (REGION_HEAD,)


def test_today_is_what_it_is_where_the_body_is() -> None:
    late = directory_after().when(rename, at=utc("2026-02-02 21:30")).event
    assert isinstance(late, e.BodyRenamed)
    assert late.on == date(2026, 2, 3), "in Minsk"


@pytest.mark.parametrize("parent", [MINISTRY_B, None])
def test_a_body_is_moved_below_another_or_below_none(parent: str | None) -> None:
    command = changed(move, parent=parent)
    directory_after().when(command).then(
        [e.BodyMoved(occurred_at=NOW, by=by(ADMINISTRATOR), body=REGION, parent=parent, on=TODAY)]
    )
    above = directory_after(command).directory.chain(REGION)[1:]
    assert above == ((MINISTRY_B, COUNCIL, SUPREME) if parent else ())


def test_of_a_merged_body_the_other_one_is_heir_and_superior_of_what_stood_below() -> None:
    command = changed(merge, on=EARLIER)
    directory_after().when(command).then(
        [
            e.BodyReorganised(
                occurred_at=NOW,
                by=by(ADMINISTRATOR),
                body=MINISTRY_A,
                kind="merged",
                into=(MINISTRY_B,),
                heir=MINISTRY_B,
                on=EARLIER,
            )
        ]
    )
    after = directory_after(command).directory
    gone = after.bodies[MINISTRY_A]
    assert [gone.closed(day) for day in (date(2026, 1, 19), EARLIER)] == [False, True]
    assert after.heir(MINISTRY_A, utc("2026-01-19 20:59")) is None, "23:59 in Minsk"
    assert after.heir(MINISTRY_A, utc("2026-01-19 21:00")) == MINISTRY_B
    assert after.heir(MINISTRY_B, NOW) is None
    assert after.heir("nobody", NOW) is None
    assert after.chain(REGION) == (REGION, MINISTRY_B, COUNCIL, SUPREME)


def test_a_body_is_split_into_several_of_which_one_takes_over() -> None:
    assert directory_after(split).directory.heir(MINISTRY_A, NOW) == MINISTRY_B


def test_heirs_are_followed_from_one_reorganisation_to_the_next() -> None:
    again = c.ReorganiseBody(
        **asked(), body=MINISTRY_B, kind="merged", into=(CONTROL,), heir=CONTROL
    )
    after = directory_after(merge, again).directory
    assert after.heir(MINISTRY_A, NOW) == after.heir(MINISTRY_B, NOW) == CONTROL


def test_a_body_merged_into_one_below_it_leaves_that_one_its_place() -> None:
    into_its_part = changed(merge, into=[REGION], heir=REGION)
    after = directory_after(changed(move, body=MINISTRY_B, parent=MINISTRY_A), into_its_part)
    assert after.directory.chain(MINISTRY_B) == (MINISTRY_B, REGION, COUNCIL, SUPREME)


def test_a_closed_body_has_no_heir_and_its_offices_no_authority() -> None:
    directory_after().when(close).then(
        [e.BodyClosed(occurred_at=NOW, by=by(ADMINISTRATOR), body=REGION, on=TODAY)]
    )
    after = directory_after(close).directory
    assert after.heir(REGION, NOW) is None
    assert after.offices_held(REGION_HEAD, NOW) == ()
    assert after.mandates(REGION_HEAD, NOW) == ()
    assert after.reached(REGION, ACTING, NOW) == ()


def test_a_body_closes_on_the_day_given_which_may_move_until_then() -> None:
    planned = directory_after(changed(close, on=date(2026, 2, 20)), changed(close, on=LATER))
    after = planned.directory
    assert after.offices_held(REGION_HEAD, utc("2026-02-28 20:59"))
    assert not after.offices_held(REGION_HEAD, utc("2026-02-28 21:00"))
    planned.when(close, at=utc("2026-03-02 09:00")).refused(Code.BODY_CLOSED, "body")


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (changed(establish, body="nobody"), Code.UNKNOWN, "body"),
        (changed(rename, body="nobody"), Code.UNKNOWN, "body"),
        (changed(rename, name="Region"), Code.INVALID, "name"),
        (changed(rename, on=LATER), Code.INVALID, "on"),
        (changed(move, body="nobody"), Code.UNKNOWN, "body"),
        (changed(move, parent="nobody"), Code.UNKNOWN, "parent"),
        (changed(move, parent=MINISTRY_A), Code.INVALID, "parent"),
        (changed(move, parent=REGION), Code.INVALID, "parent"),
        (changed(move, body=COUNCIL, parent=REGION), Code.INVALID, "parent"),
        (changed(move, on=LATER), Code.INVALID, "on"),
        (changed(merge, body="nobody"), Code.UNKNOWN, "body"),
        (changed(merge, into=["nobody"], heir="nobody"), Code.UNKNOWN, "into"),
        (changed(merge, into=[MINISTRY_A], heir=MINISTRY_A), Code.INVALID, "into"),
        (changed(merge, into=[MINISTRY_B, CONTROL]), Code.INVALID, "into"),
        (changed(merge, heir=CONTROL), Code.INVALID, "heir"),
        (changed(merge, on=LATER), Code.INVALID, "on"),
        (changed(merge, on=date(1200, 1, 1)), Code.INVALID, "on"),
        (changed(merge, into=[JOINT], heir=JOINT), Code.BODY_NOT_ESTABLISHED, "into"),
        (changed(split, into=[MINISTRY_B]), Code.INVALID, "into"),
        (changed(split, into=[MINISTRY_B, MINISTRY_B]), Code.INVALID, "into"),
        (changed(close, body="nobody"), Code.UNKNOWN, "body"),
        (changed(close, body=MINISTRY_A), Code.INVALID, "body"),
        (changed(close, body=JOINT, on=LATER), Code.INVALID, "on"),
        (changed(close, on=date(2019, 12, 31)), Code.INVALID, "on"),
    ],
)
def test_it_is_refused(command: AnyDirectoryCommand, code: Code, field: str) -> None:
    directory_after().when(command).refused(code, field)


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (changed(establish, body=MINISTRY_A), "body"),
        (changed(rename, body=MINISTRY_A), "body"),
        (changed(move, body=MINISTRY_A), "body"),
        (changed(move, parent=MINISTRY_A), "parent"),
        (merge, "body"),
        (changed(merge, body=CONTROL, into=[MINISTRY_A], heir=MINISTRY_A), "into"),
        (changed(close, body=MINISTRY_A), "body"),
        (
            c.RegisterBody(
                **asked(), body="new", name="New", body_kind="agency", parent=MINISTRY_A
            ),
            "parent",
        ),
        (
            c.RegisterOffice(**asked(), office="new", body=MINISTRY_A, office_kind="officer"),
            "body",
        ),
        (
            c.Appoint(**asked(), person=COUNCIL_HEAD, office="ministry-a-head", since=TODAY),
            "office",
        ),
    ],
)
def test_a_body_that_is_no_more_is_refused_and_its_heir_named(
    command: AnyDirectoryCommand, field: str
) -> None:
    directory_after(merge).when(command).refused(Code.BODY_CLOSED, field, MINISTRY_B)


def test_a_closed_body_that_left_no_heir_is_given_one() -> None:
    """What it has open would have nobody for ever."""
    give_heir = changed(merge, body=REGION)
    closed = directory_after(changed(close, on=EARLIER))
    closed.when(changed(give_heir, on=date(2026, 1, 19))).refused(Code.INVALID, "on", "2026-01-20")
    after = closed.and_then(give_heir)
    assert after.directory.bodies[REGION].closed_on == EARLIER, "it does not come back"
    assert after.directory.heir(REGION, NOW) == MINISTRY_B
    after.when(give_heir).refused(Code.BODY_CLOSED, "body", MINISTRY_B)


def test_nobody_is_left_below_a_body_that_is_no_more() -> None:
    closing = directory_after(changed(close, on=LATER))
    sooner = changed(close, body=MINISTRY_A, on=date(2026, 2, 28))
    closing.when(sooner).refused(Code.INVALID, "body", REGION)
    both = closing.and_then(changed(sooner, on=LATER))
    both.when(changed(close, on=date(2026, 3, 2))).refused(Code.INVALID, "on", "2026-03-01")
    new = c.RegisterBody(**asked(), body="new", name="New", body_kind="agency", parent=MINISTRY_A)
    for command in (new, changed(move, body=CONTROL, parent=MINISTRY_A)):
        both.when(command).refused(Code.INVALID, "parent", "2026-03-01")


@pytest.mark.parametrize(
    "command",
    [
        c.ErasePerson(**asked(), person=ADMINISTRATOR, reason="At their request."),
        changed(merge, body=COUNCIL, into=[CONTROL], heir=CONTROL),
        c.CloseOffice(**asked(), office="council-administrator"),
        c.CloseOffice(**asked(), office="council-administrator", on=LATER),
        c.EndAppointment(**asked(), person=ADMINISTRATOR, office="council-administrator"),
    ],
)
def test_the_last_administrator_cannot_go(command: AnyDirectoryCommand) -> None:
    fields = {"ReorganiseBody": "body", "ErasePerson": "person"}
    field = fields.get(command.type, "office")
    directory_after().when(command).refused(Code.INVALID, field, "administrator")
    another = directory_after(
        c.RegisterOffice(
            **asked(), office="control-admin", body=CONTROL, office_kind="administrator"
        ),
        c.Appoint(**asked(), person=COUNCIL_HEAD, office="control-admin", since=TODAY),
    )
    assert another.when(command).event


_FEW = [COUNCIL, CONTROL, MINISTRY_A, MINISTRY_B, REGION]
_ANY = st.sampled_from(_FEW)


def _move(body: str, parent: str | None) -> AnyDirectoryCommand:
    return changed(move, body=body, parent=parent)


def _merge(body: str, heir: str, day: int) -> AnyDirectoryCommand:
    return changed(merge, body=body, into=[heir], heir=heir, on=date(2026, 1, day))


def _close(body: str, day: int) -> AnyDirectoryCommand:
    return changed(close, body=body, on=date(2026, 2, day))


_COMMANDS = st.one_of(
    st.builds(_move, _ANY, st.one_of(st.none(), _ANY)),
    st.builds(_merge, _ANY, _ANY, st.integers(1, 28)),
    st.builds(_close, _ANY, st.integers(1, 28)),
)


@settings(max_examples=200)
@given(st.lists(_COMMANDS, max_size=12))
def test_whatever_is_asked_nobody_stands_below_themselves_and_every_heir_is_found(
    commands: list[AnyDirectoryCommand],
) -> None:
    given_ = DirectoryGiven(directory())
    for command in commands:
        outcome = given_.when(command).outcome
        if isinstance(outcome, Rejected):
            continue
        given_ = DirectoryGiven(directory_decider.fold(outcome, given_.directory))
        for body in _FEW:
            superiors = given_.directory.chain(body)
            assert given_.directory.bodies[superiors[-1]].parent is None, "no circle"
            heir = given_.directory.heir(body, NOW)
            assert heir != body
            assert heir is None or given_.directory.bodies[heir].heir is None


def test_heirs_that_a_view_makes_a_circle_of_are_still_found() -> None:
    def reorganised(body: str, heir: str) -> e.BodyReorganised:
        return e.BodyReorganised(
            occurred_at=NOW,
            by=by(ADMINISTRATOR),
            body=body,
            kind="merged",
            into=(heir,),
            heir=heir,
            on=EARLIER,
        )

    circle = directory_decider.fold(
        [reorganised(MINISTRY_A, MINISTRY_B), reorganised(MINISTRY_B, MINISTRY_A)], directory()
    )
    assert circle.heir(MINISTRY_A, NOW) == MINISTRY_B


def test_events_about_what_a_view_leaves_out_change_nothing() -> None:
    done = done_by(ADMINISTRATOR, NOW)
    events = [
        e.BodyRenamed(**done, body="b", name="B", on=TODAY),
        e.BodyReorganised(**done, body="b", kind="merged", into=("d",), heir="d", on=TODAY),
        e.BodyClosed(**done, body="b", on=TODAY),
        e.OfficeRegistered(**done, office="o", body="b", office_kind="head", title=""),
        e.OfficeClosed(**done, office="o", on=TODAY),
        e.AppointmentEnded(**done, person="p", office="o", since=TODAY, until=TODAY),
        e.SubstitutionEnded(
            **done, absent="p", substitute="q", since=TODAY, until=TODAY, offices=()
        ),
    ]
    assert directory_decider.fold(events) == directory_decider.initial
