"""The postman: once a minute, sends the held notices whose hour has come."""

from datetime import timedelta

from temporalio import workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.contracts import DELIVER_RELEASED, Posted, PostRequest, deliveries_of
    from workflows.contracts import POSTMAN_WORKFLOW
    from workflows.schedule import every_minute

POSTMAN_SCHEDULE = "postman"
"""The id of its schedule, and of its workflow."""


@workflow.defn(name=POSTMAN_WORKFLOW)
class PostmanWorkflow:
    """One round; a Temporal Schedule starts it every minute. Takes no messages."""

    @workflow.run
    async def run(self) -> Posted:
        return await workflow.execute_activity(
            DELIVER_RELEASED,
            PostRequest(at=workflow.now()),
            task_queue=deliveries_of(workflow.info().task_queue),
            result_type=Posted,
            start_to_close_timeout=timedelta(minutes=15),
            heartbeat_timeout=timedelta(minutes=2),
            retry_policy=RetryPolicy(maximum_attempts=1),  # the next round is the repetition
        )


async def schedule_postman(client: Client, task_queue: str) -> None:
    """Have the postman go round every minute, on this task queue; a schedule that exists is updated."""
    await every_minute(client, POSTMAN_WORKFLOW, id_=POSTMAN_SCHEDULE, task_queue=task_queue)
