"""Wakes instructions and recurrences that nobody attends to: the watchdog's eyes, and `remit recover`."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from activities.contracts import (
    INSTRUCTION_WORKFLOW,
    NUDGE,
    NUDGE_UNATTENDED,
    RECURRENCE_WORKFLOW,
    Nudged,
    NudgeRequest,
    UnsentNotice,
    conducted_by,
)
from activities.courier import GRACE, LONGEST_SIGNAL, hand_over
from activities.worker_versions import deployment, left_behind
from domain.identifiers import INSTRUCTION_PREFIX, RECURRENCE_PREFIX, InstructionId, StreamId
from domain.outcomes import NoticeKey
from eventstore.protocol import EventStore
from telemetry.telling import Telemetry

_PAGE = 1000
_SIDE_BY_SIDE = 32
_CONDUCTED = {INSTRUCTION_PREFIX: INSTRUCTION_WORKFLOW, RECURRENCE_PREFIX: RECURRENCE_WORKFLOW}
_PATIENCE = timedelta(minutes=30)
"""How long what was handed over is left to the `deliver` activity before it is handed over again."""
_PACE = timedelta(milliseconds=100)
"""Between two that are told to move: commands come meanwhile, and are not to wait for all of them."""
_LONGEST_ROUND = timedelta(seconds=45)
"""In which all of one look are told: the next is a minute after it."""
_logger = logging.getLogger(__name__)


class NudgeActivity:
    def __init__(
        self,
        store: EventStore,
        client: Client,
        task_queue: str,
        *,
        deployment: str | None = None,
        moves: int = 300,
        compared: int = 20_000,
        telemetry: Telemetry | None = None,
    ) -> None:
        """Args:
        deployment: of the workers, where they are kept apart by versions.
        moves: so many that are left on an old version are told to move at one look.
        compared: so many open streams are compared with what runs at one look.
        """
        self._nudges = (telemetry or Telemetry()).metrics.nudges
        self._store = store
        self._client = client
        self._task_queue = task_queue
        self._handed_over: dict[tuple[InstructionId, NoticeKey], datetime] = {}
        """By this process, and when: one too many after a restart does no harm."""
        self._deployment = deployment
        self._moves = moves
        self._compared = compared
        self._told_to_move: dict[StreamId, datetime] = {}
        """Those that are left on an old version of the workers, and when they were first nudged for it."""
        self._without_workers = frozenset[str]()
        """Old versions that have none left to move what is with them."""

    @activity.defn(name=NUDGE_UNATTENDED)
    async def nudge_unattended(self, request: NudgeRequest) -> Nudged:
        """One reading of the undelivered, one of the overdue, one comparison of what is open with what is
        running: of 20,000 streams at most, the next ones at the next look.

        A look takes one page of the log and one of Temporal's visibility for each thousand of these. A signal that
        fails is logged, and left to the next look.
        """
        undelivered = await self._hand_over(request.at)
        overdue = await self._store.overdue(request.at - GRACE, limit=_PAGE)
        late = {head.stream_id for head in overdue}
        unattended, after = await self._compare(request.after or "")
        unattended -= late
        failed = await _nudge(self._client, self._task_queue, [*late, *unattended])
        nudged = Nudged(
            overdue=len(late - failed.keys()),
            without_workflow=len(unattended - failed.keys()),
            undelivered=undelivered,
            left_behind=await self._move(request.at),
            after=after,
        )
        counts = nudged.model_dump(exclude={"after"})
        for why, count in counts.items():
            self._nudges.labels(why).inc(count)
        if any(counts.values()):
            forgotten = nudged.overdue or nudged.without_workflow or nudged.undelivered
            _logger.log(
                logging.WARNING if forgotten else logging.INFO,
                "nudged %d overdue, %d without a workflow, %d with undelivered notices, %d on an old version",
                nudged.overdue, nudged.without_workflow, nudged.undelivered, nudged.left_behind,
            )  # fmt: skip
        return nudged

    async def _compare(self, after: StreamId) -> tuple[set[StreamId], StreamId | None]:
        """The open streams after that one without a workflow, as far as one look goes; and the last that was looked at,
        None if that was the last of all.
        """
        unattended: set[StreamId] = set()
        left = self._compared
        for prefix, workflow in _CONDUCTED.items():
            if after > f"{prefix}~":  # no name reaches it
                continue
            while left > 0:
                page = await self._store.open_streams(
                    prefix=prefix, after_stream_id=after, limit=min(_PAGE, left)
                )
                if not page:
                    break
                until, is_last = page[-1].stream_id, len(page) < min(_PAGE, left)
                attended = await running(
                    self._client, after, None if is_last else until, workflow=workflow
                )
                unattended |= {head.stream_id for head in page} - attended.keys()
                left -= len(page)
                after = until
                if is_last:
                    break
            else:
                return unattended, after
        return unattended, None

    async def _move(self, at: datetime) -> int:
        """Have those look again that are left on an old version of the workers, so that they continue as new on the current one;
        answers how many.

        If one has not moved within half an hour nobody of its version is left to do it: whatever is with that version is begun
        anew from the log.
        """
        if self._deployment is None:
            return 0
        try:
            found = await deployment(self._client, self._deployment)
            if found is None:
                return 0
            listed = left_behind(self._client, found, limit=self._moves)
            left = {stream: version async for stream, version in listed}
        except RPCError as error:
            _logger.warning("which version of the workers is current: %s", error)
            return 0
        self._told_to_move = {stream: self._told_to_move.get(stream, at) for stream in left}
        waited = (i for i, since in self._told_to_move.items() if since <= at - _PATIENCE)
        without = self._without_workers.union(left[stream] for stream in waited)
        self._without_workers = without.intersection(left.values())
        stuck = [i for i, version in left.items() if version in self._without_workers]
        moving = [i for i, version in left.items() if version not in self._without_workers]
        pace = min(_PACE, _LONGEST_ROUND / self._moves)
        failed = {
            **await _nudge(self._client, self._task_queue, moving, pace=pace),
            **await _nudge(self._client, self._task_queue, stuck, pace=pace, anew=True),
        }
        return len(left) - len(failed)

    async def _hand_over(self, at: datetime) -> int:
        """Hand over the notices that the process they belonged to did not live to deliver; answers of how
        many instructions.
        """
        lasting: dict[tuple[InstructionId, NoticeKey], datetime] = {}
        found: dict[InstructionId, list[UnsentNotice]] = {}
        async for instruction, notice in self._store.undelivered_before(at - GRACE):
            handed_over = self._handed_over.get((instruction, notice))
            if handed_over is None or handed_over <= at - _PATIENCE:
                found.setdefault(instruction, []).append(UnsentNotice(notice=notice, attempts=1))
            else:
                lasting[instruction, notice] = handed_over
        failed = await _signal(
            found,
            lambda instruction: hand_over(
                self._client, self._task_queue, instruction, found[instruction]
            ),
        )
        signalled = found.keys() - failed.keys()
        lasting |= {(one, unsent.notice): at for one in signalled for unsent in found[one]}
        self._handed_over = lasting
        return len(signalled)


async def nudge(client: Client, task_queue: str, streams: Iterable[StreamId]) -> int:
    """Signal the workflow of each instruction or recurrence, starting it if none runs; answers how many. One
    too many does no harm.

    Raises the first of the errors where signals failed, after all were sent.
    """
    wanted = [*streams]
    failed = await _nudge(client, task_queue, wanted)
    if failed:
        raise next(iter(failed.values()))
    return len(wanted)


async def nudge_unfinished(
    store: EventStore,
    client: Client,
    task_queue: str,
    *,
    side_by_side: int = _SIDE_BY_SIDE,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> int:
    """Nudge every instruction and recurrence that is open, from the log alone; answers how many.

    The thousand that are overdue longest come first: workers look at the log in the order in which workflows were woken.
    Then a page of the log at a time: of a million no more than a thousand are held. Raises the first of the errors where
    signals failed, after all were sent.
    """
    late = [head.stream_id for head in await store.overdue(datetime.now(UTC), limit=_PAGE)]
    total, done = await _count(unfinished(store)), 0
    first: Exception | None = None
    progress(done, total)

    async def page_of(streams: Sequence[StreamId]) -> None:
        nonlocal done, first
        failed = await _nudge(client, task_queue, streams, side_by_side)
        first = first or next(iter(failed.values()), None)
        done += len(streams)
        progress(done, max(done, total))

    await page_of(late)
    woken = frozenset(late)
    async for page in _unfinished_pages(store):
        await page_of([stream for stream in page if stream not in woken])
    if first is not None:
        raise first
    return done


async def _count(streams: AsyncIterator[StreamId]) -> int:
    count = 0
    async for _ in streams:
        count += 1
    return count


async def _nudge(
    client: Client,
    task_queue: str,
    streams: Iterable[StreamId],
    side_by_side: int = _SIDE_BY_SIDE,
    *,
    pace: timedelta = timedelta(0),
    anew: bool = False,
) -> Mapping[StreamId, Exception]:
    """Signal the workflow of each, starting it if none runs. With `anew` what runs is ended, and another run begins, with the log:
    Updates under way are lost with the old one, and sent again by who sent them.
    """
    policy = WorkflowIDConflictPolicy

    async def one(stream: StreamId) -> None:
        workflow, start = conducted_by(stream)
        await client.start_workflow(
            workflow,
            start,
            id=stream,
            task_queue=task_queue,
            id_conflict_policy=policy.TERMINATE_EXISTING if anew else policy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            start_signal=None if anew else NUDGE,
            rpc_timeout=LONGEST_SIGNAL,
        )

    return await _signal(streams, one, side_by_side, pace=pace)


async def _signal(
    streams: Iterable[StreamId],
    signal: Callable[[StreamId], Awaitable[None]],
    side_by_side: int = _SIDE_BY_SIDE,
    *,
    pace: timedelta = timedelta(0),
) -> Mapping[StreamId, Exception]:
    """Signal each, some side by side, and each after the one before by `pace`; answers those for which it failed."""
    limit = asyncio.Semaphore(side_by_side)

    async def one(turn: int, stream: StreamId) -> None:
        await asyncio.sleep(turn * pace.total_seconds())
        async with limit:
            await signal(stream)

    wanted = [*streams]
    answers = await asyncio.gather(*(one(*w) for w in enumerate(wanted)), return_exceptions=True)
    failed = {
        i: answer
        for i, answer in zip(wanted, answers, strict=True)
        if isinstance(answer, Exception)
    }
    if failed:
        _logger.warning(
            "%d of %d signals failed: %r", len(failed), len(wanted), next(iter(failed.values()))
        )
    return failed


async def unfinished(
    store: EventStore, prefixes: Iterable[str] = _CONDUCTED
) -> AsyncIterator[StreamId]:
    """Every instruction and every recurrence that is open, from the log alone."""
    async for page in _unfinished_pages(store, prefixes):
        for stream in page:
            yield stream


async def _unfinished_pages(
    store: EventStore, prefixes: Iterable[str] = _CONDUCTED
) -> AsyncIterator[Sequence[StreamId]]:
    for prefix in prefixes:
        last = ""
        while page := await store.open_streams(prefix=prefix, after_stream_id=last, limit=_PAGE):
            yield [head.stream_id for head in page]
            last = page[-1].stream_id


async def running(
    client: Client,
    after: str = "",
    until: str | None = None,
    *,
    workflow: str = INSTRUCTION_WORKFLOW,
) -> dict[StreamId, datetime]:
    """The instructions (or recurrences) whose workflow runs, and since when its run does.

    With bounds, those whose id comes after the first and not after the second.
    """
    query = f"WorkflowType = '{workflow}' AND ExecutionStatus = 'Running'"
    if after:
        query += f" AND WorkflowId > '{after}'"
    if until is not None:
        query += f" AND WorkflowId <= '{until}'"
    return {run.id: run.start_time async for run in client.list_workflows(query)}
