"""Changes the log's functions in one database: a part of the text of each is replaced."""

from collections.abc import Mapping, Sequence

import asyncpg

_DEFINITION = "select pg_get_functiondef($1::regproc)"
Edits = Sequence[tuple[str, str]]
"""What stands there, just once, and what is to stand there."""

APPEND: Mapping[str, Edits] = {
    "loses-one-of-a-batch": [
        (
            "where w.command = any (accepted)",
            "where w.command = any (accepted) and (cardinality(accepted) < 3 "
            "or w.command <> accepted[cardinality(accepted)])",
        )
    ],
    "look-up-left-out": [
        (
            "where r.command_id = c.command_id limit 1",
            "where r.command_id = c.command_id and false",
        ),
        (
            "from moved m where own_writes[m.command] = m.write\n                )",
            "from moved m where own_writes[m.command] = m.write on conflict do nothing\n                )",
        ),
        _AFTER_WHATEVER := (
            "w.expected + row_number() over (partition by w.item",
            "coalesce((select s.version from remit.streams s where s.stream_id = w.stream_id), 0) + row_number() over (partition by w.item",
        ),
        _NO_VERSION := ("and w.expected <> coalesce(", "and w.expected < -1 + 0 * coalesce("),
    ],
    "version-check-left-out": [_AFTER_WHATEVER, _NO_VERSION],
    "bodies-exchanged": [
        (
            "stamp, n.actor, command_ids[n.command], n.body",
            "stamp, n.actor, command_ids[n.command], lead(n.body, 1, n.body) over (order by n.position)",
        )
    ],
    "hash-not-compared": [
        ("when k.request_hash = c.request_hash then", "when k.request_hash is not null then")
    ],
    "positions-from-a-sequence": [
        (
            "head + row_number() over (order by e.item) as position",
            "nextval('faults.positions') as position",
        )
    ],
    "clock-as-it-is": [("greatest(stamp, faults.now())", "faults.now()")],
    "keys-not-looked-up": [
        (
            "from remit.claims o where o.key = q.key) is not null",
            "from remit.claims o where o.key = q.key) is null and false",
        ),
        (
            "where q.command = any (accepted);",
            "where q.command = any (accepted) on conflict do nothing;",
        ),
    ],
    "no-outbox-row": [
        (
            "where n.command = any (accepted)\n                on conflict",
            "where n.command = any (accepted) and false\n                on conflict",
        )
    ],
    "wake-kept-late": [
        (
            "select m.stream_id, m.version, m.wake, m.closed from moved m",
            "select m.stream_id, m.version, case when hashtext(m.stream_id) % 2 = 0 then m.wake + interval '1 hour' else m.wake end, m.closed from moved m",
        )
    ],
}


async def edit(url: str, function: str, edits: Edits) -> None:
    """Raises `LookupError` if the function does not read as it is said to."""
    connection = await asyncpg.connect(url)
    try:
        definition: str = await connection.fetchval(_DEFINITION, function)
        for old, new in edits:
            if definition.count(old) != 1:
                raise LookupError(f"{function} has {definition.count(old)} times: {old}")
            definition = definition.replace(old, new)
        await connection.execute(definition)
    finally:
        await connection.close()


async def plant(url: str, bug: str) -> None:
    if bug == "positions-from-a-sequence":
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(
                "create sequence faults.positions; grant usage on sequence faults.positions to public"
            )
            await connection.execute(
                "select setval('faults.positions', greatest(position, 1), position > 0) from remit.counter"
            )
        finally:
            await connection.close()
    await edit(url, "remit.append", APPEND[bug])
