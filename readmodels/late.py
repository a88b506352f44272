"""What is behind schedule, now or as of a moment: a page of it, and the totals of all."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from eventstore.protocol import EventStore
from eventstore.replay import NOW, AsOf
from readmodels.at_once import at_once
from readmodels.late_as_of import late_as_of
from readmodels.totals import Totals, WholeAndParts
from readmodels.worklist import BEFORE_ALL, After, Filter, Work, Worklist


async def late(
    store: EventStore,
    pool: "asyncpg.Pool[asyncpg.Record]",
    chosen: Filter,
    as_of: AsOf,
    at: datetime,
    *,
    after: After = BEFORE_ALL,
    limit: int = 1000,
) -> tuple[Sequence[Work], WholeAndParts]:
    """A page of what the filter chooses, the deadline that passed first in front, and the totals of all it chooses.

    Args:
        chosen: with a `late_by`.
        as_of: one kind of limit at most.
        at: the moment that lateness is told for.
    """
    if as_of == NOW:
        lists = Worklist(pool)
        await lists.look_at(chosen)
        return await at_once(
            lists.late(chosen, at, after=after, limit=limit), lists.totals(chosen, at)
        )
    found = await late_as_of(store, pool, chosen, as_of, at)
    begin = (after.moment, after.number)
    following = [work for work in found if (work.row.behind_from, work.row.number) > begin]
    return following[:limit], totals_of(found, at)


def totals_of(works: Sequence[Work], at: datetime) -> WholeAndParts:
    """What `Worklist.totals` counts, of these."""
    leads = {work.row.lead for work in works}
    parts = [_total([w for w in works if w.row.lead == lead], lead, at) for lead in leads]
    parts.sort(key=lambda part: (-part.instructions, part.lead is None, part.lead))
    return WholeAndParts.of(parts)


def _total(works: Sequence[Work], lead: str | None, at: datetime) -> Totals:
    return Totals(
        lead=lead,
        instructions=len(works),
        escalated=sum(work.attention.standing(at) == "open" for work in works),
        silenced=sum(work.attention.silent(at) for work in works),
        never_heard=sum(work.attention.heard_at is None for work in works),
        first_deadline=min((work.row.behind_from for work in works), default=None),
    )
