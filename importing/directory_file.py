"""A directory file (TOML) as typed entries; docs/import.md describes it."""

import tomllib
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field, ValidationError, model_validator

from domain.directory.events import BodyKind, OfficeKind
from domain.identifiers import BodyId, CalendarId, Channel, OfficeId, PersonId, ProgrammeId
from domain.programme.terms import MeetingId
from domain.value import StorableText, Value
from eventstore.addresses import checked_service_url, checked_webhook_secret, checked_webhook_url
from importing.calendar_file import CalendarEntry
from importing.problems import DirectoryProblem, where


class BodyEntry(Value):
    id: BodyId
    name: str
    kind: BodyKind
    parent: BodyId | None = None
    country: str | None = None
    zone: str = "UTC"
    calendar: CalendarId | None = None
    established_on: date | None = None
    closed_on: date | None = None


class OfficeEntry(Value):
    id: OfficeId
    body: BodyId
    kind: OfficeKind
    title: str = ""


class PersonEntry(Value):
    id: PersonId
    name: StorableText
    email: StorableText | None = None
    webhook_url: Annotated[StorableText, AfterValidator(checked_webhook_url)] | None = None
    webhook_secret: Annotated[str, AfterValidator(checked_webhook_secret)] | None = Field(
        default=None, repr=False, description="none: one is made"
    )
    apprise_url: Annotated[StorableText, AfterValidator(checked_service_url)] | None = None
    channels: tuple[Channel, ...] = ("log",)

    @model_validator(mode="after")
    def _a_secret_is_of_a_webhook(self) -> Self:
        if self.webhook_secret is not None and self.webhook_url is None:
            raise ValueError("a webhook_secret needs its webhook_url; give both or neither")
        return self


class AppointmentEntry(Value):
    person: PersonId
    office: OfficeId
    since: date
    until: date | None = None


class SubstitutionEntry(Value):
    absent: PersonId
    substitute: PersonId
    since: date
    until: date | None = None
    offices: tuple[OfficeId, ...] = ()
    reason: str


class ProgrammeEntry(Value):
    id: ProgrammeId
    title: str
    body: BodyId
    period_start: date
    period_end: date
    adopted_by: PersonId


class MeetingEntry(Value):
    """A meeting that takes stock of a programme: on record as held, or scheduled if it is to come."""

    id: MeetingId
    programme: ProgrammeId
    title: str
    at: AwareDatetime
    entered_by: PersonId


class DirectoryFile(Value):
    """What the file holds, read but not yet compared with the log."""

    bodies: tuple[BodyEntry, ...] = ()
    offices: tuple[OfficeEntry, ...] = ()
    people: tuple[PersonEntry, ...] = ()
    appointments: tuple[AppointmentEntry, ...] = ()
    substitutions: tuple[SubstitutionEntry, ...] = ()
    programmes: tuple[ProgrammeEntry, ...] = ()
    meetings: tuple[MeetingEntry, ...] = ()
    calendars: tuple[CalendarEntry, ...] = ()

    @model_validator(mode="after")
    def _each_calendar_once(self) -> "DirectoryFile":
        seen: set[CalendarId] = set()
        for entry in self.calendars:
            if entry.calendar in seen:
                raise ValueError(f"calendars: {entry.calendar} stands there twice; leave one out")
            seen.add(entry.calendar)
        return self


class BadDirectoryFile(ValueError):
    """The directory file cannot be loaded: {problems}."""

    def __init__(self, problems: Sequence[DirectoryProblem]) -> None:
        listed = "; ".join(str(p) for p in problems)
        super().__init__(f"the directory file cannot be loaded: {listed}")
        self.problems = tuple(problems)


def read_directory(content: bytes) -> DirectoryFile:
    """The file's entries. Raises `BadDirectoryFile`, naming every entry that is not as it must be."""
    try:
        return DirectoryFile.model_validate(tomllib.loads(content.decode("utf-8-sig")))
    except ValidationError as error:
        problems = [
            DirectoryProblem(where=where(detail["loc"]) or "file", reason=detail["msg"])
            for detail in error.errors(include_url=False, include_context=False)
        ]
        raise BadDirectoryFile(problems) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadDirectoryFile([DirectoryProblem(where="file", reason=str(error))]) from error
