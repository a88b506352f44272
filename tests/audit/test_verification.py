"""Verification goes on where it ended, watches, and knows what an outside store may do to it."""

from pathlib import Path

import pytest
from obstore.store import LocalStore

from audit.findings import Verification
from audit.outside import OutsideFailed, OutsideStore
from audit.proofs import coverage, prove
from audit.verification import Verified, verify
from audit.watch import watch
from tests.audit.conftest import SIGNER, SIZES, Trail
from tests.audit.tamperings import HEAD, TAMPERINGS


async def test_it_goes_on_where_it_ended(prepared: Trail) -> None:
    first, since = await prepared.verified()
    assert first.hashed == HEAD
    for count in (0, 10, 300):
        await prepared.write(count)
        await prepared.keep()
        found, since = await prepared.verified(since=since)
        assert found.findings == []
        assert found.hashed == count
        assert found.outside == found.latest
        assert found.uncovered == 0


@pytest.mark.parametrize(
    "name",
    ["truncated", "deleted-last-checkpoint", "replayed-outside", "uncovered-edit"],
)
async def test_what_is_new_is_verified_like_the_whole(prepared: Trail, name: str) -> None:
    _, since = await prepared.verified()
    assert since is not None
    if name == "uncovered-edit":
        await prepared.write(10)
        async with prepared.superuser() as connection:
            await connection.execute(
                f"update remit.events set version = 999 where position = {HEAD + 3}"
            )
    else:
        await TAMPERINGS[name].do(prepared)
    found, after = await prepared.verified(since=since)
    assert found.findings
    assert after is None


async def test_a_new_line_is_verified_from_its_beginning(prepared: Trail) -> None:
    _, since = await prepared.verified()
    await TAMPERINGS["lost-in-failover"].do(prepared)
    await prepared.write(200)
    await prepared.keep_after_loss("the standby was behind")
    found, _ = await prepared.verified(since=since)
    assert found.findings == []
    assert found.hashed == found.size == 800


async def test_watching_ends_at_the_first_finding(prepared: Trail) -> None:
    looks: list[Verified | None] = []

    async def look(since: Verified | None) -> tuple[Verification, Verified | None]:
        looks.append(since)
        if len(looks) == 3:
            await TAMPERINGS["edited-body"].do(prepared)
        return await prepared.verified(since=since)

    # The whole log every time: an event that was verified before is among what is looked at.
    seen = [found async for found in watch(look, every=0.01, whole_every=0)]
    assert [bool(found.findings) for found in seen] == [False, False, True]
    assert seen[-1].findings[0].position == 345


async def test_watching_looks_at_what_is_new(prepared: Trail) -> None:
    hashed: list[int] = []
    positions: list[int | None] = []

    async def look(since: Verified | None) -> tuple[Verification, Verified | None]:
        await prepared.write(10)
        if len(hashed) == 3:
            async with prepared.superuser() as connection:
                await connection.execute(f"delete from remit.events where position = {HEAD + 35}")
        return await prepared.verified(since=since)

    async for found in watch(look, every=0.01, whole_every=3600):
        hashed.append(found.hashed)
        positions += [finding.position for finding in found.findings[:1]]
    assert hashed == [HEAD + 10, 10, 10, 4]
    assert positions == [HEAD + 35]


class _Publishing(OutsideStore):
    """Whoever reads it is slow: two checkpoints are written between its list and the look at `checkpoint`."""

    def __init__(self, trail: Trail) -> None:
        super().__init__(LocalStore(trail.folder))
        self._trail = trail

    async def numbers(self, after: int = 0) -> list[int]:
        found = await super().numbers(after)
        for _ in range(2):
            await self._trail.write(10)
            await self._trail.keep()
        return found


@pytest.mark.parametrize("again", [False, True])
async def test_checkpoints_that_are_written_while_it_reads_are_not_missing(
    prepared: Trail, again: bool
) -> None:
    _, since = await prepared.verified()
    async with prepared.auditor() as connection:
        known = since if again else None
        outside = _Publishing(prepared)
        found, _ = await verify(connection, SIGNER.verifier, outside, since=known)
    assert found.findings == []
    assert "2 checkpoints of the database are not outside yet" in found.notices


async def test_an_outside_store_that_is_not_there_is_no_finding(
    prepared: Trail, tmp_path: Path
) -> None:
    store = prepared.outside
    prepared.folder.rename(tmp_path / "elsewhere")
    async with prepared.auditor() as connection:
        with pytest.raises(OutsideFailed):
            await verify(connection, SIGNER.verifier, store)


async def test_a_log_without_checkpoints_is_verified_as_far_as_can_be(trail: Trail) -> None:
    await trail.write(30)
    found = await trail.verify()
    assert (list(found.findings), found.latest, found.uncovered) == ([], None, 30)
    async with trail.superuser() as connection:
        await connection.execute("delete from remit.events where position = 7")
    assert (await trail.verify()).findings[0].position == 7


async def test_every_event_is_proved_or_pending(prepared: Trail) -> None:
    stream = "instruction-1"
    async with prepared.auditor() as connection:
        found = await prove(connection, SIGNER.verifier, stream)
        one = await prove(connection, SIGNER.verifier, stream, 3)
        positions = [p.event.position for p in found.proofs] + [e.position for e in found.pending]
        told = await coverage(connection, positions)
    assert found.checkpoint is not None
    assert found.checkpoint.checkpoint.size == SIZES[-1]
    assert all(proof.holds for proof in found.proofs)
    assert len(found.pending) == 4
    assert [proof.event.version for proof in one.proofs] == [3]
    assert told == f"{len(found.proofs)} of {len(positions)} covered by checkpoint 3, outside"


async def test_a_changed_event_is_not_proved(prepared: Trail) -> None:
    await TAMPERINGS["edited-body"].do(prepared)
    async with prepared.auditor() as connection:
        found = await prove(connection, SIGNER.verifier, "instruction-1")
        bad = [proof.event.position for proof in found.proofs if not proof.holds]
    assert bad == [345]


async def test_how_far_an_instruction_is_covered(trail: Trail) -> None:
    async with trail.superuser() as connection:
        assert await coverage(connection, [1]) == "pending: no checkpoint was signed yet"
        await trail.write(10)
        await trail.keep()
        assert await coverage(connection, [1, 2]) == "covered by checkpoint 1, outside"
        assert await coverage(connection, [11]) == "pending: newer than checkpoint 1"
        await trail.write(10)
        await trail.keep(outside=False)
        assert await coverage(connection, [1, 2]) == "covered by checkpoint 1, outside"
        assert await coverage(connection, [11, 12]) == "covered by checkpoint 2, not outside yet"
        assert await coverage(connection, [2, 11, 30]) == (
            "2 of 3 covered by checkpoint 2, 1 outside by checkpoint 1"
        )
