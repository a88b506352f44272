"""A programme's measures by the register's rows, for holding them to what replay says."""

from collections.abc import Sequence

import asyncpg

from domain.identifiers import ProgrammeId
from domain.instruction.lateness import Timing
from domain.programme.report import Departure, Measure
from readmodels.register import Register, RegisterRow

_DEPARTED = """
    select
        programme, instruction, departed_at, went_into, number, text, sector, lead, phase, closed,
        original_deadline, deadline, submitted_at, stopped_at, carried_from, acting, refused,
        cancelled_at, milestone
    from readmodel.departures where programme = $1
"""


async def measures_registered(
    pool: "asyncpg.Pool[asyncpg.Record]", programme: ProgrammeId, *, page_size: int = 1000
) -> Sequence[Measure]:
    """By number, with those that were carried over out of it; the register is caught up, and at rest."""
    found = [_departed(row) for row in await pool.fetch(_DEPARTED, programme)]
    register, last = Register(pool), ""
    while page := await register.page(programme=programme, after_number=last, limit=page_size):
        found += map(_present, page)
        last = page[-1].number
    return sorted(found, key=lambda measure: measure.number)


def _present(row: RegisterRow) -> Measure:
    return Measure(
        instruction=row.instruction,
        number=row.number,
        text=row.text,
        phase=row.phase,
        refused=row.refused,
        sector=row.sector,
        lead=row.lead,
        acting=row.acting,
        timing=row.timing,
        carried_from=row.carried_from,
    )


def _departed(row: asyncpg.Record) -> Measure:
    return Measure(
        instruction=row["instruction"],
        number=row["number"],
        text=row["text"],
        phase=row["phase"],
        sector=row["sector"],
        lead=row["lead"],
        acting=row["acting"],
        refused=row["refused"],
        timing=Timing(
            closed=row["closed"],
            original_deadline=row["original_deadline"],
            deadline=row["deadline"],
            submitted_at=row["submitted_at"],
            cancelled_at=row["cancelled_at"],
            stopped_at=row["stopped_at"],
        ),
        carried_from=row["carried_from"],
        departure=Departure(at=row["departed_at"], into=row["went_into"]),
    )
