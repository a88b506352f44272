"""The parties: which bodies stand to each instruction, and how. Who may see an instruction in a list goes by it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from domain.identifiers import INSTRUCTION_PREFIX, BodyId, InstructionId
from domain.instruction.state import Unissued
from domain.reading import Parties, Relation, Scope, parties
from readmodels.conditions import Conditions
from readmodels.projection import History, Projection
from readmodels.tables import Row, Table

PARTIES = Table(
    name="parties",
    owner="instruction",
    key=("body", "relation", "instruction"),
    columns={"body": "text", "relation": "text", "instruction": "text", "number": "text"},
    together=("body", "relation", "instruction"),
)
_OF_THESE = """
    select distinct instruction from readmodel.parties
    join unnest($2::text[], $3::text[]) as lets (relation, body) using (relation, body)
    where instruction = any($1::text[])
"""

MANY = 5_000
"""Instructions that are many in a scope."""
# Pair by pair, until there are enough: left to choose, the planner reads all of the table for that, on two cores.
_MANY = """
    select count(*) >= $3 from (
        select from unnest($1::text[], $2::text[]) as lets (relation, body)
        cross join lateral (
            select from readmodel.parties p
            where p.relation = lets.relation and p.body = lets.body limit $3
        ) as of_this
        limit $3
    ) as found
"""
_OF_INSTRUCTIONS = """
    select instruction, number, relation, body from readmodel.parties where instruction = any($1::text[])
"""


def within(relations: str, bodies: str, called: str = "seen") -> str:
    """SQL for the instructions of a scope, as a subquery to join.

    Args:
        relations, bodies: the parameters that `Scope.pairs` goes into, as the statement names them.
        called: the name of the subquery.
    """
    lets = f"unnest({relations}::text[], {bodies}::text[]) as lets (relation, body)"
    return f"(select distinct instruction from readmodel.parties join {lets} using (relation, body)) {called}"  # noqa: S608 - numbers


def seen(relations: str, bodies: str, row: str) -> str:
    """The same as a condition on `row`, which is the register's: for a scope of many, whose instructions are looked at in
    the order of the list, one by one, until its page is full. Who issued it stands in the row itself, so that for whoever
    watches over an issuer nothing else is looked up.

    A subquery that aggregates, so that the planner cannot make a join of it: it takes the rows of a scope for few.
    """
    lets = f"(select * from unnest({relations}::text[], {bodies}::text[]))"  # noqa: S608 - numbers
    let_in = f"bool_or((p.relation, p.body) in {lets})"
    by_parties = (
        f"(select {let_in} from readmodel.parties p where p.instruction = {row}.instruction)"  # noqa: S608 - numbers
    )
    return f"(('issuer', {row}.issuer) in {lets} or {by_parties})"


async def restrict(
    pool: "asyncpg.Pool[asyncpg.Record]",
    conditions: Conditions,
    scope: Scope | None,
    row: str,
    *,
    many: int,
    called: str = "seen",
    sees: bool | None = None,
) -> str:
    """Hold a statement to the instructions of a scope, by a condition on its `row` of the register, or by what this answers,
    which is to be joined; by neither if the scope is None: there is no limit.

    Args:
        sees: what `sees_many` said of the scope, where that was asked already.
    """
    if scope is None:
        return ""
    if await sees_many(pool, scope, many) if sees is None else sees:
        conditions.add(seen("{0}", "{1}", row), *scope.pairs)
        return ""
    relations, bodies = conditions.numbered(*scope.pairs)
    return f"join {within(relations, bodies, called)} using (instruction)"


async def sees_many(pool: "asyncpg.Pool[asyncpg.Record]", scope: Scope, many: int) -> bool:
    """Whether lists are to be asked for by `seen` rather than `within`: the one costs a page, wherever every tenth or
    hundredth instruction is in the scope; the other all that is in the scope.
    """
    return await pool.fetchval(_MANY, *scope.pairs, many)


class PartiesProjection(Projection):
    name = "parties"
    prefix = INSTRUCTION_PREFIX
    tables = (PARTIES,)

    def rows(self, history: History) -> Sequence[Sequence[Row]]:
        state, _ = history.standings[-1]
        if isinstance(state, Unissued):
            return ((),)
        who = parties(state.record, history.corrected)
        return (
            [
                (body, relation, history.stream_id, state.record.number)
                for relation, bodies in who.items()
                for body in sorted(bodies)
            ],
        )


async def those_in_scope(
    pool: "asyncpg.Pool[asyncpg.Record]", instructions: Collection[InstructionId], scope: Scope
) -> frozenset[InstructionId]:
    """Those of the instructions that the scope lets through."""
    rows = await pool.fetch(_OF_THESE, list(instructions), *scope.pairs)
    return frozenset(row["instruction"] for row in rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """An instruction, by those who stand to it."""

    number: str
    parties: Parties


async def known_parties(
    pool: "asyncpg.Pool[asyncpg.Record]", instructions: Collection[InstructionId]
) -> Mapping[InstructionId, Known]:
    """Number and parties of each of the instructions that is issued or proposed."""
    numbers: dict[InstructionId, str] = {}
    found: dict[InstructionId, dict[Relation, set[BodyId]]] = defaultdict(dict)
    for row in await pool.fetch(_OF_INSTRUCTIONS, list(instructions)):
        numbers[row["instruction"]] = row["number"]
        found[row["instruction"]].setdefault(row["relation"], set()).add(row["body"])
    return {
        one: Known(number=number, parties={r: frozenset(b) for r, b in found[one].items()})
        for one, number in numbers.items()
    }
