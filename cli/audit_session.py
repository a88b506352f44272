"""What `remit audit` works with: connections that read, a keeper, the outside store, the key."""

from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import asyncpg

from audit.keeper import Keeper
from audit.keys import read_key
from audit.notes import BadKey, Signer, Verifier
from audit.outside import OutsideFailed, OutsideStore
from cli.errors import OutOfReach, UsageError, bad_database_url, other_schema
from eventstore.connections import DATABASE_LOST, LONGEST_STATEMENT, OTHER_SCHEMA
from eventstore.postgres import PostgresEventStore
from objectstore.location import BadLocation
from settings import Settings
from worker import audit_keeper, outside_of


def verifier_of(settings: Settings) -> Verifier:
    """The verifier key of the settings. Raises `UsageError` if they name none, or a bad one."""
    found = verifier_if_set(settings)
    if found is None:
        raise UsageError(
            "no key to verify with: set REMIT_AUDIT_PUBLIC_KEY to the verifier key, which whoever runs "
            "Remit hands out"
        )
    return found


def verifier_if_set(settings: Settings) -> Verifier | None:
    """The same, or None if they name none. Raises `UsageError` if they name a bad one."""
    if settings.audit_public_key is not None:
        try:
            return Verifier.parse(settings.audit_public_key)
        except BadKey as error:
            raise UsageError(f"REMIT_AUDIT_PUBLIC_KEY: {error}") from error
    with well_set():
        return read_key(settings.audit_key_file).verifier if settings.audit_key_file else None


def signer_if_set(settings: Settings, verifier: Verifier) -> Signer | None:
    """The log's own key, where this machine has it.

    Raises `UsageError` if the file cannot be read, or holds another key than checkpoints are verified by.
    """
    if settings.audit_key_file is None:
        return None
    try:
        signer = read_key(settings.audit_key_file)
    except BadKey as error:
        raise UsageError(
            f"REMIT_AUDIT_KEY_FILE: {error}; leave it unset if it is not here"
        ) from error
    if signer.verifier != verifier:
        raise UsageError(
            f"{settings.audit_key_file} (REMIT_AUDIT_KEY_FILE) is not the key whose public half "
            "REMIT_AUDIT_PUBLIC_KEY gives: set the one right, or leave the other unset"
        )
    return signer


def outside_store(settings: Settings) -> OutsideStore | None:
    """Raises `UsageError` if the URL names no place."""
    with well_set():
        return outside_of(settings)


@contextmanager
def well_set() -> Generator[None]:
    """Raises `UsageError` that names the setting for a bad signing key or a bad place outside."""
    try:
        yield
    except BadKey as error:
        raise UsageError(f"REMIT_AUDIT_KEY_FILE: {error}") from error
    except BadLocation as error:
        raise UsageError(f"REMIT_AUDIT_URL: {error}") from error


def check(settings: Settings) -> None:
    """Raises `UsageError` if a worker could not sign with these settings, though they name a key."""
    if settings.audit_key_file is not None:
        with well_set():
            read_key(settings.audit_key_file)
            outside_of(settings)


@asynccontextmanager
async def auditing(
    settings: Settings,
) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection under the role `remit_auditor`, which reads and nothing else.

    Raises:
        OutOfReach: database or outside store do not answer, or stop answering within the block.
        UsageError: the database refuses.
    """
    with _connecting("remit_auditor"):
        connection = await asyncpg.connect(
            settings.database_url,
            command_timeout=LONGEST_STATEMENT,
            server_settings={"role": "remit_auditor", "application_name": "remit audit"},
        )
    try:
        with _answering():
            yield connection
    finally:
        await connection.close(timeout=5)


@asynccontextmanager
async def log_to_audit(settings: Settings) -> AsyncGenerator[PostgresEventStore]:
    """The log under the same role. Raises what `auditing` does."""
    async with AsyncExitStack() as stack:
        with _connecting("remit_auditor"):
            store = PostgresEventStore.open(
                settings.database_url, pool_size=2, role="remit_auditor"
            )
            opened = await stack.enter_async_context(store)
        with _answering():
            yield opened


@contextmanager
def _connecting(role: str) -> Generator[None]:
    try:
        yield
    except DATABASE_LOST as error:
        raise OutOfReach(f"the database does not answer: {error}") from error
    except ValueError:
        raise bad_database_url() from None
    except asyncpg.PostgresError as error:
        raise UsageError(
            f"the database refuses: {error}; may this login work as {role}?"
        ) from error


@contextmanager
def _answering() -> Generator[None]:
    try:
        yield
    except OutsideFailed as error:
        raise OutOfReach(str(error)) from error
    except OTHER_SCHEMA as error:
        raise other_schema(error) from error
    except BrokenPipeError:  # of our own output
        raise
    except DATABASE_LOST as error:
        raise OutOfReach(f"the database stopped answering: {error}") from error


@asynccontextmanager
async def keeping(settings: Settings) -> AsyncGenerator[Keeper]:
    """The keeper of the settings. Raises what `auditing` does, and `UsageError` if no key is set."""
    check(settings)
    async with AsyncExitStack() as stack:
        with _connecting("remit_projector"):
            keeper = await stack.enter_async_context(audit_keeper(settings))
        if keeper is None:
            raise UsageError(
                "no signing key is set: make one with `remit audit key FILE`, and set REMIT_AUDIT_KEY_FILE"
            )
        with _answering():
            yield keeper
