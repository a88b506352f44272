"""`remit audit completeness`, on a stack that runs."""

import asyncio
import time

import asyncpg
import pytest

from cli.session import settings_of
from domain.identifiers import instruction_id
from tests.cli.conftest import Remit, Running
from tests.cli.up import Answer
from tests.programmes import EXAMPLE_MEASURES, read_rows

pytestmark = pytest.mark.usefixtures("here")

_ROWS = read_rows(EXAMPLE_MEASURES)


async def _close_as_superuser(running: Running, number: str, *, closed: bool) -> None:
    """In `remit.streams` alone: past what the events say, and past Remit."""
    connection = await asyncpg.connect(settings_of(running.folder).database_url)
    try:
        statement = "update remit.streams set closed = $2 where stream_id = $1"
        done = await connection.execute(statement, instruction_id(number), closed)
        assert done == "UPDATE 1"
    finally:
        await connection.close()


def _once_complete(remit: Remit) -> Answer:
    """The stack is shared: what other tests have just left to do, its watchdog has done in a minute."""
    until = time.monotonic() + 80
    while (answer := remit("audit", "completeness")).code != 0 and time.monotonic() < until:
        time.sleep(5)
    return answer


def test_what_is_attended_to_is_complete_and_what_is_not_is_named_with_its_way_out(
    remit: Remit, running: Running
) -> None:
    whole = _once_complete(remit)
    assert (whole.code, whole.out) == (0, "complete: nothing is left undone\n")

    done = [row["number"] for row in _ROWS if row["accepted_on"]][:2]
    for number in done:
        asyncio.run(_close_as_superuser(running, number, closed=False))
    try:
        found = remit("audit", "completeness", "--limit", "1")
        assert found.code == 5
        assert sum(number in found.out for number in done) == 1
        assert "and 1 more: --limit shows them" in found.words
        assert "2 closed-differs: record anything in it, such as `remit comment`" in found.words
        assert "not-as-recorded: 2 things are not as the log says: 2 closed-differs" in found.words

        as_json = remit("audit", "completeness", "--json")
        assert as_json.code == 5
        assert as_json.json["counts"] == {"closed-differs": 2}
        assert {one["number"] for one in as_json.json["discrepancies"]} == set(done)
        assert all(one["way_out"] for one in as_json.json["discrepancies"])
        assert as_json.json["error"]["code"] == "not-as-recorded"
    finally:
        for number in done:
            asyncio.run(_close_as_superuser(running, number, closed=True))
    assert _once_complete(remit).code == 0
