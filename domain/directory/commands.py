"""Requests to the directory."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.attribution import Command
from domain.directory.events import BodyKind, OfficeKind
from domain.identifiers import BodyId, Channel, OfficeId, PersonId


class RegisterBody(Command):
    """Make a ministry, agency, region or joint body known."""

    type: Literal["RegisterBody"] = "RegisterBody"
    body: BodyId
    name: str = Field(min_length=1)
    body_kind: BodyKind
    parent: BodyId | None = None
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$", description="ISO 3166-1")
    zone: str = Field(default="UTC", description="IANA time zone of its working day")
    established_on: date | None = Field(default=None, description="first day it can be charged")


class RegisterOffice(Command):
    """Create an office of a body."""

    type: Literal["RegisterOffice"] = "RegisterOffice"
    office: OfficeId
    body: BodyId
    office_kind: OfficeKind
    title: str = ""


class RegisterPerson(Command):
    """Make a person known by an opaque id; name and address stay outside the log."""

    type: Literal["RegisterPerson"] = "RegisterPerson"
    person: PersonId
    commitment: str = Field(
        pattern=r"^[0-9a-f]{64}$", description="SHA-256 over salt, name and address"
    )
    channels: tuple[Channel, ...] = Field(default=("log",), description="how notices reach them")


class Appoint(Command):
    """Give a person an office, from a day on."""

    type: Literal["Appoint"] = "Appoint"
    person: PersonId
    office: OfficeId
    since: date
    until: date | None = Field(default=None, description="last day in office; open if not given")


DirectoryCommand = Annotated[
    RegisterBody | RegisterOffice | RegisterPerson | Appoint, Field(discriminator="type")
]
