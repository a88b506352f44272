"""Looks at a request: who sends it, and how is that known."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from access.scopes import SCOPES, Scope, known
from access.sessions import Sessions, id_of
from access.tokens import PREFIX, ApiTokens
from domain.directory.state import Directory
from domain.identifiers import PersonId
from web.identity.authenticated import Authenticated, BrowserSession, Method, not_accepted
from web.identity.cookies import Cookies
from web.identity.csrf import check, token_of
from web.identity.issuer import Issuer
from web.noting import keep_known

_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)
_PERSON: TypeAdapter[PersonId] = TypeAdapter(PersonId)


@dataclass(frozen=True, kw_only=True, slots=True)
class Browsers:
    """How the sessions of those who signed in by a browser are known."""

    sessions: Sessions
    cookies: Cookies
    origin: str
    """Scheme, host and port of the pages, as browsers see them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokensOfIssuer:
    """How tokens of the OpenID issuer are known."""

    issuer: Issuer
    audience: str
    """Whom they must be made for."""
    person_claim: str
    """Which of their claims is the person's opaque id."""


class Authenticator:
    """The one place where a request becomes somebody."""

    def __init__(
        self,
        *,
        directory: Callable[[], Awaitable[Directory]],
        tokens: ApiTokens,
        browsers: Browsers | None = None,
        bearers: TokensOfIssuer | None = None,
    ) -> None:
        """Args:
        directory: answers the directory as of now.
        browsers: None where nobody signs in by a browser.
        bearers: None where the issuer's tokens are not taken.
        """
        self._directory = directory
        self._tokens = tokens
        self._browsers = browsers
        self._bearers = bearers

    async def authenticate(self, request: Request, *, seen: bool = True) -> Authenticated | None:
        """Who sends it; None if nobody says so. A session that is over counts for nothing said.

        Args:
            seen: whether this is something that somebody does, so that a session goes on.

        Raises `Problem`:
            not-signed-in: a token was sent that is not accepted, or the person is not in the directory any more.
            csrf: it may change something, is in a browser's session, and not from a page of ours.
            out-of-reach: the issuer's keys are needed, and cannot be fetched.
        """
        header = request.headers.get("authorization")
        if header is None:
            return await self._by_cookie(request, seen=seen)
        return await self._by_header(request, header)

    async def knows(self, person: PersonId) -> bool:
        """If it is a person of the directory, and not erased."""
        return _is_in(await self._directory(), person)

    async def _found(
        self,
        request: Request,
        person: PersonId,
        method: Method,
        scopes: frozenset[Scope],
        session: BrowserSession | None = None,
        *,
        ends: datetime | None = None,
    ) -> Authenticated:
        keep_known(request, person, method)
        directory = await self._directory()
        if not _is_in(directory, person):
            raise not_accepted("whoever this was made for is not in the directory")
        return Authenticated(
            person=person,
            method=method,
            scopes=scopes,
            directory=directory,
            session=session,
            ends=ends,
        )

    async def _by_header(self, request: Request, header: str) -> Authenticated:
        shown = _BEARER.fullmatch(header.strip())
        if shown is None:
            raise not_accepted("`Authorization` must read `Bearer` and a token")
        token = shown[1]
        if token.startswith(PREFIX):
            return await self._by_token(request, token)
        if self._bearers is None:
            raise not_accepted("only API tokens are taken here; `remit token create` makes one")
        claims = await self._bearers.issuer.access_claims(token, audience=self._bearers.audience)
        person = person_of(claims, self._bearers.person_claim)
        return await self._found(
            request, person, "bearer", _scopes_of(claims), ends=_instant(claims["exp"])
        )

    async def _by_token(self, request: Request, token: str) -> Authenticated:
        found = await self._tokens.find(token)
        if found is None:
            raise not_accepted("the token is unknown, revoked or expired")
        return await self._found(
            request, found.person, "api-token", found.scopes, ends=found.expires_at
        )

    async def _by_cookie(self, request: Request, *, seen: bool) -> Authenticated | None:
        if self._browsers is None:
            return None
        secret = self._browsers.cookies.session(request)
        found = await self._browsers.sessions.find(secret, seen=seen) if secret else None
        if secret is None or found is None:
            return None
        token = token_of(secret)
        keep_known(request, found, "session")
        await check(request, token=token, origin=self._browsers.origin)
        session = BrowserSession(csrf_token=token, id=id_of(secret))
        return await self._found(request, found, "session", SCOPES, session)


def _is_in(directory: Directory, person: PersonId) -> bool:
    return person in directory.channels and person not in directory.erased


def _instant(seconds: float) -> datetime:
    """Of a claim that was found to be a number; what lies beyond all calendars, at their end."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def person_of(claims: Mapping[str, Any], claim: str) -> PersonId:
    """Raises `Problem` not-signed-in if the claim names nobody."""
    try:
        return _PERSON.validate_python(claims.get(claim), strict=True)
    except ValidationError:
        raise not_accepted(f"the claim {claim} of the token is no person's id") from None


def _scopes_of(claims: Mapping[str, Any]) -> frozenset[Scope]:
    """Of RFC 9068's `scope`, a text, or of `scp`, a list, as some issuers have it."""
    told = claims.get("scope", claims.get("scp"))
    words = told.split() if isinstance(told, str) else told
    return known(map(str, words)) if isinstance(words, list) else frozenset()  # pyright: ignore[reportUnknownArgumentType]
