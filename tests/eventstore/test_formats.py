"""Two versions of the program on one log: what the older cannot read is not written before it has ended.

The newer version is planted: its InstructionAssigned is version 2 and came with format 2 of the log.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from cli.checks.database import schema
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.outcomes import Outcome, Recorded, Rejected
from eventstore import codec, migrate
from eventstore.codec import NotWrittenYet, decode, encode
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.migrate import CONTRACTING, OlderProcesses, against_the_migrations, finish
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import EventStore
from tests.golden_events import EXAMPLES
from tests.programmes import HEAD, NOW, issue
from tests.readmodels.conftest import Desk, open_desk

_TYPE = "InstructionAssigned"
[ASSIGNED] = [one for one in EXAMPLES if one.type == _TYPE]


def _up(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "co_assignees": [one for one in fields["co_assignees"] if one != "region"]}


def _down(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "co_assignees": [*fields["co_assignees"], "region"]}


def _newer_program(patch: pytest.MonkeyPatch, *, type_since: int = 1) -> None:
    for of in (codec, migrate):
        patch.setattr(of, "FORMAT", 2)
    patch.setitem(codec.VERSIONS, _TYPE, 2)
    patch.setitem(codec.UPCASTERS, (_TYPE, 1), _up)
    patch.setitem(codec.DOWNCASTERS, (_TYPE, 2), _down)
    patch.setitem(codec.SINCE, (_TYPE, 2), 2)
    patch.setitem(codec.SINCE, (_TYPE, 1), type_since)


def test_an_event_is_written_as_the_format_of_the_log_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    as_before = encode(ASSIGNED)
    _newer_program(monkeypatch)
    assert encode(ASSIGNED) == encode(ASSIGNED, 2) == as_before.replace(b'{"v":1', b'{"v":2', 1)
    old = json.loads(encode(ASSIGNED, 1))
    assert (old["v"], old["co_assignees"][-1]) == (1, "region")
    assert decode(_TYPE, encode(ASSIGNED, 1)) == ASSIGNED


def test_a_type_that_came_with_a_later_format_is_not_written_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _newer_program(monkeypatch, type_since=2)
    with pytest.raises(
        NotWrittenYet, match="InstructionAssigned is not written before the log is of format 2"
    ):
        encode(ASSIGNED, 1)
    assert encode(ASSIGNED, 2).startswith(b'{"v":2')


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with open_desk(database_url) as opened:
        yield opened


async def test_what_a_newer_program_records_is_read_by_an_older_one_until_it_is_finished(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        _newer_program(newer)
        await _assigned(desk.store, "F-1")
    assert await _version(desk.store, "F-1") == 1
    await _taken_note(desk.store, "F-1")  # by the older program
    _newer_program(monkeypatch)
    await desk.as_superuser("select remit.raise_format(2)")
    await _assigned(desk.store, "F-2")
    assert await _version(desk.store, "F-2") == 2
    await _taken_note(desk.store, "F-2")


async def test_a_command_that_leads_to_what_cannot_be_written_yet_is_refused_and_nothing_is_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _newer_program(monkeypatch, type_since=2)
    handler = CommandHandler(desk.store, tzdata="2026a")
    assert isinstance(await handler.handle(issue("F-1"), NOW), Recorded)
    head = await desk.store.head()
    refused = await handler.handle(_assign("F-1"), NOW)
    assert isinstance(refused, Rejected)
    assert refused.code == "upgrade-unfinished"
    [in_bulk] = await handler.handle_in_bulk([[_assign("F-1")]], NOW)
    assert in_bulk == [refused]
    assert await desk.store.head() == head
    await desk.as_superuser("select remit.raise_format(2)")
    assert isinstance(await handler.handle(_assign("F-1"), NOW), Recorded)


async def test_a_log_in_memory_may_be_of_an_earlier_format(monkeypatch: pytest.MonkeyPatch) -> None:
    _newer_program(monkeypatch)
    for log_format in (1, 2):
        store = MemoryEventStore(log_format=log_format)
        loaded = await store.load(None, command_id=None, shared="directory", shared_after=0)
        assert loaded.log_format == log_format


async def test_an_upgrade_is_not_finished_while_an_older_process_is_connected(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _newer_program(monkeypatch)
    async with PostgresEventStore.open(desk.database_url) as older:
        assert await older.head() > 0
        with pytest.raises(OlderProcesses, match="sessions of remit, format 1"):
            await finish(desk.database_url)
    connection = await asyncpg.connect(desk.database_url)
    try:
        assert (await against_the_migrations(connection)).log_format == 1
        told = await schema(connection)
    finally:
        await connection.close()
    assert told.status == "ok", "the older program sees nothing amiss"


async def test_an_older_program_does_not_start_on_a_log_that_it_cannot_read(
    database_url: str,
) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("update remit.counter set format = 3")
        told = await schema(connection)
    finally:
        await connection.close()
    assert (told.status, "older ones cannot read" in (told.way_out or "")) == ("failed", True)


async def test_an_empty_log_is_of_the_newest_format_from_its_first_migration_on(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _newer_program(monkeypatch)
    await migrate.migrate(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    try:
        assert (await against_the_migrations(connection)).log_format == 2
    finally:
        await connection.close()


async def test_what_takes_away_is_applied_when_the_upgrade_is_finished_and_no_earlier(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "0100_away.sql").write_text(
        "-- Taken away\n-- depends:\n\n-- migrate: apply\n\ndrop table remit.claims;\n\n-- migrate: rollback\n"
    )
    monkeypatch.setattr(migrate, "CONTRACTING", tmp_path)
    assert await migrate.migrate(database_url) == []
    assert await _has_claims(database_url)
    assert (await finish(database_url)).applied == ["0100_away"]
    assert not await _has_claims(database_url)
    assert (await finish(database_url)).applied == []
    connection = await asyncpg.connect(database_url)
    try:
        assert (await against_the_migrations(connection)).unknown == []
        monkeypatch.setattr(migrate, "CONTRACTING", CONTRACTING)
        assert (await against_the_migrations(connection)).unknown == ["0100_away"]
    finally:
        await connection.close()


async def _has_claims(database_url: str) -> bool:
    connection = await asyncpg.connect(database_url)
    try:
        return await connection.fetchval("select to_regclass('remit.claims') is not null")
    finally:
        await connection.close()


def _assign(number: str) -> c.Assign:
    return c.Assign(
        command_id=f"assign-{number}",
        actor=HEAD,
        instruction=instruction_id(number),
        lead="ministry",
    )


async def _assigned(store: EventStore, number: str) -> None:
    await _recorded(store, issue(number))
    await _recorded(store, _assign(number))


async def _taken_note(store: EventStore, number: str) -> None:
    await _recorded(
        store,
        c.Acknowledge(
            command_id=f"note-{number}", actor="p-0007", instruction=instruction_id(number)
        ),
    )


async def _recorded(store: EventStore, command: c.AnyInstructionCommand) -> Outcome:
    outcome = await CommandHandler(store, tzdata="2026a").handle(command, NOW)
    assert isinstance(outcome, Recorded), outcome
    return outcome


async def _version(store: EventStore, number: str) -> int:
    stream = await store.read_stream(instruction_id(number))
    return next(json.loads(event.body)["v"] for event in stream if event.type == _TYPE)


async def test_a_newer_program_says_what_is_left_to_do(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.checks.database.FORMAT", 2)
    connection = await asyncpg.connect(database_url)
    try:
        told = await schema(connection)
    finally:
        await connection.close()
    assert (told.status, "`remit migrate --finish`" in (told.way_out or "")) == ("warning", True)
