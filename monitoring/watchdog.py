"""Whether the watchdog, which sees to all that others forget, is itself there."""

from datetime import datetime

from temporalio.client import Client

from workflows.contracts import WATCHDOG_WORKFLOW


async def looked_since(client: Client, moment: datetime) -> bool:
    """Whether it has ended a look since then, by Temporal's clock. Raises `RPCError` if Temporal does not answer."""
    query = (
        f"WorkflowType = '{WATCHDOG_WORKFLOW}' AND ExecutionStatus = 'Completed' "
        f"AND CloseTime >= '{moment.isoformat()}'"
    )
    return (await client.count_workflows(query)).count > 0
