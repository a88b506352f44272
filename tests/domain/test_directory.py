"""The directory: bodies, offices and people, and what may be done to it by whom."""

from datetime import date, datetime

import pytest

from domain.attribution import Attribution, Identity
from domain.directory import events as e
from domain.directory.commands import (
    AnyDirectoryCommand,
    Appoint,
    CloseBody,
    CloseOffice,
    RegisterBody,
    RegisterOffice,
    RegisterPerson,
)
from domain.directory.decisions import directory_decider
from domain.directory.state import ACTING, Directory
from domain.facts import Facts
from domain.outcomes import Rejected
from domain.rejections import Code
from tests.domain.world import (
    ADMINISTRATOR,
    CONTROL,
    COUNCIL,
    FORMER_OFFICER,
    JOINT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    NOW,
    OF_TWO_BODIES,
    REGION,
    STRANGER,
    SUPREME,
    TZDATA,
    by,
    directory,
    utc,
)

_BODY = RegisterBody(
    command_id="command",
    actor=ADMINISTRATOR,
    body="customs",
    name="Joint customs board",
    body_kind="joint-body",
    parent=COUNCIL,
    country="BY",
    zone="Europe/Minsk",
    established_on=date(2026, 7, 1),
)
_OFFICE = RegisterOffice(
    command_id="command",
    actor=ADMINISTRATOR,
    office="control-head",
    body=CONTROL,
    office_kind="head",
    title="Head of control",
)
_PERSON = RegisterPerson(
    command_id="command",
    actor=ADMINISTRATOR,
    person="p-100",
    commitment="a" * 64,
    channels=("email",),
)
_APPOINT = Appoint(
    command_id="command",
    actor=ADMINISTRATOR,
    person=STRANGER,
    office="council-officer",
    since=date(2026, 2, 1),
    until=date(2026, 2, 28),
)


def _decide(
    command: AnyDirectoryCommand, state: Directory | None = None, at: datetime = NOW
) -> tuple[e.DirectoryEvent, ...] | Rejected:
    state = directory() if state is None else state
    return directory_decider.decide(command, state, Facts(directory=state, tzdata=TZDATA), at)


def _after(command: AnyDirectoryCommand) -> Directory:
    events = _decide(command)
    assert not isinstance(events, Rejected), events
    return directory_decider.fold(events, directory())


def test_an_administrator_registers_a_body() -> None:
    assert _decide(_BODY) == (
        e.BodyRegistered(
            occurred_at=NOW,
            by=by(ADMINISTRATOR),
            body="customs",
            name="Joint customs board",
            body_kind="joint-body",
            parent=COUNCIL,
            country="BY",
            zone="Europe/Minsk",
            established_on=date(2026, 7, 1),
        ),
    )
    body = _after(_BODY).bodies["customs"]
    assert not body.established(date(2026, 6, 30))
    assert body.established(date(2026, 7, 1))


def test_a_body_without_a_founding_day_has_always_been_there() -> None:
    assert directory().bodies[COUNCIL].established(date(1999, 12, 8))


def test_an_administrator_registers_an_office_and_a_person_and_appoints() -> None:
    assert _after(_OFFICE).offices["control-head"].title == "Head of control"
    assert _after(_PERSON).channels["p-100"] == ("email",)
    appointed = _after(_APPOINT)
    days = ("2026-01-31", "2026-02-01", "2026-03-01")
    held = [bool(appointed.offices_held(STRANGER, utc(f"{day} 12:00"))) for day in days]
    assert held == [False, True, False]


def test_a_term_ends_with_its_last_day_where_the_body_is() -> None:
    appointed = _after(_APPOINT)
    assert appointed.offices_held(STRANGER, utc("2026-02-28 20:59")), "23:59 in Minsk"
    assert not appointed.offices_held(STRANGER, utc("2026-02-28 21:00"))


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (_BODY.model_copy(update={"body": COUNCIL}), Code.ALREADY_EXISTS, "body"),
        (_BODY.model_copy(update={"parent": "nobody"}), Code.UNKNOWN, "parent"),
        (_BODY.model_copy(update={"zone": "Europe/Atlantis"}), Code.INVALID, "zone"),
        (_OFFICE.model_copy(update={"office": "council-head"}), Code.ALREADY_EXISTS, "office"),
        (_OFFICE.model_copy(update={"body": "nobody"}), Code.UNKNOWN, "body"),
        (_PERSON.model_copy(update={"person": STRANGER}), Code.ALREADY_EXISTS, "person"),
        (_PERSON.model_copy(update={"person": "system"}), Code.INVALID, "person"),
        (_APPOINT.model_copy(update={"person": "p-100"}), Code.UNKNOWN, "person"),
        (_APPOINT.model_copy(update={"office": "control-head"}), Code.UNKNOWN, "office"),
        (_APPOINT.model_copy(update={"until": date(2026, 1, 31)}), Code.INVALID, "until"),
    ],
)
def test_it_is_refused(command: AnyDirectoryCommand, code: Code, field: str) -> None:
    refused = _decide(command)
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.field) == (code, field)


def test_until_the_first_administrator_is_appointed_anybody_may_set_it_up() -> None:
    command = _BODY.model_copy(update={"actor": STRANGER, "parent": None})
    events = _decide(command, Directory())
    assert not isinstance(events, Rejected)
    assert events[0].by == Attribution(actor=STRANGER, identity=Identity())


def test_the_superiors_of_a_body_come_nearest_first() -> None:
    assert directory().chain(REGION) == (REGION, MINISTRY_A, COUNCIL, SUPREME)
    assert directory().chain("nobody") == ()


def test_a_notice_to_a_body_reaches_those_who_hold_its_acting_offices_that_day() -> None:
    assert directory().reached(MINISTRY_A, ACTING, NOW) == (
        MINISTRY_A_HEAD,
        MINISTRY_A_OFFICER,
        OF_TWO_BODIES,
    )
    in_2025 = directory().reached(MINISTRY_A, ACTING, utc("2025-12-31 12:00"))
    assert FORMER_OFFICER in in_2025
    assert directory().reached(JOINT, ["operator"], NOW) == ()


def test_who_holds_two_acting_offices_of_a_body_is_reached_once() -> None:
    twice = directory_decider.fold(
        [
            e.Appointed(
                occurred_at=NOW,
                by=by(ADMINISTRATOR),
                person=MINISTRY_A_HEAD,
                office="ministry-a-officer",
                since=date(2026, 1, 1),
                until=None,
            )
        ],
        directory(),
    )
    assert twice.reached(MINISTRY_A, ACTING, NOW).count(MINISTRY_A_HEAD) == 1


def test_an_appointment_to_an_office_that_a_view_leaves_out_changes_nothing() -> None:
    appointed = e.Appointed(
        occurred_at=NOW,
        by=by(ADMINISTRATOR),
        person=STRANGER,
        office="unheard-of",
        since=date(2026, 1, 1),
        until=None,
    )
    assert directory_decider.fold([appointed]) == Directory()


def test_superiors_that_go_round_in_a_circle_are_named_once_each() -> None:
    def body(id_: str, parent: str) -> e.BodyRegistered:
        return e.BodyRegistered(
            occurred_at=NOW,
            by=by(ADMINISTRATOR),
            body=id_,
            name=id_,
            body_kind="agency",
            parent=parent,
            country=None,
            zone="UTC",
            established_on=None,
        )

    circle = directory_decider.fold([body("a", "b"), body("b", "a")])
    assert circle.chain("a") == ("a", "b")


@pytest.mark.parametrize(
    ("term", "field"),
    [
        ({"since": date(2027, 1, 1)}, "since"),
        ({"since": date(2020, 1, 1), "until": date(2026, 12, 31)}, "until"),
    ],
)
def test_the_first_administrator_must_be_one_who_can_keep_the_directory(
    term: dict[str, date], field: str
) -> None:
    """Else nobody could: from the first one on only administrators may."""
    with_an_office = _with_an_administrators_office()
    appoint = Appoint.model_validate(
        {"command_id": "a", "actor": "any", "person": "p-1", "office": "admin", **term}
    )
    refused = _decide(appoint, with_an_office)
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.field) == (Code.INVALID, field)


@pytest.mark.parametrize(
    "closing",
    [
        CloseBody(command_id="c", actor="any", body="body", on=date(2026, 3, 1)),
        CloseOffice(command_id="c", actor="any", office="admin", on=date(2026, 3, 1)),
    ],
)
def test_the_first_administrator_holds_an_office_that_stays(closing: AnyDirectoryCommand) -> None:
    state = _with_an_administrators_office()
    appoint = Appoint(
        command_id="a", actor="any", person="p-1", office="admin", since=date(2026, 2, 1)
    )
    events = _decide(closing, state)
    assert not isinstance(events, Rejected)
    refused = _decide(appoint, directory_decider.fold(events, state))
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.field) == (Code.INVALID, "office")
    assert not isinstance(_decide(appoint, state), Rejected)


def _with_an_administrators_office() -> Directory:
    empty = directory_decider.initial
    for command in (
        RegisterBody(command_id="b", actor="any", body="body", name="Body", body_kind="council"),
        RegisterOffice(
            command_id="o", actor="any", office="admin", body="body", office_kind="administrator"
        ),
        RegisterPerson(command_id="p", actor="any", person="p-1", commitment="0" * 64),
    ):
        decided = _decide(command, empty)
        assert not isinstance(decided, Rejected)
        empty = directory_decider.fold(decided, empty)
    return empty


def test_below_a_body_stand_those_whose_superiors_lead_to_it() -> None:
    known = directory()
    below = known.below(COUNCIL)
    assert below == {body for body in known.bodies if COUNCIL in known.chain(body)}
    assert {COUNCIL, MINISTRY_A} <= below
    assert SUPREME not in below
    assert known.below("nobody") == frozenset()
