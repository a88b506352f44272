"""The watchdog: once a minute, wakes instructions that nobody attends to."""

from datetime import timedelta

from temporalio import workflow
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
)
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.contracts import NUDGE_UNATTENDED, Nudged, NudgeRequest
    from workflows.contracts import WATCHDOG_WORKFLOW

_EVERY = timedelta(minutes=1)
WATCHDOG_SCHEDULE = "watchdog"
"""The id of its schedule, and of its workflow."""


@workflow.defn(name=WATCHDOG_WORKFLOW)
class WatchdogWorkflow:
    """One look; a Temporal Schedule starts it every minute. Takes no messages."""

    @workflow.run
    async def run(self) -> Nudged:
        return await workflow.execute_activity(
            NUDGE_UNATTENDED,
            NudgeRequest(at=workflow.now()),
            result_type=Nudged,
            start_to_close_timeout=timedelta(minutes=5),
            retry_policy=RetryPolicy(maximum_attempts=3),
        )


async def schedule_watchdog(client: Client, task_queue: str) -> None:
    """Have the watchdog look every minute, on this task queue; a schedule that exists is updated."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            WATCHDOG_WORKFLOW, id=WATCHDOG_SCHEDULE, task_queue=task_queue
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=_EVERY)]),
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)
        ),
    )
    try:
        await client.create_schedule(WATCHDOG_SCHEDULE, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(WATCHDOG_SCHEDULE).update(
            lambda _: ScheduleUpdate(schedule)
        )
