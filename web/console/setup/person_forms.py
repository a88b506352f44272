"""What may be done with a person, as forms."""

from collections.abc import Sequence

from web.api.directory import PersonTold
from web.console.forms import Field, Form
from web.console.setup import choices
from web.console.setup.directory_forms import PERSONS, channels, details, may_change, term
from web.console.visit import Visit


def of_person(visit: Visit, told: PersonTold) -> Sequence[Form]:
    """What may be done with a person that is not erased."""
    if told.erased:
        return ()
    held = bool(told.appointments)
    return [one for one in every_of_person(visit, told) if held or one.type != "EndAppointment"]


def every_of_person(visit: Visit, told: PersonTold) -> Sequence[Form]:
    """What may ever be done with one: what was sent twice is answered, else refused in its place."""
    if not may_change(visit):
        return ()
    say, action = visit.words.say, f"{PERSONS}/{told.id}"
    held = [(one.office, choices.office_name(visit, one.office)) for one in told.appointments]
    return (
        Form.of(
            "Appoint",
            say("Appoint to an office"),
            action,
            say("Appoint"),
            choices.chosen(
                Field(name="office", label=say("Office"), required=True), choices.offices(visit)
            ),
            *term(visit),
        ),
        Form.of(
            "EndAppointment",
            say("End an appointment"),
            action,
            say("End"),
            Field(name="office", label=say("Office"), kind="choice", required=True, options=held),
            Field(
                name="until",
                label=say("Last day in office"),
                kind="day",
                help=say("Empty: today."),
            ),
        ),
        Form.of(
            "ReplacePersonDetails",
            say("Change name and addresses"),
            action,
            say("Put on file"),
            *details(visit, told),
            said=say("An address that is left empty is on file no more."),
        ),
        Form.of(
            "SetChannels",
            say("Change the channels"),
            action,
            say("Change"),
            channels(visit, tuple(told.reached.channels) if told.reached else ()),
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
    )
