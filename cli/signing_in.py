"""How people sign in over HTTP, as the settings say."""

from datetime import timedelta

import asyncpg

from access.sessions import Sessions
from cli.errors import UsageError
from settings import Settings
from web.identity.code_flow import Client
from web.identity.cookies import signing_key
from web.identity.entrance import SigningIn
from web.identity.issuer import protected


def signing_in(settings: Settings) -> SigningIn | None:
    """None where no issuer is set: programs come in by API tokens all the same.

    Raises `UsageError` if the file of REMIT_SESSION_KEY_FILE is none, or others could read along where people sign in.
    """
    if settings.oidc_issuer is None:
        return None
    if settings.web_url and not protected(settings.web_url):
        raise UsageError(
            f"nobody can sign in at {settings.web_url}, which is neither https nor this machine: put a server that speaks "
            "TLS before it and name it in REMIT_WEB_URL, or set no REMIT_OIDC_ISSUER"
        )
    try:
        key = signing_key(settings.session_key_file)
    except (OSError, ValueError) as error:
        raise UsageError(f"REMIT_SESSION_KEY_FILE cannot be used: {error}") from error
    secret = settings.oidc_client_secret
    return SigningIn(
        issuer=settings.oidc_issuer,
        client=Client(
            id=settings.oidc_client_id, secret=secret.get_secret_value() if secret else None
        ),
        person_claim=settings.oidc_person_claim,
        audience=settings.oidc_audience,
        session=_longest(settings),
        idle=_idle(settings),
        signing_key=key,
    )


def sessions_of(settings: Settings, pool: "asyncpg.Pool[asyncpg.Record]") -> Sessions:
    """`pool` is one of `open_access_pool`."""
    return Sessions(pool, longest=_longest(settings), idle=_idle(settings))


def _longest(settings: Settings) -> timedelta:
    return timedelta(hours=settings.session_hours)


def _idle(settings: Settings) -> timedelta:
    return timedelta(minutes=settings.session_idle_minutes)
