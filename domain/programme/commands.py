"""Requests to a programme."""

from datetime import date
from typing import Literal

from pydantic import Field

from domain.attribution import Command
from domain.identifiers import BodyId, ProgrammeId


class AdoptProgramme(Command):
    """Found a programme: from now on instructions may be issued under it as its measures."""

    type: Literal["AdoptProgramme"] = "AdoptProgramme"
    programme: ProgrammeId
    title: str = Field(min_length=1)
    body: BodyId = Field(description="the body whose programme it is")
    period_start: date
    period_end: date = Field(description="last day of the period")


ProgrammeCommand = AdoptProgramme
