"""What is behind schedule, now or as of a moment: how late, and who was heard and warned."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from domain.value import Instant
from readmodels.attention import Standing
from readmodels.late import late
from readmodels.register import LateFor
from readmodels.totals import Totals
from readmodels.worklist import BEFORE_ALL, After, Work
from web.api.asked import AsOfWhen, AtLeast, Limit, invalid, wait_for
from web.api.asking import Reading
from web.api.chosen import ChosenOnes, Place, place_name, place_of
from web.api.models import Span

router = APIRouter(tags=["worklists"])

_MOST_DAYS = 36_525


class LateLine(BaseModel):
    """An instruction that is behind schedule."""

    id: str
    number: str
    text: str
    programme: str | None
    sector: str | None
    phase: str
    leads: Sequence[str] = Field(description="those who answer for it; the first leads")
    percent: int
    original_deadline: Instant
    deadline: Instant
    behind_since: Instant
    behind_by: Span
    behind_with: LateFor = Field(description="whose date it was that passed first")
    heard_at: Instant | None = Field(
        description="when an assignee last let hear from itself; none: never"
    )
    heard_by: str | None
    heard: str | None = Field(description="by what: the event's type")
    warned_at: Instant | None = Field(description="when people were last reminded, or escalated to")
    warned: Sequence[str] = Field(description="who they were")
    escalation: Standing | None
    escalated_to: str | None = Field(description="as the step or the operator named them")
    silenced_until: Instant | None
    extension_asked_until: Instant | None = Field(description="not decided yet")

    @classmethod
    def of(cls, work: Work, at: datetime) -> Self:
        row, looked_at = work.row, work.attention
        return cls(
            id=row.instruction,
            number=row.number,
            text=row.text,
            programme=row.programme,
            sector=row.sector,
            phase=row.phase,
            leads=row.leads,
            percent=row.percent,
            original_deadline=row.original_deadline,
            deadline=row.deadline,
            behind_since=row.behind_from,
            behind_by=row.timing.lateness(at).behind_by,
            behind_with=row.late_for,
            heard_at=looked_at.heard_at,
            heard_by=looked_at.heard_by,
            heard=looked_at.heard,
            warned_at=looked_at.warned_at,
            warned=(looked_at.warned or "").split(),
            escalation=looked_at.standing(at),
            escalated_to=looked_at.escalated_to if looked_at.raised else None,
            silenced_until=looked_at.silenced_until if looked_at.silent(at) else None,
            extension_asked_until=looked_at.extension_until,
        )


class LateTotals(BaseModel):
    """Of all that is chosen, on whatever page."""

    instructions: int
    escalated: int = Field(description="nobody has taken that on yet")
    silenced: int = Field(description="acknowledged, or kept silent")
    never_heard: int = Field(description="their assignees have not let hear from themselves")
    first_deadline: Instant | None = Field(description="the one that passed first")

    @classmethod
    def of(cls, totals: Totals) -> Self:
        return cls(
            instructions=totals.instructions,
            escalated=totals.escalated,
            silenced=totals.silenced,
            never_heard=totals.never_heard,
            first_deadline=totals.first_deadline,
        )


class LateTotalsOfLead(LateTotals):
    """Of what one body answers for."""

    lead: str | None


class LatePage(BaseModel):
    """One page of what is behind schedule."""

    at: Instant = Field(description="the moment that is told of")
    total: LateTotals
    by_lead: Sequence[LateTotalsOfLead] = Field(description="those with the most first")
    items: Sequence[LateLine] = Field(description="the one whose date passed first in front")
    next: str | None = Field(description="`after` of the next page; none if this is the last")


@router.get("/late", response_model=LatePage)
async def list_late(
    asking: Reading,
    chosen: ChosenOnes,
    when: AsOfWhen,
    late_by: Annotated[
        int, Query(ge=0, le=_MOST_DAYS, description="by more than so many days")
    ] = 0,
    after: Place = None,
    limit: Limit = 50,
    at_least: AtLeast = None,
) -> LatePage:
    """What is behind schedule, the longest first: how late, last heard, last warned, escalated or silenced.

    What is told is of the instructions whose warnings and escalations you may see; also the totals.
    """
    as_of = when.as_of
    if as_of.occurred is not None and as_of.recorded is not None:
        raise invalid("as_recorded", "cannot be asked with as_of: one kind of time")
    begin = After(*place_of(after)) if after else BEFORE_ALL
    await wait_for(asking, at_least, "register", "attention", "periods", "parties")
    those = replace(chosen.filter(asking, "attention"), late_by=timedelta(days=late_by))
    at = when.at(asking.at)
    services = asking.services
    works, totals = await late(
        services.store, services.pool, those, as_of, at, after=begin, limit=limit + 1
    )
    shown, more = works[:limit], len(works) > limit
    return LatePage(
        at=at,
        total=LateTotals.of(totals.whole),
        by_lead=[
            LateTotalsOfLead(lead=one.lead, **LateTotals.of(one).model_dump())
            for one in totals.by_lead
        ],
        items=[LateLine.of(work, at) for work in shown],
        next=place_name(shown[-1].row.behind_from, shown[-1].row.number) if more else None,
    )
