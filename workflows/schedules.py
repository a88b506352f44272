"""All that Temporal starts by itself."""

from temporalio.client import Client

from workflows.digests import schedule_digests
from workflows.postman import schedule_postman
from workflows.watchdog import schedule_watchdog


async def schedule_all(client: Client, task_queue: str) -> None:
    """The watchdog, the postman and the digests. Harmless to repeat."""
    await schedule_watchdog(client, task_queue)
    await schedule_postman(client, task_queue)
    await schedule_digests(client, task_queue)
