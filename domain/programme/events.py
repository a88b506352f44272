"""Facts about programmes."""

from datetime import date
from typing import Literal

from domain.attribution import Event
from domain.identifiers import BodyId, ProgrammeId


class ProgrammeAdopted(Event):
    type: Literal["ProgrammeAdopted"] = "ProgrammeAdopted"
    programme: ProgrammeId
    title: str
    body: BodyId
    period_start: date
    period_end: date


ProgrammeEvent = ProgrammeAdopted
