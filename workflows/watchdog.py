"""The watchdog: once a minute, wakes instructions and recurrences that nobody attends to."""

from datetime import timedelta

from temporalio import workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.contracts import NUDGE_UNATTENDED, Nudged, NudgeRequest
    from domain.identifiers import StreamId
    from workflows.contracts import WATCHDOG_WORKFLOW
    from workflows.schedule import every_minute

WATCHDOG_SCHEDULE = "watchdog"
"""The id of its schedule, and of its workflow."""


@workflow.defn(name=WATCHDOG_WORKFLOW)
class WatchdogWorkflow:
    """One look; a Temporal Schedule starts it every minute. Takes no messages."""

    @workflow.run
    async def run(self) -> Nudged:
        return await workflow.execute_activity(
            NUDGE_UNATTENDED,
            NudgeRequest(at=workflow.now(), after=_where_the_last_look_ended()),
            result_type=Nudged,
            start_to_close_timeout=timedelta(minutes=5),
            retry_policy=RetryPolicy(maximum_attempts=3),
        )


def _where_the_last_look_ended() -> StreamId | None:
    last = workflow.get_last_completion_result(Nudged)
    return last.after if last else None


async def schedule_watchdog(client: Client, task_queue: str) -> None:
    """Have the watchdog look every minute, on this task queue; a schedule that exists is updated."""
    await every_minute(client, WATCHDOG_WORKFLOW, id_=WATCHDOG_SCHEDULE, task_queue=task_queue)
