"""One operation on many instructions: the commands it comes to, and what the rules say to each of them.

A bulk's id makes the ids of its commands. Made again under the same id for the same instruction, a command
is the very same, whatever has happened since: the log knows it, and records nothing twice.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal, cast
from uuid import uuid4

from domain.attribution import RESERVED_PREFIX, Identity
from domain.identifiers import BodyId, CommandId, InstructionId, PersonId, StreamId
from domain.instruction import commands as c
from domain.instruction.events import InstructionEvent
from domain.instruction.state import Unissued
from domain.outcomes import Rejected
from eventstore.handle import CommandHandler
from eventstore.protocol import EventStore, StoredEvent
from eventstore.replay import fold
from operators.operations import Operation, TheSame
from readmodels.attention import Standing
from readmodels.worklist import Filter, Work

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""So that it is a command's id with an instruction's after it (domain/identifiers.py)."""
_READ = 500
"""Instructions whose events are in memory at a time."""
_AT_ONCE = 16
_STANDING: frozenset[Standing] = frozenset({"open", "acknowledged", "silenced"})
_OF_ITSELF: Mapping[type[c.InstructionCommand], Filter] = MappingProxyType(
    {
        c.ApproveExtension: Filter(extension_asked=True),
        c.AcknowledgeEscalation: Filter(standings=_STANDING),
        c.Deescalate: Filter(standings=_STANDING),
    }
)
"""What an operation chooses where the filter leaves that open, and names no numbers."""

Verdict = Literal[
    "accepted", "recorded", "recorded already", "no change", "refused", "unknown", "not sent"
]
"""What becomes, or became, of a command."""


class BadBulkId(ValueError):
    """A bulk's id is of letters, digits, `.`, `_` and `-`, at most 64; `delivery` is Remit's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bulk:
    """Who does what, under which id."""

    id: str
    operation: Operation
    actor: PersonId
    on_behalf_of: BodyId | None
    identity: Identity

    def __post_init__(self) -> None:
        if _ID.fullmatch(self.id) is None or f"{self.id}:" == RESERVED_PREFIX:
            raise BadBulkId(f"bulk id {self.id!r} will not do. {BadBulkId.__doc__}")

    def command_id(self, instruction: InstructionId) -> CommandId:
        return f"{self.id}:{instruction}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """The command to one instruction."""

    work: Work
    command: c.ClientCommand
    recorded: bool
    """The log holds a command of this id already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What would become of it."""

    prepared: Prepared
    verdict: Sequence[InstructionEvent] | Rejected
    """The events that would be recorded; none if it is recorded already, or changes nothing."""

    @property
    def told(self) -> Verdict:
        if isinstance(self.verdict, Rejected):
            return "refused"
        if self.prepared.recorded:
            return "recorded already"
        return "accepted" if self.verdict else "no change"


def narrowed(given: Filter, operation: Operation) -> Filter:
    """The filter, with what the operation chooses of itself where that leaves it open, and names no numbers."""
    of_itself = _OF_ITSELF.get(operation.kind) if isinstance(operation, TheSame) else None
    if of_itself is None or given.numbers is not None:
        return given
    return replace(
        given,
        standings=given.standings or of_itself.standings,
        extension_asked=of_itself.extension_asked,
    )


def said_by_number(prepared: Prepared, rejection: Rejected) -> str:
    """The rejection's sentence, with the number by which the user knows the instruction."""
    row = prepared.work.row
    return rejection.message.replace(row.instruction, row.number)


def new_bulk_id(at: datetime) -> str:
    return f"bulk-{at:%Y%m%d-%H%M}-{uuid4().hex[:6]}"


async def prepare(store: EventStore, bulk: Bulk, chosen: Sequence[Work]) -> Sequence[Prepared]:
    """The command to each. Reads the streams of all that are chosen.

    Raises `pydantic.ValidationError` if what the operation says makes no sense.
    """
    prepared: list[Prepared] = []
    for start in range(0, len(chosen), _READ):
        some = chosen[start : start + _READ]
        streams: dict[StreamId, list[StoredEvent]] = defaultdict(list)
        for event in await store.read_streams([work.row.instruction for work in some]):
            streams[event.stream_id].append(event)
        prepared += await asyncio.to_thread(_all_prepared, bulk, some, streams)
    return prepared


async def judge(
    handler: CommandHandler, prepared: Sequence[Prepared], at: datetime
) -> Sequence[Judged]:
    """What the rules say to each, by the log as it is at `at` (the present); several at once, none recorded."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(of: Prepared) -> Judged:
        async with turn:
            found = await handler.preview(of.command, at)
        # A command to an instruction writes to instructions alone.
        return Judged(prepared=of, verdict=cast(Sequence[InstructionEvent] | Rejected, found))

    return await asyncio.gather(*(one(of) for of in prepared))


def _all_prepared(
    bulk: Bulk, some: Sequence[Work], streams: Mapping[StreamId, Sequence[StoredEvent]]
) -> Sequence[Prepared]:
    return [_prepared(bulk, work, streams.get(work.row.instruction, ())) for work in some]


def _prepared(bulk: Bulk, work: Work, stored: Sequence[StoredEvent]) -> Prepared:
    instruction = work.row.instruction
    command_id = bulk.command_id(instruction)
    known = next((n for n, event in enumerate(stored) if event.command_id == command_id), None)
    before = fold(stored[:known])
    assert not isinstance(before, Unissued), "the register holds what is issued"
    envelope: Mapping[str, object] = {
        "command_id": command_id,
        "actor": bulk.actor,
        "on_behalf_of": bulk.on_behalf_of,
        "identity": bulk.identity,
        "instruction": instruction,
    }
    command = bulk.operation.command(envelope, before)
    return Prepared(work=work, command=command, recorded=known is not None)
