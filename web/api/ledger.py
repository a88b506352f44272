"""The ledger: due moments of reminders and escalations, and what became of the notices they gave."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from domain.instruction.noticed import NoticeOutcome
from domain.value import Instant
from readmodels.ledger import Kind, Ledger, LedgerRow, Standing, Status
from web.api.asked import AtLeast, Page, Word, wait_for
from web.api.asking import Reading, instruction_named, note_unseen
from web.api.names import After

router = APIRouter(tags=["worklists"])

_MOST = 100


class LedgerEntry(BaseModel):
    """A due moment, or one notice that it gave."""

    kind: Kind
    rule: str | None = Field(
        description="of the policy, or what is watched without one; none if an operator escalated"
    )
    occurrence: int | None
    revision: int | None
    due_at: Instant | None = Field(description="when it was planned for")
    status: Status
    at: Instant | None = Field(description="when it acts, fired, or was found never to act")
    late: bool | None
    why: str | None
    sent_to: str | None = Field(description="whom an escalation turns to")
    version: int | None = Field(description="of the event that says so, within its stream")
    recipient: str | None
    channel: str | None
    outcome: NoticeOutcome | None = Field(
        description="what became of the notice: `accepted` by its channel; none if there is no notice"
    )
    outcome_at: Instant | None
    attempts: int | None
    detail: str | None = Field(
        description="the channel's id of the message, its last error, or why it was not sent"
    )
    held_until: Instant | None = Field(description="the hour that it waits, or waited, for")
    acknowledged_at: Instant | None

    @classmethod
    def of(cls, row: LedgerRow) -> Self:
        return cls(
            kind=row.kind,
            rule=row.rule,
            occurrence=row.occurrence,
            revision=row.revision,
            due_at=row.due_at,
            status=row.status,
            at=row.at,
            late=row.late,
            why=row.why,
            sent_to=row.sent_to,
            version=row.version,
            recipient=row.recipient,
            channel=row.channel,
            outcome=row.outcome,
            outcome_at=row.outcome_at,
            attempts=row.attempts,
            detail=row.detail,
            held_until=row.held_until,
            acknowledged_at=row.acknowledged_at,
        )


class LedgerOfInstruction(BaseModel):
    """What an instruction's due moments came to."""

    number: str
    entries: Sequence[LedgerEntry] = Field(description="in the order of what happened")


@router.get("/ledger", response_model=Page[LedgerOfInstruction])
async def list_ledger(
    asking: Reading,
    instruction: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=200,
            pattern=r"^[^\x00]*$",
            description="only this one's: its number, or its id",
        ),
    ] = None,
    programme: Word = None,
    status: Annotated[
        Status | NoticeOutcome | Standing | None,
        Query(description="only due moments, or notices, of which this is true"),
    ] = None,
    after: After = "",
    limit: Annotated[int, Query(ge=1, le=_MOST, description="instructions of a page")] = 20,
    at_least: AtLeast = None,
) -> Page[LedgerOfInstruction]:
    """Reminders and escalations, by number: what is planned next, what fired, was sent, failed or never will, and why.

    Of the instructions whose deliveries you may see.
    """
    await wait_for(asking, at_least, "register", "ledger", "parties")
    if instruction is not None:
        await note_unseen(asking, "deliveries", [instruction])
    rows = await Ledger(asking.services.pool).page(
        instruction=instruction_named(instruction) if instruction else None,
        programme=programme,
        status=status,
        after_number=after,
        limit=limit + 1,
        scope=asking.reader.scope("deliveries"),
    )
    found: dict[str, list[LedgerEntry]] = {}
    for row in rows:
        found.setdefault(row.number, []).append(LedgerEntry.of(row))
    told = [
        LedgerOfInstruction(number=number, entries=entries) for number, entries in found.items()
    ]
    more = len(told) > limit
    return Page(items=told[:limit], next=told[limit - 1].number if more else None)
