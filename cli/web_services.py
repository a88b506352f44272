"""The composition root of the web: what its requests are answered with, as the settings say."""

import logging
import secrets
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from urllib.parse import quote

from starlette.types import ASGIApp

from access.feed_tokens import FeedTokens
from access.log import AccessLog
from access.pool import open_access_pool
from access.saved_views import SavedViews
from access.tokens import ApiTokens
from activities.keyring import SecretKey, read_keys
from activities.seal import Sealer
from cli.audit_session import signer_if_set, verifier_if_set
from cli.examining import completed, verified, why
from cli.signing_in import sessions_of, signing_in
from cli.web_limits import connections_of, limits_of
from domain.directory.state import Directory
from eventstore.handle import CommandHandler
from eventstore.persons import PersonStore, PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from eventstore.subscription import listening
from evidence.store import open_evidence
from readmodels.projector import open_projection_pool
from settings import Settings
from telemetry.tracing import Traced, traced
from temporal_connection import connect_as_set
from web.app import web_app
from web.examining import examining
from web.identity.development_issuer import Registered, development_issuer, people_of
from web.identity.entrance import entrance
from web.identity.sign_in import CALLBACK
from web.internal import internal_port
from web.live.live_log import following
from web.live.stream import Rhythm
from web.services import Services
from web.serving import listen, serving
from web.waking import Waking
from worker import channels
from workflows.client import CommandSender

_READER = "remit_auditor"
_logger = logging.getLogger(__name__)


@asynccontextmanager
async def serve_web(
    settings: Settings,
    listener: socket.socket,
    *,
    tzdata: str,
    telling: Traced | None = None,
    patience: timedelta | None = None,
) -> AsyncGenerator[str]:
    """Answer there for as long as the block runs; gives the URL that people reach it by. Temporal may be away: it is
    connected to at the first command.

    Args:
        tzdata: version of the time zone database that this process computes with.
        telling: what tells of this process; None for nobody who listens.
        patience: how long an answer to a command is waited for; by default as the settings have it.

    Raises what PostgreSQL raises if it cannot be reached, and `BadKeyFile`, `BadTls`, `BadKey`, `BadLocation`,
    `UsageError`.
    """
    url = settings.web_url or address_of(listener)
    settings = settings.model_copy(update={"web_url": url})
    async with (
        open_web(
            settings, tzdata=tzdata, telling=telling, patience=patience or patience_of(settings)
        ) as app,
        serving(app, listener, connections_of(settings)),
    ):
        yield url


@asynccontextmanager
async def open_web(
    settings: Settings,
    *,
    tzdata: str,
    telling: Traced | None,
    patience: timedelta,
    rhythm: Rhythm | None = None,
) -> AsyncGenerator[ASGIApp]:
    """The application alone, connected for as long as the block runs; `web_url` is set.

    Args:
        rhythm: of streams that tell what happens.
    """
    url, telling = settings.database_url, telling or traced(None)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            PostgresEventStore.open(url, pool_size=4, telemetry=telling.telemetry)
        )
        persons = await stack.enter_async_context(PostgresPersonStore.open(url))
        pool = await stack.enter_async_context(
            open_projection_pool(
                settings.read_database_url or url,
                pool_size=settings.database_pool_size,
                role=_READER,
                reads_only=True,
            )
        )
        access_pool = await stack.enter_async_context(open_access_pool(url))
        handler = CommandHandler(store, tzdata=tzdata, telemetry=telling.telemetry)
        client = await connect_as_set(settings, lazy=True, interceptors=telling.interceptors)
        way_in = await stack.enter_async_context(
            entrance(
                access_pool,
                handler.directory,
                origin=settings.web_url or "",
                signing_in=signing_in(settings),
            )
        )
        growth = await stack.enter_async_context(listening(url))
        live = await stack.enter_async_context(following(store, pool, growth.another()))
        secret = settings.evidence_secret_key
        waking = await stack.enter_async_context(
            Waking.open(client, settings.temporal_task_queue, store, pool, handler.directory)
        )
        verifier = verifier_if_set(settings)
        verification = None
        if verifier is not None:
            verification = await stack.enter_async_context(
                examining(partial(verified, settings, verifier), why)
            )
        completeness = await stack.enter_async_context(
            examining(partial(completed, settings, client), why)
        )
        services = Services(
            web_url=(settings.web_url or "").rstrip("/"),
            store=store,
            handler=handler,
            sender=CommandSender(client, settings.temporal_task_queue),
            sealer=_sealer(settings),
            pool=pool,
            persons=persons,
            access=AccessLog(access_pool),
            live=live,
            rhythm=rhythm or Rhythm(),
            evidence=open_evidence(
                settings.evidence_url,
                access_key=settings.evidence_access_key,
                secret_key=secret.get_secret_value() if secret else None,
            )
            if settings.evidence_url
            else None,
            verifier=verifier,
            signer=signer_if_set(settings, verifier) if verifier else None,
            verification=verification,
            completeness=completeness,
            tokens=ApiTokens(access_pool),
            sessions=sessions_of(settings, access_pool),
            feed_tokens=FeedTokens(access_pool),
            views=SavedViews(access_pool),
            waking=waking,
            channels=channels(settings),
            workflow_pages=_workflow_pages(settings),
            tzdata=tzdata,
            patience=patience,
            authenticate=way_in.authenticator.authenticate,
        )
        yield web_app(
            services,
            limits_of(settings),
            way_in.router,
            metrics=telling.telemetry.metrics,
            traces=telling.traces,
        )


@asynccontextmanager
async def figures_of_web(settings: Settings, telling: Traced) -> AsyncGenerator[None]:
    """Answer figures and health of a process that is the web alone, if the settings say where.

    Raises `OSError` if the address cannot be listened on.
    """
    if settings.metrics_port is None:
        yield
        return
    async with (
        open_projection_pool(settings.database_url, pool_size=2, role=_READER) as pool,
        internal_port(
            telling.telemetry.metrics,
            pool,
            None,
            host=settings.metrics_host,
            port=settings.metrics_port,
            seconds=settings.metrics_seconds,
        ),
    ):
        yield


@asynccontextmanager
async def development_sign_in(
    settings: Settings,
    web_url: str,
    directory: Callable[[], Awaitable[Directory]],
    persons: PersonStore,
) -> AsyncGenerator[Settings]:
    """An issuer on this machine that lets anybody be anybody; gives the settings that sign in by it. Settings that name an
    issuer are left as they are.
    """
    if settings.oidc_issuer is not None:
        yield settings
        return
    listener = listen("127.0.0.1", 0)
    registered = Registered(
        client_id=settings.oidc_client_id,
        redirect_uri=web_url + CALLBACK,
        audience=settings.oidc_audience or "remit",
    )
    app, signing = development_issuer(
        listener, registered=registered, people=people_of(directory, persons)
    )
    async with serving(app, listener):
        yield settings.model_copy(
            update={"oidc_issuer": signing.issuer, "oidc_audience": registered.audience}
        )


def patience_of(settings: Settings) -> timedelta:
    """How long an answer to a command is waited for: less than the request may take, so that it is told of it."""
    return timedelta(seconds=settings.web_request_seconds * 2 / 3)


def address_of(listener: socket.socket) -> str:
    host, port, *_ = listener.getsockname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _sealer(settings: Settings) -> Sealer:
    """Without a key commands are refused by the workers, which cannot tell them from anybody's."""
    if settings.identity_key_file is not None:
        return Sealer(read_keys(settings.identity_key_file))
    _logger.warning("workers take no command from here: REMIT_IDENTITY_KEY_FILE is not set")
    return Sealer([SecretKey(id="none", secret=secrets.token_bytes(32))])


def _workflow_pages(settings: Settings) -> str | None:
    """Where Temporal's own pages show a workflow, before its id."""
    if settings.temporal_ui_url is None:
        return None
    base = settings.temporal_ui_url.rstrip("/")
    return f"{base}/namespaces/{quote(settings.temporal_namespace, safe='')}/workflows"
