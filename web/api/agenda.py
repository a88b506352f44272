"""What somebody's bodies have open, the earliest deadline first."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from domain.value import Instant
from readmodels.agenda import AgendaRow, agenda_of
from web.api.asked import AtLeast, Limit, Page, page, wait_for
from web.api.asking import Reading
from web.api.chosen import Place, place_name, place_of

router = APIRouter(tags=["worklists"])


class AgendaLine(BaseModel):
    """An open instruction."""

    id: str
    number: str
    text: str
    issuer: str
    lead: str | None
    deadline: Instant
    deadline_on: date | None = Field(description="the day whose end it is; none for an instant")
    suspended: bool
    version: int = Field(description="of its last event that is not about a notice")
    changed_at: Instant = Field(description="when that occurred")

    @classmethod
    def of(cls, row: AgendaRow) -> Self:
        return cls(
            id=row.instruction,
            number=row.number,
            text=row.text,
            issuer=row.issuer,
            lead=row.lead,
            deadline=row.deadline,
            deadline_on=row.deadline_on,
            suspended=row.suspended,
            version=row.version,
            changed_at=row.changed_at,
        )


@router.get("/agenda", response_model=Page[AgendaLine])
async def list_agenda(
    asking: Reading,
    body: Annotated[
        str | None,
        Query(
            max_length=200,
            pattern=r"^[^\x00]*$",
            description="only of this one of the bodies that you act for",
        ),
    ] = None,
    after: Place = None,
    limit: Limit = 50,
    at_least: AtLeast = None,
) -> Page[AgendaLine]:
    """What the bodies that you act for have open: as lead, co-assignee or controller; proposals left out."""
    begin = place_of(after) if after else None
    await wait_for(asking, at_least, "agenda")
    bodies = asking.reader.acts_for
    asked = bodies if body is None else bodies & {body}
    rows = await agenda_of(asking.services.pool, asked, limit=limit + 1, after=begin)
    last = place_name(rows[limit - 1].deadline, rows[limit - 1].instruction) if rows[limit:] else ""
    return page([AgendaLine.of(row) for row in rows], limit, last)
