"""Stored lives lived again: under what was in force, the union example's due moments are those of the log."""

from collections import defaultdict
from datetime import datetime, timedelta

from domain.directory.commands import PublishPolicy
from domain.facts import Facts
from domain.identifiers import SYSTEM, InstructionId, instruction_id
from domain.instruction import commands as c
from domain.instruction.backtest import as_it_occurred, relived
from domain.instruction.events import InstructionEvent
from domain.instruction.warnings_given import totals, warnings_given
from domain.outcomes import Recorded
from eventstore.codec import decoded
from eventstore.deeds import deeds_of
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.protocol import StoredEvent
from importing.policy_file import read_policy
from tests.programmes import (
    ADMINISTRATOR,
    EXAMPLE_DIRECTORY,
    EXAMPLE_MEASURES,
    EXAMPLES,
    HEAD,
    NOW,
    import_rows,
    read_rows,
    set_up,
)

_UNTIL = NOW + timedelta(days=120)


async def _serve(handler: CommandHandler, store: MemoryEventStore, until: datetime) -> None:
    """Every due moment at its instant, as timers would."""
    at, sent = NOW, 0
    while at <= until:
        due = await store.overdue(at + timedelta(microseconds=1), limit=10_000)
        for head in due:
            sent += 1
            check = c.CheckDeadlines(
                command_id=f"check-{sent}", actor=SYSTEM, instruction=head.stream_id
            )
            assert isinstance(await handler.handle(check, at), Recorded)
        waiting = await store.overdue(until + timedelta(microseconds=1), limit=1)
        if not waiting:
            return
        assert waiting[0].next_wake is not None
        at = max(at, waiting[0].next_wake)


async def _streams(store: MemoryEventStore) -> dict[InstructionId, list[StoredEvent]]:
    found: dict[InstructionId, list[StoredEvent]] = defaultdict(list)
    async for batch in store.read_all():
        for event in batch:
            if event.stream_id.startswith("instruction-"):
                found[event.stream_id].append(event)
    return found


async def test_the_union_example_lived_again_is_the_log_to_the_last_event() -> None:
    store = MemoryEventStore()
    handler = await set_up(store, EXAMPLE_DIRECTORY.read_bytes())
    strict = read_policy((EXAMPLES / "policies" / "strict.yaml").read_bytes())
    publish = PublishPolicy(command_id="publish", actor=ADMINISTRATOR, policy=strict)
    assert isinstance(await handler.handle(publish, NOW), Recorded)
    rows = read_rows(EXAMPLE_MEASURES)
    await import_rows(store, handler, rows)
    watched = [row["number"] for row in rows if row["issuer"] == "union-council"]
    for number in watched[::3]:
        change = c.ChangePolicy(
            command_id=f"change-{number}",
            actor=HEAD,
            instruction=instruction_id(number),
            policy="strict",
            reason="From now on.",
        )
        await handler.handle(change, NOW)  # those that are closed refuse it
    await _serve(handler, store, _UNTIL)
    facts = Facts(directory=await handler.directory(), tzdata="2026a")
    streams = await _streams(store)
    assert len(streams) == len(rows)
    given = 0
    for stored in streams.values():
        recorded: tuple[InstructionEvent, ...] = tuple(decoded(stored))
        assert relived(deeds_of(stored), facts, _UNTIL) == recorded
        given += len(warnings_given(recorded).given)
    assert given


async def test_the_union_example_as_if_it_had_been_watched_all_along() -> None:
    store = MemoryEventStore()
    handler = await set_up(store, EXAMPLE_DIRECTORY.read_bytes())
    await import_rows(store, handler, read_rows(EXAMPLE_MEASURES))
    facts = Facts(directory=await handler.directory(), tzdata="2026a")
    policy = read_policy((EXAMPLES / "policies" / "union-programme.yaml").read_bytes())
    streams = await _streams(store)
    deeds = [deeds_of(stored) for stored in streams.values()]
    as_entered = totals([warnings_given(relived(d, facts, NOW, policy)) for d in deeds])
    assert (as_entered.reminders, as_entered.escalations) == (0, {})
    watched = [as_it_occurred(d) for d in deeds]
    as_it_was = totals([warnings_given(relived(d, facts, NOW, policy)) for d in watched])
    assert as_it_was.late >= as_entered.late
    assert as_it_was.late_escalated > 0.9 * as_it_was.late
    assert as_it_was.until_escalated is not None
    assert as_it_was.until_escalated < timedelta(days=5)
