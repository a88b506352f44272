"""An OpenID issuer for one machine, for development and tests: it asks who you want to be, and believes it.

It answers on the loopback interface only. What it speaks is the standard, so that what works with it works with an
organisation's issuer: discovery, keys, the code flow with PKCE, client credentials.
"""

import base64
import binascii
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from ipaddress import ip_address
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import unquote, urlencode

from fastapi import FastAPI, Request
from jinja2 import Environment, StrictUndefined
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from access.secret import new_secret
from domain.directory.state import Directory
from domain.identifiers import PersonId
from eventstore.persons import PersonStore
from web.identity.code_flow import s256

People = Callable[[], Awaitable[Mapping[PersonId, str]]]
"""Whom one can be, and what they are called."""

_ALGORITHM = "ES256"
_CODE_LASTS = 60
_TOKEN_LASTS = 3600
_MOST_CODES = 1000
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}


def people_of(directory: Callable[[], Awaitable[Directory]], persons: PersonStore) -> People:
    """Everybody of the directory who is not erased, by the name that is kept of them."""

    async def people() -> Mapping[PersonId, str]:
        known = await directory()
        names = await persons.get(known.commitments)
        there = sorted(known.channels.keys() - known.erased)
        return {person: names[person].name if person in names else person for person in there}

    return people


class NotThisMachine(ValueError):
    """The development issuer would be reached from other machines: whoever reaches it is whoever they like."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """The one client it knows, and whom its access tokens are for."""

    client_id: str
    redirect_uri: str
    audience: str
    client_secret: str | None = field(default=None, repr=False)


class _Asked(BaseModel):
    """What the browser brings (OpenID Connect Core 1.0, section 3.1.2.1)."""

    model_config = ConfigDict(frozen=True)

    client_id: str
    redirect_uri: str
    response_type: str
    scope: str
    state: str = ""
    nonce: str = ""
    code_challenge: str
    code_challenge_method: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Given:
    """What a code stands for."""

    asked: _Asked
    person: PersonId
    until: float


class Signing:
    """The issuer's keys; the last one signs."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._keys = [_new_key()]

    def rotate(self) -> None:
        """Another key, from now on; the one before is gone."""
        self._keys = [_new_key()]

    def public(self) -> Mapping[str, Any]:
        return KeySet([*self._keys]).as_dict(private=False)

    def sign(self, **claims: Any) -> str:
        """A token of these claims; the issuer's name and the hour it is good for are added, unless they are given; what is None
        is left out.
        """
        now = int(time())
        usual = {"iss": self.issuer, "iat": now, "exp": now + _TOKEN_LASTS}
        told = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        key = self._keys[-1]
        return jwt.encode({"alg": _ALGORITHM, "kid": key.kid}, told, key)


def development_issuer(
    listener: socket.socket, *, registered: Registered, people: People
) -> tuple[FastAPI, Signing]:
    """The application to serve there, and what it signs with; its URL is `Signing.issuer`.

    Raises `NotThisMachine` if the socket listens to other machines as well.
    """
    host, port, *_ = listener.getsockname()
    if not ip_address(host).is_loopback:
        raise NotThisMachine(
            f"the development issuer believes whoever reaches it; it does not listen on {host}"
        )
    place = f"{f'[{host}]' if ':' in host else host}:{port}"
    signing = Signing(f"http://{place}")
    return _app(signing, place, registered, people), signing


def _app(signing: Signing, place: str, registered: Registered, people: People) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    page = Environment(autoescape=True, undefined=StrictUndefined).from_string(
        Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
    )
    codes: dict[str, _Given] = {}

    @app.middleware("http")
    async def only_by_its_own_name(  # pyright: ignore[reportUnusedFunction]
        request: Request, call_next: Callable[[Request], Awaitable[Any]]
    ) -> Any:
        """A page elsewhere could have its own name lead here, and read the answers."""
        if request.headers.get("host") != place:
            return JSONResponse({"error": "invalid_request"}, 421)
        return await call_next(request)

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> Mapping[str, Any]:  # pyright: ignore[reportUnusedFunction]
        return {
            "issuer": signing.issuer,
            "authorization_endpoint": f"{signing.issuer}/authorize",
            "token_endpoint": f"{signing.issuer}/token",
            "jwks_uri": f"{signing.issuer}/jwks",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [_ALGORITHM],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    @app.get("/jwks")
    async def keys() -> Mapping[str, Any]:  # pyright: ignore[reportUnusedFunction]
        return signing.public()

    @app.post("/rotate", status_code=204)
    async def rotate() -> None:  # pyright: ignore[reportUnusedFunction]
        signing.rotate()

    @app.get("/authorize")
    async def choose(request: Request) -> HTMLResponse:  # pyright: ignore[reportUnusedFunction]
        """Shows whom one can be."""
        asked = _asked(request.query_params, registered)
        if asked is None:
            return HTMLResponse("This is no sign-in that this issuer knows.", 400, _HEADERS)
        html = page.render(request=asked.model_dump(), people=dict(await people()))
        return HTMLResponse(html, headers=_HEADERS)

    @app.post("/authorize")
    async def chosen(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        form = await request.form()
        asked, person = _asked(form, registered), form.get("person")
        if asked is None or not isinstance(person, str) or person not in await people():
            return HTMLResponse("This is no sign-in that this issuer knows.", 400, _HEADERS)
        code = new_secret()
        while len(codes) >= _MOST_CODES:
            codes.pop(next(iter(codes)))
        codes[code] = _Given(asked=asked, person=person, until=time() + _CODE_LASTS)
        answer = urlencode({"code": code, "state": asked.state, "iss": signing.issuer})
        return RedirectResponse(f"{asked.redirect_uri}?{answer}", 303, _HEADERS)

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        form = {name: str(value) for name, value in (await request.form()).items()}
        client_id, secret = _client(request, form)
        match form.get("grant_type"):
            case "authorization_code":
                if not _is(registered, client_id, secret):
                    return JSONResponse({"error": "invalid_client"}, 401, _HEADERS)
                return _for_code(form, codes, signing, registered)
            case "client_credentials":
                if client_id not in await people():
                    return JSONResponse({"error": "invalid_client"}, 401, _HEADERS)
                return _access(signing, registered, client_id, form.get("scope", ""))
            case _:
                return JSONResponse({"error": "unsupported_grant_type"}, 400, _HEADERS)

    return app


def _for_code(
    form: Mapping[str, str],
    codes: MutableMapping[str, _Given],
    signing: Signing,
    registered: Registered,
) -> JSONResponse:
    """Each code is good once, whatever comes with it."""
    given = codes.pop(form.get("code", ""), None)
    if (
        given is None
        or given.until < time()
        or form.get("redirect_uri") != given.asked.redirect_uri
        or s256(form.get("code_verifier", "")) != given.asked.code_challenge
    ):
        return JSONResponse({"error": "invalid_grant"}, 400, _HEADERS)
    person, nonce = given.person, given.asked.nonce or None
    id_token = signing.sign(
        sub=person, aud=registered.client_id, auth_time=int(time()), nonce=nonce
    )
    return _access(signing, registered, person, given.asked.scope, id_token=id_token)


def _access(
    signing: Signing, registered: Registered, person: PersonId, scope: str, **more: str
) -> JSONResponse:
    """An access token, and what else there is."""
    token = signing.sign(sub=person, aud=registered.audience, scope=scope)
    told = {"access_token": token, "token_type": "Bearer", "expires_in": _TOKEN_LASTS}
    return JSONResponse({**told, "scope": scope, **more}, headers=_HEADERS)


def _asked(told: Mapping[str, Any], registered: Registered) -> _Asked | None:
    """None if it is not what the one client asks for, with PKCE."""
    try:
        asked = _Asked.model_validate(dict(told))
    except ValidationError:
        return None
    as_it_must_be = (
        asked.client_id == registered.client_id
        and asked.redirect_uri == registered.redirect_uri
        and asked.response_type == "code"
        and "openid" in asked.scope.split()
        and asked.code_challenge_method == "S256"
    )
    return asked if as_it_must_be else None


def _client(request: Request, form: Mapping[str, str]) -> Sequence[str]:
    """Its id and secret, by Basic or as fields; empty where there are none."""
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote(name), unquote(secret)


def _is(registered: Registered, client_id: str, secret: str) -> bool:
    right = compare_digest(secret.encode(), (registered.client_secret or "").encode())
    return client_id == registered.client_id and right


def _new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": _ALGORITHM}, auto_kid=True)
