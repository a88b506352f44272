"""The register as of a moment: its list as the instructions stood then, from the status periods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from domain.identifiers import BodyId, InstructionId, PersonId, ProgrammeId
from domain.instruction.lateness import Timing
from domain.reading import Scope
from eventstore.protocol import EventStore
from eventstore.replay import AsOf
from readmodels.conditions import Conditions
from readmodels.parties import MANY, restrict, sees_many
from readmodels.register import WORDS

_LONG = ("InProgress", "Completed", "Cancelled")
"""Phases in which instructions stay for long; they pass through the others."""
_SCOPE, _CONDITIONS, _PASSING = "/* scope */", "/* conditions */", "/* phase */"
_COLUMNS = """
        r.instruction, r.number, r.text, r.issuer, r.controller, r.parent, r.source_kind, r.source_number,
        p.programme, p.sector, p.lead, p.acting, p.phase, p.closed, p.refused, p.carried_from,
        p.original_deadline, p.deadline, p.milestone, p.submitted_at, p.cancelled_at, p.stopped_at
"""
_LIST = f"""
    select {_COLUMNS}
    from readmodel.periods p join readmodel.register r using (instruction) {_SCOPE}
    where p.departed_at is null and {_CONDITIONS}
    order by r.number limit $1
"""  # noqa: S608 - of constants
# A phase that they pass through is asked for first: the planner takes its spans of all time for those of the moment, and
# would go through the register until it has found a page of them.
_LIST_PASSING = f"""
    select {_COLUMNS}
    from (
        select * from readmodel.periods p where {_PASSING} offset 0
    ) p cross join lateral (
        select * from readmodel.register r where r.instruction = p.instruction offset 0
    ) r
    where p.departed_at is null and {_CONDITIONS}
    order by r.number limit $1
"""  # noqa: S608 - of constants
# Whoever sees little is answered from that little, as in the register: of each body and way of theirs, the first by number.
_LIST_IN_TURN = f"""
    select {_COLUMNS}
    from readmodel.periods p join readmodel.register r using (instruction) join (
        select distinct first.instruction
        from unnest($2::text[], $3::text[]) as lets (relation, body) cross join lateral (
            select q.instruction
            from readmodel.parties q
            join readmodel.periods p using (instruction) join readmodel.register r using (instruction)
            where q.relation = lets.relation and q.body = lets.body
              and p.departed_at is null and {_CONDITIONS}
            order by q.number limit $1
        ) as first
    ) seen using (instruction)
    where p.departed_at is null and {_CONDITIONS}
    order by r.number limit $1
"""  # noqa: S608 - of constants
_BY_MOMENT = "p.from_moment <= {0} and p.to_moment > {0}"
_BY_POSITION = "p.from_position <= {0} and p.to_position > {0}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stood:
    """An instruction as it stood at a moment. Instants are UTC."""

    instruction: InstructionId
    number: str
    """As it is now, like the text, the issuer, the controller, what it is a part of and the document it comes from."""
    text: str
    issuer: BodyId
    controller: BodyId | None
    parent: InstructionId | None
    source_kind: str | None
    source_number: str | None
    programme: ProgrammeId | None
    """As it was then, like all that follows."""
    sector: str | None
    lead: BodyId | None
    """Of those who answered for it, the one that led."""
    acting: PersonId | None
    phase: str
    closed: bool
    refused: bool
    carried_from: ProgrammeId | None
    original_deadline: datetime
    deadline: datetime
    milestone: datetime | None
    submitted_at: datetime | None
    cancelled_at: datetime | None
    stopped_at: datetime | None

    @property
    def timing(self) -> Timing:
        return Timing(
            closed=self.closed,
            original_deadline=self.original_deadline,
            deadline=self.deadline,
            submitted_at=self.submitted_at,
            cancelled_at=self.cancelled_at,
            milestone=self.milestone,
            stopped_at=self.stopped_at,
        )


async def register_as_of(
    store: EventStore,
    pool: "asyncpg.Pool[asyncpg.Record]",
    as_of: AsOf,
    *,
    programme: ProgrammeId | None = None,
    phase: str | None = None,
    lead: BodyId | None = None,
    behind_schedule_at: datetime | None = None,
    source_kind: str | None = None,
    sector: str | None = None,
    issuer: BodyId | None = None,
    controller: BodyId | None = None,
    words: str | None = None,
    scope: Scope | None = None,
    after_number: str = "",
    limit: int = 1000,
    many: int = MANY,
) -> Sequence[Stood]:
    """Those that were there, by number, from after `after_number` on (keyset); every filter given must hold.

    Programme, phase, lead, sector and lateness are those of then. The periods do not know `issuer`, `controller`,
    `source_kind` and `words`: these are looked for as they are now; nor who answered jointly with the lead: `lead` is the
    one that led. Catch the register, the status periods and the parties up first to see the latest.

    Args:
        as_of: one kind of limit, and not both.
        behind_schedule_at: the moment that lateness is told for.
        words: as of `Register.page`.
        scope: of now: who may see an instruction today sees how it stood. None for all there is.
    """
    # Words have an index of their own, which finds few: no page of a body's is filled from theirs.
    in_turn = scope is not None and words is None and not await sees_many(pool, scope, many)
    conditions = Conditions(limit, *(scope.pairs if scope and in_turn else ()))
    if as_of.occurred is not None:
        passing = _BY_MOMENT.format(*conditions.numbered(as_of.occurred))
    else:
        assert as_of.recorded is not None
        position = await store.position_at(as_of.recorded)
        passing = _BY_POSITION.format(*conditions.numbered(position))
    if phase is not None:
        (number,) = conditions.numbered(phase)
        passing += f" and p.phase = {number}"
    conditions.add(passing)
    conditions.equal(
        **{
            "p.programme": programme,
            "p.lead": lead,
            "p.sector": sector,
            "r.source_kind": source_kind,
            "r.issuer": issuer,
            "r.controller": controller,
        }
    )
    if behind_schedule_at is not None:
        conditions.add("p.late_from < {0}", behind_schedule_at)
    if words is not None:
        conditions.add(WORDS, words)
    conditions.add("r.number > {0}", after_number)
    asked = _LIST_IN_TURN
    if not in_turn:
        joined = await restrict(pool, conditions, scope, "r", many=many)
        first = phase not in (None, *_LONG) and not joined and words is None
        asked = (_LIST_PASSING if first else _LIST).replace(_SCOPE, joined)
    asked = asked.replace(_CONDITIONS, conditions.sql).replace(_PASSING, passing)
    return [Stood(**row) for row in await pool.fetch(asked, *conditions.given)]
