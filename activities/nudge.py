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
_CONDUCTED = (INSTRUCTION_PREFIX, RECURRENCE_PREFIX)
_PATIENCE = timedelta(minutes=30)
"""How long what was handed over is left to the `deliver` activity before it is handed over again."""
_logger = logging.getLogger(__name__)


class NudgeActivity:
    def __init__(
        self,
        store: EventStore,
        client: Client,
        task_queue: str,
        *,
        deployment: str | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        """`deployment`: of the workers, where they are kept apart by versions."""
        self._nudges = (telemetry or Telemetry()).metrics.nudges
        self._store = store
        self._client = client
        self._task_queue = task_queue
        self._handed_over: dict[tuple[InstructionId, NoticeKey], datetime] = {}
        """By this process, and when: one too many after a restart does no harm."""
        self._deployment = deployment
        self._told_to_move: dict[StreamId, datetime] = {}
        """Those that are left on an old version of the workers, and when they were first nudged for it."""

    @activity.defn(name=NUDGE_UNATTENDED)
    async def nudge_unattended(self, request: NudgeRequest) -> Nudged:
        """One reading of the undelivered, one of the overdue, one comparison of what is open with what is
        running.

        The cost grows with the number of open streams: one page of the log and one of Temporal's
        visibility for each thousand. A signal that fails is logged, and left to the next look.
        """
        undelivered = await self._hand_over(request.at)
        overdue = await self._store.overdue(request.at - GRACE, limit=_PAGE)
        late = {head.stream_id for head in overdue}
        attended = late | (await running(self._client)).keys()
        attended |= (await running(self._client, workflow=RECURRENCE_WORKFLOW)).keys()
        unattended = {i async for i in unfinished(self._store) if i not in attended}
        failed = await _nudge(self._client, self._task_queue, [*late, *unattended])
        nudged = Nudged(
            overdue=len(late - failed.keys()),
            without_workflow=len(unattended - failed.keys()),
            undelivered=undelivered,
            left_behind=await self._move(request.at),
        )
        for why, count in nudged.model_dump().items():
            self._nudges.labels(why).inc(count)
        if nudged != Nudged(overdue=0, without_workflow=0):
            _logger.warning(
                "nudged %d overdue, %d without a workflow, %d with undelivered notices, %d on an old version",
                nudged.overdue, nudged.without_workflow, nudged.undelivered, nudged.left_behind,
            )  # fmt: skip
        return nudged

    async def _move(self, at: datetime) -> int:
        """Have those look again that are left on an old version of the workers, so that they continue as new on the current one;
        answers how many.

        One that has not moved within half an hour has nobody of its version left to do it: it is begun anew from the log.
        """
        if self._deployment is None:
            return 0
        try:
            found = await deployment(self._client, self._deployment)
            left = (
                []
                if found is None
                else [i async for i in left_behind(self._client, found, limit=_PAGE)]
            )
        except RPCError as error:
            _logger.warning("which version of the workers is current: %s", error)
            return 0
        self._told_to_move = {stream: self._told_to_move.get(stream, at) for stream in left}
        stuck = {stream for stream, since in self._told_to_move.items() if since <= at - _PATIENCE}
        failed = {
            **await _nudge(self._client, self._task_queue, [i for i in left if i not in stuck]),
            **await _begin_anew(self._client, self._task_queue, stuck),
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

    What is overdue comes first: workers look at the log in the order in which they were woken. A page of the log at a time: of a million no more than a thousand are held. Raises the first of the errors where
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
) -> Mapping[StreamId, Exception]:
    async def one(stream: StreamId) -> None:
        workflow, start = conducted_by(stream)
        await client.start_workflow(
            workflow,
            start,
            id=stream,
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            start_signal=NUDGE,
            rpc_timeout=LONGEST_SIGNAL,
        )

    return await _signal(streams, one, side_by_side)


async def _begin_anew(
    client: Client, task_queue: str, streams: Iterable[StreamId]
) -> Mapping[StreamId, Exception]:
    """End what runs for each, and start another run, which begins with the log. Updates under way are lost with the old run, and
    sent again by who sent them.
    """

    async def one(stream: StreamId) -> None:
        workflow, start = conducted_by(stream)
        await client.start_workflow(
            workflow,
            start,
            id=stream,
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            rpc_timeout=LONGEST_SIGNAL,
        )

    return await _signal(streams, one)


async def _signal(
    streams: Iterable[StreamId],
    signal: Callable[[StreamId], Awaitable[None]],
    side_by_side: int = _SIDE_BY_SIDE,
) -> Mapping[StreamId, Exception]:
    """Signal each, some side by side; answers those for which it failed."""
    limit = asyncio.Semaphore(side_by_side)

    async def one(stream: StreamId) -> None:
        async with limit:
            await signal(stream)

    wanted = [*streams]
    answers = await asyncio.gather(*map(one, wanted), return_exceptions=True)
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
    store: EventStore, prefixes: Sequence[str] = _CONDUCTED
) -> AsyncIterator[StreamId]:
    """Every instruction and every recurrence that is open, from the log alone."""
    async for page in _unfinished_pages(store, prefixes):
        for stream in page:
            yield stream


async def _unfinished_pages(
    store: EventStore, prefixes: Sequence[str] = _CONDUCTED
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
