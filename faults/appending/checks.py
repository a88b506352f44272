# ruff: noqa: S608 - all parts of the statements stand here
"""The accounts of the store's clients, laid beside the log and compared by SQL."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from faults.proofs import readers
from faults.reader import runs_of
from simulation.checked import Check

_TABLE = """
    create schema if not exists faults;
    drop table if exists faults.told;
    create unlogged table faults.told (
        command_id text collate "C", stream_id text collate "C", asked text, expected bigint,
        status text, version bigint, position bigint, key text)
"""
_COLUMNS = ("command_id", "stream_id", "asked", "expected", "status", "version", "position", "key")
_READY = "create index on faults.told (command_id); analyze faults.told; analyze remit.events"
_ANSWERED = "status in ('ok', 'duplicate')"
_NUMBERED = """
    select position, command_id, regexp_replace(command_id, '-[0-9]+$', '') as client,
        substring(command_id from '^appender-[0-9]+-[0-9]+-([0-9]+)$')::bigint as number
    from {of}
"""
"""A client numbers what it sends, and sends the next when it was answered: one that was killed may have sent one more."""
_FINDINGS: Mapping[str, tuple[str, str, Sequence[str]]] = {
    "acknowledged": (
        "in the log under its id, once, where it was told, as it was sent, however often it is asked",
        f"select count(*) || ' acknowledgements' from faults.told where {_ANSWERED} and asked <> 'changed'",
        (
            f"""
                select t.command_id || ' was told position ' || t.position || ', version ' || t.version || ', and is at '
                    || coalesce(e.position || ', version ' || e.version, 'none')
                from faults.told t left join remit.events e on e.command_id = t.command_id
                where {_ANSWERED} and asked <> 'changed'
                    and (e.position is distinct from t.position or e.version is distinct from t.version
                        or e.stream_id is distinct from t.stream_id)
            """,
            """
                select t.command_id || ' was decided on version ' || t.expected || ', and recorded as ' || t.version
                from faults.told t where status = 'ok' and version <> expected + 1
            """,
            """
                select command_id || ' is recorded ' || count(*) || ' times'
                from remit.events group by command_id having count(*) > 1
            """,
            f"""
                select command_id || ' was acknowledged, and answered ' || status || ' when it was sent again'
                from faults.told where asked = 'again' and not {_ANSWERED}
            """,
            """
                select 'position ' || position || ' is of ' || command_id || ', and its body is that of another'
                from remit.events where position(convert_to('"' || command_id || '"', 'utf8') in body) = 0
            """,
        ),
    ),
    "asked-for": (
        "every event is of a command that was sent",
        "select count(*) || ' events' from remit.events",
        (
            f"""
                with sent as ({_NUMBERED.format(of="faults.told")}),
                last as (select client, max(number) as number from sent group by client),
                unheard as ({_NUMBERED.format(of="remit.events e where not exists (select from faults.told t where t.command_id = e.command_id)")})
                select 'position ' || u.position || ' is of ' || u.command_id || ', which nobody sent'
                from unheard u left join last l using (client) where u.number is distinct from coalesce(l.number, 0) + 1
            """,
        ),
    ),
    "refused": (
        "it left nothing in the log",
        "select count(*) || ' refusals' from faults.told where status in ('conflict', 'taken')",
        (
            f"""
                select t.command_id || ' was refused (' || t.status || '), and is at ' || e.position
                from faults.told t join remit.events e on e.command_id = t.command_id
                where t.status in ('conflict', 'taken')
                    and not exists (select from faults.told o where o.command_id = t.command_id and {_ANSWERED})
            """,
            f"""
                select command_id || ' was refused (' || status || '), though nobody else writes to its stream'
                from faults.told where asked = 'new' and not {_ANSWERED}
            """,
        ),
    ),
    "one-body": (
        "another body under a known id is refused",
        "select count(*) || ' commands' from faults.told where asked = 'changed'",
        (
            """
                select command_id || ', with another body, was answered ' || status
                from faults.told where asked = 'changed' and status <> 'mismatch'
            """,
        ),
    ),
    "streams": (
        "versions are 1, 2, 3…, and the kept version is the last",
        "select count(*) || ' streams' from remit.streams",
        (
            """
                select stream_id || ' has ' || count(e) || ' versions up to ' || coalesce(max(e.version), 0) || ', kept as '
                    || coalesce(max(s.version)::text, 'none')
                from remit.events e full join remit.streams s using (stream_id) group by stream_id
                having count(e) <> max(e.version) or max(e.version) is distinct from max(s.version)
            """,
        ),
    ),
    "positions": (
        "1, 2, 3… up to the head",
        "select count(*) || ' events' from remit.events",
        (
            """
                select 'after position ' || before || ' comes ' || position from (
                    select position, lag(position, 1, 0::bigint) over (order by position) as before from remit.events
                ) e where position <> before + 1
            """,
            """
                select 'the log says that it ends at ' || c.position || ', and it does at ' || max(e.position)
                from remit.counter c, remit.events e group by c.position having c.position <> max(e.position)
            """,
        ),
    ),
    "recorded-times": (
        "they never go back as positions grow",
        "select count(*) || ' events' from remit.events",
        (
            """
                select 'position ' || position || ' is recorded before the one before it' from (
                    select position, recorded_at, lag(recorded_at) over (order by position) as before from remit.events
                ) e where recorded_at < before
            """,
        ),
    ),
    "keys": (
        "one that is taken stays its owner's",
        f"select count(distinct key) || ' keys' from faults.told where key <> '' and {_ANSWERED}",
        (
            f"""
                select key || ' was given to ' || count(distinct command_id) || ' commands'
                from faults.told where key <> '' and {_ANSWERED} group by key having count(distinct command_id) > 1
            """,
            f"""
                select t.key || ' was given to ' || t.command_id || ', and is kept as that of ' || coalesce(c.command_id, 'nobody')
                from faults.told t left join remit.claims c using (key)
                where t.key <> '' and {_ANSWERED} and c.command_id is distinct from t.command_id
            """,
        ),
    ),
}
_SHOWN = 1000
"""Of each kind of finding at most: of none so many that another is not seen."""


async def checked(database_url: str, folder: Path, seen: Path) -> Mapping[str, Check]:
    """By the invariant's name. `folder` has the accounts, `seen` is what the reader wrote down."""
    connection: asyncpg.Connection[Any] = await asyncpg.connect(database_url)
    try:
        await connection.execute(_TABLE)
        for file in await asyncio.to_thread(lambda: sorted(folder.glob("*.csv"))):
            await connection.copy_records_to_table(
                "told", schema_name="faults", columns=_COLUMNS, records=_lines(file)
            )
        await connection.execute(_READY)
        found: dict[str, Check] = {}
        for name, (what, counted, findings) in _FINDINGS.items():
            kinds = [
                await connection.fetch(f"select * from ({one}) f limit {_SHOWN}")
                for one in findings
            ]
            found[name] = Check(
                what=f"{name}: {what}",
                counted=await connection.fetchval(counted),
                findings=[row[0] for rows in kinds for row in rows],
            )
        head = await connection.fetchval("select position from remit.counter")
    finally:
        await connection.close()
    return {**found, "readers": readers(runs_of(seen), head)}


def recovery(events: int, least: int, lost: Sequence[str]) -> Check:
    """Args:
    events: that the log has.
    least: so many there had to be.
    lost: of processes that did not end, or did not come up again.
    """
    few = [f"{events} events were appended, and not {least}"] if events < least else []
    return Check(
        what="recovery: appends go on after whatever is done to them, and appenders end when told to",
        counted=f"{events} events",
        findings=[*few, *lost],
    )


def _lines(file: Path) -> Iterator[tuple[object, ...]]:
    """The last line may have been cut off by a kill: then it is none."""
    whole, _, _ = file.read_text(encoding="ascii").rpartition("\n")
    for line in whole.splitlines():
        command, stream, asked, expected, status, version, position, key = line.split(",")
        yield command, stream, asked, int(expected), status, int(version), int(position), key
