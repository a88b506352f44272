"""`remit audit completeness`, on a stack that runs."""

import asyncio
import time
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from cli.session import settings_of
from domain.identifiers import StreamId, instruction_id, recurrence_stream
from tests.cli.conftest import Remit
from tests.cli.up import Answer, Running
from tests.programmes import EXAMPLE_MEASURES, HEAD, read_rows
from workflows.client import connect
from workflows.watchdog import WATCHDOG_SCHEDULE

pytestmark = [pytest.mark.usefixtures("here"), pytest.mark.timeout(300)]

_EXAMPLE = Path(__file__).parents[2] / "examples" / "tax-return.yaml"
_ROWS = read_rows(EXAMPLE_MEASURES)


async def _close_as_superuser(running: Running, stream: StreamId, *, closed: bool) -> None:
    """In `remit.streams` alone: past what the events say, and past Remit."""
    connection = await asyncpg.connect(settings_of(running.folder).database_url)
    try:
        statement = "update remit.streams set closed = $2 where stream_id = $1"
        done = await connection.execute(statement, stream, closed)
        assert done == "UPDATE 1"
    finally:
        await connection.close()


def _once_complete(remit: Remit, running: Running) -> Answer:
    """The stack is shared: what other tests have just left to do, its watchdog does, told to look at once."""
    until = time.monotonic() + 80
    while (answer := remit("audit", "completeness")).code != 0 and time.monotonic() < until:
        asyncio.run(_look(running))
        time.sleep(0.5)
    return answer


async def _look(running: Running) -> None:
    client = await connect(settings_of(running.folder).temporal_address)
    await client.get_schedule_handle(WATCHDOG_SCHEDULE).trigger()


def test_what_is_attended_to_is_complete_and_what_is_not_is_named_with_its_way_out(
    remit: Remit, running: Running
) -> None:
    whole = _once_complete(remit, running)
    assert (whole.code, whole.out) == (0, "complete: nothing is left undone\n")

    done = [row["number"] for row in _ROWS if row["accepted_on"]][:2]
    for number in done:
        asyncio.run(_close_as_superuser(running, instruction_id(number), closed=False))
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
            asyncio.run(_close_as_superuser(running, instruction_id(number), closed=True))
    assert _once_complete(remit, running).code == 0


def test_a_recurrence_is_named_by_its_stream(
    remit: Remit, running: Running, tmp_path: Path
) -> None:
    name = f"R-{uuid4()}"
    stream = recurrence_stream(name)
    terms = tmp_path / "terms.yaml"
    example = _EXAMPLE.read_text(encoding="utf-8").splitlines()
    kept = [line for line in example if not line.startswith("first_day:")]
    terms.write_text("\n".join([*kept, "first_day: 2099-01-01"]), encoding="utf-8")
    assert remit("recur", "start", name, str(terms), "--as", HEAD).code == 0
    assert _once_complete(remit, running).code == 0
    asyncio.run(_close_as_superuser(running, stream, closed=True))
    try:
        found = remit("audit", "completeness", "--json")
        assert found.code == 5
        [told] = found.json["discrepancies"]
        assert (told["kind"], told["stream"], told["number"]) == ("closed-differs", stream, None)
        assert told["detail"] == "closed is true, but it is Active"
        assert "recur pause" in told["way_out"]
        assert "recurrence-R-" in remit("audit", "completeness").out
    finally:
        asyncio.run(_close_as_superuser(running, stream, closed=False))
        ended = remit("recur", "end", name, "--reason", "so decided", "--as", HEAD)
    assert ended.code == 0
    assert _once_complete(remit, running).code == 0
