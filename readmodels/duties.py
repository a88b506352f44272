"""What waits for somebody: of what their bodies lead or help with, decide on or hand out, and the next step of each.

An instruction is in one list of those who carry it out, and may be in several of those who decide. Catch up the register,
`attention` and the parties first to see the latest.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Literal, get_args

import asyncpg

from domain.identifiers import BodyId, InstructionId, PersonId
from domain.instruction.lateness import Lateness, Timing
from domain.reading import Scope
from readmodels.conditions import Conditions
from readmodels.parties import MANY, sees_many, within

Carrying = Literal["acknowledge", "returned", "overdue", "soon", "later"]
"""Of leads and co-assignees: to take note of; sent back, and nothing heard since; behind schedule; due soon; due later."""
Deciding = Literal["verdict", "extension", "assign", "adopt"]
"""Of controllers and issuers: a report waits, a request for a later deadline, an assignee to be named, a proposal."""
Duty = Carrying | Deciding
DUTIES: Sequence[Duty] = (*get_args(Carrying), *get_args(Deciding))
"""In the order in which they are looked at."""
Role = Literal["lead", "co-assignee", "controller", "issuer"]

_SOON = timedelta(days=7)
_DUE = "least(r.deadline, r.milestone)"
# What waits is found by few columns; those that are shown are then looked up whole.
# Sent back: the last that was heard is the report, and yet it is at work again. A report that was withdrawn was heard of. It ends
# for all joint leads with whatever is heard from one of them.
# Joint leads take note and report each for itself: nothing waits for one whose report stands.
# $1 their bodies, $2 the moment, $3 until when what is due is due soon.
_UP_TO_ONE = "({0} is null or string_to_array({0}, ' ') && mine.led)"
_CARRIED = f"""
    select r.instruction, r.number, {_DUE} as due, case when of_it.leads then 'lead' else 'co-assignee' end as role,
        case
            when of_it.leads and r.phase = 'Assigned' and {_UP_TO_ONE.format("a.to_note")} then 'acknowledge'
            when of_it.leads and r.phase = 'InProgress' and a.heard = 'CompletionReported' then 'returned'
            when {_DUE} < $2 then 'overdue'
            when {_DUE} <= $3 then 'soon'
            else 'later'
        end as duty
    from (
        select instruction, array_agg(body) filter (where relation = 'lead') as led,
            bool_or(relation = 'co-assignee') as helps
        from readmodel.parties
        where body = any($1::text[]) and relation in ('lead', 'co-assignee')
        group by instruction
    ) mine
    join readmodel.register r using (instruction) join readmodel.attention a using (instruction)
    cross join lateral (select mine.led is not null and {_UP_TO_ONE.format("a.to_report")} as leads) of_it
    where not r.closed and r.phase in ('Assigned', 'InProgress') and (of_it.leads or mine.helps)
"""  # noqa: S608 - of constants
_SCOPE = "/* scope */"
_ROLE = "case when r.controller = any($1) then 'controller' else 'issuer' end as role"
_DECIDED = f"""
    select r.instruction, r.number, {_DUE} as due, {_ROLE},
        case r.phase when 'Reported' then 'verdict' when 'Issued' then 'assign' else 'adopt' end as duty
    from readmodel.register r {_SCOPE}
    where not r.closed and (
        r.phase = 'Reported' and r.controller = any($1::text[])
        or r.phase = 'Issued' and (r.issuer = any($1) or r.controller = any($1))
        or r.phase = 'Proposed' and r.issuer = any($1)
    )
    union all
    select r.instruction, r.number, {_DUE} as due, {_ROLE}, 'extension' as duty
    from readmodel.register r {_SCOPE} join readmodel.attention a using (instruction)
    where a.extension_until is not null and not a.over
      and r.phase in ('Issued', 'Assigned', 'InProgress', 'Reported') and coalesce(r.controller, r.issuer) = any($1)
"""  # noqa: S608 - of constants
# The first so many of each list, and how many there are. There are nine lists: the limit cuts nothing off, and tells the planner
# that few are to be looked up.
_FIRST = """
    select instruction, role, duty, among from (
        select waiting.*,
            count(*) over (partition by duty) as among,
            row_number() over (partition by duty order by due, number) as nth
        from ({0}) waiting
    ) numbered
    where nth <= {1} limit {1} * 9
"""
# One list from a place on.
_FROM = """
    select instruction, role, duty, 0 as among from ({0}) waiting
    where duty = {1} and (due, number) > ({2}::timestamptz, {3}::text)
    order by due, number limit {4}
"""
_WHOLE = f"""
    select shown.duty, shown.role, shown.among,
        r.instruction, r.number, r.text, r.issuer, r.controller, r.lead, r.joint_leads, r.phase, r.percent, r.closed,
        r.original_deadline, r.deadline, r.submitted_at, r.cancelled_at, r.milestone, r.stopped_at,
        {_DUE} as due, a.heard, a.extension_until
    from ({{}}) shown join readmodel.register r using (instruction) join readmodel.attention a using (instruction)
    order by due, r.number
"""  # noqa: S608 - of constants
_REMINDED = """
    select instruction, count(*) as reminders from readmodel.ledger
    where instruction = any($1::text[]) and recipient = $2 and outcome = 'accepted' and acknowledged_at is null
    group by instruction
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """An instruction in one of the lists. Instants are UTC."""

    instruction: InstructionId
    number: str
    text: str
    issuer: BodyId
    controller: BodyId | None
    lead: BodyId | None
    joint_leads: str | None
    phase: str
    percent: int
    closed: bool
    original_deadline: datetime
    deadline: datetime
    submitted_at: datetime | None
    cancelled_at: datetime | None
    milestone: datetime | None
    stopped_at: datetime | None
    due: datetime
    """The deadline, or an earlier date of a milestone that is not reached."""
    heard: str | None
    """By what its assignees last let hear from themselves: the event's type."""
    extension_until: datetime | None
    role: Role
    """What their body is to it."""
    duty: Duty

    @property
    def leads(self) -> Sequence[BodyId]:
        """All that answer for it."""
        return () if self.lead is None else (self.lead, *(self.joint_leads or "").split())

    def lateness(self, at: datetime) -> Lateness:
        return Timing(
            closed=self.closed,
            original_deadline=self.original_deadline,
            deadline=self.deadline,
            submitted_at=self.submitted_at,
            cancelled_at=self.cancelled_at,
            milestone=self.milestone,
            stopped_at=self.stopped_at,
        ).lateness(at)


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyList:
    """How many wait so, and the first of them: the one that is due first in front."""

    duty: Duty
    total: int
    first: Sequence[Waiting]


class Duties:
    """Questions about what waits for those who act for some bodies."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, many: int = MANY) -> None:
        self._pool, self._many = pool, many

    async def first(
        self, bodies: Collection[BodyId], at: datetime, *, limit: int
    ) -> Sequence[DutyList]:
        """Of each list that is not empty the first so many."""
        found: list[asyncpg.Record] = []
        for asked, given in (self._carried(bodies, at), await self._decided(bodies)):
            (most,) = given.numbered(limit)
            found += await self._whole(_FIRST.format(asked, most), given)
        by_duty: Mapping[Duty, list[asyncpg.Record]] = {
            duty: [row for row in found if row["duty"] == duty] for duty in DUTIES
        }
        return [
            DutyList(duty=duty, total=rows[0]["among"], first=[_waiting(row) for row in rows])
            for duty, rows in by_duty.items()
            if rows
        ]

    async def page(
        self,
        bodies: Collection[BodyId],
        at: datetime,
        duty: Duty,
        *,
        after: tuple[datetime, str],
        limit: int,
    ) -> Sequence[Waiting]:
        """One list, from a place on.

        Args:
            after: when the last one of the page before is due, and its number (keyset).
        """
        carries = duty in get_args(Carrying)
        asked, given = self._carried(bodies, at) if carries else await self._decided(bodies)
        place = given.numbered(duty, *after, limit)
        return [_waiting(row) for row in await self._whole(_FROM.format(asked, *place), given)]

    async def reminders(
        self, person: PersonId, instructions: Collection[InstructionId]
    ) -> Mapping[InstructionId, int]:
        """Of each, how many reminders and escalations the person was told of and has not acknowledged. Catch the ledger up as well."""
        rows = await self._pool.fetch(_REMINDED, list(instructions), person)
        return {row["instruction"]: row["reminders"] for row in rows}

    def _carried(self, bodies: Collection[BodyId], at: datetime) -> tuple[str, Conditions]:
        """The statement, with its values."""
        return _CARRIED, Conditions(list(bodies), at, at + _SOON)

    async def _decided(self, bodies: Collection[BodyId]) -> tuple[str, Conditions]:
        """The same. Of whoever decides on little only that is looked at; of others the whole register."""
        given = Conditions(list(bodies))
        scope = Scope({"controller": frozenset(bodies), "issuer": frozenset(bodies)})
        joined = ""
        if not await sees_many(self._pool, scope, self._many):
            joined = f"join {within(*given.numbered(*scope.pairs))} using (instruction)"
        return _DECIDED.replace(_SCOPE, joined), given

    async def _whole(self, shown: str, given: Conditions) -> Sequence[asyncpg.Record]:
        return await self._pool.fetch(_WHOLE.format(shown), *given.given)


def _waiting(row: asyncpg.Record) -> Waiting:
    return Waiting(**{field.name: row[field.name] for field in fields(Waiting)})
