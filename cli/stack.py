"""The embedded stack as a whole: both servers, the schema, a worker and the web, in one process."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

from activities.keyring import make_keys
from audit.keys import make_key
from cli.devstack import DevStackError, EmbeddedPostgres, EmbeddedTemporal
from cli.session import leave_word
from cli.web_services import address_of, development_sign_in, serve_web
from eventstore.handle import CommandHandler
from eventstore.migrate import finish
from eventstore.persons import PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from settings import Settings, use_bundled_time_zones
from telemetry.tracing import Traced, tracing
from web.serving import listen
from worker import running, told


@contextmanager
def servers(folder: Path) -> Generator[tuple[EmbeddedPostgres, EmbeddedTemporal]]:
    """PostgreSQL and Temporal with their data below the folder, both on this machine only."""
    with (
        EmbeddedPostgres(folder / "postgres") as postgres,
        EmbeddedTemporal(folder / "temporal") as temporal,
    ):
        yield postgres, temporal


@asynccontextmanager
async def stack(folder: Path) -> AsyncGenerator[tuple[Settings, EmbeddedTemporal]]:
    """Everything Remit needs, running for as long as the block does.

    Other `remit` calls find it by the folder; what the worker has to say is in its `worker.log`.
    Raises `DevStackError` if a server does not come up.
    """
    with servers(folder) as (postgres, temporal):
        addresses = Settings(
            database_url=postgres.database_url,
            temporal_address=temporal.address,
            temporal_ui_url=temporal.ui_url,
        )
        told(addresses, folder / "worker.log")
        await finish(postgres.database_url)
        settings = _with_audit(folder, _with_evidence(folder, addresses))
        settings = _with_identity_key(folder, settings)
        with tracing(settings.otlp_endpoint, service="remit") as telling:
            async with _web(settings, telling) as url:
                settings = settings.model_copy(update={"web_url": url})
                word = leave_word(folder, settings)
                try:
                    async with running(settings, telling):
                        yield settings, temporal
                finally:
                    word.unlink(missing_ok=True)


@asynccontextmanager
async def _web(settings: Settings, telling: Traced) -> AsyncGenerator[str]:
    """What is read over HTTP, on any free port unless the environment says which. Whoever is on this machine signs in as
    whom they like, unless the environment names an issuer.
    """
    tzdata = use_bundled_time_zones()
    port = settings.web_port if "web_port" in settings.model_fields_set else 0
    try:
        listener = listen(settings.web_host, port)
    except OSError as error:
        raise DevStackError(
            f"{settings.web_host}:{port} cannot be listened on: {error.strerror}"
        ) from error
    async with (
        PostgresEventStore.open(settings.database_url, pool_size=1) as store,
        PostgresPersonStore.open(settings.database_url) as persons,
        development_sign_in(
            settings,
            settings.web_url or address_of(listener),
            CommandHandler(store, tzdata=tzdata).directory,
            persons,
        ) as known,
        serve_web(known, listener, tzdata=tzdata, telling=telling) as url,
    ):
        yield url


def _with_evidence(folder: Path, settings: Settings) -> Settings:
    """Evidence is kept beside the rest, for this user only, unless the environment says where."""
    if settings.evidence_url is not None:
        return settings
    evidence = folder.resolve() / "evidence"
    evidence.mkdir(mode=0o700, exist_ok=True)
    return settings.model_copy(update={"evidence_url": evidence.as_uri()})


def _with_audit(folder: Path, settings: Settings) -> Settings:
    """A key is made at first use, and checkpoints are kept beside the rest, unless the environment says so."""
    found: dict[str, object] = {}
    if settings.audit_key_file is None:
        file = folder.resolve() / "audit.key"
        if not file.exists():
            make_key(file, f"remit/{uuid4().hex[:8]}")
        found["audit_key_file"] = file
    if settings.audit_url is None:
        outside = folder.resolve() / "audit"
        outside.mkdir(mode=0o700, exist_ok=True)
        found["audit_url"] = outside.as_uri()
    return settings.model_copy(update=found)


def _with_identity_key(folder: Path, settings: Settings) -> Settings:
    """Web and worker share a key that is made at first use, unless the environment names one."""
    if settings.identity_key_file is not None:
        return settings
    file = folder.resolve() / "identity.keys"
    if not file.exists():
        make_keys(file)
    return settings.model_copy(update={"identity_key_file": file})
