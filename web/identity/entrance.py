"""All ways in, as settings open them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import asyncpg
import httpx
from fastapi import APIRouter

from access.log import AccessLog
from access.sessions import Sessions
from access.tokens import ApiTokens
from domain.directory.state import Directory
from web.identity.authenticating import Authenticator, Browsers, TokensOfIssuer
from web.identity.code_flow import Client, CodeFlow
from web.identity.cookies import Cookies
from web.identity.issuer import PAUSE, Issuer, is_local
from web.identity.sign_in import CALLBACK, sign_in


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningIn:
    """By which issuer people sign in, and for how long."""

    issuer: str
    client: Client
    person_claim: str
    """Which claim of its tokens is the person's opaque id."""
    audience: str | None
    """Of its access tokens that programs may send; None to take none."""
    session: timedelta
    idle: timedelta
    """See `Sessions`."""
    signing_key: bytes = field(repr=False)
    """`cookies.signing_key()`."""
    pause: float = PAUSE
    """See `Issuer`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entrance:
    authenticator: Authenticator
    router: APIRouter
    """`/login` and the rest; empty where nobody signs in by a browser."""


@asynccontextmanager
async def entrance(
    pool: "asyncpg.Pool[asyncpg.Record]",
    directory: Callable[[], Awaitable[Directory]],
    *,
    origin: str,
    signing_in: SigningIn | None,
) -> AsyncGenerator[Entrance]:
    """Open for as long as the block runs. The issuer is asked for nothing before it is needed.

    Args:
        pool: one of `access.pool.open_access_pool`.
        directory: answers the directory as of now.
        origin: scheme, host and port of the pages, as browsers see them; `REMIT_WEB_URL`.
        signing_in: None for API tokens alone.

    Raises `ValueError` if people would sign in, and the origin or the issuer is neither https nor this machine.
    """
    tokens = ApiTokens(pool)
    if signing_in is None:
        authenticator = Authenticator(directory=directory, tokens=tokens)
        yield Entrance(authenticator=authenticator, router=APIRouter())
        return
    origin = origin.rstrip("/")
    # A proxy that the environment names is not for this machine.
    async with httpx.AsyncClient(trust_env=not is_local(signing_in.issuer)) as client:
        issuer = Issuer(signing_in.issuer, client, pause=signing_in.pause)
        browsers = Browsers(
            sessions=Sessions(pool, longest=signing_in.session, idle=signing_in.idle),
            cookies=Cookies(origin, signing_key=signing_in.signing_key),
            origin=origin,
        )
        claim, audience = signing_in.person_claim, signing_in.audience
        bearers = None
        if audience is not None:
            bearers = TokensOfIssuer(issuer=issuer, audience=audience, person_claim=claim)
        authenticator = Authenticator(
            directory=directory, tokens=tokens, browsers=browsers, bearers=bearers
        )
        flow = CodeFlow(issuer, signing_in.client, redirect_uri=origin + CALLBACK)
        router = sign_in(
            flow=flow,
            browsers=browsers,
            authenticator=authenticator,
            person_claim=claim,
            log=AccessLog(pool),
        )
        yield Entrance(authenticator=authenticator, router=router)
