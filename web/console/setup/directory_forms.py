"""The commands to the directory as forms; which of them a page has, for whoever may."""

from collections.abc import Sequence

from domain.directory.state import Body
from web.api.directory import PersonTold
from web.console.forms import Field, Form
from web.console.setup import choices
from web.console.visit import Visit

BODIES, PERSONS = "/setup/directory/bodies", "/setup/directory/persons"


def may_change(visit: Visit) -> bool:
    """Forms are for administrators, and for now."""
    return visit.is_now and visit.asking.administers


def founding(visit: Visit) -> Sequence[Form]:
    """Of the page of the whole directory."""
    if not may_change(visit):
        return ()
    say = visit.words.say
    return (
        Form.of(
            "RegisterBody",
            say("Register a body"),
            "/setup/directory",
            say("Put into the directory"),
            Field(
                name="body",
                label=say("Id"),
                required=True,
                most=128,
                help=say("Letters, digits and . _ : -; it stays for good."),
            ),
            Field(name="name", label=say("Name"), required=True, most=400),
            Field(
                name="body_kind",
                label=say("Kind"),
                kind="choice",
                required=True,
                options=choices.body_kinds(visit.words),
            ),
            choices.chosen(Field(name="parent", label=say("Superior body")), choices.bodies(visit)),
            Field(
                name="country", label=say("Country"), most=2, help=say("Two letters, such as BY.")
            ),
            Field(
                name="zone",
                label=say("Time zone"),
                value=visit.zone,
                help=say("Such as Europe/Minsk."),
            ),
            Field(
                name="established_on",
                label=say("First day it can be charged"),
                kind="day",
                help=say("Empty: it is there already."),
            ),
        ),
        Form.of(
            "RegisterPerson",
            say("Register a person"),
            "/setup/directory",
            say("Put into the directory"),
            Field(
                name="person",
                label=say("Id"),
                required=True,
                most=128,
                help=say("Opaque: no name in it. The log knows a person by nothing else."),
            ),
            *_details(visit, None),
            _channels(visit, ("log",)),
            said=say(
                "Name and addresses are kept outside the log, which takes a salted hash of them: they can be erased."
            ),
        ),
    )


def of_body(visit: Visit, body: Body) -> Sequence[Form]:
    """What may be done with a body and its offices."""
    if not may_change(visit):
        return ()
    say, action = visit.words.say, f"{BODIES}/{body.id}"
    others, own_offices = choices.bodies(visit, but=body.id), choices.offices(visit, body=body.id)
    day = Field(name="on", label=say("From which day"), kind="day", help=say("Empty: today."))
    forms = [
        Form.of(
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
        ),
        Form.of(
            "RenameBody",
            say("Rename"),
            action,
            say("Rename"),
            Field(name="name", label=say("Name"), required=True, value=body.name, most=400),
            day,
        ),
        Form.of(
            "MoveBody",
            say("Put below another body"),
            action,
            say("Move"),
            choices.chosen(
                Field(
                    name="parent",
                    label=say("Superior body"),
                    value=body.parent or "",
                    help=say("Empty: below none."),
                ),
                others,
            ),
            day,
        ),
        Form.of(
            "EstablishBody",
            say("Say when it can first be charged"),
            action,
            say("Establish"),
            Field(name="on", label=say("First day it can be charged"), kind="day", required=True),
        ),
        Form.of(
            "FollowCalendar",
            say("Have it count by a calendar"),
            action,
            say("Follow"),
            Field(
                name="calendar",
                label=say("Calendar"),
                kind="choice",
                value=body.calendar or "",
                options=[(one, one) for one in sorted(choices.directory_of(visit).calendars)],
                help=say("Empty: that of what is above it, or of its country."),
            ),
        ),
        Form.of(
            "ReorganiseBody",
            say("Merge or split it"),
            action,
            say("Reorganise"),
            Field(
                name="kind",
                label=say("What becomes of it"),
                kind="choice",
                required=True,
                options=choices.reorganisations(visit.words),
            ),
            Field(name="into", label=say("Into"), kind="choices", required=True, options=others),
            choices.chosen(
                Field(name="heir", label=say("Heir: takes over what is open"), required=True),
                others,
            ),
            day,
            said=say("The body is gone from that day on; all that is open goes to its heir."),
            grave=True,
        ),
        Form.of(
            "CloseBody",
            say("Close it"),
            action,
            say("Close it"),
            day,
            said=say("The body is gone from that day on, and nobody takes over."),
            grave=True,
        ),
    ]
    if own_offices:
        forms[1:1] = [
            Form.of(
                "Appoint",
                say("Appoint somebody"),
                action,
                say("Appoint"),
                Field(
                    name="office",
                    label=say("Office"),
                    kind="choice",
                    required=True,
                    options=own_offices,
                ),
                Field(name="person", label=say("Person's id"), required=True, most=128),
                *_term(visit),
            ),
            Form.of(
                "CloseOffice",
                say("Close an office"),
                action,
                say("Close the office"),
                Field(
                    name="office",
                    label=say("Office"),
                    kind="choice",
                    required=True,
                    options=own_offices,
                ),
                day,
                said=say("From that day on it gives no authority, whoever holds it."),
                grave=True,
            ),
        ]
    return forms


def of_person(visit: Visit, told: PersonTold) -> Sequence[Form]:
    """What may be done with a person that is not erased."""
    if not may_change(visit) or told.erased:
        return ()
    say, action = visit.words.say, f"{PERSONS}/{told.id}"
    held = [(one.office, choices.office_name(visit, one.office)) for one in told.appointments]
    forms = [
        Form.of(
            "Appoint",
            say("Appoint to an office"),
            action,
            say("Appoint"),
            choices.chosen(
                Field(name="office", label=say("Office"), required=True), choices.offices(visit)
            ),
            *_term(visit),
        ),
        Form.of(
            "ReplacePersonDetails",
            say("Change name and addresses"),
            action,
            say("Put on file"),
            *_details(visit, told),
            said=say("An address that is left empty is on file no more."),
        ),
        Form.of(
            "SetChannels",
            say("Change the channels"),
            action,
            say("Change"),
            _channels(visit, tuple(told.reached.channels) if told.reached else ()),
        ),
        Form.of(
            "ErasePerson",
            say("Erase the person"),
            action,
            say("Erase for good"),
            Field(
                name="reason",
                label=say("Reason"),
                kind="area",
                required=True,
                help=say("No names of persons: it stays in the log."),
            ),
            said=say(
                "Name, addresses and salts are deleted for good and cannot come back. The id stays in what they did, all proofs "
                "still hold, and figures do not change."
            ),
            grave=True,
        ),
    ]
    if held:
        forms[1:1] = [
            Form.of(
                "EndAppointment",
                say("End an appointment"),
                action,
                say("End"),
                Field(
                    name="office", label=say("Office"), kind="choice", required=True, options=held
                ),
                Field(
                    name="until",
                    label=say("Last day in office"),
                    kind="day",
                    help=say("Empty: today."),
                ),
            )
        ]
    return forms


def _term(visit: Visit) -> Sequence[Field]:
    say = visit.words.say
    return (
        Field(name="since", label=say("First day"), kind="day", required=True),
        Field(name="until", label=say("Last day"), kind="day", help=say("Empty: without end.")),
    )


def _details(visit: Visit, told: PersonTold | None) -> Sequence[Field]:
    say, reached = visit.words.say, told.reached if told else None
    return (
        Field(
            name="name",
            label=say("Name"),
            required=True,
            most=400,
            value=(told and told.name) or "",
        ),
        Field(
            name="email",
            label=say("E-mail"),
            kind="email",
            most=320,
            value=(reached and reached.email) or "",
        ),
        Field(
            name="webhook_url",
            label=say("Webhook's address"),
            most=2000,
            value=(reached and reached.webhook_url) or "",
        ),
        Field(
            name="webhook_secret",
            label=say("Webhook's secret"),
            kind="secret",
            most=200,
            help=say("Empty: the one on file, else a new one."),
        ),
        Field(
            name="apprise_url",
            label=say("Another service's address"),
            most=2000,
            value=(reached and reached.apprise_url) or "",
            help=say("As the library apprise has it."),
        ),
    )


def _channels(visit: Visit, now: tuple[str, ...]) -> Field:
    say = visit.words.say
    return Field(
        name="channels",
        label=say("Channels"),
        kind="choices",
        options=choices.channels(visit.words),
        value=now,
        help=say("By none of them nobody is told."),
    )
