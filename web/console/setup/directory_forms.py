"""What forms of the directory have in common, and those that found something new."""

from collections.abc import Sequence

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
            *details(visit, None),
            channels(visit, ("log",)),
            said=say(
                "Name and addresses are kept outside the log, which takes a salted hash of them: they can be erased."
            ),
        ),
    )


def term(visit: Visit) -> Sequence[Field]:
    """From a day to a day."""
    say = visit.words.say
    return (
        Field(name="since", label=say("First day"), kind="day", required=True),
        Field(name="until", label=say("Last day"), kind="day", help=say("Empty: without end.")),
    )


def details(visit: Visit, told: PersonTold | None) -> Sequence[Field]:
    """Name and addresses."""
    say, reached = visit.words.say, told.reached if told else None
    return (
        Field(
            name="name",
            label=say("Person's name"),
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


def channels(visit: Visit, now: tuple[str, ...]) -> Field:
    """To be chosen from."""
    say = visit.words.say
    return Field(
        name="channels",
        label=say("Channels"),
        kind="choices",
        options=choices.channels(visit.words),
        value=now,
        help=say("By none of them nobody is told."),
    )
