"""What the register is asked. Its tables: `register_projection`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

from domain.identifiers import BodyId, InstructionId, PersonId, ProgrammeId
from domain.instruction.lateness import Timing
from domain.reading import Scope
from readmodels.parties import MANY, seen, sees_many, within

LateFor = Literal["deadline", "milestone"]
"""Whose date passed: that of the instruction, or of a milestone that is not reached."""

_COLUMNS = """
        instruction, number, text, programme, sector, issuer, controller, lead, phase, closed,
        original_deadline, deadline, submitted_at, cancelled_at, percent, escalated, version,
        stopped_at, refused, carried_from, parent, source_kind, source_number, acting, milestone,
        joint_leads
"""
_WHERE = """
    where ($1::text is null or programme = $1)
      and ($2::text is null or phase = $2)
      and ($3::text is null or lead = $3 or $3 = any(string_to_array(joint_leads, ' ')))
      and ($4::timestamptz is null
           or (not closed and submitted_at is null and stopped_at is null
               and least(deadline, milestone) < $4))
      and number > $5
      and ($7::text is null or source_kind = $7)
      and ($8::text is null or sector = $8)
      and ($9::text is null or issuer = $9)
      and ($10::text is null or controller = $10)
      and ($11::text is null
           or to_tsvector('russian', number || ' ' || text) @@ websearch_to_tsquery('russian', $11)
           or starts_with(number, $11))
"""
_PAGE = "order by number limit $6"
_LIST = f"select {_COLUMNS} from readmodel.register {_WHERE} {_PAGE}"  # noqa: S608 - of constants
# Whoever sees little is answered from that little; whoever sees much, from the register, until the page is full.
_LIST_WITHIN = f"""
    select {_COLUMNS} from readmodel.register join {within(12, 13)} using (instruction) {_WHERE} {_PAGE}
"""  # noqa: S608 - of constants
_LIST_OF_MANY = f"""
    select {_COLUMNS} from readmodel.register {_WHERE} and {seen(12, 13, "register.instruction")} {_PAGE}
"""  # noqa: S608 - of constants
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


class Register:
    """Questions to the register."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, many: int = MANY) -> None:
        self._pool, self._many = pool, many

    async def page(
        self,
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
    ) -> Sequence[RegisterRow]:
        """Rows by number, those after `after_number` (keyset); every filter given must hold.

        Args:
            words: in the text or the number, as they are typed into a search engine, in whatever form the
                languages have them; or what the number begins with.
            scope: only what somebody may see; None for all there is.
        """
        given = (
            programme,
            phase,
            lead,
            behind_schedule_at,
            after_number,
            limit,
            source_kind,
            sector,
            issuer,
            controller,
            words,
        )
        if scope is None:
            rows = await self._pool.fetch(_LIST, *given)
        else:
            many = await sees_many(self._pool, scope, self._many)
            rows = await self._pool.fetch(
                _LIST_OF_MANY if many else _LIST_WITHIN, *given, *scope.pairs
            )
        return [RegisterRow(**row) for row in rows]

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
