"""Facts about bodies, offices and people."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.attribution import Event
from domain.directory.preferences import Language, LocalTime, QuietHours
from domain.identifiers import BodyId, CalendarId, Channel, OfficeId, PersonId
from domain.policies import Policy
from domain.value import Value
from domain.working_time import Hours, Week

BodyKind = Literal["council", "ministry", "agency", "region", "joint-body", "department"]
OfficeKind = Literal["head", "officer", "operator", "registrar", "administrator", "auditor"]
"""head and officer act for the body; an operator escalates; a registrar enters what happened
earlier; an administrator keeps the directory; an auditor reads all of it and of the bodies below it."""
ReorganisationKind = Literal["merged", "split"]


class CalendarDay(Value):
    """A day that differs from its day of the week: a holiday, a closure, a moved working day."""

    on: date
    hours: Hours = Field(description="none: nobody works")
    name: str = Field(default="", description="why it differs; no names of persons")


class BodyRegistered(Event):
    type: Literal["BodyRegistered"] = "BodyRegistered"
    body: BodyId
    name: str
    body_kind: BodyKind
    parent: BodyId | None
    country: str | None
    zone: str
    established_on: date | None


class BodyEstablished(Event):
    """The founding day of a body is known, or another than was planned."""

    type: Literal["BodyEstablished"] = "BodyEstablished"
    body: BodyId
    on: date


class BodyRenamed(Event):
    type: Literal["BodyRenamed"] = "BodyRenamed"
    body: BodyId
    name: str
    on: date


class BodyMoved(Event):
    type: Literal["BodyMoved"] = "BodyMoved"
    body: BodyId
    parent: BodyId | None
    on: date


class BodyReorganised(Event):
    """The body is gone from `on`; its heir takes over what it had open and the bodies below it."""

    type: Literal["BodyReorganised"] = "BodyReorganised"
    body: BodyId
    kind: ReorganisationKind
    into: tuple[BodyId, ...]
    heir: BodyId
    on: date


class BodyClosed(Event):
    """The body is gone from `on`, and nobody takes over."""

    type: Literal["BodyClosed"] = "BodyClosed"
    body: BodyId
    on: date


class OfficeRegistered(Event):
    type: Literal["OfficeRegistered"] = "OfficeRegistered"
    office: OfficeId
    body: BodyId
    office_kind: OfficeKind
    title: str


class OfficeClosed(Event):
    type: Literal["OfficeClosed"] = "OfficeClosed"
    office: OfficeId
    on: date


class PersonRegistered(Event):
    type: Literal["PersonRegistered"] = "PersonRegistered"
    person: PersonId
    commitment: str
    channels: tuple[Channel, ...]


class PersonCommitted(Event):
    """A person's name or address has changed: the commitment that holds from now on."""

    type: Literal["PersonCommitted"] = "PersonCommitted"
    person: PersonId
    commitment: str


class ChannelsSet(Event):
    type: Literal["ChannelsSet"] = "ChannelsSet"
    person: PersonId
    channels: tuple[Channel, ...]


class PreferencesSet(Event):
    """How and when a person is told from now on: all of it, also what stays as it was."""

    type: Literal["PreferencesSet"] = "PreferencesSet"
    person: PersonId
    language: Language
    zone: str | None = Field(description="none: that of the body they are told for")
    quiet: QuietHours | None
    working_days_only: bool
    daily_at: LocalTime | None
    muted: tuple[str, ...] = Field(description="kinds of notice: types of events, in order")


class PersonErased(Event):
    """Name, addresses and salts of a person are to be forgotten; the id stays in what they did."""

    type: Literal["PersonErased"] = "PersonErased"
    person: PersonId
    reason: str


class PolicyPublished(Event):
    """What was issued before keeps the rules it has (PolicyChanged gives it others)."""

    type: Literal["PolicyPublished"] = "PolicyPublished"
    policy: Policy
    policy_hash: str
    version: int = Field(description="1 for the first of this id")


class Appointed(Event):
    type: Literal["Appointed"] = "Appointed"
    person: PersonId
    office: OfficeId
    since: date
    until: date | None


class AppointmentEnded(Event):
    """The term that began at `since` ends with the day `until`; before `since`: it never begins."""

    type: Literal["AppointmentEnded"] = "AppointmentEnded"
    person: PersonId
    office: OfficeId
    since: date
    until: date


class SubstitutionSet(Event):
    """The substitute acts, and is told, in the absent person's offices: in these, or in all."""

    type: Literal["SubstitutionSet"] = "SubstitutionSet"
    absent: PersonId
    substitute: PersonId
    since: date
    until: date | None
    offices: tuple[OfficeId, ...]
    reason: str


class SubstitutionEnded(Event):
    """The substitution in these offices that began at `since` ends with the day `until`; before
    `since`: it never begins.
    """

    type: Literal["SubstitutionEnded"] = "SubstitutionEnded"
    absent: PersonId
    substitute: PersonId
    since: date
    until: date
    offices: tuple[OfficeId, ...]


class CalendarPublished(Event):
    """All that the calendar says from this version on; the versions before stay on record."""

    type: Literal["CalendarPublished"] = "CalendarPublished"
    calendar: CalendarId
    version: int
    title: str
    week: Week
    days: tuple[CalendarDay, ...]
    first: date
    last: date
    origin: str
    changed: tuple[date, ...]
    """Single days whose hours are others than in the version before; before the first counts `PLAIN`."""
    week_changed: bool
    """The usual week is another: any day may be concerned."""


class CalendarFollowed(Event):
    """The body counts by this calendar; none: by what is above it, or by its country."""

    type: Literal["CalendarFollowed"] = "CalendarFollowed"
    body: BodyId
    calendar: CalendarId | None


DirectoryEvent = Annotated[
    BodyRegistered
    | BodyEstablished
    | BodyRenamed
    | BodyMoved
    | BodyReorganised
    | BodyClosed
    | OfficeRegistered
    | OfficeClosed
    | PersonRegistered
    | PersonCommitted
    | ChannelsSet
    | PreferencesSet
    | PersonErased
    | PolicyPublished
    | Appointed
    | AppointmentEnded
    | SubstitutionSet
    | SubstitutionEnded
    | CalendarPublished
    | CalendarFollowed,
    Field(discriminator="type"),
]
