"""Why each due moment of an instruction is when it is, and what became of it."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import BaseModel, Field

from domain.instruction.explanation import Basis, Computed, Explained, Kind, Status, explain
from domain.instruction.terms import DueKey
from domain.value import Instant
from web.api.asked import AsOfWhen, AtLeast, Moment, wait_for
from web.api.asking import Asking, Named, Reading, Seen, see
from web.problems import not_found

router = APIRouter(prefix="/instructions", tags=["instructions"])


class ComputedTold(BaseModel):
    """An instant that was computed for a moment."""

    due_at: Instant
    version: int = Field(description="of the event that says so")

    @classmethod
    def of(cls, one: Computed) -> Self:
        return cls(due_at=one.due_at, version=one.version)


class DayOff(BaseModel):
    """A day that was skipped over."""

    on: date
    name: str = Field(description="empty if the calendar names it not")


class BasisTold(BaseModel):
    """What the latest of its instants rests on."""

    says: str = Field(description="the rule and its step, in words")
    counts_from: Instant | None = Field(
        description="none if it counts from a step that had not fired then"
    )
    zone: str
    calendar: str | None = Field(description="none if no calendar bears on it")
    calendar_version: int | None
    days_off: Sequence[DayOff] = Field(description="that it skipped over")
    tzdata: str
    policy: str
    policy_hash: str

    @classmethod
    def of(cls, basis: Basis) -> Self:
        return cls(
            says=basis.rule,
            counts_from=basis.counts_from,
            zone=basis.zone,
            calendar=basis.calendar,
            calendar_version=basis.calendar_version,
            days_off=[DayOff(on=on, name=name) for on, name in basis.days_off],
            tzdata=basis.tzdata,
            policy=basis.policy,
            policy_hash=basis.policy_hash,
        )


class ExplainedMoment(BaseModel):
    """One due moment."""

    key: DueKey
    kind: Kind
    due_at: Instant | None = Field(description="none if it was suppressed before it was planned")
    local: datetime | None = Field(description="the same by the clocks of its zone")
    computed: Sequence[ComputedTold] = Field(description="in the order of events; the last counts")
    basis: BasisTold | None
    status: Status
    at: Instant | None = Field(description="when it will act, fired, or was found never to")
    late: bool
    into: DueKey | None = Field(description="the later occurrence that stands for it")
    why: str | None
    event: str | None = Field(description="the type of the event that says what became of it")
    version: int | None = Field(description="of that event; none while it is waited for")

    @classmethod
    def of(cls, one: Explained) -> Self:
        basis, due_at = one.basis, one.due_at
        return cls(
            key=one.key,
            kind=one.kind,
            due_at=due_at,
            local=due_at.astimezone(ZoneInfo(basis.zone)) if basis and due_at else None,
            computed=[ComputedTold.of(each) for each in one.computed],
            basis=BasisTold.of(basis) if basis else None,
            status=one.status,
            at=one.at,
            late=one.late,
            into=one.into,
            why=one.why,
            event=one.event,
            version=one.version,
        )


class Explanation(BaseModel):
    """All due moments of an instruction."""

    number: str
    moments: Sequence[ExplainedMoment] = Field(description="by time, past and coming")


@router.get("/{number}/explanation", response_model=Explanation)
async def explain_instruction(
    asking: Reading, number: Named, when: AsOfWhen, at_least: AtLeast = None
) -> Explanation:
    """Each due moment there was or is: its rule, what it counts from, calendar, zone, instant, what became of it."""
    await wait_for(asking, at_least)
    return await explained(asking, await see(asking, number, "detail"), when)


async def explained(asking: Asking, found: Seen, when: Moment) -> Explanation:
    """Of what whoever asks may see the detail of. Raises `Problem` not-found if it was not there yet."""
    number = found.state.record.number
    events = [(recorded.version, event) for recorded, event in found.events(when.as_of)]
    if not events:
        raise not_found(f"instruction {number} as of then")
    # Over years of daily reminders it takes a while.
    # Read after the events: calendars that they name are there.
    directory = await asking.services.handler.directory()
    moments = await asyncio.to_thread(explain, events, directory.calendar_version)
    return Explanation(number=number, moments=[ExplainedMoment.of(one) for one in moments])
