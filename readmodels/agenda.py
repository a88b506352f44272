"""The agenda: the open instructions of each body that is their lead, co-assignee or controller."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from domain.identifiers import INSTRUCTION_PREFIX, BodyId, InstructionId
from domain.instruction.events import AboutNotice
from domain.instruction.state import Proposed, Suspended, Unissued, is_closed
from readmodels.projection import History, Projection
from readmodels.tables import Row, Table

AGENDA = Table(
    name="agenda",
    owner="instruction",
    key=("body", "instruction"),
    columns={
        "body": "text",
        "instruction": "text",
        "number": "text",
        "text": "text",
        "issuer": "text",
        "lead": "text",
        "deadline": "timestamptz",
        "deadline_on": "date",
        "suspended": "boolean",
        "version": "bigint",
        "changed_at": "timestamptz",
    },
    together=("body", "instruction"),
)
_OF_BODIES = """
    select distinct on (deadline, instruction)
        instruction, number, text, issuer, lead, deadline, deadline_on, suspended, version, changed_at
    from readmodel.agenda
    where body = any($1::text[])
      and ($3::timestamptz is null or (deadline, instruction) > ($3::timestamptz, $4::text))
    order by deadline, instruction limit $2
"""

_DUE_OF_BODY = """
    select instruction, number, text, issuer, lead, deadline, deadline_on, suspended, version, changed_at
    from readmodel.agenda
    where body = $1 and not suspended and deadline > $2 and ($3::timestamptz is null or deadline <= $3)
    order by deadline, instruction
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgendaRow:
    """An open instruction. Instants are UTC."""

    instruction: InstructionId
    number: str
    text: str
    issuer: BodyId
    lead: BodyId | None
    deadline: datetime
    deadline_on: date | None
    """The day whose end it is; none for an instant."""
    suspended: bool
    version: int
    """Of its last event that is not about a notice."""
    changed_at: datetime
    """When that event occurred."""


class AgendaProjection(Projection):
    name = "agenda"
    prefix = INSTRUCTION_PREFIX
    tables = (AGENDA,)

    def rows(self, history: History) -> Sequence[Sequence[Row]]:
        state, _ = history.standings[-1]
        if isinstance(state, Unissued | Proposed) or is_closed(state):
            return ((),)
        record = state.record
        version, last = next(
            (version, event)
            for version, event in reversed(list(enumerate(history.corrected, start=1)))
            if not isinstance(event, AboutNotice)
        )
        parties = (*record.leads, *record.co_assignees, record.controller)
        return (
            [
                (
                    body,
                    history.stream_id,
                    record.number,
                    record.text,
                    record.issuer,
                    record.lead,
                    record.deadline.instant,
                    record.deadline.on,
                    isinstance(state, Suspended),
                    version,
                    last.occurred_at,
                )
                for body in dict.fromkeys(party for party in parties if party is not None)
            ],
        )


async def agenda_of(
    pool: "asyncpg.Pool[asyncpg.Record]",
    bodies: Collection[BodyId],
    *,
    limit: int,
    after: tuple[datetime, InstructionId] | None = None,
) -> Sequence[AgendaRow]:
    """What these bodies have open, the earliest deadline first, each instruction once.

    Args:
        after: deadline and id of the last one of the page before (keyset).
    """
    rows = await pool.fetch(_OF_BODIES, list(bodies), limit, *(after or (None, None)))
    return [AgendaRow(**row) for row in rows]


async def due_of_body(
    pool: "asyncpg.Pool[asyncpg.Record]", body: BodyId, after: datetime, until: datetime | None
) -> Sequence[AgendaRow]:
    """What the body has open and running, due after one moment and by another, if there is one; the earliest
    first.
    """
    return [AgendaRow(**row) for row in await pool.fetch(_DUE_OF_BODY, body, after, until)]
