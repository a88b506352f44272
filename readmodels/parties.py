"""The parties: which bodies stand to each instruction, and how. Who may see an instruction in a list goes by it."""

from collections.abc import Collection, Sequence

import asyncpg

from domain.identifiers import INSTRUCTION_PREFIX, InstructionId
from domain.instruction.state import Unissued
from domain.reading import Scope, parties
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


def within(relations: int, bodies: int) -> str:
    """SQL for the instructions of a scope, as a subquery to join.

    Args:
        relations, bodies: numbers of the parameters that `Scope.pairs` goes into.
    """
    lets = f"unnest(${relations}::text[], ${bodies}::text[]) as lets (relation, body)"
    return f"(select distinct instruction from readmodel.parties join {lets} using (relation, body)) seen"  # noqa: S608 - numbers


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
