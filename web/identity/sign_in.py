"""`/login`, `/login/callback` and `/logout`: how a browser gets a session, and ends it."""

import re

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse

from access.log import AccessLog
from access.sessions import id_of
from domain.identifiers import PersonId
from web.identity.authenticating import Authenticator, Browsers, person_of
from web.identity.code_flow import CodeFlow
from web.identity.cookies import SignInOnItsWay
from web.identity.csrf import require_from_here
from web.noting import keep_known, note
from web.problems import ApiCode, Problem
from web.services import rates_of

LOGIN = "/login"
CALLBACK = f"{LOGIN}/callback"
SIGNED_OUT = "/signed-out"
_HOME = "/"
_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1999}")
"""Printable ASCII without a backslash, and not `//`: browsers drop tabs, take `\\` for `/`, and go to another host by `//`."""
_NOTHING_STAYS = {"clear-site-data": '"cache", "storage"'}
_HEADERS = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


def sign_in(
    *,
    flow: CodeFlow,
    browsers: Browsers,
    authenticator: Authenticator,
    person_claim: str,
    log: AccessLog,
) -> APIRouter:
    """The three.

    Args:
        flow: its redirect URI is the origin and `CALLBACK`.
        authenticator: knows who is in the directory.
        person_claim: which claim of the issuer's is the person's opaque id.
        log: says who came in, and who left.
    """
    router = APIRouter(include_in_schema=False)
    cookies, sessions = browsers.cookies, browsers.sessions

    async def signed_in(kept: SignInOnItsWay | None, request: Request) -> PersonId:
        person = person_of(await flow.finish(kept, request.query_params), person_claim)
        keep_known(request, person, "oidc")
        if not await authenticator.knows(person):
            raise Problem(
                ApiCode.FORBIDDEN,
                "the issuer knows you, and the directory does not; ask an administrator of it",
            )
        return person

    @router.get(LOGIN)
    async def login(next: str = _HOME) -> RedirectResponse:  # noqa: A002 - as everybody calls it
        """To the issuer; afterwards to `next`, if that is a path of ours."""
        url, kept = await flow.begin(local(next))
        response = RedirectResponse(url, 303, _HEADERS)
        cookies.keep_sign_in(response, kept)
        return response

    @router.get(CALLBACK)
    async def callback(request: Request) -> RedirectResponse:
        """Back from the issuer: a new session, whatever there was before."""
        kept = cookies.sign_in(request)
        try:
            person = await signed_in(kept, request)
        except Problem as problem:
            if problem.status in (401, 403):
                await rates_of(request).failed(request.scope)
            raise
        before = cookies.session(request)
        ended = await sessions.end(before) if before else None
        if ended is not None:
            await note(
                log, request, "signed-out", person=ended.person, how="session", subject=ended.id
            )
        secret = await sessions.create(person)
        await note(log, request, "signed-in", person=person, how="oidc", subject=id_of(secret))
        response = RedirectResponse(local(kept.then if kept else _HOME), 303, _HEADERS)
        cookies.end_sign_in(response)
        cookies.keep_session(response, secret, seconds=int(sessions.longest.total_seconds()))
        return response

    @router.post("/logout")
    async def logout(request: Request) -> RedirectResponse:
        """The session ends here, on every machine. At the issuer the person stays signed in."""
        # Of another site's the browser sends no cookie, and would take the answer all the same.
        require_from_here(request, browsers.origin)
        found = await authenticator.authenticate(request)
        secret = cookies.session(request)
        if secret and found is not None and found.session is not None:
            await sessions.end(secret)
            await note(
                log,
                request,
                "signed-out",
                person=found.person,
                how=found.method,
                subject=found.session.id,
            )
        response = RedirectResponse(SIGNED_OUT, 303, {**_HEADERS, **_NOTHING_STAYS})
        cookies.end_session(response)
        return response

    return router


def local(path: str) -> str:
    """The path, if it leads nowhere else; else the beginning."""
    return path if _PATH.fullmatch(path) else _HOME
