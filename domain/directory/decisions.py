"""What the directory accepts. Until the first administrator is appointed anyone may set it up."""

from datetime import datetime
from typing import assert_never

from domain.attribution import Attribution
from domain.decider import Decider
from domain.directory import bodies, calendars, offices, people, policies
from domain.directory import commands as c
from domain.directory.commands import AnyDirectoryCommand
from domain.directory.deed import Deed
from domain.directory.events import DirectoryEvent
from domain.directory.evolution import evolve
from domain.directory.state import Directory
from domain.facts import Facts
from domain.outcomes import Rejected
from domain.rejections import invalid, not_authorised


def decide(
    command: AnyDirectoryCommand, state: Directory, facts: Facts, at: datetime
) -> tuple[DirectoryEvent, ...] | Rejected:
    """The one event the command leads to, or why not."""
    del facts  # everything the directory needs to know is in its own state
    by = _who(command, state, at)
    if isinstance(by, Rejected):
        return by
    event = _event(command, Deed(by=by, at=at, directory=state))
    if event is None:
        return ()
    if isinstance(event, Rejected):
        return event
    return _locks_the_directory(event, state, at) or (event,)


def _who(command: AnyDirectoryCommand, state: Directory, at: datetime) -> Attribution | Rejected:
    if isinstance(command, c.SetPreferences) and command.actor == command.person:
        return _for_themselves(command)
    mandates = (m for m in state.mandates(command.actor, at) if m.office.kind == "administrator")
    body = command.on_behalf_of
    mandate = next((m for m in mandates if body in (None, m.office.body)), None)
    if mandate is None and state.has_administrator():
        whose = "an administrator" if body is None else f"an administrator of {body}"
        return not_authorised(command.actor, "keep the directory", whose)
    return Attribution(
        actor=command.actor,
        on_behalf_of=mandate.office.body if mandate else None,
        office=mandate.office.id if mandate else None,
        substituting=mandate.substituting if mandate else None,
        identity=command.identity,
    )


def _for_themselves(command: c.SetPreferences) -> Attribution | Rejected:
    """By no office: a person's preferences are their own."""
    if command.on_behalf_of is not None:
        return invalid("on_behalf_of", "one's own preferences are set for oneself; leave it out")
    return Attribution(actor=command.actor, identity=command.identity)


def _event(command: AnyDirectoryCommand, deed: Deed) -> DirectoryEvent | Rejected | None:
    match command:
        case c.RegisterBody():
            return bodies.register_body(command, deed)
        case c.EstablishBody():
            return bodies.establish_body(command, deed)
        case c.RenameBody():
            return bodies.rename_body(command, deed)
        case c.MoveBody():
            return bodies.move_body(command, deed)
        case c.ReorganiseBody():
            return bodies.reorganise_body(command, deed)
        case c.CloseBody():
            return bodies.close_body(command, deed)
        case c.RegisterOffice():
            return offices.register_office(command, deed)
        case c.CloseOffice():
            return offices.close_office(command, deed)
        case c.Appoint():
            return offices.appoint(command, deed)
        case c.EndAppointment():
            return offices.end_appointment(command, deed)
        case c.RegisterPerson():
            return people.register_person(command, deed)
        case c.ReplacePersonDetails():
            return people.replace_person_details(command, deed)
        case c.SetChannels():
            return people.set_channels(command, deed)
        case c.PublishPolicy():
            return policies.publish_policy(command, deed)
        case c.SetPreferences():
            return people.set_preferences(command, deed)
        case c.ErasePerson():
            return people.erase_person(command, deed)
        case c.Substitute():
            return people.substitute(command, deed)
        case c.EndSubstitution():
            return people.end_substitution(command, deed)
        case c.PublishCalendar():
            return calendars.publish_calendar(command, deed)
        case c.FollowCalendar():
            return calendars.follow_calendar(command, deed)
        case _:
            assert_never(command)


def _locks_the_directory(event: DirectoryEvent, state: Directory, at: datetime) -> Rejected | None:
    """An administrator must be left, or nobody could ever keep the directory again."""
    if state.has_lasting_administrator(at) and not evolve(state, event).has_lasting_administrator(
        at
    ):
        field = next(name for name in ("office", "body", "person") if hasattr(event, name))
        return invalid(field, "no administrator would be left; appoint another one first")
    return None


directory_decider: Decider[AnyDirectoryCommand, DirectoryEvent, Directory] = Decider(
    initial=Directory(), decide=decide, evolve=evolve
)
