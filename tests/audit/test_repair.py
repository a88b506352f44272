"""What is gone from either place is not made up for in silence: the keeper refuses, and a repair is signed."""

from dataclasses import replace

import pytest

from audit.checkpoint import read, sign
from audit.database import latest_checkpoint, tree_at
from audit.keeper import SignedOnly
from audit.last_outside import Refused
from audit.outside import Contradiction, OutsideFailed
from audit.tiles import HASH, Tile, TileDiffers, TileMissing
from eventstore.protocol import PositionGap
from tests.audit.conftest import SIGNER, Trail
from tests.audit.tamperings import HEAD, TAMPERINGS

WHY = "the disk of the outside store died"


async def _empty(trail: Trail) -> None:
    await TAMPERINGS["emptied-outside"].do(trail)


async def _say_published(trail: Trail, number: int) -> None:
    async with trail.superuser() as connection:
        await connection.execute("update audit.progress set published = $1", number)


@pytest.mark.parametrize("published", [0, 1, 3])
@pytest.mark.parametrize("name", ["emptied-outside", "replayed-outside", "deleted-outside"])
async def test_what_was_written_outside_and_is_gone_stops_the_signing(
    prepared: Trail, name: str, published: int
) -> None:
    """Whatever the database says of it, which whoever administers it can change."""
    await TAMPERINGS[name].do(prepared)
    await _say_published(prepared, published)
    before = prepared.files()
    if name == "deleted-outside" and published == 3:
        await prepared.keep()  # number 2 is not looked for any more; `verify` does
    else:
        with pytest.raises(Refused, match="remit audit repair"):
            await prepared.keep()
        assert prepared.files() == before
    assert (await prepared.verify()).findings


@pytest.mark.parametrize("published", [0, 1])
async def test_a_fork_is_not_signed_though_nothing_outside_tells_of_it(
    prepared: Trail, published: int
) -> None:
    """Rewritten after checkpoint 1, later checkpoints deleted, and everything outside."""
    await TAMPERINGS["forked"].do(prepared)
    await _empty(prepared)
    await _say_published(prepared, published)
    with pytest.raises(Refused, match="all checkpoints are missing"):
        await prepared.keep()
    assert prepared.files() == {}


async def test_an_emptied_outside_store_is_written_again_and_the_trail_says_so(
    prepared: Trail,
) -> None:
    await _empty(prepared)
    kept = await prepared.repair(WHY)
    assert kept.latest is not None
    assert kept.latest.checkpoint.repaired == WHY
    await prepared.write(50)
    await prepared.keep()
    found = await prepared.verify()
    assert found.findings == []
    assert found.uncovered_outside == 0
    [notice] = found.notices
    assert notice.startswith("checkpoint 4 was signed at 2026-11-24T")
    assert notice.endswith(f"after the trail was repaired: {WHY}")


async def test_a_repair_is_signed_though_nothing_was_recorded_since(prepared: Trail) -> None:
    await prepared.keep()
    _, since = await prepared.verified()
    kept = await prepared.repair(WHY)
    assert kept.latest is not None
    assert (kept.latest.checkpoint.number, kept.latest.checkpoint.size) == (5, HEAD)
    for known in (None, since):
        found, _ = await prepared.verified(since=known)
        assert found.findings == []
        assert WHY in found.notices[0]


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("delete from audit.tiles where level = 0 and number = 2", TileMissing),
        ("delete from audit.tiles", TileMissing),
        ("update audit.tiles set hashes = substr(hashes, 33) where level = 0", TileMissing),
        (
            f"update audit.tiles set hashes = substr(hashes, {HASH + 1}) || substr(hashes, 1, {HASH}) "
            "where level = 0 and number = 2",
            Refused,
        ),
    ],
)
async def test_tiles_that_were_lost_or_changed_are_made_again(
    prepared: Trail, statement: str, refused: type[Exception]
) -> None:
    async with prepared.superuser() as connection:
        await connection.execute(statement)
    await prepared.write(20)
    with pytest.raises(refused):
        await prepared.keep()
    await prepared.repair(WHY)
    await prepared.write(20)
    await prepared.keep()
    assert (await prepared.verify()).findings == []


async def test_a_tile_that_was_changed_is_not_written_outside(prepared: Trail) -> None:
    """A full one, of which neither the old root nor the new is hashed."""
    await prepared.write(600)
    async with prepared.keeper() as keeper:
        await keeper.follow()
    await TAMPERINGS["edited-tile"].do(prepared)
    await _spoil(prepared, Tile(0, 3))
    before = prepared.files()
    with pytest.raises(SignedOnly, match=r"checkpoint 4 is signed.* tile/0/003") as raised:
        await prepared.keep()
    assert isinstance(raised.value.__cause__, TileDiffers)
    new = {file for file in prepared.files() if file not in before}
    assert not any("000000000004" in str(file) for file in new)


async def _spoil(trail: Trail, tile: Tile) -> None:
    async with trail.superuser() as connection:
        await connection.execute(
            "update audit.tiles set hashes = set_byte(hashes, 0, (get_byte(hashes, 0) + 1) % 256) "
            "where level = $1 and number = $2",
            tile.level,
            tile.number,
        )


async def test_a_tile_that_is_missing_is_not_passed_over(prepared: Trail) -> None:
    await prepared.write(600)
    async with prepared.keeper() as keeper:
        await keeper.follow()
    async with prepared.superuser() as connection:
        await connection.execute("delete from audit.tiles where level = 0 and number = 3")
    with pytest.raises(SignedOnly, match=r"checkpoint 4 is signed.* tile/0/003"):
        await prepared.keep()
    kept = await prepared.repair(WHY)
    assert kept.latest is not None
    assert (prepared.folder / Tile(0, 3).path()).exists()
    assert (await prepared.verify()).findings == []


async def test_tiles_that_are_gone_outside_are_written_again(prepared: Trail) -> None:
    (prepared.folder / Tile(0, 0).path()).unlink()
    await prepared.keep()
    assert (await prepared.verify()).findings
    await prepared.repair(WHY)
    assert (await prepared.verify()).findings == []


async def test_a_checkpoint_that_one_of_the_two_lost_is_carried_over(prepared: Trail) -> None:
    await TAMPERINGS["deleted-checkpoint"].do(prepared)
    (prepared.folder / "checkpoints" / "000000000001").unlink()
    assert len((await prepared.verify()).findings) == 2
    await prepared.repair(WHY)
    found = await prepared.verify()
    assert found.findings == []
    assert "lost" not in found.notices[0]


async def test_a_checkpoint_that_only_the_latest_outside_tells_of_is_brought_back(
    prepared: Trail,
) -> None:
    """The keeper was stopped before it wrote the note's own file, and then the database lost it."""
    await TAMPERINGS["deleted-last-checkpoint"].do(prepared)
    (prepared.folder / "checkpoints" / "000000000003").unlink()
    with pytest.raises(Refused, match="checkpoint 3 is outside"):
        await prepared.keep()
    await prepared.keep_after_loss("a backup of yesterday")
    assert (await prepared.verify()).findings == []


@pytest.mark.parametrize("outside", [True, False])
async def test_a_checkpoint_that_both_lost_is_found_until_a_repair_gives_it_up(
    prepared: Trail, outside: bool
) -> None:
    await TAMPERINGS["deleted-in-both"].do(prepared)
    [finding] = (await prepared.verify(outside=outside)).findings
    assert "checkpoint 2 is missing from" in finding.message
    kept = await prepared.repair(WHY)
    assert kept.latest is not None
    assert kept.latest.checkpoint.lost == (range(2, 3),)
    found = await prepared.verify(outside=outside)
    assert found.findings == []
    assert "checkpoints 2 are lost" in found.notices[0]


@pytest.mark.parametrize("name", ["rewritten-with-tiles", "truncated", "deleted"])
async def test_a_log_that_was_altered_is_not_repaired(prepared: Trail, name: str) -> None:
    await TAMPERINGS[name].do(prepared)
    async with prepared.superuser() as connection:
        tiles = await connection.fetch("select * from audit.tiles order by level, number")
    with pytest.raises((Refused, PositionGap)):
        await prepared.repair(WHY)
    async with prepared.superuser() as connection:
        assert await connection.fetch("select * from audit.tiles order by level, number") == tiles
    assert (await prepared.verify()).findings


async def test_what_stands_outside_is_not_overwritten_by_a_repair_either(prepared: Trail) -> None:
    await TAMPERINGS["edited-outside-tile"].do(prepared)
    with pytest.raises(
        SignedOnly, match=r"checkpoint 4 is signed.* take it away by hand"
    ) as raised:
        await prepared.repair(WHY)
    assert isinstance(raised.value.__cause__, Contradiction)
    assert raised.value.signed.checkpoint.number == 4
    (prepared.folder / Tile(0, 1).path()).unlink()
    await prepared.repair(WHY)
    assert (await prepared.verify()).findings == []


async def test_a_note_that_was_spoilt_in_the_database_is_no_obstacle_while_the_true_one_is_outside(
    prepared: Trail,
) -> None:
    async with prepared.superuser() as connection:
        await connection.execute("update audit.checkpoints set note = 'spoilt' where number = 2")
    kept = await prepared.repair(WHY)
    assert kept.latest is not None
    assert (prepared.folder / "checkpoint").read_text() == kept.latest.note
    findings = (await prepared.verify()).findings
    assert all("checkpoint 2" in finding.message for finding in findings)


async def test_a_latest_outside_that_the_database_has_not_is_not_overwritten_by_a_repair(
    prepared: Trail,
) -> None:
    """The key signed both; which of them the log continues is not the repair's to say."""
    file = prepared.folder / "checkpoint"
    other = replace(read(file.read_text(), SIGNER.verifier).checkpoint, root=bytes(32))
    file.write_text(sign(other, SIGNER).note)
    before = prepared.files()
    with pytest.raises(Refused, match="another one outside than in the database"):
        await prepared.repair(WHY)
    assert prepared.files() == before
    assert await _checkpoints(prepared) == 3


async def test_a_repair_proves_that_the_log_continues_the_latest_outside(prepared: Trail) -> None:
    """The last row fits the log that was rewritten; `checkpoint` outside, an earlier one, does not."""
    await TAMPERINGS["rewritten-with-all-tiles"].do(prepared)
    (prepared.folder / "checkpoints" / "000000000003").unlink()
    (prepared.folder / "checkpoint").write_text(
        (prepared.folder / "checkpoints" / "000000000002").read_text()
    )
    async with prepared.superuser() as connection:
        tree = await tree_at(connection, HEAD)
        last = await latest_checkpoint(connection, SIGNER.verifier)
        assert last is not None
        fits = sign(replace(last.checkpoint, size=HEAD, root=await tree.root()), SIGNER)
        await connection.execute(
            "update audit.checkpoints set note = $1, size = $2 where number = 3", fits.note, HEAD
        )
    with pytest.raises(Refused, match="does not continue checkpoint 2"):
        await prepared.repair(WHY)
    assert await _checkpoints(prepared) == 3


async def _checkpoints(trail: Trail) -> int:
    async with trail.superuser() as connection:
        return await connection.fetchval("select count(*) from audit.checkpoints")


async def test_a_trail_that_was_written_outside_is_not_repaired_without_the_outside_store(
    prepared: Trail,
) -> None:
    """Checkpoint 2 would be signed as lost, and is outside."""
    await TAMPERINGS["deleted-checkpoint"].do(prepared)
    with pytest.raises(Refused, match="REMIT_AUDIT_URL"):
        await prepared.repair(WHY, outside=False)
    kept = await prepared.repair(WHY)
    assert kept.latest is not None
    assert kept.latest.checkpoint.lost == ()


async def test_a_store_that_cannot_be_written_to_is_found_out_before_the_first_signature(
    trail: Trail,
) -> None:
    await trail.write(20)
    (trail.folder / "tile").write_text("no folder can be made here")
    with pytest.raises(OutsideFailed):
        await trail.keep()
    (trail.folder / "tile").unlink()
    kept = await trail.keep()
    assert kept.latest is not None
    assert kept.latest.checkpoint.number == 1


async def test_after_a_loss_an_earlier_line_that_was_not_outside_yet_is_no_obstacle(
    prepared: Trail,
) -> None:
    """The outside store was out of reach when checkpoint 4 was signed, and the log lost what it covers."""
    await prepared.keep(outside=False)
    async with prepared.superuser() as connection:
        note = await connection.fetchval("select note from audit.checkpoints where number = 4")
    await TAMPERINGS["lost-in-failover"].do(prepared)
    async with prepared.superuser() as connection:
        await connection.execute("insert into audit.checkpoints values (4, 720, $1)", note)
    await prepared.write(200)
    await prepared.keep_after_loss("the standby was behind")
    found = await prepared.verify()
    assert found.findings == []
    assert found.uncovered_outside == 0
