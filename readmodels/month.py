"""A span of days as a calendar shows it: what some bodies have due on each, deadlines and milestones."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Literal

import asyncpg

from domain.identifiers import BodyId, InstructionId

# A day is over at most fourteen hours after it is in UTC, and begins as many before. The register's next dates have an
# index; a milestone is one where it comes before the deadline.
_DAYS = """
    with dated as (
        select instruction, number, text, lead, suspended, deadline as at, 'deadline' as kind,
            coalesce(deadline_on, ((deadline - interval '1 microsecond') at time zone $4)::date) as day
        from readmodel.agenda
        where body = any($1::text[]) and deadline >= $2::date - 1 and deadline < $3::date + 3
        union
        select r.instruction, r.number, r.text, r.lead, false, r.milestone, 'milestone',
            ((r.milestone - interval '1 microsecond') at time zone $4)::date
        from readmodel.register r
        where r.late_from >= $2::date - 1 and r.late_from < $3::date + 3
          and r.milestone < r.deadline
          and exists (
              select from readmodel.agenda g where g.instruction = r.instruction and g.body = any($1)
          )
    )
    select * from (
        select dated.*,
            count(*) over (partition by day) as among,
            row_number() over (partition by day order by at, number, kind) as nth
        from dated where day between $2 and $3
    ) numbered
    where nth <= $5
    order by day, nth
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dated:
    """A date of an open instruction."""

    instruction: InstructionId
    number: str
    text: str
    lead: BodyId | None
    suspended: bool
    at: datetime
    """UTC."""
    kind: Literal["deadline", "milestone"]
    """`milestone`: the next that is not reached, where it comes before the deadline."""
    day: date
    among: int
    """How many dates there are on that day."""


async def days_of_bodies(
    pool: "asyncpg.Pool[asyncpg.Record]",
    bodies: Collection[BodyId],
    first: date,
    last: date,
    *,
    zone: str,
    most: int,
) -> Sequence[Dated]:
    """What the bodies have open, as lead, co-assignee or controller, and due from one day to another; day by day, of each the
    first so many. Catch the agenda and the register up first to see the latest.

    Args:
        zone: whose days are meant, for what is no day but an instant.
    """
    rows = await pool.fetch(_DAYS, list(bodies), first, last, zone, most)
    return [Dated(**{field.name: row[field.name] for field in fields(Dated)}) for row in rows]
