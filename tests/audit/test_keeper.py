"""The keeper: tiles follow the log, checkpoints follow one another, and nothing is signed that does not fit."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from audit.checkpoint import read
from audit.database import DatabaseTiles, latest_checkpoint, trail_progress, tree_at
from audit.keeper import Keeper, SignedOnly
from audit.last_outside import Refused
from audit.notes import BadNote, Signer
from audit.outside import Contradiction
from audit.tiles import Tile, tiles_in
from eventstore.protocol import PositionGap
from tests.audit.conftest import SIGNER, SIZES, Trail
from tests.audit.tamperings import HEAD, TAMPERINGS


async def test_an_empty_log_is_not_signed(trail: Trail) -> None:
    kept = await trail.keep()
    assert kept.latest is None
    assert not kept.signed
    assert list(trail.folder.iterdir()) == []
    assert (await trail.verify()).findings == []


async def test_a_checkpoint_is_signed_once_and_written_outside(trail: Trail) -> None:
    await trail.write(300)
    first = await trail.keep()
    assert first.signed
    assert first.latest is not None
    assert first.latest.checkpoint.size == 300
    again = await trail.keep()
    assert not again.signed
    assert again.latest == first.latest
    written = {str(f.relative_to(trail.folder)) for f in trail.folder.rglob("*") if f.is_file()}
    assert written == {
        "checkpoint",
        "checkpoints/000000000001",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
    }
    assert (trail.folder / "checkpoint").read_text() == first.latest.note


async def test_the_tree_is_read_as_the_bundle_reads_it(prepared: Trail) -> None:
    async with prepared.superuser() as connection:
        for size in SIZES:
            signed = await latest_checkpoint(connection, SIGNER.verifier, size=size)
            assert signed is not None
            assert await (await tree_at(connection, size)).root() == signed.checkpoint.root
        assert (await tree_at(connection)).size == (await trail_progress(connection)).position


async def test_the_outside_tiles_are_those_of_the_tree(prepared: Trail) -> None:
    outer = prepared.outside.line(1)
    async with prepared.superuser() as connection:
        own = DatabaseTiles(connection)
        for size in SIZES:
            wanted = tiles_in(size)
            outside = await outer.tiles(wanted, size)
            inside = await own.tiles(wanted, size)
            assert list(outside) == wanted
            assert all(inside[tile].startswith(held) for tile, held in outside.items())


@pytest.mark.parametrize("name", ["truncated", "forked", "lost-in-failover"])
async def test_what_does_not_continue_the_outside_checkpoint_is_not_signed(
    prepared: Trail, name: str
) -> None:
    await TAMPERINGS[name].do(prepared)
    await prepared.write(300)
    before = prepared.files()
    with pytest.raises(Refused):
        await prepared.keep()
    assert prepared.files() == before


async def test_a_fork_is_refused_though_the_database_has_the_checkpoints(prepared: Trail) -> None:
    await TAMPERINGS["rewritten-with-tiles"].do(prepared)
    with pytest.raises(Refused, match="does not continue checkpoint 3"):
        await prepared.keep()
    with pytest.raises(Refused, match="does not continue checkpoint 3"):
        await prepared.keep(outside=False)


async def test_a_missing_event_is_never_passed_over(prepared: Trail) -> None:
    await prepared.write(20)
    async with prepared.superuser() as connection:
        await connection.execute("delete from remit.events where position = 730")
    with pytest.raises(PositionGap):
        await prepared.keep()


async def test_another_key_is_refused(prepared: Trail) -> None:
    with pytest.raises(BadNote):
        await prepared.keep(signer=Signer.new(SIGNER.name))


async def test_what_stands_outside_is_not_overwritten(prepared: Trail) -> None:
    other = prepared.folder / Tile(0, 2).path(HEAD - 512)
    other.parent.mkdir(exist_ok=True)
    other.write_text("something else")
    with pytest.raises(SignedOnly) as raised:
        await prepared.keep()
    assert isinstance(raised.value.__cause__, Contradiction)
    assert other.read_text() == "something else"


async def test_a_keeper_that_was_stopped_in_between_is_made_up_for(prepared: Trail) -> None:
    """`checkpoint` was written, the note's own file was not; and one more is in the database only."""
    await prepared.keep()
    (prepared.folder / "checkpoints" / "000000000004").unlink()
    async with prepared.superuser() as connection:
        await connection.execute("update audit.progress set published = 3")
    await prepared.write(10)
    await prepared.keep(outside=False)
    await prepared.write(10)
    await prepared.keep()
    found = await prepared.verify()
    assert found.findings == []
    assert found.outside == found.latest
    assert found.uncovered_outside == 0


async def test_an_outside_store_is_begun_for_a_log_that_was_signed_before_by_repair_alone(
    trail: Trail,
) -> None:
    for _ in range(3):
        await trail.write(100)
        await trail.keep(outside=False)
    [finding] = (await trail.verify()).findings
    assert "the outside store was emptied, or never begun" in finding.message
    with pytest.raises(Refused, match="an outside store is begun"):
        await trail.keep()
    await trail.repair("it was set today")
    found = await trail.verify()
    assert found.findings == []
    assert found.outside == found.latest
    assert "it was set today" in found.notices[0]


async def test_a_keeper_waits_for_another_longer_than_its_session_waits_for_locks(
    trail: Trail,
) -> None:
    """The other one may be hashing the whole log."""
    await trail.write(20)
    session = {"role": "remit_projector", "lock_timeout": "1ms"}
    async with (
        trail.superuser() as other,
        asyncpg.create_pool(
            trail.database_url, min_size=1, max_size=1, server_settings=session
        ) as pool,
    ):
        await other.execute("select pg_advisory_lock($1)", 0x41554449)
        keeping = asyncio.create_task(Keeper(pool, SIGNER, trail.outside).keep())
        while not await other.fetchval(
            "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
        ):
            assert not keeping.done(), keeping.exception()
        await other.execute("select pg_sleep(0.05)")
        await other.execute("select pg_advisory_unlock($1)", 0x41554449)
        assert (await keeping).signed
    assert (await trail.verify()).findings == []


async def test_keepers_take_turns(trail: Trail) -> None:
    await trail.write(1000)
    async with trail.keeper() as first, trail.keeper() as second:
        kept = await asyncio.gather(first.keep(), second.keep(), first.follow())
    assert [k.signed for k in kept[:2]].count(True) == 1
    assert (await trail.verify()).findings == []


async def test_a_keeper_runs_beside_those_who_record(trail: Trail) -> None:
    async with trail.keeper() as keeper:
        running = asyncio.create_task(keeper.run(0.01))
        for _ in range(10):
            await trail.write(40)
            found = await trail.verify()
            assert found.findings == []
        running.cancel()
        await asyncio.wait([running])
        await keeper.keep()
    found = await trail.verify()
    assert found.findings == []
    assert found.uncovered_outside == 0


async def test_a_new_epoch_that_lost_nothing_signed_goes_on(prepared: Trail) -> None:
    async with prepared.superuser() as connection:
        await connection.execute("select remit.begin_epoch()")
    await prepared.write(10)
    kept = await prepared.keep()
    assert kept.latest is not None
    assert kept.latest.checkpoint.epoch == 2
    assert kept.latest.checkpoint.line == 1
    assert (await prepared.verify()).findings == []


async def test_after_a_loss_a_new_line_begins_and_says_so(prepared: Trail) -> None:
    await TAMPERINGS["lost-in-failover"].do(prepared)
    await prepared.write(200)
    assert (await prepared.verify()).findings
    kept = await prepared.keep_after_loss("the standby was behind")
    assert kept.latest is not None
    begun = kept.latest.checkpoint
    assert (begun.number, begun.line, begun.kept, begun.epoch) == (4, 4, 2, 2)
    assert kept.signed
    await prepared.write(50)
    await prepared.keep()
    assert (prepared.folder / "line-4" / Tile(0, 0).path()).exists()
    found = await prepared.verify()
    assert found.findings == []
    assert len(found.notices) == 1
    assert "checkpoints 3 to 3" in found.notices[0]
    assert "the standby was behind" in found.notices[0]


async def test_a_new_line_is_protected_like_the_first(prepared: Trail) -> None:
    await TAMPERINGS["lost-in-failover"].do(prepared)
    await prepared.write(200)
    await prepared.keep_after_loss("the standby was behind")
    for position in (345, 700):
        async with prepared.superuser() as connection:
            await connection.execute(
                "update remit.events set actor = 'p-9' where position = $1", position
            )
        found = (await prepared.verify()).findings
        assert found[0].position == 345


async def test_a_lost_checkpoint_alone_is_brought_back(prepared: Trail) -> None:
    await TAMPERINGS["deleted-last-checkpoint"].do(prepared)
    with pytest.raises(Refused, match="after-loss"):
        await prepared.keep()
    kept = await prepared.keep_after_loss("a backup of yesterday")
    assert kept.latest is not None
    assert kept.latest.checkpoint.after_loss is None
    assert (await prepared.verify()).findings == []


async def test_the_same_note_in_another_order_of_signing(prepared: Trail) -> None:
    """What the keeper signs is what it says: reading gives the checkpoint again."""
    kept = await prepared.keep()
    assert kept.latest is not None
    again = read(kept.latest.note, SIGNER.verifier).checkpoint
    assert again == kept.latest.checkpoint
    assert replace(again, number=9) != again


@pytest.mark.parametrize("table", ["audit.checkpoints", "audit.tiles", "audit.progress"])
@pytest.mark.parametrize("role", ["remit_auditor", "remit_appender", "remit_projector", None])
async def test_who_may_change_the_trail(prepared: Trail, table: str, role: str | None) -> None:
    connection = await asyncpg.connect(prepared.database_url)
    try:
        if role:
            await connection.execute(f"set role {role}")
        assert await connection.fetchval(f"select count(*) from {table}") > 0
        refused = table == "audit.checkpoints" or role not in ("remit_projector", None)
        column = {"audit.tiles": "number", "audit.progress": "published"}.get(table, "size")
        statement = f"update {table} set {column} = {column}"
        if refused:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        else:
            await connection.execute(statement)
    finally:
        await connection.close()
