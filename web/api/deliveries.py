"""An instruction's notices: to whom, by which channel, when, and what became of each."""

from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

from domain.instruction.noticed import Noticed, NoticeOutcome, account
from domain.value import Instant
from web.api.asked import AtLeast, Page, wait_for
from web.api.asking import Named, Reading, see

router = APIRouter(prefix="/instructions", tags=["instructions"])


class Delivery(BaseModel):
    """One notice, to one person by one channel."""

    version: int = Field(description="of the event that gave it, within the instruction")
    event: str = Field(description="the type of that event")
    recipient: str
    channel: str
    given_at: Instant
    held_until: Instant | None = Field(description="none: it was to be sent at once")
    outcome: NoticeOutcome = Field(
        description="`accepted` by its channel; `waiting` for its hour, or for its channel"
    )
    outcome_at: Instant | None
    attempts: int | None
    detail: str | None = Field(
        description="the channel's id of the message, its last error, or why it was not sent"
    )
    acknowledged_at: Instant | None = Field(description="when who was told took note")

    @classmethod
    def of(cls, one: Noticed) -> Self:
        return cls(
            version=one.notice.version,
            event=one.kind,
            recipient=one.notice.recipient,
            channel=one.notice.channel,
            given_at=one.given_at,
            held_until=one.held_until,
            outcome=one.outcome,
            outcome_at=one.outcome_at,
            attempts=one.attempts,
            detail=one.detail,
            acknowledged_at=one.acknowledged_at,
        )


class Deliveries(Page[Delivery]):
    """All notices that an instruction gave, in the order in which they were given."""

    number: str


@router.get("/{number}/deliveries", response_model=Deliveries)
async def list_deliveries(asking: Reading, number: Named, at_least: AtLeast = None) -> Deliveries:
    """Its notices, as they stand now: to whom, by which channel, when, and what became of each."""
    await wait_for(asking, at_least)
    found = await see(asking, number, "deliveries")
    return Deliveries(
        number=found.state.record.number,
        items=[Delivery.of(one) for one in account([event for _, event in found.events()])],
        next=None,
    )
