"""Read models on the real stack: how they stand, whether they are right, and making them anew."""

import asyncio

import pytest

from cli.session import settings_of
from readmodels import beside
from readmodels.projector import open_projection_pool
from tests.cli.conftest import Remit
from tests.cli.up import Answer, Running

PROGRAMME = "union-2024-2026"
NAMES = ["register", "periods", "ledger", "attention", "agenda", "parties", "programmes"]

pytestmark = pytest.mark.usefixtures("here")


def test_the_worker_leads_every_read_model(remit: Remit) -> None:
    told = remit("readmodels", "status", "--json")
    assert told.code == 0, told.out
    standings = {one["read_model"]: one for one in told.json}
    assert all(standings[name]["leader"] for name in NAMES)
    assert all(standings[name]["head"] > 0 for name in NAMES)
    assert "leader" in remit("readmodels", "status").out


def test_a_check_finds_nothing_and_a_rebuild_changes_nothing(remit: Remit) -> None:
    before = remit("report", PROGRAMME, "--json").json
    checked = remit("readmodels", "check", "--json")
    assert checked.code == 0, checked.out
    assert [one["read_model"] for one in checked.json["read_models"]] == NAMES
    for one in checked.json["read_models"]:
        assert (one["compared"], one["differences"], one["switched"]) == (True, [], False)
    rebuilt = remit("readmodels", "rebuild", "register", "periods", "--processes", "1")
    assert rebuilt.code == 0, rebuilt.err
    assert "the live rows are the same; made anew" in rebuilt.words
    after = remit("report", PROGRAMME, "--json").json
    assert {**after, "at": None} == {**before, "at": None}


def test_while_one_rebuild_is_under_way_another_is_refused(remit: Remit, running: Running) -> None:
    async def meanwhile() -> Answer:
        url = settings_of(running.folder).database_url
        async with open_projection_pool(url) as pool, pool.acquire() as one, beside.held(one):
            return await asyncio.to_thread(remit, "readmodels", "check", "--json")

    told = asyncio.run(meanwhile())
    assert (told.code, told.json["error"]["code"]) == (3, "rebuild-under-way")


def test_a_read_model_that_is_none_is_refused(remit: Remit) -> None:
    told = remit("readmodels", "check", "registry")
    assert told.code == 2
    assert f"there are {', '.join(NAMES)}" in told.err.replace("\n", " ")


def test_discipline_of_bodies_adds_up_to_the_programme(remit: Remit) -> None:
    for when in ((), ("--as-of", "2025-12-20")):
        report = remit("report", PROGRAMME, *when, "--json").json
        for by in ("body", "person"):
            told = remit("discipline", PROGRAMME, "--by", by, *when, "--json")
            assert told.code == 0, told.out
            for figure in ("total", "completed_late", "open_late"):
                assert sum(one[figure] for one in told.json) == report[figure]
    assert "discipline" in remit("discipline").out


def test_the_ledger_says_why_nobody_was_told_of_the_past(remit: Remit) -> None:
    page = remit("ledger", "--programme", PROGRAMME, "--limit", "3", "--json")
    assert page.code == 0, page.out
    numbers = list(dict.fromkeys(row["number"] for row in page.json))
    assert len(numbers) == 3
    suppressed = remit("ledger", "--status", "suppressed", "--limit", "1", "--json").json
    assert {row["why"] for row in suppressed} == {"before-schedule"}
    one = remit("ledger", numbers[0], "--json").json
    assert one == [row for row in page.json if row["number"] == numbers[0]]
    following = remit("ledger", "--programme", PROGRAMME, "--after", numbers[0], "--limit", "1")
    assert numbers[1] in following.out
