"""What FastAPI and asyncpg take by themselves: rows of the register by number, for whoever asks.

As a process (`python -m bench.web.peer DATABASE_URL`) it is served as Remit's web is, by uvicorn with the same settings.
"""

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import asyncpg
from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel

from web.serving import listen, serving

_COLUMNS = """
    instruction, number, text, phase, closed, programme, sector, issuer, controller, lead, percent, escalated,
    original_deadline, deadline, submitted_at, version
"""
_FIFTY = f"select {_COLUMNS} from readmodel.register where number > $1 order by number limit 50"  # noqa: S608 - of constants
_ONE = f"select {_COLUMNS} from readmodel.register where instruction = $1"  # noqa: S608 - of constants


class Row(BaseModel):
    instruction: str
    number: str
    text: str
    phase: str
    closed: bool
    programme: str | None
    sector: str | None
    issuer: str
    controller: str | None
    lead: str | None
    percent: int
    escalated: bool
    original_deadline: datetime
    deadline: datetime
    submitted_at: datetime | None
    version: int


def bare(pool: "asyncpg.Pool[asyncpg.Record]") -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.get("/rows")
    async def rows(  # pyright: ignore[reportUnusedFunction] - FastAPI calls it
        after: Annotated[str, Query(max_length=200)] = "",
    ) -> Sequence[Row]:
        return [Row.model_validate(dict(row)) for row in await pool.fetch(_FIFTY, after)]

    @app.get("/rows/{instruction}")
    async def row(instruction: str) -> Row:  # pyright: ignore[reportUnusedFunction]
        found = await pool.fetchrow(_ONE, instruction)
        if found is None:
            raise HTTPException(404)
        return Row.model_validate(dict(found))

    return app


async def _serve(database_url: str) -> None:
    async with (
        asyncpg.create_pool(database_url, min_size=1, max_size=10) as pool,
        serving(bare(pool), listen("127.0.0.1", 0)) as url,
    ):
        print(f"answering at {url}", flush=True)  # noqa: T201 - what whoever started it waits for
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
