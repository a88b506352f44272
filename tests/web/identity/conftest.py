"""A web with an premises before it, the development issuer as its OpenID server, both over real HTTP."""

import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import httpx
import pytest_asyncio
from fastapi import FastAPI, Request
from starlette.responses import Response

from access.pool import open_access_pool
from access.sessions import Sessions
from access.tokens import ApiTokens
from cli.devstack import EmbeddedPostgres
from domain.identifiers import PersonId
from eventstore.handle import CommandHandler
from tests import staging as s
from tests.conftest import fresh_database
from tests.readmodels.staged import staged
from web.hardening.limits import Limits
from web.hardening.rates import Rates
from web.identity.authenticated import nobody
from web.identity.authenticating import Authenticator
from web.identity.code_flow import Client
from web.identity.development_issuer import Registered, Signing, development_issuer
from web.identity.entrance import SigningIn, entrance
from web.identity.sign_in import CALLBACK
from web.noting import known
from web.problems import Problem, answer
from web.serving import listen, serving

CLIENT, SECRET, AUDIENCE = "remit", "s3cret: with odd signs/%", "remit-api"
STRANGER = "p-stranger"
"""Whom the issuer knows and the directory does not."""
SIGNING_KEY = b"k" * 32


async def people() -> Mapping[PersonId, str]:
    return {s.LEAD: "Lead <b>", s.ISSUER: "Issuer", s.OPERATOR: "Operator", STRANGER: "Stranger"}


@dataclass(frozen=True, kw_only=True)
class Premises:
    url: str
    app: FastAPI
    issuer: str
    signing: Signing
    tokens: ApiTokens
    sessions: Sessions
    handler: CommandHandler
    database_url: str
    tls: ssl.SSLContext
    """Made once: that takes longer than most tests."""

    def browser(self) -> httpx.AsyncClient:
        """One that keeps cookies, and goes nowhere by itself."""
        return httpx.AsyncClient(base_url=self.url, trust_env=False, verify=self.tls, timeout=60)

    async def chosen(self, browser: httpx.AsyncClient, person: str, then: str = "/") -> str:
        """Where the issuer sends the browser back to."""
        began = await browser.get("/login", params={"next": then})
        assert began.status_code == 303
        asked = dict(parse_qsl(urlsplit(began.headers["location"]).query))
        page = await browser.get(began.headers["location"])
        assert page.status_code == 200
        assert f'value="{person}"' in page.text
        chosen = await browser.post(f"{self.issuer}/authorize", data={**asked, "person": person})
        assert chosen.status_code == 303
        return chosen.headers["location"]

    async def sign_in(self, browser: httpx.AsyncClient, person: str, then: str = "/") -> str:
        """Signs in; answers the CSRF token."""
        back = await browser.get(await self.chosen(browser, person, then))
        assert back.status_code == 303, back.text
        return (await browser.get("/who")).json()["csrf_token"]

    async def service_token(self, person: str = s.LEAD, scope: str = "read command") -> str:
        async with self.browser() as service:
            form = {"grant_type": "client_credentials", "client_id": person, "scope": scope}
            given = await service.post(f"{self.issuer}/token", data=form)
        assert given.status_code == 200
        return given.json()["access_token"]

    async def shown(self, token: str, method: str = "GET") -> httpx.Response:
        async with self.browser() as program:
            return await program.request(
                method, "/who", headers={"authorization": f"Bearer {token}"}
            )

    async def as_superuser(self, statement: str, *arguments: object) -> Sequence[asyncpg.Record]:
        connection = await asyncpg.connect(self.database_url)
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()


def application(authenticator: Authenticator) -> FastAPI:
    """Says who asks, and lets them send a form."""
    app = FastAPI()
    app.state.refused = list[tuple[PersonId | None, str | None]]()

    @app.exception_handler(Problem)
    async def told(request: Request, problem: Problem) -> Response:
        app.state.refused.append(known(request))
        return answer(problem, request)

    @app.api_route("/who", methods=["GET", "POST"])
    async def who(request: Request) -> Mapping[str, Any]:
        found = await authenticator.authenticate(request)
        if found is None:
            raise nobody()
        async with request.form() as form:
            fields = sorted(form)
        return {
            "person": found.person,
            "method": found.method,
            "scopes": sorted(found.scopes),
            "csrf_token": found.session and found.session.csrf_token,
            "form": fields,
        }

    return app


@asynccontextmanager
async def premises_at(staged_url: str, *, pause: float) -> AsyncGenerator[Premises]:
    listener, of_issuer = listen("127.0.0.1", 0), listen("127.0.0.1", 0)
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    registered = Registered(
        client_id=CLIENT,
        client_secret=SECRET,
        redirect_uri=origin + CALLBACK,
        audience=AUDIENCE,
    )
    standing_in, signing = development_issuer(of_issuer, registered=registered, people=people)
    async with (
        staged(staged_url, programmes=False) as at,
        open_access_pool(staged_url) as pool,
        serving(standing_in, of_issuer) as issuer_url,
        entrance(
            pool,
            at.handler.directory,
            origin=origin,
            signing_in=SigningIn(
                issuer=issuer_url,
                client=Client(id=CLIENT, secret=SECRET),
                person_claim="sub",
                audience=AUDIENCE,
                session=timedelta(hours=12),
                idle=timedelta(hours=1),
                signing_key=SIGNING_KEY,
                pause=pause,
            ),
        ) as ways_in,
    ):
        app = application(ways_in.authenticator)
        app.state.rates = Rates(Limits())
        app.include_router(ways_in.router)
        async with serving(app, listener) as url:
            assert url == origin
            yield Premises(
                url=url,
                app=app,
                issuer=issuer_url,
                signing=signing,
                tokens=ApiTokens(pool),
                sessions=Sessions(pool, longest=timedelta(hours=12), idle=timedelta(hours=1)),
                handler=at.handler,
                database_url=staged_url,
                tls=ssl.create_default_context(),
            )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def premises(postgres: EmbeddedPostgres, staged_database: str) -> AsyncIterator[Premises]:
    """For a module: its tests sign in as they like, and leave the people as they are."""
    async with (
        fresh_database(postgres, staged_database) as url,
        premises_at(url, pause=0) as premises,
    ):
        yield premises
