"""Every tampering of docs/audit.md is found, and the first bad position named; a clean log raises no alarm."""

import re
from pathlib import Path

import pytest

from tests.audit.conftest import SIZES, UNCOVERED, Trail
from tests.audit.tamperings import HEAD, TAMPERINGS

_PAGE = Path(__file__).parents[2] / "docs" / "audit.md"
_ROW = re.compile(r"^\| `([\w-]+)` \|.*\| (yes|no) \| (yes|no) \|$", re.MULTILINE)
DOCUMENTED = {
    name: (alone == "yes", position == "yes")
    for name, alone, position in _ROW.findall(_PAGE.read_text(encoding="utf-8"))
}


def test_the_page_lists_what_the_suite_plants() -> None:
    assert list(DOCUMENTED) == list(TAMPERINGS)


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_a_tampering_is_found_with_the_outside_store(prepared: Trail, name: str) -> None:
    tampering = TAMPERINGS[name]
    await tampering.do(prepared)
    found = (await prepared.verify()).findings
    assert found
    named = DOCUMENTED[name][1]
    assert found[0].position == tampering.position
    assert (tampering.position is not None) == named


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_a_tampering_is_found_without_it_where_the_page_says_so(
    prepared: Trail, name: str
) -> None:
    tampering = TAMPERINGS[name]
    await tampering.do(prepared)
    found = (await prepared.verify(outside=False)).findings
    assert bool(found) == DOCUMENTED[name][0]


async def test_a_clean_log_raises_no_alarm(prepared: Trail) -> None:
    for outside in (True, False):
        verification = await prepared.verify(outside=outside)
        assert list(verification.findings) == []
        assert verification.outside_looked_at is outside
        assert ["no outside store was looked at" in n for n in verification.notices] == (
            [] if outside else [True]
        )
        assert verification.size == verification.hashed == HEAD
        assert verification.uncovered == UNCOVERED
        assert verification.latest is not None
        assert verification.latest.size == SIZES[-1]


async def test_the_exposure_is_what_no_checkpoint_covers(prepared: Trail) -> None:
    """An event that is newer than the last checkpoint can be rewritten with its tile, and nothing shows."""
    async with prepared.superuser() as connection:
        await connection.execute("update remit.events set actor = 'p-9' where position = 710")
        await connection.execute("delete from audit.tiles")
        await connection.execute("update audit.progress set position = 0")
    async with prepared.keeper() as keeper:
        await keeper.follow()
    assert (await prepared.verify()).findings == []


async def test_a_failover_that_lost_signed_events_is_named_as_one(prepared: Trail) -> None:
    await TAMPERINGS["lost-in-failover"].do(prepared)
    first = (await prepared.verify()).findings[0]
    assert "epoch 2" in first.message
    assert "failover" in first.message
