"""Gathers what a decision needs from other streams than the command's own and the directory's."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain.attribution import Command
from domain.directory.state import Directory
from domain.facts import Facts
from domain.identifiers import InstructionId, ProgrammeId, StreamId, programme_stream
from domain.instruction import commands as c
from domain.instruction.compound import open_parts
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.state import InstructionState, KnownState, Unissued, is_closed
from domain.outcomes import Rejected
from domain.programme.commands import PublishReport
from domain.programme.decisions import programme_decider
from domain.recurrence.commands import ChangeRecurrence, RecurrenceCommand, StartRecurrence
from domain.recurrence.state import Recurrence
from eventstore.codec import AnyEvent, decoded
from eventstore.protocol import EventStore, StoredEvent, StreamRead
from eventstore.rule_days import days_for


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """Facts, and the streams they were read from besides the directory's."""

    facts: Facts
    read: tuple[StreamRead, ...] = ()


NEED_THE_HISTORY = (c.Correct, c.AcknowledgeNotice)
"""Commands that refer to an event of the instruction."""

_SETS_A_DEADLINE = (
    c.ApproveExtension,
    c.RequestExtension,
    c.ChangeDeadline,
    c.Return,
    c.Resume,
    c.Reopen,
)


async def gather(
    store: EventStore,
    command: Command,
    state: Any,
    history: Sequence[AnyEvent],
    *,
    directory: Directory,
    tzdata: str,
    at: datetime,
    refused: Rejected | None = None,
) -> Gathered:
    """The facts for a command to a stream that is in `state` after `history`.

    Most commands need none but the directory; one read serves all other streams that bear on this one.

    Args:
        refused: why what it would have recorded in another stream is refused there.
    """
    facts = Facts(directory=directory, tzdata=tzdata, refused=refused)
    if isinstance(command, PublishReport):
        return Gathered(facts=replace(facts, head=await store.head()))
    if isinstance(command, RecurrenceCommand):
        return await _of_recurrence(store, command, state, facts, at)
    if not isinstance(command, c.InstructionCommand):
        return Gathered(facts=facts)
    known: KnownState | None = None if isinstance(state, Unissued) else state
    programme = _named_programme(command, known)
    parent = _parent(command, known)
    parts = _parts(command, known)
    streams = [programme_stream(programme)] if programme else []
    streams += [parent] if parent else []
    streams += parts
    found = await _read(store, streams)
    events = {stream: decoded(stored) for stream, stored in found.items()}
    states = {
        i: instruction_decider.replay(events[i]) for i in ([parent] if parent else []) + parts
    }
    return Gathered(
        facts=replace(
            facts,
            programme=programme_decider.replay(events[programme_stream(programme)])
            if programme
            else None,
            parent=_issued(states[parent]) if parent else None,
            open_parts=tuple(
                part.record
                for part in (_issued(states[i]) for i in parts)
                if part is not None and not is_closed(part)
            ),
            history=tuple(history) if isinstance(command, NEED_THE_HISTORY) else (),  # pyright: ignore[reportArgumentType] - an instruction's stream holds its events only
        ),
        read=tuple(
            StreamRead(stream_id=stream, version=len(stored)) for stream, stored in found.items()
        ),
    )


async def _of_recurrence(
    store: EventStore,
    command: RecurrenceCommand,
    state: Recurrence | None,
    facts: Facts,
    at: datetime,
) -> Gathered:
    """The days of its rule that come next; and the programme, where the command names one."""
    facts = replace(facts, rule_days=await asyncio.to_thread(days_for, command, state, at))
    programme = (
        command.programme if isinstance(command, StartRecurrence | ChangeRecurrence) else None
    )
    if programme is None:
        return Gathered(facts=facts)
    stream = programme_stream(programme)
    stored = (await _read(store, [stream]))[stream]
    return Gathered(
        facts=replace(facts, programme=programme_decider.replay(decoded(stored))),
        read=(StreamRead(stream_id=stream, version=len(stored)),),
    )


def _named_programme(command: c.InstructionCommand, known: KnownState | None) -> ProgrammeId | None:
    match command:
        case c.Propose() | c.Issue() | c.IssueAsOccurrence():
            return command.programme
        case c.Adopt():
            return known.record.programme if known else None
        case c.CarryOver():
            return command.into
        case _:
            return None


def _parent(command: c.InstructionCommand, known: KnownState | None) -> InstructionId | None:
    if isinstance(command, c.IssueAsPart):
        return command.parent
    if known is not None and isinstance(command, _SETS_A_DEADLINE):
        return known.record.parent
    return None


def _parts(command: c.InstructionCommand, known: KnownState | None) -> list[InstructionId]:
    if known is None or not isinstance(command, _SETS_A_DEADLINE):
        return []
    return [part.instruction for part in open_parts(known.record)]


async def _read(
    store: EventStore, streams: Sequence[StreamId]
) -> Mapping[StreamId, Sequence[StoredEvent]]:
    """Their events in version order; streams that do not exist have none."""
    found: dict[StreamId, list[StoredEvent]] = {stream: [] for stream in streams}
    if found:
        for event in await store.read_streams(streams):
            found[event.stream_id].append(event)
    return found


def _issued(state: InstructionState) -> KnownState | None:
    return None if isinstance(state, Unissued) else state
