"""What must be true of a run; each check names every case that is not so."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.identifiers import (
    INSTRUCTION_PREFIX,
    PROGRAMME_PREFIX,
    RECURRENCE_PREFIX,
    StreamId,
)
from domain.instruction.deadlines import next_wake
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.events import DeliveryOutcome, NotifyingEvent
from domain.instruction.state import is_closed
from domain.programme.decisions import programme_decider
from domain.recurrence import events as re
from domain.recurrence.decisions import recurrence_decider
from domain.recurrence.state import at_rest
from domain.recurrence.state import next_wake as recurrence_wake
from eventstore.codec import decoded
from eventstore.protocol import StoredEvent
from simulation.account import Account, account
from simulation.checked import Check
from simulation.comparing import TOLERANCE, Comparison
from simulation.discrete import Run
from simulation.wholes import parts_on_record


@dataclass(frozen=True, kw_only=True)
class Books:
    """A run's streams, and the account of each instruction's due moments."""

    streams: Mapping[StreamId, Sequence[StoredEvent]]
    accounts: Sequence[Account]

    @property
    def recurrences(self) -> Sequence[Sequence[StoredEvent]]:
        return [
            events
            for stream, events in self.streams.items()
            if stream.startswith(RECURRENCE_PREFIX)
        ]


async def books(run: Run) -> Books:
    streams: defaultdict[StreamId, list[StoredEvent]] = defaultdict(list)
    for event in await run.log():
        streams[event.stream_id].append(event)
    return Books(
        streams=streams,
        accounts=[
            account(events, run.story.ends)
            for stream, events in streams.items()
            if stream.startswith(INSTRUCTION_PREFIX)
        ],
    )


async def checks(run: Run, found: Books) -> Sequence[Check]:
    """Those that the discrete-event run must pass by itself."""
    moments = sum(len(one.fates) for one in found.accounts)
    past = sum(one.past_when_planned for one in found.accounts)
    return (
        Check(
            what="every due moment fired once at its instant, or went for a reason; none is overdue",
            counted=f"{moments} moments, {past} of them past when they came to be waited for",
            findings=[finding for one in found.accounts for finding in one.findings],
        ),
        Check(
            what="every occurrence was issued once, at its instant",
            counted=f"{len(found.recurrences)} recurrences",
            findings=[f for stored in found.recurrences for f in _occurrences(stored)],
        ),
        parts_on_record(found.streams, found.accounts),
        await _standing(run, found),
        await _notices(run, found),
    )


def same_again(one: str, other: str) -> Check:
    """Of the fingerprints of two runs in two processes."""
    return Check(
        what="the same seed gives the same events, but for ids and recorded times",
        counted=one[:16],
        findings=[] if one == other else [f"the second run came to {other[:16]}"],
    )


def on_real_servers(
    streams: Iterable[Sequence[StoredEvent]], ends: datetime, comparisons: Sequence[Comparison]
) -> Sequence[Check]:
    """That they tell the sample alike, and that due moments fired once there too, within the tolerance."""
    accounts = [
        account(stored, ends, tolerance=TOLERANCE)
        for stored in streams
        if stored[0].stream_id.startswith(INSTRUCTION_PREFIX)
    ]
    punctual = Check(
        what="every due moment of the sample fired once on them, within a minute",
        counted=f"{sum(len(one.fates) for one in accounts)} moments",
        findings=[finding for one in accounts for finding in one.findings],
    )
    return _agreeing(comparisons), punctual


def _agreeing(comparisons: Sequence[Comparison]) -> Check:
    return Check(
        what="real servers tell the sample as the discrete-event run does",
        counted=f"{len(comparisons)} streams, {sum(one.events for one in comparisons)} events",
        findings=[f"{one.stream}: {what}" for one in comparisons for what in one.differences]
        or ([] if comparisons else ["nothing was compared"]),
    )


def _occurrences(stored: Sequence[StoredEvent]) -> Sequence[str]:
    found: list[str] = []
    planned: re.PlannedOccurrence | None = None
    paused = False
    for event in decoded(stored):
        if isinstance(event, re.OccurrenceIssued):
            where = f"{event.number}, issued {event.occurred_at}"
            if planned is None or (event.n, event.day) != (planned.n, planned.day):
                found.append(f"{where}: it was not the next")
            elif not event.occurred_at == event.due_at == planned.issue_at or event.late:
                found.append(f"{where}: planned for {planned.issue_at}")
        if isinstance(event, re.RecurrencePaused | re.RecurrenceEnded):
            paused = True
        if isinstance(event, re.RecurrenceResumed):
            paused = False
        if planned and not paused and planned.issue_at < event.occurred_at and not isinstance(event, re.RecurrenceResumed):  # fmt: skip
            found.append(f"occurrence {planned.n}, planned for {planned.issue_at}, was passed over")
        planned = getattr(event, "next", planned)
    return found


async def _standing(run: Run, found: Books) -> Check:
    """What the handler derived while it ran is what replay comes to; and all that is open looks ahead."""
    wrong: list[str] = []
    for stream, stored in found.streams.items():
        head = await run.store.stream_head(stream)
        assert head is not None
        replayed = (len(stored), *left_in(stream, stored))
        if replayed != (head.version, head.next_wake, head.closed):
            wrong.append(f"{stream}: replay comes to {replayed}, the log's head is {head}")
        if not head.closed and head.next_wake is not None and head.next_wake <= run.story.ends:
            wrong.append(f"{stream}: its next wake {head.next_wake} does not lie ahead")
    return Check(
        what="replay of the log comes to the standing it was left in, and every wake lies ahead",
        counted=f"{len(found.streams)} streams",
        findings=wrong,
    )


def left_in(stream: StreamId, stored: Sequence[StoredEvent]) -> tuple[datetime | None, bool]:
    """When it is to be woken next, and whether no workflow is to run."""
    if stream.startswith(INSTRUCTION_PREFIX):
        state = instruction_decider.replay([*decoded(stored)])
        return next_wake(state), is_closed(state)
    if stream.startswith(RECURRENCE_PREFIX):
        recurrence = recurrence_decider.replay([*decoded(stored)])
        return recurrence_wake(recurrence), at_rest(recurrence)
    if stream.startswith(PROGRAMME_PREFIX):
        programme = programme_decider.replay([*decoded(stored)])
        return programme.digests.next_wake if programme else None, True
    return None, True


async def _notices(run: Run, found: Books) -> Check:
    given, settled = 0, 0
    wrong: list[str] = []
    for stream, stored in found.streams.items():
        for event in decoded(stored):
            given += len(event.notices) if isinstance(event, NotifyingEvent) else 0
            settled += isinstance(event, DeliveryOutcome)
        wrong += [f"{stream}: {notice} has no outcome" for notice in await run.store.undelivered(stream)]  # fmt: skip
    twice = [message for message, times in run.desk.channel.handed_over.items() if times > 1]
    wrong += [f"message {message} was handed over more than once" for message in twice]
    if given != settled:
        wrong.append(f"{given} notices were given, {settled} have an outcome")
    return Check(
        what="every notice went out once, and its outcome is on record",
        counted=f"{given} notices",
        findings=wrong,
    )
