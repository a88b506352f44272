"""Operators' lists, from the register and from `attention`: what is late, what is escalated, what a filter chooses.

Each page is one indexed query and each total one more over what the filter leaves; nothing is replayed.
Catch both read models up first to see the latest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import asyncpg

from domain.identifiers import BodyId, ProgrammeId
from domain.reading import Scope
from readmodels.attention import Attention, Standing
from readmodels.conditions import Conditions
from readmodels.parties import MANY, restrict, sees_many
from readmodels.register import RegisterRow
from readmodels.register_projection import REGISTER
from readmodels.totals import Totals, WholeAndParts

_COLUMNS = ", ".join(
    [
        *(f"r.{name}" for name in REGISTER.columns),
        *(f"a.{field.name}" for field in fields(Attention)),
    ]
)
_JOINED = "from readmodel.register r join readmodel.attention a using (instruction)"
# `Attention.standing` and `Attention.since`.
_SILENT = "a.silenced_until > $1"
_TAKEN_ON = "a.raised and a.silence = 'acknowledged'"
_STANDING: Mapping[Standing, str] = {
    "open": f"a.raised and ({_SILENT}) is not true",
    "acknowledged": f"{_TAKEN_ON} and {_SILENT}",
    "silenced": f"({_TAKEN_ON}) is not true and {_SILENT}",
    "ended": f"a.ended and not a.raised and ({_SILENT}) is not true",
}
_SINCE = "coalesce(a.raised_since, a.ended_at, a.silenced_at)"
_LED_BY = "(r.lead = any({0}) or string_to_array(r.joint_leads, ' ') && {0})"
_LATE_BY = "r.late_from < $1::timestamptz - {0}::interval"
_SCOPES, _CHOSEN = "/* scopes */", "/* conditions */"
# The moment is named once more, so that it has a type where nothing that is chosen depends on it.
_FROM = f"{_JOINED} {_SCOPES} where $1::timestamptz is not null and {_CHOSEN}"
# $1 is the moment; what follows is the page's, then the filter's.
_LATE = f"""
    select {_COLUMNS} {_FROM}
      and (r.late_from, r.number) > ($2::timestamptz, $3::text)
    order by r.late_from, r.number limit $4
"""
_ESCALATED = f"""
    select {_COLUMNS} {_FROM}
      and {_SINCE} is not null and ({_SINCE}, a.number) > ($2::timestamptz, $3::text)
    order by {_SINCE}, a.number limit $4
"""
_BY_NUMBER = f"""
    select {_COLUMNS} {_FROM} and r.number > $2 order by r.number limit $3
"""
_COUNT = f"select count(*) from (select {_FROM} limit $2) as found"  # noqa: S608 - of constants
# Each table has an index of what is open; the one says what the other does.
_COUNT_ESCALATED = f"select count(*) {_FROM} and not r.closed and {_SINCE} is not null"
# Where all that is asked stands in `attention`. For as long as the register is behind it, pages hold less than is counted.
_COUNT_STANDING = f"""
    select count(*) from readmodel.attention a {_SCOPES}
    where $1::timestamptz is not null and {_CHOSEN} and {_SINCE} is not null
"""  # noqa: S608 - of constants
_TOTALS = f"""
    select
        r.lead,
        count(*) as instructions,
        count(*) filter (where {_STANDING["open"]}) as escalated,
        count(*) filter (where {_SILENT}) as silenced,
        count(*) filter (where a.heard_at is null) as never_heard,
        min(r.late_from) as first_deadline
    {_FROM} and not a.over
    group by r.lead
    order by instructions desc, r.lead
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
    def of_register(self) -> bool:
        """Whether it asks for what only the register knows."""
        standing = Filter(
            standings=self.standings,
            extension_asked=self.extension_asked,
            scope=self.scope,
            also=self.also,
        )
        return self != standing

    @property
    def limits(self) -> bool:
        """Whether it says anything: one that does not chooses all that is open, and may be seen."""
        return self != Filter(scope=self.scope, also=self.also)

    def chooses(self, work: "Work", at: datetime) -> bool:
        """Whether it lets this one through at `at`: what `_choose` says in SQL, which has `a.over` for the index."""
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
        self._looked_at: tuple[Scope, bool] | None = None

    async def look_at(self, chosen: Filter) -> None:
        """Before several questions at once of the same scope: it is looked at once for all of them."""
        if chosen.scope is not None:
            await self._sees_many(chosen.scope)

    async def late(
        self, chosen: Filter, at: datetime, *, after: After = BEFORE_ALL, limit: int = 1000
    ) -> Sequence[Work]:
        """What is chosen, the one whose deadline passed first in front. Give the filter a `late_by`."""
        return await self._page(_LATE, chosen, at, after.moment, after.number, limit)

    async def escalated(
        self, chosen: Filter, at: datetime, *, after: After = BEFORE_ALL, limit: int = 1000
    ) -> Sequence[Work]:
        """What is chosen, as it stands longest. Give the filter `standings`."""
        place = (after.moment, after.number, limit)
        found = await self._fetch(_ESCALATED, chosen, at, *place, scoped="a")
        return [Work.of(row) for row in found]

    async def every(
        self, chosen: Filter, at: datetime, *, most: int | None = None
    ) -> Sequence[Work]:
        """All that is chosen, or the first so many of it, by number; read a thousand at a time."""
        found: list[Work] = []
        last = ""
        limit = _AT_ONCE if most is None else min(most, _AT_ONCE)
        while page := await self._page(_BY_NUMBER, chosen, at, last, limit):
            found += page
            last = page[-1].row.number
            if most is not None and len(found) >= most:
                return found[:most]
        return found

    async def totals(self, chosen: Filter, at: datetime) -> WholeAndParts:
        """Of all that is late and chosen. Give the filter a `late_by`."""
        return WholeAndParts.of([Totals(**row) for row in await self._fetch(_TOTALS, chosen, at)])

    async def count(self, chosen: Filter, at: datetime, *, most: int) -> int:
        """How many are chosen, of which so many are counted at most."""
        [row] = await self._fetch(_COUNT, chosen, at, most)
        return row["count"]

    async def count_escalated(self, chosen: Filter, at: datetime) -> int:
        """How many are chosen. Give the filter `standings`, and no `numbers`."""
        asked = _COUNT_ESCALATED if chosen.of_register else _COUNT_STANDING
        [row] = await self._fetch(asked, chosen, at, scoped="a")
        return row["count"]

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
        self, statement: str, chosen: Filter, at: datetime, *place: object, scoped: str = "r"
    ) -> Sequence[asyncpg.Record]:
        """`scoped`: the row that is held to the scopes, by its instruction and issuer."""
        conditions = Conditions(at, *place)
        _choose(conditions, chosen)
        joined = [
            await restrict(
                self._pool,
                conditions,
                scope,
                scoped,
                many=self._many,
                called=called,
                sees=scope and await self._sees_many(scope),
            )
            for called, scope in (("seen", chosen.scope), ("seen_so_too", chosen.also))
        ]
        asked = statement.replace(_SCOPES, " ".join(joined)).replace(_CHOSEN, conditions.sql)
        return await self._pool.fetch(asked, *conditions.given)

    async def _sees_many(self, scope: Scope) -> bool:
        """Looked at once for a page and what is counted with it."""
        if self._looked_at is None or self._looked_at[0] is not scope:
            self._looked_at = scope, await sees_many(self._pool, scope, self._many)
        return self._looked_at[1]


def _choose(conditions: Conditions, chosen: Filter) -> None:
    """All of a filter but its scopes."""
    conditions.equal(
        **{
            "r.programme": chosen.programme,
            "r.sector": chosen.sector,
            "r.issuer": chosen.issuer,
            "r.controller": chosen.controller,
        }
    )
    if chosen.leads is not None:
        conditions.add(_LED_BY, sorted(chosen.leads))
    if chosen.late_by is not None:
        conditions.add(_LATE_BY, chosen.late_by)
    if chosen.extension_asked:
        conditions.add("a.extension_until is not null")
    if chosen.standings is not None:
        standings = [_STANDING[one] for one in sorted(chosen.standings)]
        conditions.add(f"({' or '.join(standings) or 'false'})")
    if chosen.numbers is not None:
        conditions.add("r.number = any({0})", sorted(chosen.numbers))
    # Said once: for each condition that says the same the planner takes what is open for a fraction of what it is.
    elif chosen.late_by is None:
        conditions.add("not r.closed" if chosen.standings is None else "not a.over")
