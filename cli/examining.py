"""What the web examines when an auditor asks it to: the same as `remit audit verify` and `remit audit completeness`."""

from datetime import UTC, datetime
from functools import partial

from asyncpg import PostgresError
from temporalio.client import Client

from activities.contracts import RECURRENCE_WORKFLOW
from activities.courier import GRACE
from activities.nudge import running
from audit.completeness import discrepancies
from audit.discrepancy import Completeness, summed_up
from audit.findings import Verification
from audit.notes import Verifier
from audit.outside import OutsideFailed
from audit.verification import verify
from audit.walk import ReportProgress
from cli.audit_session import auditing, log_to_audit, outside_store
from cli.errors import OutOfReach, UsageError
from notifications.failures import named
from settings import Settings

_SHOWN = 500
"""Discrepancies that are named, at most."""


async def verified(
    settings: Settings,
    verifier: Verifier,
    report: ReportProgress,
    *,
    database_alone: bool = False,
) -> Verification:
    """The whole log, hashed again and held against its checkpoints.

    Args:
        database_alone: leave the outside store out.

    Raises what `auditing` does, and `UsageError` if the settings name a bad place outside.
    """
    outside = None if database_alone else outside_store(settings)
    async with auditing(settings) as connection:
        found, _ = await verify(connection, verifier, outside, report=report)
    return found


def why(error: Exception) -> str:
    """What a page may say of what went wrong: in words where these are Remit's own, else by its kind alone. What servers say of
    themselves stands in the log.
    """
    match error:
        case UsageError() if isinstance(error.__cause__, PostgresError):
            return "the database refuses, or its schema is not this Remit's"
        case UsageError():
            return str(error)
        case OutOfReach() if isinstance(error.__cause__, OutsideFailed):
            return "the outside store does not answer, or refuses"
        case OutOfReach():
            return "the database does not answer"
        case _:
            return named(error)


async def completed(
    settings: Settings, client: Client, report: ReportProgress, *, most: int = _SHOWN
) -> Completeness:
    """The log against what conducts it.

    Args:
        client: of Temporal.
        most: so many discrepancies are named; all are counted.

    Raises what `log_to_audit` does, and what Temporal raises.
    """
    at = datetime.now(UTC)
    async with log_to_audit(settings) as store:
        found = discrepancies(
            store,
            instructions=partial(running, client),
            recurrences=partial(running, client, workflow=RECURRENCE_WORKFLOW),
            at=at,
            grace=GRACE,
            progress=report,
        )
        return await summed_up(found, at=at, grace=GRACE, most=most)
