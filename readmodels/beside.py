"""Tables beside the live ones: made, compared with them row by row, and put in their place."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from string import Template

import asyncpg

from readmodels.tables import BESIDE, LIVE, Connection, Table
from readmodels.tallies import Tally, triggers

_KEY = 0x52454255494C44  # "REBUILD"
_HOLD = "select pg_try_advisory_lock($1)"
_SHARE = "select pg_try_advisory_xact_lock_shared($1)"
_LET_GO = "select pg_advisory_unlock($1)"

_DROP = Template("drop table if exists $table")
_CREATE = Template(
    "create table $beside (like $live including all excluding indexes excluding statistics)"
)
_INDEXES = """
    select pg_get_indexdef(i.indexrelid) as definition
    from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.contype in ('p', 'u')
    where i.indrelid = $1::regclass and c.oid is null
"""
_CONSTRAINTS = """
    select conname as name, pg_get_constraintdef(oid) as definition
    from pg_constraint where conrelid = $1::regclass and contype in ('p', 'u')
"""
_KEPT = """
    select count(*) from pg_trigger
    where tgrelid = $1::regclass and tgname = any($2::name[]) and tgenabled = 'O'
"""
_TALLY = Template("insert into $tally $counted")
_MISCOUNTED = Template("""
    with counted as ($counted)
    select exists (table $tally except all table counted) or exists (table counted except all table $tally)
""")
_CONSTRAIN = Template("alter table $table add constraint $name $definition")
_ANALYZE = Template("analyze $table")
_WAIT = "set local lock_timeout = 0"
_LOCK = Template("lock table $table in access exclusive mode")
_DROP_LIVE = Template("drop table $table")
_MOVE = Template("alter table $table set schema $schema")

# The sum of hashes is the same in any order, and cheap next to a join of all rows.
_FINGERPRINT = Template("""
    select count(*) as rows, sum(hashtextextended(held::text, 0)) as fingerprint from $table as held
""")
_DIFFERENCES = Template("""
    select $key, live.hash is null as missing, made.hash is null as superfluous
    from (select $key, hashtextextended(held::text, 0) as hash from $live as held) live
    full join (select $key, hashtextextended(held::text, 0) as hash from $beside as held) made
        using ($key)
    where live.hash is distinct from made.hash
    order by $key
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class RowDifference:
    """A row of the live table that is not what the log says."""

    table: str
    key: str
    what: str
    """`differs`, `missing` in the live table, or `superfluous` there; `miscounted` of a tally, without a key."""


class RebuildUnderWay(RuntimeError):
    """Another rebuild is under way in this database; wait until it has ended."""

    def __init__(self) -> None:
        super().__init__("another rebuild is under way in this database; wait until it has ended")


@asynccontextmanager
async def held(connection: "Connection[asyncpg.Record]") -> AsyncGenerator[None]:
    """The place beside the live tables is this session's alone, for as long as the block runs.

    Raises `RebuildUnderWay`: another session has it, or shares it.
    """
    if not await connection.fetchval(_HOLD, _KEY):
        raise RebuildUnderWay
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute(_LET_GO, _KEY)


async def share(connection: "Connection[asyncpg.Record]") -> None:
    """Until the caller's transaction ends the place is for those who each make one projection anew.

    Which one is whose, the row locks of their checkpoints say. Raises `RebuildUnderWay`.
    """
    if not await connection.fetchval(_SHARE, _KEY):
        raise RebuildUnderWay


async def make(connection: "Connection[asyncpg.Record]", tables: Sequence[Table]) -> None:
    """Empty tables beside the live ones, without indexes or triggers; what an earlier rebuild left is dropped."""
    for table in _with_tallies(tables):
        beside, live = table.within(BESIDE), table.within(LIVE)
        await connection.execute(_DROP.substitute(table=beside))
        await connection.execute(_CREATE.substitute(beside=beside, live=live))


async def index(connection: "Connection[asyncpg.Record]", table: Table) -> None:
    """Give it the live table's indexes and constraints, by the same names; and its tallies, kept from now on."""
    await _indexed(connection, table)
    for tally in table.tallies:
        counted = tally.counted(table.within(BESIDE))
        await connection.execute(_TALLY.substitute(tally=tally.within(BESIDE), counted=counted))
        await _indexed(connection, tally)
    for trigger in triggers(table.tallies).values():
        await connection.execute(trigger.substitute(table=table.within(BESIDE)))


async def _indexed(connection: "Connection[asyncpg.Record]", table: Table | Tally) -> None:
    beside, live = table.within(BESIDE), table.within(LIVE)
    for found in await connection.fetch(_CONSTRAINTS, live):
        await connection.execute(
            _CONSTRAIN.substitute(table=beside, name=found["name"], definition=found["definition"])
        )
    for found in await connection.fetch(_INDEXES, live):
        await connection.execute(found["definition"].replace(f" ON {live} ", f" ON {beside} ", 1))
    await connection.execute(_ANALYZE.substitute(table=beside))


async def differences(
    connection: "Connection[asyncpg.Record]", table: Table
) -> Sequence[RowDifference]:
    """Where the live table and the one beside it disagree, by key; and which of its tallies are not what its rows come to.

    Both must be of one position.
    """
    return [*await _miscounted(connection, table), *await _different(connection, table)]


async def _miscounted(
    connection: "Connection[asyncpg.Record]", table: Table
) -> Sequence[RowDifference]:
    """The database keeps tallies in step with rows, right or wrong; or not at all, where triggers are gone."""
    found: list[RowDifference] = []
    names = list(triggers(table.tallies))
    kept = await connection.fetchval(_KEPT, table.within(LIVE), names) == len(names)
    for tally in table.tallies:
        counted = tally.counted(table.within(LIVE))
        statement = _MISCOUNTED.substitute(tally=tally.within(LIVE), counted=counted)
        if not kept or await connection.fetchval(statement):
            found.append(RowDifference(table=tally.name, key="", what="miscounted"))
    return found


async def _different(
    connection: "Connection[asyncpg.Record]", table: Table
) -> Sequence[RowDifference]:
    beside, live = table.within(BESIDE), table.within(LIVE)
    of_live = await connection.fetchrow(_FINGERPRINT.substitute(table=live))
    of_made = await connection.fetchrow(_FINGERPRINT.substitute(table=beside))
    if of_live == of_made:
        return ()
    statement = _DIFFERENCES.substitute(key=", ".join(table.key), live=live, beside=beside)
    return [
        RowDifference(
            table=table.name,
            key="/".join(str(row[name]) for name in table.key),
            what=_what(row),
        )
        for row in await connection.fetch(statement)
    ]


def _what(row: asyncpg.Record) -> str:
    if row["missing"]:
        return "missing"
    return "superfluous" if row["superfluous"] else "differs"


async def switch(connection: "Connection[asyncpg.Record]", tables: Sequence[Table]) -> None:
    """Put them in the place of the live ones, within the caller's transaction.

    All are locked first, in the order in which readers go through them: nobody sees the half of it. However
    long a reader takes is waited for: all that was made would be lost.
    """
    await connection.execute(_WAIT)
    for table in _with_tallies(tables):
        await connection.execute(_LOCK.substitute(table=table.within(LIVE)))
    for table in _with_tallies(tables):
        await connection.execute(_DROP_LIVE.substitute(table=table.within(LIVE)))
        await connection.execute(_MOVE.substitute(table=table.within(BESIDE), schema=LIVE))


async def drop(connection: "Connection[asyncpg.Record]", tables: Sequence[Table]) -> None:
    for table in _with_tallies(tables):
        await connection.execute(_DROP.substitute(table=table.within(BESIDE)))


def _with_tallies(tables: Sequence[Table]) -> Sequence[Table | Tally]:
    """As readers go through them: tallies before what they count, which is looked through for the rest."""
    return [each for table in tables for each in (*table.tallies, table)]
