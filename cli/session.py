"""Connections of one command line call: to the `remit up` on this machine, or wherever settings say."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import TypeAdapter, ValidationError
from pydantic_settings import SettingsError
from temporalio.client import Client

from activities.keyring import BadKeyFile
from cli.errors import OutOfReach, UsageError, bad_database_url, other_schema, sentences
from eventstore.connections import DATABASE_LOST, OTHER_SCHEMA
from eventstore.handle import CommandHandler
from eventstore.persons import PersonStore, PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import AppendFailed
from readmodels.projections import projection_named
from readmodels.projector import Projector, open_projection_pool
from readmodels.register import Register
from settings import Settings, database_is_named, use_bundled_time_zones
from temporal_connection import connect_as_set
from workflows.tls import BadTls

_STACK_FILE = "stack.json"
_WORD: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])


def settings_of(folder: Path) -> Settings:
    """Settings from the environment; without REMIT_DATABASE_URL, those of the stack in the folder.

    Raises `UsageError` if there is neither.
    """
    if database_is_named():
        return settings_from_environment()
    try:
        found = _WORD.validate_json((folder / _STACK_FILE).read_text())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(
            f"no Remit runs in {folder}: start one with `remit up`, name its folder with --data, "
            "or set REMIT_DATABASE_URL"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{folder / _STACK_FILE} cannot be made sense of: start `remit up` again"
        ) from error
    return _settings(found)


def settings_from_environment() -> Settings:
    """Raises `UsageError` if a variable is missing or does not make sense."""
    return _settings({})


def _settings(given: Mapping[str, Any]) -> Settings:
    try:
        return Settings(**given)
    except ValidationError as error:
        names = {name: f"REMIT_{name.upper()}" for name in Settings.model_fields}
        raise UsageError(f"the settings do not make sense: {sentences(error, names)}") from error
    except SettingsError as error:
        raise UsageError(f"the settings cannot be read: {error}") from error


def leave_word(folder: Path, settings: Settings) -> Path:
    """Leave word in the folder of where its servers are; returns the file, which ends with them."""
    file = folder / _STACK_FILE
    servers = {"database_url", "temporal_address", "temporal_namespace", "temporal_task_queue"}
    fields = servers | {"evidence_url", "audit_url", "audit_key_file", "web_url", "temporal_ui_url"}
    fields |= {"temporal_encryption_keys_file"}
    new = file.with_suffix(".new")
    new.write_text(json.dumps(settings.model_dump(mode="json", include=fields, exclude_none=True)))
    return new.replace(file)  # at once: nobody reads half of it


@dataclass(frozen=True, kw_only=True)
class Session:
    """Open connections to the log and the read models."""

    settings: Settings
    store: PostgresEventStore
    persons: PersonStore
    pool: "asyncpg.Pool[asyncpg.Record]"
    tzdata: str

    @cached_property
    def handler(self) -> CommandHandler:
        return CommandHandler(self.store, tzdata=self.tzdata)

    async def register(self) -> Register:
        """The register, brought up to what the log holds now, and the status periods with it."""
        await self.catch_up("register", "periods")
        return Register(self.pool)

    async def catch_up(self, *projections: str) -> None:
        """Bring read models up to what the log holds now."""
        for name in projections:
            await Projector(self.store, self.pool, projection_named(name)).catch_up()


@asynccontextmanager
async def open_session(settings: Settings) -> AsyncGenerator[Session]:
    """Connect for as long as the block runs.

    Raises:
        OutOfReach: the database does not answer, or stops answering within the block.
        UsageError: its URL is none, or its schema is not this version's.
    """
    async with AsyncExitStack() as stack:
        url = settings.database_url
        try:
            store = await stack.enter_async_context(PostgresEventStore.open(url, pool_size=16))
            persons = await stack.enter_async_context(PostgresPersonStore.open(url))
            pool = await stack.enter_async_context(open_projection_pool(url, pool_size=2))
        except ValueError:
            raise bad_database_url() from None
        except DATABASE_LOST as error:
            raise OutOfReach(f"the database does not answer: {error}") from error
        except asyncpg.PostgresError as error:
            raise UsageError(
                f"the database refuses: {error}; is the login right, and the schema made "
                "(`remit migrate`)?"
            ) from error
        session = Session(
            settings=settings,
            store=store,
            persons=persons,
            pool=pool,
            tzdata=use_bundled_time_zones(),
        )
        try:
            yield session
        except BrokenPipeError:  # of our own output, not of the database
            raise
        except OTHER_SCHEMA as error:
            raise other_schema(error) from error
        except (AppendFailed, *DATABASE_LOST) as error:
            raise OutOfReach(f"the database stopped answering: {error}") from error


async def connect_temporal(settings: Settings) -> Client:
    """Raises `OutOfReach` if Temporal does not answer, `UsageError` if its address is none, or a file that settings name
    for it cannot be used.
    """
    try:
        return await connect_as_set(settings)
    except (BadKeyFile, BadTls) as error:
        raise UsageError(f"the settings for Temporal do not make sense: {error}") from error
    except ValueError as error:
        raise UsageError(
            f"REMIT_TEMPORAL_ADDRESS makes no sense, it should read HOST:PORT: {error}"
        ) from error
    except RuntimeError as error:
        raise OutOfReach(
            f"Temporal at {settings.temporal_address} does not answer: {error}"
        ) from error
