"""Gathers what a decision needs from other streams than the command's own and the directory's."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from domain.attribution import Command
from domain.directory.state import Directory
from domain.facts import Facts
from domain.identifiers import InstructionId, ProgrammeId, programme_stream
from domain.instruction import commands as c
from domain.instruction.state import KnownState, Record, Unissued, is_closed
from domain.programme.commands import PublishReport
from domain.programme.decisions import programme_decider
from domain.programme.state import Programme
from eventstore.codec import AnyEvent, decoded
from eventstore.protocol import EventStore
from eventstore.replay import instructions_as_of

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
) -> Facts:
    """The facts for a command to a stream that is in `state` after `history`.

    Most commands need none but the directory; one read for each other stream that bears on this one.
    """
    facts = Facts(directory=directory, tzdata=tzdata)
    if isinstance(command, PublishReport):
        return replace(facts, head=await store.head())
    if not isinstance(command, c.InstructionCommand):
        return facts
    known: KnownState | None = None if isinstance(state, Unissued) else state
    return Facts(
        directory=directory,
        tzdata=tzdata,
        programme=await _programme(store, _named_programme(command, known)),
        parent=await _parent(store, command, known),
        open_parts=await _open_parts(store, command, known),
        history=tuple(history) if isinstance(command, c.Correct) else (),  # pyright: ignore[reportArgumentType] - an instruction's stream holds its events only
    )


def _named_programme(command: c.InstructionCommand, known: KnownState | None) -> ProgrammeId | None:
    match command:
        case c.Propose() | c.Issue():
            return command.programme
        case c.Adopt():
            return known.record.programme if known else None
        case c.CarryOver():
            return command.into
        case _:
            return None


async def _programme(store: EventStore, programme: ProgrammeId | None) -> Programme | None:
    if programme is None:
        return None
    return programme_decider.replay(decoded(await store.read_stream(programme_stream(programme))))


async def _parent(
    store: EventStore, command: c.InstructionCommand, known: KnownState | None
) -> KnownState | None:
    parent: InstructionId | None = None
    if isinstance(command, c.IssueAsPart):
        parent = command.parent
    elif known is not None and isinstance(command, _SETS_A_DEADLINE):
        parent = known.record.parent
    if parent is None:
        return None
    state = (await instructions_as_of(store, [parent]))[parent]
    return None if isinstance(state, Unissued) else state


async def _open_parts(
    store: EventStore, command: c.InstructionCommand, known: KnownState | None
) -> tuple[Record, ...]:
    concerns = isinstance(command, (c.SubmitReport, *_SETS_A_DEADLINE))
    if known is None or not known.record.parts or not concerns:
        return ()
    parts = await instructions_as_of(store, [part.instruction for part in known.record.parts])
    return tuple(
        state.record
        for state in parts.values()
        if not isinstance(state, Unissued) and not is_closed(state)
    )
