"""The first checkpoint: a keeper that is stopped while it writes it is made up for, and nothing else is."""

import asyncpg
import pytest

from audit.checkpoint import Checkpoint, read
from audit.last_outside import Refused
from audit.notes import BadNote, Signer
from tests.audit.conftest import SIGNER, Trail

_NOTE = "checkpoints/000000000001"


async def _stopped_before_the_row(trail: Trail) -> Checkpoint:
    """`checkpoint` is outside, and the database could not take the row."""
    await trail.write(300)
    async with trail.superuser() as connection:
        await connection.execute("revoke insert on audit.checkpoints from remit_projector")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await trail.keep()
        await connection.execute("grant insert on audit.checkpoints to remit_projector")
        assert await connection.fetchval("select count(*) from audit.checkpoints") == 0
    assert not (trail.folder / _NOTE).exists()
    return read((trail.folder / "checkpoint").read_text(), SIGNER.verifier).checkpoint


@pytest.mark.parametrize("more", [0, 40])
async def test_one_that_is_outside_and_not_in_the_database_is_taken_up(
    trail: Trail, more: int
) -> None:
    first = await _stopped_before_the_row(trail)
    assert (await trail.verify()).findings == []
    await trail.write(more)
    kept = await trail.keep()
    assert kept.latest is not None
    assert kept.latest.checkpoint.number == (2 if more else 1)
    assert kept.signed == bool(more)
    assert read((trail.folder / _NOTE).read_text(), SIGNER.verifier).checkpoint == first
    found = await trail.verify()
    assert (list(found.findings), found.uncovered_outside) == ([], 0)


async def test_one_whose_own_file_was_not_written_yet_is_gone_on_from(trail: Trail) -> None:
    await trail.write(300)
    first = await trail.keep()
    (trail.folder / _NOTE).unlink()
    async with trail.superuser() as connection:
        await connection.execute("update audit.progress set published = 0")
    assert (await trail.verify()).findings == []
    again = await trail.keep()
    assert (again.latest, again.signed) == (first.latest, False)
    assert (trail.folder / _NOTE).exists()
    found = await trail.verify()
    assert (list(found.findings), found.uncovered_outside) == ([], 0)


async def test_one_that_the_log_does_not_continue_is_not_taken_up(trail: Trail) -> None:
    await _stopped_before_the_row(trail)
    async with trail.superuser() as connection:
        await connection.execute("update remit.events set actor = 'p-9' where position = 7")
        await connection.execute("delete from audit.tiles")
        await connection.execute("update audit.progress set position = 0")
    before = trail.files()
    with pytest.raises(Refused, match="does not continue checkpoint 1"):
        await trail.keep()
    assert trail.files() == before


async def test_one_of_another_key_is_not_taken_up(trail: Trail) -> None:
    await _stopped_before_the_row(trail)
    with pytest.raises(BadNote):
        await trail.keep(signer=Signer.new(SIGNER.name))


async def test_one_that_was_written_outside_wholly_and_is_gone_from_the_database_is_not_taken_up(
    trail: Trail,
) -> None:
    await trail.write(300)
    await trail.keep()
    async with trail.superuser() as connection:
        await connection.execute("delete from audit.checkpoints")
        await connection.execute("update audit.progress set published = 0")
    with pytest.raises(Refused, match="the database does not have it"):
        await trail.keep()
