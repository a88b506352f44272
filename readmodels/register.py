"""What the register is asked. Its tables: `register_projection`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict, Unpack

import asyncpg

from domain.identifiers import BodyId, InstructionId, PersonId, ProgrammeId
from domain.instruction.lateness import Timing
from domain.reading import Scope
from readmodels.conditions import Conditions
from readmodels.parties import MANY, restrict, seen, sees_many

LateFor = Literal["deadline", "milestone"]
"""Whose date passed: that of the instruction, or of a milestone that is not reached."""

_COLUMNS = """
        instruction, number, text, programme, sector, issuer, controller, lead, phase, closed,
        original_deadline, deadline, submitted_at, cancelled_at, percent, escalated, version,
        stopped_at, refused, carried_from, parent, source_kind, source_number, acting, milestone,
        joint_leads
"""
_SCOPE, _CONDITIONS = "/* scope */", "/* conditions */"
_LIST = f"""
    select {_COLUMNS} from readmodel.register as r {_SCOPE}
    where {_CONDITIONS} order by number limit $1
"""  # noqa: S608 - of constants
# Whoever sees little is answered from that little: of what each body of theirs stands to in one way, the first by number.
_LIST_IN_TURN = f"""
    select {_COLUMNS} from readmodel.register join (
        select distinct first.instruction
        from unnest($2::text[], $3::text[]) as lets (relation, body) cross join lateral (
            select r.instruction
            from readmodel.parties p join readmodel.register r using (instruction)
            where p.relation = lets.relation and p.body = lets.body and {_CONDITIONS}
            order by p.number limit $1
        ) as first
    ) seen using (instruction)
    order by number limit $1
"""  # noqa: S608 - of constants
_COUNT = f"""
    select count(*) from (
        select from readmodel.register as r where {_CONDITIONS} limit $1
    ) as found
"""  # noqa: S608 - of constants
# Of whoever sees little, that little is looked at one by one: the planner would take what else is chosen for fewer than it is.
_COUNT_OF_FEW = f"""
    select count(*) from (
        select from (
            select distinct instruction from readmodel.parties
            join unnest($2::text[], $3::text[]) as lets (relation, body) using (relation, body)
            offset 0
        ) as seen cross join lateral (
            select from readmodel.register r
            where r.instruction = seen.instruction and {_CONDITIONS} offset 0
        ) as one
        limit $1
    ) as found
"""  # noqa: S608 - of constants
_LED_BY = "(r.lead = {0} or string_to_array(r.joint_leads, ' ') @> array[{0}::text])"
_BEHIND_AT = "r.late_from < {0}"
WORDS = """
    (r.words @@ websearch_to_tsquery('russian', {0}) or starts_with(r.number, {0}))
"""
# A proposal that was moved on leaves no departure; the periods know where it was. The tables stand in the
# order in which they are locked: departures before the register, as everywhere (`Projection.tables`).
_IDS = """
    select r.instruction, r.number from (
        select instruction from readmodel.departures where programme = $1
        union select instruction from readmodel.periods where programme = $1
        union select instruction from readmodel.register where programme = $1
    ) every_one
    join readmodel.register r on r.instruction = every_one.instruction
    where r.number > $2
    order by r.number limit $3
"""

_COUNT_OPEN = """
    select count(*) from readmodel.register where programme = $1 and not closed and phase <> 'Proposed'
"""
_KNOWN = "select number from readmodel.register where number = any($1)"


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterRow:
    """An instruction as it stands now. Instants are UTC."""

    instruction: InstructionId
    number: str
    text: str
    programme: ProgrammeId | None
    sector: str | None
    issuer: BodyId
    controller: BodyId | None
    lead: BodyId | None
    phase: str
    closed: bool
    original_deadline: datetime
    deadline: datetime
    submitted_at: datetime | None
    cancelled_at: datetime | None
    percent: int
    escalated: bool
    version: int
    stopped_at: datetime | None
    """Since when its clock stands still: suspended, or only proposed."""
    refused: bool
    """It was a proposal, and was decided against."""
    carried_from: ProgrammeId | None
    """The programme it came from, if it was carried over."""
    parent: InstructionId | None
    """The instruction that it is a part of."""
    source_kind: str | None
    """Of the document that it comes from: decision, directive, agreement, treaty or protocol."""
    source_number: str | None
    acting: PersonId | None = None
    """The person who last acted for the lead."""
    milestone: datetime | None = None
    """The earliest date of a milestone that is not reached."""
    joint_leads: str | None = None
    """The others that answer for it, parted by spaces."""

    @property
    def behind_from(self) -> datetime:
        """When it falls behind schedule, if it goes on as it is."""
        return behind_from(self.timing)

    @property
    def late_for(self) -> LateFor:
        return late_for(self.timing)

    @property
    def leads(self) -> Sequence[BodyId]:
        """All that answer for it."""
        return () if self.lead is None else (self.lead, *(self.joint_leads or "").split())

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


def behind_from(timing: Timing) -> datetime:
    """When it falls behind schedule, if it goes on as it is: the first of the dates that count."""
    return min(timing.deadline, timing.milestone or timing.deadline)


def late_for(timing: Timing) -> LateFor:
    """Which of them is the first."""
    return "milestone" if behind_from(timing) < timing.deadline else "deadline"


class Chooses(TypedDict, total=False):
    """By what instructions are chosen, as they stand now; every one that is given must hold."""

    programme: ProgrammeId | None
    phase: str | None
    sector: str | None
    issuer: BodyId | None
    lead: BodyId | None
    controller: BodyId | None
    source_kind: str | None
    behind_schedule_at: datetime | None
    words: str | None
    """In the text or the number, as they are typed into a search engine, in whatever form the languages have them; or what
    the number begins with."""


class ChoosesNow(Chooses, total=False):
    """The same, and by what is asked of now alone."""

    issued: bool
    """Those that are no proposal any more."""
    open: bool
    """Those that are neither completed nor cancelled."""


class Register:
    """Questions to the register."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, many: int = MANY) -> None:
        self._pool, self._many = pool, many

    async def page(
        self,
        *,
        scope: Scope | None = None,
        sees: bool | None = None,
        after_number: str = "",
        limit: int = 1000,
        **chosen: Unpack[ChoosesNow],
    ) -> Sequence[RegisterRow]:
        """Rows by number, those after `after_number` (keyset).

        Args:
            scope: only what somebody may see; None for all there is.
            sees: what `sees_many` said of the scope, where that was asked already.
        """
        # Words have an index of their own, which finds few: no page of a body's is filled from theirs.
        in_turn = (
            scope is not None
            and chosen.get("words") is None
            and not (sees := await self._sees_many(scope, sees))
        )
        conditions = Conditions(limit, *(scope.pairs if scope and in_turn else ()))
        _choose(conditions, chosen)
        conditions.add("p.number > {0}" if in_turn else "r.number > {0}", after_number)
        asked = _LIST_IN_TURN
        if not in_turn:
            joined = await restrict(self._pool, conditions, scope, "r", many=self._many, sees=sees)
            asked = _LIST.replace(_SCOPE, joined)
        asked = asked.replace(_CONDITIONS, conditions.sql)
        rows = await self._pool.fetch(asked, *conditions.given)
        return [RegisterRow(**row) for row in rows]

    async def count(
        self,
        *,
        most: int,
        scope: Scope | None = None,
        sees: bool | None = None,
        **chosen: Unpack[ChoosesNow],
    ) -> int:
        """How many are chosen, of which so many are counted at most. `sees` as of `page`."""
        few = scope is not None and not await self._sees_many(scope, sees)
        conditions = Conditions(most, *(scope.pairs if scope and few else ()))
        _choose(conditions, chosen)
        if scope is not None and not few:
            conditions.add(seen("{0}", "{1}", "r"), *scope.pairs)
        asked = (_COUNT_OF_FEW if few else _COUNT).replace(_CONDITIONS, conditions.sql)
        return await self._pool.fetchval(asked, *conditions.given)

    async def of_programme(self, programme: ProgrammeId) -> Sequence[InstructionId]:
        """Every instruction that belongs or ever belonged to the programme, by number.

        Catch the status periods up as well.
        """
        rows = await self._pool.fetch(_IDS, programme, "", None)
        return [row["instruction"] for row in rows]

    async def page_of_programme(
        self, programme: ProgrammeId, *, after_number: str = "", limit: int
    ) -> Sequence[tuple[InstructionId, str]]:
        """The same with their numbers, those after `after_number`."""
        rows = await self._pool.fetch(_IDS, programme, after_number, limit)
        return [(row["instruction"], row["number"]) for row in rows]

    async def known(self, numbers: Sequence[str]) -> frozenset[str]:
        """Those of the numbers that an instruction has."""
        return frozenset(row["number"] for row in await self._pool.fetch(_KNOWN, numbers))

    async def count_open(self, programme: ProgrammeId) -> int:
        """How many of the programme's measures are neither completed nor cancelled."""
        return await self._pool.fetchval(_COUNT_OPEN, programme)

    async def _sees_many(self, scope: Scope, known: bool | None) -> bool:
        return await sees_many(self._pool, scope, self._many) if known is None else known


def _choose(conditions: Conditions, chosen: ChoosesNow) -> None:
    """All that is said of which, but for the scope."""
    conditions.equal(
        **{
            "r.programme": chosen.get("programme"),
            "r.phase": chosen.get("phase"),
            "r.source_kind": chosen.get("source_kind"),
            "r.sector": chosen.get("sector"),
            "r.issuer": chosen.get("issuer"),
            "r.controller": chosen.get("controller"),
        }
    )
    for condition, value in (
        (_LED_BY, chosen.get("lead")),
        (_BEHIND_AT, chosen.get("behind_schedule_at")),
        (WORDS, chosen.get("words")),
    ):
        if value is not None:
            conditions.add(condition, value)
    for condition, asked in (
        ("r.phase <> 'Proposed'", chosen.get("issued")),
        ("not r.closed", chosen.get("open")),
    ):
        if asked:
            conditions.add(condition)
