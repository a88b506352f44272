"""PostgreSQL's clock, as far as the log asks it: a function of ours in the place of `clock_timestamp()`."""

import asyncpg

from faults.asking import ask
from faults.planted.in_database import edit

_OWN = """
    create schema faults;
    create table faults.clock (wrong_by interval not null);
    insert into faults.clock values ('0');
    create function faults.now() returns timestamptz language sql volatile
    as $$ select pg_catalog.clock_timestamp() + wrong_by from faults.clock $$;
    grant usage on schema faults to public;
    grant select on faults.clock to public;
"""
_TURN = "update faults.clock set wrong_by = make_interval(secs => $1)"


async def own_clock(url: str) -> None:
    """Have the appends of this database ask a clock that can be turned; the rest of them is as shipped."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_OWN)
    finally:
        await connection.close()
    for function in ("remit.append", "remit.append_bulk"):
        await edit(
            url,
            function,
            [("greatest(stamp, clock_timestamp())", "greatest(stamp, faults.now())")],
        )


async def turn(url: str, seconds: float) -> None:
    """The appends' clock is wrong by so much from now on."""
    await ask(url, _TURN, seconds)
