"""Operators' lists, from the register and from `attention`: what is late, what is escalated, what a filter chooses.

Each page is one indexed query and each total one more over what the filter leaves; nothing is replayed.
Catch both read models up first to see the latest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from domain.identifiers import BodyId, ProgrammeId
from domain.reading import Scope
from readmodels.attention import ATTENTION, Attention, Standing
from readmodels.parties import MANY, seen, sees_many, within
from readmodels.register import RegisterRow
from readmodels.register_projection import REGISTER

_COLUMNS = ", ".join(
    [
        *(f"r.{name}" for name in REGISTER.columns),
        *(f"a.{name}" for name in ATTENTION.columns if name != "instruction"),
    ]
)
_JOINED = "from readmodel.register r join readmodel.attention a using (instruction)"
# `Attention.standing` and `Attention.since`.
_STANDING = """
    case when a.silenced_until > $1 then
            case when a.raised and a.silence = 'acknowledged' then 'acknowledged' else 'silenced' end
        when a.raised then 'open'
        when a.ended then 'ended'
    end
"""
# `RegisterRow.behind_from`.
_BEHIND_FROM = "least(r.deadline, r.milestone)"
_SINCE = "coalesce(a.raised_since, a.ended_at, a.silenced_at)"
_SCOPE, _CONDITION = "/* scope */", "/* or a condition */"
# $1 is the moment; $2 to $10 are the filter's (`_arguments`).
_CHOSEN = f"""
    {_JOINED} {_SCOPE}
    where ($2::text is null or r.programme = $2)
      and ($3::text[] is null or r.lead = any($3) or string_to_array(r.joint_leads, ' ') && $3)
      and ($4::text is null or r.sector = $4)
      and ($5::text is null or r.issuer = $5)
      and ($6::text is null or r.controller = $6)
      and ($7::interval is null
           or (not r.closed and r.submitted_at is null and r.stopped_at is null
               and {_BEHIND_FROM} < $1::timestamptz - $7::interval))
      and ($8::text[] is null or r.number = any($8))
      and ($9::boolean is not true or a.extension_until is not null)
      and ($8::text[] is not null or not r.closed)
      and ($10::text[] is null or ({_STANDING}) = any($10))
      {_CONDITION}
"""
_LATE = f"""
    select {_COLUMNS} {_CHOSEN}
      and ({_BEHIND_FROM}, r.number) > ($11::timestamptz, $12::text)
    order by {_BEHIND_FROM}, r.number limit $13
"""
_ESCALATED = f"""
    select {_COLUMNS} {_CHOSEN}
      and ({_SINCE}, r.number) > ($11::timestamptz, $12::text)
    order by {_SINCE}, r.number limit $13
"""
_BY_NUMBER = f"""
    select {_COLUMNS} {_CHOSEN} and r.number > $11 order by r.number limit $12
"""
_TOTALS = f"""
    select
        grouping(r.lead) = 1 as whole,
        r.lead,
        count(*) as instructions,
        count(*) filter (where {_STANDING} = 'open') as escalated,
        count(*) filter (where {_STANDING} in ('acknowledged', 'silenced')) as silenced,
        count(*) filter (where a.heard_at is null) as never_heard,
        min({_BEHIND_FROM}) as first_deadline
    {_CHOSEN}
    group by grouping sets ((), (r.lead))
    order by whole desc, instructions desc, r.lead
"""
_DUE = f"""
    select {_COLUMNS} {_JOINED}
    where r.programme = $1 and not r.closed and r.submitted_at is null and r.stopped_at is null
      and r.deadline > $2 and r.deadline <= $3
    order by r.deadline, r.number
"""
_ESCALATIONS_BETWEEN = """
    select distinct r.number, r.text, r.lead, l.version, l.at, l.sent_to, l.why
    from readmodel.register r join readmodel.ledger l using (instruction)
    where r.programme = $1 and l.kind = 'escalation' and l.status = 'fired'
      and l.at > $2 and l.at <= $3
    order by l.at, r.number, l.version
"""
_BEGINNING = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Which instructions; every limit given must hold. Without `numbers`, open ones only."""

    programme: ProgrammeId | None = None
    leads: frozenset[BodyId] | None = None
    """It is one of these that answers for it."""
    sector: str | None = None
    issuer: BodyId | None = None
    controller: BodyId | None = None
    late_by: timedelta | None = None
    """Behind schedule by more than this; zero: at all."""
    standings: frozenset[Standing] | None = None
    """Of its escalation."""
    extension_asked: bool = False
    """A request for a later deadline waits for its decision."""
    numbers: frozenset[str] | None = None
    """Of these only, closed ones too."""
    scope: Scope | None = None
    """Only what somebody may see; None for all there is."""
    also: Scope | None = None
    """Of that, only what they may see in another way as well."""

    @property
    def limits(self) -> bool:
        """Whether it says anything: one that does not chooses all that is open, and may be seen."""
        return self != Filter(scope=self.scope, also=self.also)

    def chooses(self, work: "Work", at: datetime) -> bool:
        """Whether it lets this one through at `at`: what `_CHOSEN` says in SQL, but for the scopes."""
        row, attention = work.row, work.attention
        how_late = row.timing.lateness(at)
        return (
            self.programme in (None, row.programme)
            and (self.leads is None or not self.leads.isdisjoint(row.leads))
            and self.sector in (None, row.sector)
            and self.issuer in (None, row.issuer)
            and self.controller in (None, row.controller)
            and (
                self.late_by is None
                or (how_late.behind_schedule and how_late.behind_by > self.late_by)
            )
            and (self.standings is None or attention.standing(at) in self.standings)
            and (not self.extension_asked or attention.extension_until is not None)
            and (not row.closed if self.numbers is None else row.number in self.numbers)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """An instruction in an operator's list."""

    row: RegisterRow
    attention: Attention

    @classmethod
    def of(cls, found: asyncpg.Record) -> "Work":
        return cls(
            row=RegisterRow(**{field.name: found[field.name] for field in fields(RegisterRow)}),
            attention=Attention(**{field.name: found[field.name] for field in fields(Attention)}),
        )


@dataclass(frozen=True, slots=True)
class After:
    """The last line of a page: the next one begins after it (keyset)."""

    moment: datetime
    """The deadline, in the list of what is late; since when, in the queue of escalations."""
    number: str


BEFORE_ALL = After(_BEGINNING, "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """Of all that a filter chooses, or of what one body answers for."""

    lead: BodyId | None
    instructions: int
    escalated: int
    """Nobody has taken that on yet."""
    silenced: int
    """Acknowledged, or kept silent."""
    never_heard: int
    """Their assignees have not let hear from themselves."""
    first_deadline: datetime | None
    """The one that passed first; None if there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeAndParts:
    whole: Totals
    by_lead: Sequence[Totals]
    """Those with the most first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EscalationFired:
    number: str
    text: str
    lead: BodyId | None
    version: int
    at: datetime
    sent_to: str
    why: str


class Worklist:
    """Questions to the register and to `attention`."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, many: int = MANY) -> None:
        self._pool, self._many = pool, many

    async def late(
        self, chosen: Filter, at: datetime, *, after: After = BEFORE_ALL, limit: int = 1000
    ) -> Sequence[Work]:
        """What is chosen, the one whose deadline passed first in front. Give the filter a `late_by`."""
        return await self._page(_LATE, chosen, at, after.moment, after.number, limit)

    async def escalated(
        self, chosen: Filter, at: datetime, *, after: After = BEFORE_ALL, limit: int = 1000
    ) -> Sequence[Work]:
        """What is chosen, as it stands longest. Give the filter `standings`."""
        return await self._page(_ESCALATED, chosen, at, after.moment, after.number, limit)

    async def every(
        self, chosen: Filter, at: datetime, *, most: int | None = None
    ) -> Sequence[Work]:
        """All that is chosen, or the first so many of it, by number; read a thousand at a time."""
        found: list[Work] = []
        last = ""
        while page := await self._page(_BY_NUMBER, chosen, at, last, _AT_ONCE):
            found += page
            last = page[-1].row.number
            if most is not None and len(found) >= most:
                return found[:most]
        return found

    async def totals(self, chosen: Filter, at: datetime) -> WholeAndParts:
        whole, *parts = [
            Totals(**{field.name: row[field.name] for field in fields(Totals)})
            for row in await self._fetch(_TOTALS, chosen, at)
        ]
        return WholeAndParts(whole=whole, by_lead=parts)

    async def due(self, programme: ProgrammeId, after: datetime, until: datetime) -> Sequence[Work]:
        """The programme's measures whose clock runs out between the two moments, soonest first."""
        return [Work.of(row) for row in await self._pool.fetch(_DUE, programme, after, until)]

    async def escalations_between(
        self, programme: ProgrammeId, after: datetime, until: datetime
    ) -> Sequence[EscalationFired]:
        """What was escalated in the programme between the two moments. Catch the ledger up as well."""
        rows = await self._pool.fetch(_ESCALATIONS_BETWEEN, programme, after, until)
        return [EscalationFired(**row) for row in rows]

    async def _page(
        self, statement: str, chosen: Filter, at: datetime, *place: object
    ) -> Sequence[Work]:
        return [Work.of(row) for row in await self._fetch(statement, chosen, at, *place)]

    async def _fetch(
        self, statement: str, chosen: Filter, at: datetime, *place: object
    ) -> Sequence[asyncpg.Record]:
        given: list[Any] = [at, *_arguments(chosen), *place]
        joins, conditions = "", ""
        for called, scope in (("seen", chosen.scope), ("seen_so_too", chosen.also)):
            if scope is None:
                continue
            numbers = len(given) + 1, len(given) + 2
            if await sees_many(self._pool, scope, self._many):
                conditions += f" and {seen(*numbers, 'r.instruction')}"
            else:
                joins += f" join {within(*numbers, called)} using (instruction)"
            given += scope.pairs
        scoped = statement.replace(_SCOPE, joins).replace(_CONDITION, conditions)
        return await self._pool.fetch(scoped, *given)


def _arguments(chosen: Filter) -> Sequence[Any]:
    def listed(names: frozenset[Any] | None) -> list[Any] | None:
        return None if names is None else sorted(names)

    return (
        chosen.programme,
        listed(chosen.leads),
        chosen.sector,
        chosen.issuer,
        chosen.controller,
        chosen.late_by,
        listed(chosen.numbers),
        chosen.extension_asked,
        listed(chosen.standings),
    )
