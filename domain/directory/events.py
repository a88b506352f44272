"""Facts about bodies, offices and people."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.attribution import Event
from domain.identifiers import BodyId, Channel, OfficeId, PersonId

BodyKind = Literal["council", "ministry", "agency", "region", "joint-body", "department"]
OfficeKind = Literal["head", "officer", "operator", "registrar", "administrator"]
"""head and officer act for the body; an operator escalates; a registrar enters what happened
earlier; an administrator keeps the directory."""


class BodyRegistered(Event):
    type: Literal["BodyRegistered"] = "BodyRegistered"
    body: BodyId
    name: str
    body_kind: BodyKind
    parent: BodyId | None
    country: str | None
    zone: str
    established_on: date | None


class OfficeRegistered(Event):
    type: Literal["OfficeRegistered"] = "OfficeRegistered"
    office: OfficeId
    body: BodyId
    office_kind: OfficeKind
    title: str


class PersonRegistered(Event):
    type: Literal["PersonRegistered"] = "PersonRegistered"
    person: PersonId
    commitment: str
    channels: tuple[Channel, ...]


class Appointed(Event):
    type: Literal["Appointed"] = "Appointed"
    person: PersonId
    office: OfficeId
    since: date
    until: date | None


DirectoryEvent = Annotated[
    BodyRegistered | OfficeRegistered | PersonRegistered | Appointed,
    Field(discriminator="type"),
]
