"""The audit trail: its key, the store outside the database, and whether checkpoints keep up with the log."""

from datetime import UTC, datetime, timedelta

import asyncpg

from audit.checkpoint import Checkpoint, read
from audit.keys import read_key
from audit.notes import BadKey, BadNote, Verifier
from audit.outside import OutsideFailed
from cli.checks.diagnosis import PATIENCE, Diagnosis, failed, ok, rounded, warning
from eventstore.connections import DATABASE_LOST
from objectstore.location import BadLocation
from settings import Settings
from worker import outside_of

NAME = "checkpoints"
_ROUNDS = 3
"""A worker signs once in each round; so many may be missed."""
_UNCOVERED = """
    select k.position - $1 as events, clock_timestamp() - (
        select e.recorded_at from remit.events e where e.position = $1 + 1
    ) as since
    from remit.counter k
"""


async def checkpoints(settings: Settings) -> Diagnosis:
    """The key can be read, the outside store answers, and its last checkpoint is of this key and not old."""
    try:
        verifier = _verifier(settings)
        outside = outside_of(settings)
        note = None if outside is None else await outside.latest()
    except BadKey as error:
        return failed(NAME, str(error), "put REMIT_AUDIT_KEY_FILE or REMIT_AUDIT_PUBLIC_KEY right")
    except (BadLocation, OutsideFailed) as error:
        way_out = "put REMIT_AUDIT_URL right, or the rights to the place it names"
        return failed(NAME, str(error), way_out)
    if verifier is None:
        if outside is None:
            return ok(NAME, "not set (REMIT_AUDIT_KEY_FILE): nothing is signed")
        way_out = "set REMIT_AUDIT_PUBLIC_KEY to the verifier key, or REMIT_AUDIT_URL to nothing"
        return warning(NAME, "there is a place for them, and no key to read them with", way_out)
    if outside is None:
        way_out = "set REMIT_AUDIT_URL to a place that they cannot write to"
        return warning(NAME, "only in the database, whose keepers can undo them", way_out)
    try:
        last = read(note, verifier).checkpoint if note is not None else None
    except BadNote as error:
        return failed(NAME, f"the last one outside: {error}", "`remit audit verify` says more")
    return await _against_the_log(settings, last)


def _verifier(settings: Settings) -> Verifier | None:
    file, text = settings.audit_key_file, settings.audit_public_key
    signing = None if file is None else read_key(file).verifier
    named = None if text is None else Verifier.parse(text)
    if signing and named and signing != named:
        raise BadKey(f"the key in {file} is not the one that REMIT_AUDIT_PUBLIC_KEY verifies")
    return named or signing


async def _against_the_log(settings: Settings, last: Checkpoint | None) -> Diagnosis:
    size = 0 if last is None else last.size
    told = "none is outside" if last is None else _told(last)
    try:
        events, since = await _uncovered(settings.database_url, size)
    except (ValueError, asyncpg.PostgresError, *DATABASE_LOST):
        return ok(NAME, f"{told}; the log could not be asked")  # which has a line of its own
    if events < 0:
        message = f"{told}, and the log has {-events} events less"
        return failed(NAME, message, "`remit audit verify` says what is gone")
    message = f"{told}; {events} events are newer"
    if since > timedelta(seconds=_ROUNDS * settings.audit_checkpoint_seconds):
        way_out = "does a worker run that has the key? its log says why none is signed"
        return warning(NAME, f"{message}, the oldest for {rounded(since)}", way_out)
    return ok(NAME, message)


def _told(last: Checkpoint) -> str:
    age = max(datetime.now(UTC) - datetime.fromisoformat(last.time), timedelta())
    return f"number {last.number} is outside, over {last.size} events, {rounded(age)} old"


async def _uncovered(url: str, size: int) -> tuple[int, timedelta]:
    """How many events come after so many, and for how long the first of them has been there."""
    connection = await asyncpg.connect(url, timeout=PATIENCE / 2, command_timeout=PATIENCE / 2)
    try:
        await connection.execute("set role remit_auditor")
        row = await connection.fetchrow(_UNCOVERED, size)
    finally:
        connection.terminate()
    assert row is not None
    return row["events"], row["since"] or timedelta()
