"""What a programme is, folded from its events."""

from dataclasses import dataclass
from datetime import date

from domain.identifiers import BodyId, ProgrammeId
from domain.programme.events import ProgrammeEvent


@dataclass(frozen=True, kw_only=True, slots=True)
class Programme:
    """An adopted programme. Its measures are the instructions that name it."""

    id: ProgrammeId
    title: str
    body: BodyId
    period_start: date
    period_end: date


def evolve(state: Programme | None, event: ProgrammeEvent) -> Programme | None:
    del state  # a programme has one fact so far, and it says everything
    return Programme(
        id=event.programme,
        title=event.title,
        body=event.body,
        period_start=event.period_start,
        period_end=event.period_end,
    )
