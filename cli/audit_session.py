"""What `remit audit` works with: connections that read, a keeper, the outside store, the key."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

from audit.keeper import Keeper
from audit.keys import read_key
from audit.notes import BadKey, Verifier
from audit.outside import OutsideFailed, OutsideStore
from cli.errors import OutOfReach, UsageError
from eventstore.connections import DATABASE_LOST
from evidence.location import BadLocation
from settings import Settings
from worker import audit_keeper, outside_of


def verifier_of(settings: Settings) -> Verifier:
    """The verifier key of the settings. Raises `UsageError` if they name none."""
    try:
        if settings.audit_public_key is not None:
            return Verifier.parse(settings.audit_public_key)
        if settings.audit_key_file is not None:
            return read_key(settings.audit_key_file).verifier
    except BadKey as error:
        raise UsageError(f"the key cannot be used: {error}") from error
    raise UsageError(
        "no key to verify with: set REMIT_AUDIT_PUBLIC_KEY to the verifier key, which whoever runs "
        "Remit hands out"
    )


def outside_store(settings: Settings) -> OutsideStore | None:
    """Raises `UsageError` if the URL names no place."""
    try:
        return outside_of(settings)
    except BadLocation as error:
        raise UsageError(f"REMIT_AUDIT_URL: {error}") from error


@asynccontextmanager
async def auditing(
    settings: Settings,
) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection under the role `remit_auditor`, which reads and nothing else.

    Raises:
        OutOfReach: database or outside store do not answer, or stop answering within the block.
        UsageError: the database refuses.
    """
    try:
        connection = await asyncpg.connect(
            settings.database_url,
            server_settings={"role": "remit_auditor", "application_name": "remit audit"},
        )
    except DATABASE_LOST as error:
        raise OutOfReach(f"the database does not answer: {error}") from error
    except (ValueError, asyncpg.PostgresError) as error:
        raise UsageError(
            f"the database refuses: {error}; may this login work as remit_auditor?"
        ) from error
    try:
        yield connection
    except OutsideFailed as error:
        raise OutOfReach(str(error)) from error
    except asyncpg.UndefinedTableError as error:
        raise UsageError(f"the schema is of an older Remit (`remit migrate`): {error}") from error
    except BrokenPipeError:  # of our own output
        raise
    except DATABASE_LOST as error:
        raise OutOfReach(f"the database stopped answering: {error}") from error
    finally:
        await connection.close(timeout=5)


@asynccontextmanager
async def keeping(settings: Settings) -> AsyncGenerator[Keeper]:
    """The keeper of the settings. Raises what `auditing` does, and `UsageError` if no key is set."""
    try:
        async with audit_keeper(settings) as keeper:
            if keeper is None:
                raise UsageError(
                    "no signing key is set: make one with `remit audit key FILE`, and set "
                    "REMIT_AUDIT_KEY_FILE"
                )
            yield keeper
    except BadKey as error:
        raise UsageError(str(error)) from error
    except BadLocation as error:
        raise UsageError(f"REMIT_AUDIT_URL: {error}") from error
    except OutsideFailed as error:
        raise OutOfReach(str(error)) from error
    except DATABASE_LOST as error:
        raise OutOfReach(f"the database does not answer: {error}") from error
    except (ValueError, asyncpg.PostgresError) as error:
        raise UsageError(f"the database refuses: {error} (`remit migrate`?)") from error
