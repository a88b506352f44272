"""Checks the tables that the append keeps in step with the events."""

from audit import statements
from audit.database import Connection
from audit.findings import Check, Finding

_CHECKS: tuple[tuple[Check, str, str], ...] = (
    ("versions", statements.VERSIONS, "version {version} of {stream_id} follows none before it"),
    (
        "streams",
        statements.STREAMS,
        "remit.streams has {stream_id} at version {said}, its events end at {version}",
    ),
    (
        "commands",
        statements.ANSWERS,
        "remit.commands answers {command_id} with position {said}, which is not its last event's",
    ),
    (
        "commands",
        statements.FORGOTTEN,
        "the event's command {command_id} is not in remit.commands: it could be repeated",
    ),
)
_WHOLE: tuple[tuple[Check, str, str], ...] = (
    (
        "streams",
        statements.EMPTY_STREAMS,
        "remit.streams has {stream_id} at version {said}, which no event has",
    ),
    (
        "commands",
        statements.INVENTED,
        "remit.commands knows {command_id}, which no event came from",
    ),
    ("claims", statements.CLAIMS, "{key} is claimed by {command_id}, which is not recorded so"),
)


async def cross_check(connection: Connection, after: int) -> list[Finding]:
    """What is found of events after a position; of 0, also of rows that belong to no event."""
    found: list[Finding] = []
    for check, statement, message in _CHECKS:
        for row in await connection.fetch(statement, after):
            told = dict(row)
            position = told.pop("position", None)
            found.append(Finding(check=check, message=message.format(**told), position=position))
    if after == 0:
        for check, statement, message in _WHOLE:
            rows = await connection.fetch(statement)
            found += [Finding(check=check, message=message.format(**dict(row))) for row in rows]
    return found
