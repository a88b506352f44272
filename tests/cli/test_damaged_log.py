"""A log that misses an event: whatever reads it says so, and where to look."""

from pathlib import Path

import asyncpg
import pytest

from eventstore.postgres import PostgresEventStore
from tests.cli.conftest import Remit
from tests.importing.rows import row
from tests.programmes import PROGRAMME, import_rows, set_up


@pytest.fixture
async def _an_event_is_gone(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with PostgresEventStore.open(database_url) as store:
        handler = await set_up(store)
        assert (await import_rows(store, handler, [row("N-1"), row("N-2")])).problems == ()
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("alter table remit.events disable trigger all")
        await connection.execute("delete from remit.events where position = 40")
    finally:
        await connection.close()
    monkeypatch.setenv("REMIT_DATABASE_URL", database_url)


@pytest.mark.usefixtures("_an_event_is_gone")
def test_a_position_that_is_missing_is_told_as_a_log_that_was_altered(
    remit: Remit, tmp_path: Path
) -> None:
    everything = ("export", "--all", "--format", "jsonl", "-o", str(tmp_path / "log.jsonl"))
    for verb in (everything, ("list",), ("diff", PROGRAMME, "--from", "40", "--to", "41")):
        told = remit(*verb, "--json")
        assert (told.code, told.json["error"]["code"]) == (7, "not-as-signed"), verb
        assert "40 was expected, 41 came; `remit audit verify`" in told.json["error"]["message"]
    assert list(tmp_path.iterdir()) == []
