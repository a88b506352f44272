"""The tamperings of docs/audit.md, each done as a superuser whom no trigger stops."""

import re
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from audit.notes import Signer
from audit.tiles import HASH, Tile
from tests.audit.conftest import SIZES, UNCOVERED, Trail

HEAD = SIZES[-1] + UNCOVERED
OTHER = Signer.new("log.example/remit")
"""A key of the same name, which nobody was told of."""


@dataclass(frozen=True, kw_only=True)
class Tampering:
    do: Callable[[Trail], Awaitable[None]]
    position: int | None
    """The first bad one, where it can be named."""


def _sql(*statements: str) -> Callable[[Trail], Awaitable[None]]:
    async def do(trail: Trail) -> None:
        async with trail.superuser() as connection:
            for statement in statements:
                await connection.execute(statement)

    return do


def _edited(column: str, value: str, position: int = 345) -> Callable[[Trail], Awaitable[None]]:
    return _sql(f"update remit.events set {column} = {value} where position = {position}")


def _moved(after: int, by: int) -> list[str]:
    """Statements that renumber all events after a position, by way of where nobody is."""
    return [
        f"update remit.events set position = position + 1000000 where position > {after}",
        f"update remit.events set position = position - 1000000 + {by} where position > 1000000",
    ]


_TRUNCATED = (
    "create table kept as select * from remit.events where position <= 600",
    "delete from remit.events where position > 600",
    "delete from remit.commands where position > 600",
    "delete from remit.commands c where not exists "
    "(select from remit.events e where e.command_id = c.command_id)",
    "update remit.streams s set version = "
    "(select max(version) from remit.events e where e.stream_id = s.stream_id)",
    "update remit.counter set position = 600, recorded_at = (select max(recorded_at) from kept)",
    "drop table kept",
    "delete from audit.checkpoints where size > 600",
    "update audit.progress set published = (select max(number) from audit.checkpoints)",
)


async def _truncated(trail: Trail) -> None:
    await _sql(*_TRUNCATED, "delete from audit.tiles", "update audit.progress set position = 0")(
        trail
    )
    await _tiles_again(trail)


async def _lost_in_failover(trail: Trail) -> None:
    await _truncated(trail)
    await _sql("select remit.begin_epoch()")(trail)


async def _tiles_again(trail: Trail) -> None:
    """Have the tiles made anew, as somebody would who can run the keeper's own code."""
    async with trail.keeper() as keeper:
        await keeper.follow()


async def _forked(trail: Trail) -> None:
    """Rewritten after checkpoint 1 (size 300), and everything made to fit."""
    await _sql(
        "update remit.events set body = '{\"v\":1}' where position = 345",
        "delete from audit.checkpoints where number > 1",
        "delete from audit.tiles",
        "update audit.progress set position = 0, published = 1",
    )(trail)
    await _tiles_again(trail)


async def _rewritten_with_tiles(trail: Trail) -> None:
    await _sql(
        "update remit.events set body = '{\"v\":1}' where position = 345",
        "delete from audit.tiles",
        "update audit.progress set position = 0",
    )(trail)
    await _tiles_again(trail)


async def _rewritten_with_all_tiles(trail: Trail) -> None:
    await _rewritten_with_tiles(trail)
    shutil.rmtree(trail.folder / "tile")


async def _forked_by_own_key(trail: Trail) -> None:
    await _sql(
        "update remit.events set body = '{\"v\":1}' where position = 345",
        "delete from audit.checkpoints",
        "delete from audit.tiles",
        "update audit.progress set position = 0, published = 0",
    )(trail)
    await trail.keep(signer=OTHER, outside=False)


async def _inserted(trail: Trail) -> None:
    await _sql(
        *_moved(344, 1),
        """
        insert into remit.events
        select 345, 'instruction-forged', 1, type, occurred_at, recorded_at, actor, 'forged', body
        from remit.events where position = 344
        """,
        "insert into remit.streams values ('instruction-forged', 1, null, false)",
        "insert into remit.commands values ('forged', 'x', 'instruction-forged', 1, 345)",
        "update remit.commands set position = position + 1 where position > 344 "
        "and command_id <> 'forged'",
        "update remit.counter set position = position + 1",
    )(trail)


async def _forged_checkpoint(trail: Trail) -> None:
    async with trail.superuser() as connection:
        note = await connection.fetchval("select note from audit.checkpoints where number = 3")
        await connection.execute(
            "update audit.checkpoints set note = $1 where number = 3", _signed_by_other(note)
        )


async def _forged_outside(trail: Trail) -> None:
    file = trail.folder / "checkpoints" / "000000000002"
    file.write_text(_signed_by_other(file.read_text()))


def _signed_by_other(note: str) -> str:
    return OTHER.signed(note.rpartition("\n\n")[0] + "\n")


async def _edited_checkpoint(trail: Trail) -> None:
    async with trail.superuser() as connection:
        note = await connection.fetchval("select note from audit.checkpoints where number = 3")
        edited = re.sub(r"\n700\n", "\n701\n", note, count=1)
        await connection.execute(
            "update audit.checkpoints set note = $1, size = 701 where number = 3", edited
        )


def _edited_tile(tile: Tile, at: int) -> Callable[[Trail], Awaitable[None]]:
    return _sql(
        f"update audit.tiles set hashes = set_byte(hashes, {at * HASH}, "
        f"(get_byte(hashes, {at * HASH}) + 1) % 256) "
        f"where level = {tile.level} and number = {tile.number}"
    )


async def _replayed_outside(trail: Trail) -> None:
    old = (trail.folder / "checkpoints" / "000000000002").read_text()
    (trail.folder / "checkpoint").write_text(old)


async def _deleted_outside(trail: Trail) -> None:
    (trail.folder / "checkpoints" / "000000000002").unlink()


async def _deleted_in_both(trail: Trail) -> None:
    await _sql("delete from audit.checkpoints where number = 2")(trail)
    await _deleted_outside(trail)


async def _emptied_outside(trail: Trail) -> None:
    for path in sorted(trail.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


async def _edited_outside_tile(trail: Trail) -> None:
    file = trail.folder / Tile(0, 1).path()
    held = bytearray(file.read_bytes())
    held[(345 - 257) * HASH] ^= 1
    file.write_bytes(held)


async def _uncovered_set_back(trail: Trail) -> None:
    """The tiles are made to fit; the counter's clock is left."""
    await _sql(
        f"update remit.events set recorded_at = recorded_at - interval '1 year' where position = {HEAD}",
        "delete from audit.tiles",
        "update audit.progress set position = 0",
    )(trail)
    await _tiles_again(trail)


_LAST_COPY = "(select note from audit.checkpoints where number = 2)"

TAMPERINGS: Mapping[str, Tampering] = {
    "edited-body": Tampering(do=_edited("body", "'{\"v\":2}'"), position=345),
    "edited-actor": Tampering(do=_edited("actor", "'p-9'"), position=345),
    "edited-occurred-at": Tampering(
        do=_edited("occurred_at", "occurred_at - interval '1 day'"), position=345
    ),
    "edited-recorded-at": Tampering(
        do=_edited("recorded_at", "recorded_at - interval '1 second'"), position=345
    ),
    "edited-command-id": Tampering(do=_edited("command_id", "'another'"), position=345),
    "edited-type": Tampering(do=_edited("type", "'InstructionCompleted'"), position=345),
    "edited-stream": Tampering(
        do=_sql(
            "update remit.events set stream_id = 'instruction-9', version = 1 where position = 345"
        ),
        position=345,
    ),
    "unreadable": Tampering(do=_edited("occurred_at", "'20000-01-01'::timestamptz"), position=345),
    "swapped-bodies": Tampering(
        do=_sql(
            "update remit.events e set body = o.body from remit.events o "
            "where (e.position, o.position) in ((345, 610), (610, 345))"
        ),
        position=345,
    ),
    "swapped-positions": Tampering(
        do=_sql(
            "update remit.events set position = 1000000 where position = 345",
            "update remit.events set position = 345 where position = 610",
            "update remit.events set position = 610 where position = 1000000",
        ),
        position=345,
    ),
    "deleted": Tampering(do=_sql("delete from remit.events where position = 345"), position=345),
    "deleted-and-closed": Tampering(
        do=_sql(
            "delete from remit.events where position = 345",
            *_moved(345, -1),
            "update remit.commands set position = position - 1 where position >= 345",
            "update remit.counter set position = position - 1",
            "update audit.progress set position = position - 1",
        ),
        position=345,
    ),
    "inserted": Tampering(do=_inserted, position=345),
    "tail-deleted": Tampering(
        do=_sql("delete from remit.events where position > 690"), position=691
    ),
    "truncated": Tampering(do=_truncated, position=601),
    "forked": Tampering(do=_forked, position=345),
    "rewritten-with-tiles": Tampering(do=_rewritten_with_tiles, position=345),
    "rewritten-with-all-tiles": Tampering(do=_rewritten_with_all_tiles, position=None),
    "forked-by-own-key": Tampering(do=_forked_by_own_key, position=345),
    "lost-in-failover": Tampering(do=_lost_in_failover, position=601),
    "replayed-checkpoint": Tampering(
        do=_sql(f"update audit.checkpoints set note = {_LAST_COPY}, size = 520 where number = 3"),
        position=None,
    ),
    "forged-checkpoint": Tampering(do=_forged_checkpoint, position=None),
    "edited-checkpoint": Tampering(do=_edited_checkpoint, position=None),
    "deleted-checkpoint": Tampering(
        do=_sql("delete from audit.checkpoints where number = 2"), position=None
    ),
    "deleted-in-both": Tampering(do=_deleted_in_both, position=None),
    "deleted-last-checkpoint": Tampering(
        do=_sql(
            "delete from audit.checkpoints where number = 3",
            "update audit.progress set published = 2",
        ),
        position=None,
    ),
    "edited-tile": Tampering(do=_edited_tile(Tile(0, 1), 345 - 257), position=345),
    "edited-upper-tile": Tampering(do=_edited_tile(Tile(1, 0), 1), position=None),
    "replayed-outside": Tampering(do=_replayed_outside, position=None),
    "forged-outside": Tampering(do=_forged_outside, position=None),
    "deleted-outside": Tampering(do=_deleted_outside, position=None),
    "emptied-outside": Tampering(do=_emptied_outside, position=None),
    "edited-outside-tile": Tampering(do=_edited_outside_tile, position=345),
    "stream-head": Tampering(
        do=_sql(
            "update remit.streams set version = version - 1 where stream_id = "
            f"(select stream_id from remit.events where position = {HEAD})"
        ),
        position=HEAD,
    ),
    "stream-without-events": Tampering(
        do=_sql("insert into remit.streams values ('instruction-none', 1, null, false)"),
        position=None,
    ),
    "command-answer": Tampering(
        do=_sql("update remit.commands set position = 1 where position = 346"), position=346
    ),
    "command-forgotten": Tampering(
        do=_sql("delete from remit.commands where position = 346"), position=345
    ),
    "command-invented": Tampering(
        do=_sql("insert into remit.commands values ('none', 'x', 'instruction-1', 1, 3)"),
        position=None,
    ),
    "claim-moved": Tampering(
        do=_sql("update remit.claims set command_id = 'none' where key = 'number:instruction-1'"),
        position=None,
    ),
    "uncovered-edit": Tampering(do=_edited("body", "'{\"v\":2}'", 715), position=715),
    "uncovered-set-back": Tampering(do=_uncovered_set_back, position=HEAD),
}
