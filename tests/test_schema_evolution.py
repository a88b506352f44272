"""A log that outlives its programs: events of three versions of one type, on a real PostgreSQL.

The chain is planted: today's InstructionAssigned is called version 3 here, and two older shapes, which
no Remit ever wrote, lead up to it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import pytest

from cli import main
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.instruction.events import InstructionAssigned
from domain.instruction.state import Assigned, InProgress
from domain.outcomes import Recorded
from eventstore import codec
from eventstore.codec import NewerEvent, event_of
from eventstore.handle import CommandHandler
from eventstore.protocol import Append, NewEvent, StoredEvent, StreamWrite
from eventstore.replay import fold
from tests.programmes import HEAD, NOW, issue
from tests.readmodels.conftest import Desk, open_desk

_OFFICER = "p-0007"
_TYPE = "InstructionAssigned"
_SAID: Mapping[str, Any] = {
    "occurred_at": NOW.isoformat(),
    "by": {
        "actor": HEAD,
        "on_behalf_of": "council",
        "office": "council-head",
        "identity": {"kind": "asserted", "method": "command-line"},
    },
    "notices": [],
    "type": _TYPE,
}
_OLD_BODIES: Mapping[str, Mapping[str, Any]] = {
    "V-1": {"v": 1, **_SAID, "assignee": "ministry"},
    "V-2": {"v": 2, **_SAID, "lead": "ministry", "co_assignees": ["region"]},
}


def _to_2(fields: dict[str, Any]) -> dict[str, Any]:
    """The assignee is called the lead, and may have others beside it."""
    lead = fields.pop("assignee")
    return {**fields, "lead": lead, "co_assignees": []}


def _to_3(fields: dict[str, Any]) -> dict[str, Any]:
    """What is due to the assignee is planned from a moment that is said: so far, the assignment's."""
    return {**fields, "scheduled_from": fields["occurred_at"]}


def _register_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(codec.VERSIONS, _TYPE, 3)
    monkeypatch.setitem(codec.UPCASTERS, (_TYPE, 1), _to_2)
    monkeypatch.setitem(codec.UPCASTERS, (_TYPE, 2), _to_3)


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with open_desk(database_url) as opened:
        yield opened


async def _recorded(desk: Desk, command: c.AnyInstructionCommand) -> Recorded:
    """By a process of its own, which knows nothing but the log."""
    outcome = await CommandHandler(desk.store, tzdata="2026a").handle(command, NOW)
    assert isinstance(outcome, Recorded), outcome
    return outcome


async def _assign(desk: Desk, number: str) -> Recorded:
    command = c.Assign(
        command_id=f"assign-{number}",
        actor=HEAD,
        instruction=instruction_id(number),
        lead="ministry",
    )
    return await _recorded(desk, command)


async def _written_by_older_programs(desk: Desk) -> None:
    """An instruction for each old version, issued and assigned."""
    for number, body in _OLD_BODIES.items():
        await _recorded(desk, issue(number))
        event = NewEvent(
            type=_TYPE, occurred_at=NOW, actor=HEAD, body=json.dumps(body).replace(" ", "").encode()
        )
        write = StreamWrite(
            stream_id=instruction_id(number), expected_version=2, events=(event,), next_wake=NOW
        )
        await desk.store.append(
            Append(command_id=f"old-{number}", request_hash=b"0" * 32, writes=(write,), epoch=1)
        )


async def _stored(desk: Desk, number: str) -> StoredEvent:
    """The instruction's assignment."""
    stream = await desk.store.read_stream(instruction_id(number))
    return next(event for event in stream if event.type == _TYPE)


async def _bodies(desk: Desk) -> dict[int, bytes]:
    connection = await asyncpg.connect(desk.database_url)
    try:
        rows = await connection.fetch("select position, body from remit.events")
        return {row["position"]: row["body"] for row in rows}
    finally:
        await connection.close()


async def test_old_events_are_read_folded_decided_on_and_projected_as_today(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _register_chain(monkeypatch)
    await _written_by_older_programs(desk)
    before = await _bodies(desk)

    first = event_of(await _stored(desk, "V-1"))
    assert isinstance(first, InstructionAssigned)
    assert (first.lead, first.co_assignees, first.scheduled_from) == ("ministry", (), NOW)
    second = event_of(await _stored(desk, "V-2"))
    assert isinstance(second, InstructionAssigned)
    assert (second.lead, second.co_assignees) == ("ministry", ("region",))
    for number in _OLD_BODIES:
        stream = await desk.store.read_stream(instruction_id(number))
        assert isinstance(fold(stream), Assigned)

    taken_note = c.Acknowledge(
        command_id="take-note", actor=_OFFICER, instruction=instruction_id("V-1")
    )
    assert (await _recorded(desk, taken_note)).version == 4
    assert isinstance(fold(await desk.store.read_stream(instruction_id("V-1"))), InProgress)

    await desk.projector().catch_up()
    rows = await desk.register.page(lead="ministry", limit=10)
    assert [(row.number, row.phase) for row in rows] == [("V-1", "InProgress"), ("V-2", "Assigned")]

    await _recorded(desk, issue("V-3"))
    await _assign(desk, "V-3")
    written = await _stored(desk, "V-3")
    assert written.body.startswith(b'{"v":3,')
    third = event_of(written)
    assert isinstance(third, InstructionAssigned)
    assert third.lead == first.lead

    after = await _bodies(desk)
    assert {position: after[position] for position in before} == before, "the log is not rewritten"
    for number, body in _OLD_BODIES.items():
        assert json.loads((await _stored(desk, number)).body) == body


async def test_an_event_of_a_newer_program_stops_its_readers_and_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number, instruction = "V-3", instruction_id("V-3")
    await _recorded(desk, issue(number))
    stood_at = await desk.projector().catch_up()
    with monkeypatch.context() as newer:
        _register_chain(newer)
        position = (await _assign(desk, number)).position

    named = (
        rf"^position {position - 1} \({instruction}, version 3\): InstructionAssigned is of version 3, "
        r"this program reads it up to 1\. A newer Remit wrote it: bring this one up to that version$"
    )
    with pytest.raises(NewerEvent, match=named):
        fold(await desk.store.read_stream(instruction))
    take_note = c.Acknowledge(command_id="take-note", actor=_OFFICER, instruction=instruction)
    with pytest.raises(NewerEvent, match=named):
        await _recorded(desk, take_note)
    assert await desk.store.head() == position, "nothing is decided on half of what happened"
    with pytest.raises(NewerEvent, match="InstructionAssigned is of version 3"):
        await desk.projector().catch_up()
    assert await desk.checkpoint() == stood_at, "and nothing is passed over"

    monkeypatch.setenv("REMIT_DATABASE_URL", desk.database_url)
    assert await asyncio.to_thread(main.run, ["history", number]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert told.startswith(
        f"error: the log holds an event that cannot be read: position {position - 1}"
    )

    _register_chain(monkeypatch)
    await _recorded(desk, take_note)
    await desk.projector().catch_up()
    [row] = await desk.register.page(lead="ministry", limit=10)
    assert (row.number, row.phase) == (number, "InProgress"), "brought up, it goes on"
