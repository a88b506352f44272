"""Requests to the directory. Only an administrator may make them, but for a person's own preferences.

A day that is left out is today, where the body is.
"""

from typing import Annotated, Literal

from pydantic import Field

from domain.attribution import Command, unset
from domain.directory.events import BodyKind, CalendarDay, OfficeKind, ReorganisationKind
from domain.directory.preferences import Language, LocalTime, QuietHours
from domain.identifiers import BodyId, CalendarId, Channel, OfficeId, PersonId
from domain.policies import Policy
from domain.value import CalendarDate
from domain.working_time import Week

Commitment = Annotated[
    str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 over salt, name and address")
]
Day = Annotated[CalendarDate | None, Field(description="the first day it holds; by default today")]
LastDay = Annotated[
    CalendarDate | None, Field(description="the last day it holds; by default today")
]
Reason = Annotated[str, Field(min_length=1, description="why; no names of persons")]


class DirectoryCommand(Command):
    """A request to the directory."""


class RegisterBody(DirectoryCommand):
    """Make a ministry, agency, region or joint body known."""

    type: Literal["RegisterBody"] = "RegisterBody"
    body: BodyId
    name: str = Field(min_length=1)
    body_kind: BodyKind
    parent: BodyId | None = None
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$", description="ISO 3166-1")
    zone: str = Field(default="UTC", description="IANA time zone of its working day")
    established_on: CalendarDate | None = Field(
        default=None, description="first day it can be charged"
    )


class EstablishBody(DirectoryCommand):
    """Say on which day a body that is only being founded can first be charged."""

    type: Literal["EstablishBody"] = "EstablishBody"
    body: BodyId
    on: CalendarDate


class RenameBody(DirectoryCommand):
    """Give a body another name; its id stays, and with it all that names the body."""

    type: Literal["RenameBody"] = "RenameBody"
    body: BodyId
    name: str = Field(min_length=1)
    on: Day = None


class MoveBody(DirectoryCommand):
    """Put a body below another one, or below none."""

    type: Literal["MoveBody"] = "MoveBody"
    body: BodyId
    parent: BodyId | None
    on: Day = None


class ReorganiseBody(DirectoryCommand):
    """Merge a body into another, or split it into several: it is gone, and its heir takes over.

    Recorded on the day it takes effect, or later; also of a body that was closed and left no heir. The bodies it goes into stand by then: one that is only
    being founded is registered, with its founding day, before.
    """

    type: Literal["ReorganiseBody"] = "ReorganiseBody"
    body: BodyId
    kind: ReorganisationKind
    into: tuple[BodyId, ...] = Field(min_length=1)
    heir: BodyId = Field(description="the one of them that takes over what is open")
    on: Day = None


class CloseBody(DirectoryCommand):
    """Dissolve a body with no heir. The day may lie ahead, and may be moved until it has come."""

    type: Literal["CloseBody"] = "CloseBody"
    body: BodyId
    on: Day = None


class RegisterOffice(DirectoryCommand):
    """Create an office of a body."""

    type: Literal["RegisterOffice"] = "RegisterOffice"
    office: OfficeId
    body: BodyId
    office_kind: OfficeKind
    title: str = ""


class CloseOffice(DirectoryCommand):
    """Abolish an office: from that day on it gives no authority, whoever holds it."""

    type: Literal["CloseOffice"] = "CloseOffice"
    office: OfficeId
    on: Day = None


class RegisterPerson(DirectoryCommand):
    """Make a person known by an opaque id; name and address stay outside the log."""

    type: Literal["RegisterPerson"] = "RegisterPerson"
    person: PersonId
    commitment: Commitment
    channels: tuple[Channel, ...] = Field(default=("log",), description="how notices reach them")


class ReplacePersonDetails(DirectoryCommand):
    """Commit to another name or address of a person; they themselves stay outside the log."""

    type: Literal["ReplacePersonDetails"] = "ReplacePersonDetails"
    person: PersonId
    commitment: Commitment


class PublishPolicy(DirectoryCommand):
    """Have reminders and escalations of instructions that name it go by these rules from now on."""

    type: Literal["PublishPolicy"] = "PublishPolicy"
    policy: Policy


class SetChannels(DirectoryCommand):
    """Say how notices reach a person from now on; by no channel, none does."""

    type: Literal["SetChannels"] = "SetChannels"
    person: PersonId
    channels: tuple[Channel, ...]


class SetPreferences(DirectoryCommand):
    """Say how and when a person is told from now on. They may themselves, besides an administrator."""

    type: Literal["SetPreferences"] = "SetPreferences"
    person: PersonId
    language: Language = "en"
    zone: str | None = Field(
        default=None,
        description="IANA zone of the times below; by default that of the body they are told for",
    )
    quiet: QuietHours | None = Field(default=None, description="notices wait for their end")
    working_days_only: bool = Field(
        default=False, description="what is not mandatory waits for the next working day"
    )
    daily_at: LocalTime | None = Field(
        default=None, description="what is not mandatory comes together, at this time"
    )
    muted: tuple[str, ...] = Field(
        default=(), description="kinds of notice (types of events) that they are not told of"
    )


class ErasePerson(DirectoryCommand):
    """Put on record that a person's name, addresses and salts are forgotten; they cannot come back."""

    type: Literal["ErasePerson"] = "ErasePerson"
    person: PersonId
    reason: Reason


class Appoint(DirectoryCommand):
    """Give a person an office, from a day on."""

    type: Literal["Appoint"] = "Appoint"
    person: PersonId
    office: OfficeId
    since: CalendarDate
    until: CalendarDate | None = Field(
        default=None, description="last day in office; open if not given"
    )


class EndAppointment(DirectoryCommand):
    """End the term that runs, or else take back the next one to come."""

    type: Literal["EndAppointment"] = "EndAppointment"
    person: PersonId
    office: OfficeId
    until: LastDay = None


class Substitute(DirectoryCommand):
    """Let one person act in the offices of an absent one, and be told in their place."""

    type: Literal["Substitute"] = "Substitute"
    absent: PersonId
    substitute: PersonId
    since: CalendarDate
    until: CalendarDate | None = Field(
        default=None, description="last day of absence; open if not given"
    )
    offices: tuple[OfficeId, ...] = Field(default=(), description="in these; by default in all")
    reason: Reason


class EndSubstitution(DirectoryCommand):
    """End the substitution that runs, or else take back the next one to come. With its first day, the one that has it.

    Where one person substitutes for the other twice at a time, in other offices, the offices say which.
    """

    type: Literal["EndSubstitution"] = "EndSubstitution"
    absent: PersonId
    substitute: PersonId
    until: CalendarDate = Field(description="the last day it holds")
    since: CalendarDate | None = Field(
        default=None,
        exclude_if=unset,
        description="its first day; needed for one to come while another runs, or is to come before it",
    )
    offices: tuple[OfficeId, ...] = Field(
        default=(), description="those it was set for; needed where there are two"
    )


class PublishCalendar(DirectoryCommand):
    """Say which days and hours are worked: a new calendar, or the next version of a known one.

    The same as the version before leads to no event, so that publishing again is harmless.
    """

    type: Literal["PublishCalendar"] = "PublishCalendar"
    calendar: CalendarId
    title: str = Field(min_length=1)
    week: Week = Field(description="hours of work from Monday to Sunday")
    days: tuple[CalendarDay, ...] = Field(
        description="those that differ from their day of the week"
    )
    first: CalendarDate = Field(
        description="first day that `days` speaks for; before it the week counts"
    )
    last: CalendarDate = Field(
        description="last day that `days` speaks for; after it the week counts"
    )
    origin: str = Field(min_length=1, description="what it was made from: a library, a file")


class FollowCalendar(DirectoryCommand):
    """Have a body, and those below it in the same country, count by a calendar; by none: no more."""

    type: Literal["FollowCalendar"] = "FollowCalendar"
    body: BodyId
    calendar: CalendarId | None


AnyDirectoryCommand = Annotated[
    RegisterBody
    | EstablishBody
    | RenameBody
    | MoveBody
    | ReorganiseBody
    | CloseBody
    | RegisterOffice
    | CloseOffice
    | RegisterPerson
    | ReplacePersonDetails
    | SetChannels
    | PublishPolicy
    | SetPreferences
    | ErasePerson
    | Appoint
    | EndAppointment
    | Substitute
    | EndSubstitution
    | PublishCalendar
    | FollowCalendar,
    Field(discriminator="type"),
]
