"""Digests: once a minute, sends those of programmes whose hour has come."""

from datetime import timedelta

from temporalio import workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.contracts import SEND_DIGESTS, DigestsRequest, DigestsSent, deliveries_of
    from workflows.contracts import DIGESTS_WORKFLOW
    from workflows.schedule import every_minute

DIGESTS_SCHEDULE = "digests"
"""The id of its schedule, and of its workflow."""


@workflow.defn(name=DIGESTS_WORKFLOW)
class DigestsWorkflow:
    """One round; a Temporal Schedule starts it every minute. Takes no messages.

    Which digests are due is in the log, and so is which went out: a lost schedule loses none.
    """

    @workflow.run
    async def run(self) -> DigestsSent:
        return await workflow.execute_activity(
            SEND_DIGESTS,
            DigestsRequest(at=workflow.now()),
            task_queue=deliveries_of(workflow.info().task_queue),
            result_type=DigestsSent,
            start_to_close_timeout=timedelta(minutes=30),
            heartbeat_timeout=timedelta(minutes=5),
            retry_policy=RetryPolicy(maximum_attempts=1),  # the next round is the repetition
        )


async def schedule_digests(client: Client, task_queue: str) -> None:
    """Have due digests looked for every minute, on this task queue; a schedule that exists is updated."""
    await every_minute(client, DIGESTS_WORKFLOW, id_=DIGESTS_SCHEDULE, task_queue=task_queue)
