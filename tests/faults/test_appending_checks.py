"""The checks of the store's run, on a small log and one account: nothing is found, and whatever is otherwise is told."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from eventstore.postgres import PostgresEventStore
from eventstore.protocol import Append, AppendStatus, NewEvent, StreamWrite
from faults.appending.checks import checked, recovery

_CLIENT = "appender-1-0"
_STREAM = "instruction-1"
Line = tuple[str, str, int, str, int, int, str]
"""Of the account: number, what was asked, expected version, status, version, position, key."""
_TOLD: Sequence[Line] = (
    ("1", "new", 0, "ok", 1, 1, ""),
    ("2", "claim", 1, "ok", 2, 2, "key 1"),
    ("1", "again", 0, "duplicate", 1, 1, ""),
    ("1", "changed", 0, "mismatch", 0, 0, ""),
    ("3", "stale", 0, "conflict", 0, 0, ""),
)


async def _append(
    store: PostgresEventStore, number: str, expected: int, *, body_of: str, key: str = ""
) -> None:
    event = NewEvent(
        type="ProgressReported",
        occurred_at=datetime.now(UTC),
        actor="p-7f3a",
        body=f'{{"text":"{_CLIENT}-{body_of}"}}'.encode(),
    )
    result = await store.append(
        Append(
            command_id=f"{_CLIENT}-{number}",
            request_hash=bytes(32),
            epoch=1,
            writes=(StreamWrite(stream_id=_STREAM, expected_version=expected, events=(event,)),),
            claims=(key,) if key else (),
        )
    )
    assert result.status == AppendStatus.OK


async def _findings(
    url: str,
    folder: Path,
    told: Sequence[Line] = _TOLD,
    *,
    body_of: str = "2",
    more: str | None = None,
) -> dict[str, Sequence[str]]:
    """Of a log with what `_TOLD` says; `more`: the number of one event besides, which the account lacks."""
    async with PostgresEventStore.open(url) as store:
        await _append(store, "1", 0, body_of="1")
        await _append(store, "2", 1, body_of=body_of, key="key 1")
        if more is not None:
            await _append(store, more, 2, body_of=more)
        head = await store.head()
    lines = (",".join(map(str, (f"{_CLIENT}-{line[0]}", _STREAM, *line[1:]))) for line in told)
    (folder / "appender-1.csv").write_text("".join(f"{line}\n" for line in lines))
    seen = folder / "seen"
    seen.write_text(f"1 {head + 1}\n")
    return {name: check.findings for name, check in (await checked(url, folder, seen)).items()}


async def test_an_account_that_the_log_bears_out_passes(database_url: str, tmp_path: Path) -> None:
    found = await _findings(database_url, tmp_path)
    assert [finding for findings in found.values() for finding in findings] == []


async def test_what_a_killed_client_sent_last_may_be_in_the_log(
    database_url: str, tmp_path: Path
) -> None:
    assert (await _findings(database_url, tmp_path, more="4"))["asked-for"] == []


async def test_what_nobody_sent_is_told(database_url: str, tmp_path: Path) -> None:
    [found] = (await _findings(database_url, tmp_path, more="5"))["asked-for"]
    assert "nobody sent" in found


async def test_the_body_of_another_is_told(database_url: str, tmp_path: Path) -> None:
    [found] = (await _findings(database_url, tmp_path, body_of="1"))["acknowledged"]
    assert "its body is that of another" in found


@pytest.mark.parametrize(
    ("line", "name", "says"),
    [
        (("1", "again", 0, "conflict", 0, 0, ""), "acknowledged", "when it was sent again"),
        (("1", "again", 0, "duplicate", 1, 2, ""), "acknowledged", "was told position 2"),
        (("3", "new", 2, "conflict", 0, 0, ""), "refused", "nobody else writes to its stream"),
        (("1", "changed", 0, "duplicate", 1, 1, ""), "one-body", "was answered duplicate"),
        (("1", "claim", 0, "ok", 1, 1, "key 1"), "keys", "was given to 2 commands"),
        (("1", "claim", 0, "ok", 1, 1, "key 2"), "keys", "is kept as that of nobody"),
    ],
)
async def test_what_an_account_says_otherwise_is_told(
    database_url: str, tmp_path: Path, line: Line, name: str, says: str
) -> None:
    found = (await _findings(database_url, tmp_path, (*_TOLD, line)))[name]
    assert any(says in finding for finding in found), found


def test_a_run_that_stalls_is_told() -> None:
    assert recovery(10, 10, []).findings == []
    assert recovery(9, 10, []).findings == ["9 events were appended, and not 10"]
    assert recovery(10, 10, ["appender 1 had not ended"]).findings == ["appender 1 had not ended"]


async def test_a_stream_that_is_not_kept_is_told(database_url: str, tmp_path: Path) -> None:
    await _findings(database_url, tmp_path)
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("delete from remit.streams")
    finally:
        await connection.close()
    found = (await checked(database_url, tmp_path, tmp_path / "seen"))["streams"].findings
    assert found == [f"{_STREAM} has 2 versions up to 2, kept as none"]
