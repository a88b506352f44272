"""What waits for those who act for some bodies: how much of each kind there is to do, as it stands now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from domain.identifiers import BodyId

SOON = timedelta(days=7)
"""What is due within it is due soon."""
# `RegisterRow.behind_from`; $1 the bodies, $2 the moment, $3 when soon ends.
_LED = """
    with led as (
        select r.phase, least(r.deadline, r.milestone) as behind_from,
            r.submitted_at is null and r.stopped_at is null as running
        from readmodel.register r
        where not r.closed and r.instruction in (
            select p.instruction from readmodel.parties p where p.relation = 'lead' and p.body = any($1::text[])
        )
    )
    select
        count(*) filter (where phase = 'Assigned') as to_acknowledge,
        count(*) filter (where running and behind_from >= $2 and behind_from < $3) as due_soon,
        count(*) filter (where running and behind_from < $2) as late
    from led
"""
_TO_ACCEPT = """
    select count(*) from readmodel.register where phase = 'Reported' and controller = any($1::text[])
"""
# Its controller decides about an extension, else its issuer.
_TO_EXTEND = """
    select count(*) from readmodel.attention a join readmodel.register r using (instruction)
    where a.extension_until is not null and not a.over
      and coalesce(r.controller, r.issuer) = any($1::text[])
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Duties:
    """How many instructions there are of each kind."""

    to_acknowledge: int
    """Assigned to one of the bodies, which has not taken note yet."""
    due_soon: int
    """One of them leads, and falls behind schedule within `SOON` if it goes on as it is."""
    late: int
    """One of them leads, and is behind schedule."""
    to_accept: int
    """Reported as carried out; one of them controls, and has yet to say whether it is."""
    to_extend: int
    """A later deadline is asked for, and one of them decides."""


async def duties_of(
    pool: "asyncpg.Pool[asyncpg.Record]", bodies: Collection[BodyId], at: datetime
) -> Duties:
    """Catch register, parties and `attention` up first to see the latest."""
    named = sorted(bodies)
    led = await pool.fetchrow(_LED, named, at, at + SOON)
    assert led is not None  # it counts
    return Duties(
        **led,
        to_accept=await pool.fetchval(_TO_ACCEPT, named),
        to_extend=await pool.fetchval(_TO_EXTEND, named),
    )
