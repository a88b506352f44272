"""Changes functions of the process that this runs in; docs/faults.md says of each what it does wrong, and what must tell."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio import activity

import audit.following
import faults.reader
from audit.leaf import leaf_hashes
from domain.attribution import RESERVED_PREFIX, Command
from domain.decider import Decider
from domain.instruction.commands import RecordDelivery
from domain.instruction.rescheduling import changed
from domain.outcomes import Outcome, Recorded
from domain.rejections import Code, rejected
from eventstore.append_call import arguments
from eventstore.batcher import Batcher
from eventstore.handle import CommandHandler
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import Append, AppendResult, AppendStatus, StoredEvent
from eventstore.statements import APPEND
from eventstore.subscription import follow
from readmodels.checkpoints import Checkpoint, locked_checkpoint, move_checkpoint
from readmodels.projection import History
from readmodels.projector import Projector
from workflows.client import CommandSender

_SOON = 0.05
_IN_BETWEEN = 1.0
"""Seconds: long enough for something to come in between."""
_HOUR = timedelta(hours=1)
_ONE_OF = 50


def plant(bug: str) -> None:
    """Raises `KeyError` if there is no such bug."""
    BUGS[bug]()


def _answers_before_commit() -> None:
    async def call(self: Any, appends: Sequence[Append]) -> Sequence[AppendResult]:
        connection = await self._pool.acquire()
        transaction = connection.transaction()
        try:
            await transaction.start()
            rows = await connection.fetch(APPEND, *arguments(appends))
        except BaseException:
            await self._pool.release(connection)
            raise

        async def commit() -> None:
            await asyncio.sleep(_SOON)
            try:
                await transaction.commit()
            finally:
                await self._pool.release(connection)

        self.later = [*getattr(self, "later", ()), asyncio.create_task(commit())][-100:]
        results = [AppendResult(status=AppendStatus.CONFLICT)] * len(appends)
        for row in rows:
            results[row["item"] - 1] = AppendResult(
                status=AppendStatus(row["status"]),
                version=row["version"],
                position=row["log_position"],
                key=row["key"],
            )
        return results

    _patch(PostgresEventStore, "_call", call)


def _web_acknowledges_at_once() -> None:
    send = CommandSender.send

    async def at_once(self: CommandSender, command: Any, **given: Any) -> Outcome:
        sending = asyncio.create_task(send(self, command, **given))
        sending.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.sleep(0)
        return Recorded(version=1, content_version=1, position=1)

    _patch(CommandSender, "send", at_once)


def _new_id_for_each_attempt() -> None:
    def renamed(command: Command) -> Command:
        if command.by_system or not activity.in_activity() or activity.info().attempt == 1:
            return command
        return command.model_copy(update={"command_id": str(uuid4())})

    _before_handling(renamed)


def _refuses_and_records() -> None:
    handle = CommandHandler.handle

    async def refused(self: CommandHandler, command: Command, *given: Any, **named: Any) -> Outcome:
        outcome = await handle(self, command, *given, **named)
        if command.by_system or not command.command_id.startswith(tuple("01")):
            return outcome
        return rejected(Code.CHANGED_MEANWHILE, "it is not as you think", "expected_version")

    _patch(CommandHandler, "handle", refused)


def _outcome_under_a_new_id() -> None:
    def renamed(command: Command) -> Command:
        if not isinstance(command, RecordDelivery):
            return command
        return command.model_copy(update={"command_id": f"{RESERVED_PREFIX}{uuid4()}"})

    _before_handling(renamed)


def _fired_is_forgotten() -> None:
    replay: Any = Decider.replay  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]

    def forgetful(self: Any, events: Any) -> Any:
        state = replay(self, events)
        record = getattr(state, "record", None)
        if record is None or not getattr(record, "fired", None):
            return state
        return replace(state, record=changed(record, fired={}))

    _patch(Decider, "replay", forgetful)


def _wakes_late() -> None:
    handle = CommandHandler.handle

    async def late(self: CommandHandler, *given: Any, **named: Any) -> Outcome:
        outcome = await handle(self, *given, **named)
        if isinstance(outcome, Recorded) and outcome.next_wake is not None:
            return outcome.model_copy(update={"next_wake": outcome.next_wake + _HOUR})
        return outcome

    _patch(CommandHandler, "handle", late)


def _forgets_a_type() -> None:
    _read_as(lambda stored: [event for event in stored if event.type != "ProgressReported"])


def _applies_one_twice() -> None:
    _read_as(
        lambda stored: [
            event
            for one in stored
            for event in ([one, one] if one.type == "InstructionAssigned" else [one])
        ]
    )


def _checkpoint_before_rows() -> None:
    async def step(self: Any, connection: Any) -> int:
        name = self._projection.name
        async with connection.transaction():
            before = await locked_checkpoint(connection, name, await self._store.epoch())
            head = await self._store.head()
            after = Checkpoint(epoch=before.epoch, position=min(head, before.position + 1000))
            await move_checkpoint(connection, name, after)
        await asyncio.sleep(_IN_BETWEEN)
        async with connection.transaction():
            async for events in self._store.read_all(
                after_position=before.position, until_position=after.position
            ):
                await self._projection.apply(connection, self._store, events)
        return after.position

    _patch(Projector, "_step", step)


def _leaf_left_out() -> None:
    def hashes(events: Sequence[StoredEvent]) -> list[bytes]:
        found = leaf_hashes(events)
        for place, event in enumerate(events):
            if event.position % _ONE_OF == 0:
                found[place] = found[place - 1] if place else bytes(32)
        return found

    _patch(audit.following, "leaf_hashes", hashes)


def _batcher_stuck() -> None:
    send = Batcher._send  # pyright: ignore[reportPrivateUsage]

    async def stuck(self: Any, batch: Any) -> None:
        await send(self, batch)
        if any(waiting.answer.done() and waiting.answer.exception() for waiting in batch):
            await asyncio.Event().wait()

    _patch(Batcher, "_send", stuck)


def _cursor_jumps() -> None:
    def jumping(*given: Any, after_position: int, **named: Any) -> Any:
        again = after_position > 0
        return follow(*given, after_position=after_position + again, **named)

    _patch(faults.reader, "follow", jumping)


def _patch(where: Any, name: str, with_what: Any) -> None:
    if not hasattr(where, name):
        raise LookupError(f"{where} has no {name}")
    setattr(where, name, with_what)


def _before_handling(renamed: Callable[[Command], Command]) -> None:
    handle = CommandHandler.handle

    async def renaming(
        self: CommandHandler, command: Command, *given: Any, **named: Any
    ) -> Outcome:
        return await handle(self, renamed(command), *given, **named)

    _patch(CommandHandler, "handle", renaming)


def _read_as(other: Callable[[Sequence[StoredEvent]], Sequence[StoredEvent]]) -> None:
    of = History.of

    def read(_: type[History], stream_id: str, stored: Sequence[StoredEvent]) -> History:
        return of(stream_id, other(stored))

    _patch(History, "of", classmethod(read))


BUGS: Mapping[str, Callable[[], None]] = {
    "answers-before-commit": _answers_before_commit,
    "web-acknowledges-at-once": _web_acknowledges_at_once,
    "new-id-for-each-attempt": _new_id_for_each_attempt,
    "refuses-and-records": _refuses_and_records,
    "outcome-under-a-new-id": _outcome_under_a_new_id,
    "fired-is-forgotten": _fired_is_forgotten,
    "wakes-late": _wakes_late,
    "forgets-a-type": _forgets_a_type,
    "applies-one-twice": _applies_one_twice,
    "checkpoint-before-rows": _checkpoint_before_rows,
    "leaf-left-out": _leaf_left_out,
    "batcher-stuck": _batcher_stuck,
    "cursor-jumps": _cursor_jumps,
}
