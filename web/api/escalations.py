"""The queue of what was escalated, as it stands longest."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from domain.value import Instant
from readmodels.at_once import at_once
from readmodels.attention import Silence, Standing
from readmodels.worklist import BEFORE_ALL, After, Work, Worklist
from web.api.asked import AtLeast, Limit, wait_for
from web.api.asking import Reading
from web.api.chosen import ChosenOnes, Place, place_name, place_of

router = APIRouter(tags=["worklists"])


class EscalationLine(BaseModel):
    """An open instruction, and how its escalation stands."""

    id: str
    number: str
    text: str
    programme: str | None
    leads: Sequence[str] = Field(description="those who answer for it; the first leads")
    phase: str
    deadline: Instant
    behind_schedule: bool
    standing: Standing | None = Field(
        description="nobody has taken it on; somebody has; it is kept silent; an operator ended it"
    )
    since: Instant | None
    escalated_at: Instant | None = Field(description="the last time")
    escalated_by: str | None
    to: str | None = Field(description="as the step or the operator named them")
    body: str | None = Field(description="which body that was")
    step: str | None = Field(description="of the policy; none if an operator escalated")
    reason: str | None
    silence: Silence | None
    silenced_by: str | None
    silenced_until: Instant | None = Field(description="may be over")
    silence_reason: str | None
    ended_by: str | None
    ended_reason: str | None
    next_step: str | None = Field(description="of the policy; none if none is to come")
    next_to: str | None
    next_at: Instant | None

    @classmethod
    def of(cls, work: Work, at: datetime) -> Self:
        row, looked_at = work.row, work.attention
        return cls(
            id=row.instruction,
            number=row.number,
            text=row.text,
            programme=row.programme,
            leads=row.leads,
            phase=row.phase,
            deadline=row.deadline,
            behind_schedule=row.timing.lateness(at).behind_schedule,
            standing=looked_at.standing(at),
            since=looked_at.since,
            escalated_at=looked_at.escalated_at,
            escalated_by=looked_at.escalated_by,
            to=looked_at.escalated_to,
            body=looked_at.escalated_body,
            step=looked_at.step,
            reason=looked_at.reason,
            silence=looked_at.silence,
            silenced_by=looked_at.silenced_by,
            silenced_until=looked_at.silenced_until,
            silence_reason=looked_at.silence_reason,
            ended_by=looked_at.ended_by,
            ended_reason=looked_at.ended_reason,
            next_step=looked_at.next_step,
            next_to=looked_at.next_to,
            next_at=looked_at.next_at,
        )


class EscalationsPage(BaseModel):
    """One page of the queue."""

    at: Instant = Field(description="the moment that is told of")
    total: int = Field(description="of all that is chosen, on whatever page")
    items: Sequence[EscalationLine] = Field(description="the one that stands longest in front")
    next: str | None = Field(description="`after` of the next page; none if this is the last")


@router.get("/escalations", response_model=EscalationsPage)
async def list_escalations(
    asking: Reading,
    chosen: ChosenOnes,
    standing: Annotated[
        frozenset[Standing], Query(description="how they stand; may be given several times")
    ] = frozenset({"open"}),
    after: Place = None,
    limit: Limit = 50,
    at_least: AtLeast = None,
) -> EscalationsPage:
    """Escalations of open instructions: to whom, since when and why, silenced by whom, what comes next."""
    begin = After(*place_of(after)) if after else BEFORE_ALL
    await wait_for(asking, at_least, "register", "attention", "parties")
    those = replace(chosen.filter(asking, "attention"), standings=standing)
    lists = Worklist(asking.services.pool)
    await lists.look_at(those)
    works, total = await at_once(
        lists.escalated(those, asking.at, after=begin, limit=limit + 1),
        lists.count_escalated(those, asking.at),
    )
    shown, more = works[:limit], len(works) > limit
    since = shown[-1].attention.since if shown else None
    return EscalationsPage(
        at=asking.at,
        total=total,
        items=[EscalationLine.of(work, asking.at) for work in shown],
        next=place_name(since, shown[-1].row.number) if more and since else None,
    )
