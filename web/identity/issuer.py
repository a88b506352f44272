"""The OpenID issuer, as seen from here: where it is asked what, its keys, and what it signed (OpenID Connect Core 1.0,
Discovery 1.0; RFC 7519, 8725, 9068).
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from typing import Any, Generic, TypeVar

import httpx
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, Field, field_validator

from web.identity.authenticated import not_accepted
from web.problems import ApiCode, Problem

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""Whatever the issuer or a token's header says: a secret that both sides know proves nothing here."""
_ID_TYPES = frozenset({"jwt"})
_ACCESS_TYPES = frozenset({"jwt", "at+jwt"})
"""What a token may call itself in its header, if it does: one that is for signing out, say, is neither (RFC 8725, 3.11)."""
_SHORTEST_RSA = 2048
"""Bits of a key; a shorter one is as good as none (NIST SP 800-131A)."""
LEEWAY = 30
"""Seconds by which the clocks of both may differ."""
_KEEP = 3600.0
"""Seconds after which discovery and keys are asked for again."""
PAUSE = 10.0
"""Seconds between two attempts at least, whoever sends whatever."""
_TIMEOUT = 5.0
"""Seconds within which the issuer has to answer."""
_LONGEST = 16_384
"""Characters of a token."""
_LOCAL = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$)")
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


def protected(url: str) -> bool:
    """Nobody on the way reads or changes it: https, or this machine."""
    return url.startswith("https://") or is_local(url)


def is_local(url: str) -> bool:
    """It leads to this machine, without TLS."""
    return _LOCAL.match(url) is not None


class Discovery(BaseModel):
    """What of the issuer's discovery document is needed."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: Sequence[str] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    @field_validator("authorization_endpoint", "token_endpoint", "jwks_uri")
    @classmethod
    def _protected(cls, url: str) -> str:
        if not protected(url):
            raise ValueError("neither https nor this machine")
        return url


class _Keys(BaseModel):
    keys: Sequence[Mapping[str, Any]] = Field(max_length=100)


class _Kept(Generic[_T]):
    """Something that is fetched, and kept for while it can be: an issuer that is away keeps nobody out."""

    def __init__(self, fetch: Callable[[], Awaitable[_T]], pause: float) -> None:
        self._fetch = fetch
        self._pause = pause
        self._lock = asyncio.Lock()
        self._value: _T | None = None
        self._fetched_at = self._tried_at = float("-inf")

    async def get(self) -> _T:
        """Raises `Problem` out-of-reach if it was never fetched and cannot be."""
        old = monotonic() - self._fetched_at > _KEEP
        # While one asks, the others go on with what there is.
        if self._value is None or (old and not self._lock.locked()):
            await self._try()
        if self._value is None:
            raise out_of_reach()
        return self._value

    async def anew(self) -> _T:
        """As it is now, unless somebody asked for that just before."""
        await self._try()
        return await self.get()

    async def _try(self) -> None:
        """Once for all who ask at the same time, and not again within the pause."""
        async with self._lock:
            if monotonic() - self._tried_at < self._pause:
                return
            self._tried_at = monotonic()
            try:
                async with asyncio.timeout(_TIMEOUT):
                    self._value = await self._fetch()
            except _UNUSABLE as error:
                _log.warning("the issuer cannot be asked: %s", error or type(error).__name__)
                return
            self._fetched_at = monotonic()


_UNUSABLE = (httpx.HTTPError, httpx.InvalidURL, JoseError, ValueError, TimeoutError)
"""The issuer does not answer, or not with what the standards say."""


class Issuer:
    """One issuer, whose discovery and keys are kept."""

    def __init__(self, url: str, client: httpx.AsyncClient, *, pause: float = PAUSE) -> None:
        """Args:
        url: its identifier, as its tokens name it.
        client: for what is asked of it; closed by whoever made it. It follows no redirects.
        pause: seconds between two attempts to fetch the same.

        Raises `ValueError` if the URL is neither https nor this machine.
        """
        if not protected(url):
            raise ValueError(f"the issuer {url} is reached neither by https nor on this machine")
        self.url = url
        self.client = client
        self._discovery = _Kept(self._discover, pause)
        self._keys = _Kept(self._fetch_keys, pause)

    async def discovery(self) -> Discovery:
        return await self._discovery.get()

    async def signed(self, token: str) -> jwt.Token:
        """What it says, if the issuer signed it. Nothing in it is checked yet.

        Raises `Problem`: not-signed-in, or out-of-reach where keys are needed that cannot be fetched.
        """
        if len(token) > _LONGEST:
            raise not_accepted("the token is too long")
        try:
            try:
                return _decoded(token, await self._keys.get())
            except InvalidKeyIdError:  # perhaps it has a new one
                return _decoded(token, await self._keys.anew())
        except (JoseError, ValueError) as error:
            raise not_accepted("the token was not signed by the issuer") from error

    async def access_claims(self, token: str, *, audience: str) -> Mapping[str, Any]:
        """Of a token that the issuer made for this audience, for a program to send.

        Raises `Problem` as `signed` does.
        """
        signed = await self.signed(token)
        _require_type(signed, _ACCESS_TYPES)
        claims = signed.claims
        if "nonce" in claims:
            raise not_accepted("this is an ID token; send an access token")
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": self.url},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
        )
        try:
            registry.validate(claims)
        except JoseError as error:
            raise not_accepted(f"the token is not accepted: {error.description}") from error
        return claims

    async def id_claims(self, token: str, *, client_id: str, nonce: str) -> Mapping[str, Any]:
        """Of an ID token that the issuer made for this sign-in.

        Raises `Problem` as `signed` does.
        """
        signed = await self.signed(token)
        _require_type(signed, _ID_TYPES)
        options = {
            "iss": {"essential": True, "value": self.url},
            "aud": {"essential": True, "value": client_id},
        }
        expected = {"nonce": nonce, "client_id": client_id}
        claims = CodeIDToken(signed.claims, signed.header, options, expected)
        try:
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError, TypeError) as error:
            raise not_accepted(f"the issuer's answer is not accepted: {error}") from error
        return signed.claims

    async def _discover(self) -> Discovery:
        found = Discovery.model_validate(
            await self._json(f"{self.url.rstrip('/')}/.well-known/openid-configuration")
        )
        if found.issuer != self.url:
            raise ValueError(f"{self.url} calls itself {found.issuer}")
        return found

    async def _fetch_keys(self) -> KeySet:
        told = _Keys.model_validate(await self._json((await self.discovery()).jwks_uri))
        return KeySet([key for one in told.keys if (key := _key(one)) is not None])

    async def _json(self, url: str) -> Any:
        answer = await self.client.get(url, timeout=_TIMEOUT)
        answer.raise_for_status()
        return answer.json()


def out_of_reach() -> Problem:
    return Problem(ApiCode.OUT_OF_REACH, "the issuer that people sign in at does not answer")


def _key(told: Mapping[str, Any]) -> RSAKey | ECKey | OKPKey | None:
    """None for what is not for signatures, or not understood: others in the set may be (RFC 7517, section 5)."""
    kind = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}.get(str(told.get("kty")))
    if kind is None or told.get("use", "sig") != "sig":
        return None
    try:
        key = kind.import_key(dict(told))
        too_short = isinstance(key, RSAKey) and key.raw_value.key_size < _SHORTEST_RSA
        return None if too_short else key
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _require_type(token: jwt.Token, types: frozenset[str]) -> None:
    """Raises `Problem` not-signed-in if it says that it is something else."""
    told = token.header.get("typ")
    if told is not None and str(told).lower().removeprefix("application/") not in types:
        raise not_accepted("the token is of another kind")


def _decoded(token: str, keys: KeySet) -> jwt.Token:
    # Headers that are nobody's standard do no harm; `crit` is heeded all the same.
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    return jwt.decode(token, keys, registry=registry)
