"""Which stream a command goes to, and the rules that hold there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.attribution import Command
from domain.decider import Decider
from domain.directory.commands import DirectoryCommand
from domain.directory.decisions import directory_decider
from domain.identifiers import DIRECTORY_STREAM, StreamId, programme_stream, recurrence_stream
from domain.instruction.commands import InstructionCommand
from domain.instruction.deadlines import next_wake
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.decisions.issuing import Founding
from domain.instruction.events import DeliveryOutcome, NotifyingEvent
from domain.instruction.state import is_closed
from domain.outcomes import NoticeKey
from domain.programme.commands import ProgrammeCommand
from domain.programme.decisions import programme_decider
from domain.programme.state import Programme
from domain.recurrence.commands import RecurrenceCommand
from domain.recurrence.decisions import recurrence_decider
from domain.recurrence.state import at_rest
from domain.recurrence.state import next_wake as recurrence_wake
from eventstore.codec import AnyEvent, encode
from eventstore.protocol import HeldNotice, NewEvent, StreamWrite


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Where a command goes: its stream, the rules there, and how such a stream stands after it."""

    stream_id: StreamId
    decider: Decider[Any, Any, Any]
    next_wake: Callable[[Any], datetime | None]
    closed: Callable[[Any], bool]
    claims: tuple[str, ...] = ()
    """Unique keys that the command takes."""

    def write(
        self, version: int, events: Sequence[AnyEvent], state: Any, log_format: int
    ) -> StreamWrite:
        """What goes into the stream: `events` after `version`, which lead to `state`, as a log of this format has them."""
        told = [
            (NoticeKey(version=v, recipient=to.person, channel=to.channel), to.not_before)
            for v, event in enumerate(events, start=version + 1)
            if isinstance(event, NotifyingEvent)
            for to in event.notices
        ]
        return StreamWrite(
            stream_id=self.stream_id,
            expected_version=version,
            events=tuple(
                NewEvent(
                    type=event.type,
                    occurred_at=event.occurred_at,
                    actor=event.by.actor,
                    body=encode(event, log_format),
                )
                for event in events
            ),
            next_wake=self.next_wake(state),
            closed=self.closed(state),
            notices=tuple(notice for notice, moment in told if moment is None),
            held=tuple(
                HeldNotice(notice=notice, send_after=moment)
                for notice, moment in told
                if moment is not None
            ),
            settled=tuple(e.notice for e in events if isinstance(e, DeliveryOutcome)),
        )


def route(command: Command) -> Route:
    """Raises `TypeError` for a command that no stream takes."""
    match command:
        case InstructionCommand():
            return Route(
                stream_id=command.instruction,
                decider=instruction_decider,
                next_wake=next_wake,
                closed=is_closed,
                claims=(f"number {command.number}",) if isinstance(command, Founding) else (),
            )
        case ProgrammeCommand():
            return Route(
                stream_id=programme_stream(command.programme),
                decider=programme_decider,
                next_wake=_digest_due,
                closed=_no_workflow,
            )
        case RecurrenceCommand():
            return Route(
                stream_id=recurrence_stream(command.recurrence),
                decider=recurrence_decider,
                next_wake=recurrence_wake,
                closed=at_rest,
            )
        case DirectoryCommand():
            return _without_time(DIRECTORY_STREAM, directory_decider)
        case _:
            raise TypeError(f"no stream takes a {type(command).__name__}")


def _without_time(stream_id: StreamId, decider: Decider[Any, Any, Any]) -> Route:
    """Nothing falls due in it by itself."""
    return Route(stream_id=stream_id, decider=decider, next_wake=_never, closed=_no_workflow)


def _digest_due(state: Programme | None) -> datetime | None:
    """A programme's wake is looked for by activities/digests.py."""
    return state.digests.next_wake if state else None


def _never(state: object) -> None:
    del state


def _no_workflow(state: object) -> bool:
    """To the watchdog and `remit recover` it is at rest."""
    del state
    return True
