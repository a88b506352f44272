"""The composition root of the web: what its requests are answered with, as the settings say."""

import logging
import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from starlette.types import ASGIApp

from access.log import AccessLog
from access.pool import open_access_pool
from access.tokens import ApiTokens
from activities.keyring import SecretKey, read_keys
from activities.seal import Sealer
from cli.audit_session import signer_if_set, verifier_if_set
from eventstore.handle import CommandHandler
from eventstore.persons import PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from eventstore.subscription import listening
from evidence.store import open_evidence
from readmodels.projector import open_projection_pool
from settings import Settings
from temporal_connection import connect_as_set
from web.app import web_app
from web.hardening.limits import Limits
from web.identity.authenticating import Authenticator
from web.services import Services
from workflows.client import CommandSender

_READER = "remit_auditor"
PATIENCE = timedelta(seconds=20)
_logger = logging.getLogger(__name__)


@asynccontextmanager
async def open_web(
    settings: Settings, *, tzdata: str, patience: timedelta = PATIENCE
) -> AsyncGenerator[ASGIApp]:
    """The web application, connected for as long as the block runs. Temporal may be away: it is connected to at the
    first command.

    Args:
        tzdata: version of the time zone database that this process computes with.
        patience: how long an answer to a command is waited for.

    Raises what PostgreSQL raises if it cannot be reached, and `BadKeyFile`, `BadTls`, `BadKey`, `BadLocation`.
    """
    url = settings.database_url
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(PostgresEventStore.open(url, pool_size=4))
        persons = await stack.enter_async_context(PostgresPersonStore.open(url))
        pool = await stack.enter_async_context(
            open_projection_pool(url, pool_size=settings.database_pool_size, role=_READER)
        )
        access_pool = await stack.enter_async_context(open_access_pool(url))
        handler = CommandHandler(store, tzdata=tzdata)
        client = await connect_as_set(settings, lazy=True)
        secret = settings.evidence_secret_key
        authenticator = Authenticator(
            directory=handler.directory, tokens=ApiTokens(access_pool), browsers=None, bearers=None
        )
        yield web_app(
            Services(
                store=store,
                handler=handler,
                sender=CommandSender(client, settings.temporal_task_queue),
                sealer=_sealer(settings),
                pool=pool,
                persons=persons,
                access=AccessLog(access_pool),
                growth=await stack.enter_async_context(listening(url)),
                evidence=open_evidence(
                    settings.evidence_url,
                    access_key=settings.evidence_access_key,
                    secret_key=secret.get_secret_value() if secret else None,
                )
                if settings.evidence_url
                else None,
                verifier=(verifier := verifier_if_set(settings)),
                signer=signer_if_set(settings, verifier) if verifier else None,
                patience=patience,
                authenticate=authenticator.authenticate,
            ),
            Limits(),
        )


def _sealer(settings: Settings) -> Sealer:
    """Without a key commands are refused by the workers, which cannot tell them from anybody's."""
    if settings.identity_key_file is not None:
        return Sealer(read_keys(settings.identity_key_file))
    _logger.warning("workers take no command from here: REMIT_IDENTITY_KEY_FILE is not set")
    return Sealer([SecretKey(id="none", secret=secrets.token_bytes(32))])
