"""What may be done with a body and its offices, as forms."""

from collections.abc import Sequence

from domain.directory.state import Body
from web.console.forms import Field, Form, Option
from web.console.setup import choices
from web.console.setup.directory_forms import BODIES, may_change, term
from web.console.visit import Visit


def every_of_body(visit: Visit, body: Body, people: Sequence[Option]) -> Sequence[Form]:
    """What may ever be done with one, however it stands: what was sent twice is answered, else refused in its place.

    Args:
        people: who may be appointed, among others.
    """
    if not may_change(visit):
        return ()
    return (
        *_offices(visit, body, people),
        _rename(visit, body),
        _move(visit, body),
        _establish(visit, body),
        _follow(visit, body),
        _reorganise(visit, body),
        _close(visit, body),
    )


def of_body(visit: Visit, body: Body, people: Sequence[Option]) -> Sequence[Form]:
    """Those that the rules would take of one that stands so: of one that is gone, no more than who its heirs are."""
    every, day = every_of_body(visit, body, people), body.day(visit.asking.at)
    if body.closed(day):
        return [one for one in every if one.type == "ReorganiseBody" and not body.heir]
    idle: set[str] = set()
    if body.established(day):
        idle.add("EstablishBody")
    if not choices.offices(visit, body=body.id):
        idle |= {"Appoint", "CloseOffice"}
    return [one for one in every if one.type not in idle]


def _action(body: Body) -> str:
    return f"{BODIES}/{body.id}"


def _day(visit: Visit) -> Field:
    say = visit.words.say
    return Field(name="on", label=say("From which day"), kind="day", help=say("Empty: today."))


def _offices(visit: Visit, body: Body, people: Sequence[Option]) -> Sequence[Form]:
    """Appoint to those there are, create one, and close them."""
    say, action = visit.words.say, _action(body)
    office = Field(
        name="office",
        label=say("Office"),
        kind="choice",
        required=True,
        options=choices.offices(visit, body=body.id),
    )
    create = Form.of(
        "RegisterOffice",
        say("Create an office"),
        action,
        say("Create"),
        Field(name="office", label=say("Id"), required=True, most=128),
        Field(
            name="office_kind",
            label=say("Kind"),
            kind="choice",
            required=True,
            options=choices.office_kinds(visit.words),
        ),
        Field(name="title", label=say("Title"), most=400),
    )
    return (
        Form.of(
            "Appoint",
            say("Appoint somebody"),
            action,
            say("Appoint"),
            office,
            Field(
                name="person", label=say("Person's id"), required=True, most=128, suggestions=people
            ),
            *term(visit),
        ),
        create,
        Form.of(
            "CloseOffice",
            say("Close an office"),
            action,
            say("Close the office"),
            office,
            _day(visit),
            said=say("From that day on it gives no authority, whoever holds it."),
            grave=True,
        ),
    )


def _rename(visit: Visit, body: Body) -> Form:
    say = visit.words.say
    return Form.of(
        "RenameBody",
        say("Rename"),
        _action(body),
        say("Rename"),
        Field(name="name", label=say("Name"), required=True, value=body.name, most=400),
        _day(visit),
    )


def _move(visit: Visit, body: Body) -> Form:
    say = visit.words.say
    parent = Field(
        name="parent",
        label=say("Superior body"),
        value=body.parent or "",
        help=say("Empty: below none."),
    )
    return Form.of(
        "MoveBody",
        say("Put below another body"),
        _action(body),
        say("Move"),
        choices.chosen(parent, choices.bodies(visit, but=body.id)),
        _day(visit),
    )


def _establish(visit: Visit, body: Body) -> Form:
    say = visit.words.say
    return Form.of(
        "EstablishBody",
        say("Say when it can first be charged"),
        _action(body),
        say("Establish"),
        Field(
            name="on",
            label=say("First day it can be charged"),
            kind="day",
            required=True,
            value=f"{body.established_on}",
        ),
    )


def _follow(visit: Visit, body: Body) -> Form:
    say = visit.words.say
    return Form.of(
        "FollowCalendar",
        say("Have it count by a calendar"),
        _action(body),
        say("Follow"),
        Field(
            name="calendar",
            label=say("Calendar"),
            kind="choice",
            value=body.calendar or "",
            options=[(one, one) for one in sorted(choices.directory_of(visit).calendars)],
            help=say("Empty: that of what is above it, or of its country."),
        ),
    )


def _reorganise(visit: Visit, body: Body) -> Form:
    say, others = visit.words.say, choices.bodies(visit, but=body.id)
    heir = Field(name="heir", label=say("Heir: takes over what is open"), required=True)
    return Form.of(
        "ReorganiseBody",
        say("Merge or split it"),
        _action(body),
        say("Reorganise"),
        Field(
            name="kind",
            label=say("What will become of it"),
            kind="choice",
            required=True,
            options=choices.reorganisations(visit.words),
        ),
        Field(name="into", label=say("Into"), kind="choices", required=True, options=others),
        choices.chosen(heir, others),
        _day(visit),
        said=say("The body is gone from that day on; all that is open goes to its heir."),
        grave=True,
    )


def _close(visit: Visit, body: Body) -> Form:
    say = visit.words.say
    return Form.of(
        "CloseBody",
        say("Close it"),
        _action(body),
        say("Close it"),
        _day(visit),
        said=say("The body is gone from that day on, and nobody takes over."),
        grave=True,
    )
