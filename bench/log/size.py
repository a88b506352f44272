"""How many bytes an instruction takes in PostgreSQL, table by table, indexes and all."""

from collections.abc import Callable

import asyncpg

from audit.keeper import Keeper
from audit.notes import Signer
from bench.log.filling import fill_log
from bench.log.ground import LogGround
from bench.results import Line, Result
from eventstore.postgres import PostgresEventStore
from readmodels.projections import PROJECTIONS
from readmodels.projector import open_projection_pool
from readmodels.rebuild import Rebuild

_PROGRAMME = "programme"
_SIZES = """
    select n.nspname || '.' || c.relname as name,
        pg_relation_size(c.oid) + coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0) as heap,
        pg_total_relation_size(c.oid) as total
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('remit', 'readmodel', 'audit')
"""


async def measure(
    ground: LogGround, progress: Callable[[int, int], None], *, instructions: int
) -> Result:
    """Lives from issue to acceptance, of which most have ended; read models and the Merkle tree over them."""
    async with ground.database() as url:
        filled = await fill_log(url, [(_PROGRAMME, instructions)], with_commands=True)
        progress(1, 3)
        async with PostgresEventStore.open(url) as store, open_projection_pool(url) as pool:
            await Rebuild(url, store, pool, PROJECTIONS).run()
            progress(2, 3)
            await Keeper(pool, Signer.new("bench.example/log"), None).keep()
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("vacuum full analyze")
            rows = await connection.fetch(_SIZES)
        finally:
            await connection.close()
        progress(3, 3)
    per_event = {
        row["name"]: row["total"] / filled.events for row in rows if row["total"] > filled.events
    }
    by_schema = {
        schema: sum(v for name, v in per_event.items() if name.startswith(f"{schema}."))
        for schema in ("remit", "readmodel", "audit")
    }
    events = filled.events / filled.instructions
    return Result(
        lines=[
            Line(what="events of an instruction", value=round(events, 1)),
            *(
                Line(what=f"{schema}: of an event", value=round(size), unit="bytes")
                for schema, size in by_schema.items()
            ),
            Line(
                what="all of an instruction",
                value=round(sum(by_schema.values()) * events / 1000, 1),
                unit="kB",
            ),
        ],
        details={
            "instructions": filled.instructions,
            "events": filled.events,
            "bytes_of_an_event": {n: round(v, 1) for n, v in sorted(per_event.items())},
            "heap_alone": {
                row["name"]: round(row["heap"] / filled.events, 1)
                for row in rows
                if row["name"] in per_event
            },
        },
    )
