"""OpenID Connect's authorization code flow, with PKCE (RFC 6749, 7636, 9207; OpenID Connect Core 1.0, section 3.1)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote

import httpx
from authlib.oauth2.rfc6749.parameters import (
    prepare_grant_uri,  # pyright: ignore[reportUnknownVariableType]
)
from authlib.oauth2.rfc7636 import (
    create_s256_code_challenge,  # pyright: ignore[reportUnknownVariableType]
)
from pydantic import BaseModel, ValidationError

from access.secret import new_secret
from web.identity.authenticated import not_accepted
from web.identity.cookies import SignInOnItsWay
from web.identity.issuer import Discovery, Issuer, out_of_reach
from web.problems import ApiCode, Problem

# Their stubs leave open what they answer.
_grant_uri = cast("Callable[..., str]", prepare_grant_uri)
_challenge = cast("Callable[[str], str]", create_s256_code_challenge)

_ERROR = re.compile(r"[a-z_]{1,64}")
_TIMEOUT = httpx.Timeout(10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """What Remit is to the issuer."""

    id: str
    secret: str | None = field(default=None, repr=False)
    """None for a public client: PKCE alone protects the code."""


class _Answer(BaseModel):
    id_token: str


class CodeFlow:
    """Sign-ins by one issuer."""

    def __init__(self, issuer: Issuer, client: Client, *, redirect_uri: str) -> None:
        """`redirect_uri` is where the issuer sends the browser back to, as it is registered there."""
        self._issuer = issuer
        self._client = client
        self._redirect_uri = redirect_uri

    async def begin(self, then: str) -> tuple[str, SignInOnItsWay]:
        """Where to send the browser, and what to keep until it is back.

        Args:
            then: a local path, to go on with.

        Raises `Problem` out-of-reach.
        """
        endpoint = (await self._issuer.discovery()).authorization_endpoint
        kept = SignInOnItsWay(
            state=new_secret(), nonce=new_secret(), verifier=new_secret(), then=then
        )
        url = _grant_uri(
            endpoint,
            self._client.id,
            "code",
            redirect_uri=self._redirect_uri,
            scope="openid",
            state=kept.state,
            nonce=kept.nonce,
            code_challenge=s256(kept.verifier),
            code_challenge_method="S256",
        )
        return url, kept

    async def finish(
        self, kept: SignInOnItsWay | None, answer: Mapping[str, str]
    ) -> Mapping[str, Any]:
        """The claims of whoever signed in.

        Args:
            answer: the parameters with which the issuer sent the browser back.

        Raises `Problem`:
            csrf: it is no answer to a sign-in that this browser began.
            not-signed-in: the issuer refused, or its answer is not accepted.
            out-of-reach: it does not answer.
        """
        if kept is None or answer.get("state") != kept.state:
            raise Problem(
                ApiCode.CSRF,
                "this browser began no such sign-in, or too long ago; begin again at /login",
            )
        discovery = await self._issuer.discovery()
        told = answer.get("iss")
        expected = discovery.authorization_response_iss_parameter_supported
        if told != self._issuer.url and (told is not None or expected):
            raise not_accepted("the answer is of another issuer than the one that was asked")
        code = answer.get("code")
        if code is None:
            error = answer.get("error", "")
            why = error if _ERROR.fullmatch(error) else "no reason"
            raise not_accepted(f"the issuer signed nobody in: {why}")
        token = await self._exchange(discovery, code, kept.verifier)
        return await self._issuer.id_claims(token, client_id=self._client.id, nonce=kept.nonce)

    async def _exchange(self, discovery: Discovery, code: str, verifier: str) -> str:
        """The ID token for the code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        auth = None
        if self._client.secret is None:
            form["client_id"] = self._client.id
        elif "client_secret_basic" in discovery.token_endpoint_auth_methods_supported:
            # RFC 6749, section 2.3.1: encoded as a form is, before Basic encodes it.
            auth = httpx.BasicAuth(quote(self._client.id, ""), quote(self._client.secret, ""))
        else:
            form |= {"client_id": self._client.id, "client_secret": self._client.secret}
        try:
            answer = await self._issuer.client.post(
                discovery.token_endpoint,
                data=form,
                auth=auth or httpx.USE_CLIENT_DEFAULT,
                headers={"accept": "application/json"},
                timeout=_TIMEOUT,
            )
        except httpx.HTTPError as error:
            raise out_of_reach() from error
        if answer.status_code >= 500:
            raise out_of_reach()
        try:
            return _Answer.model_validate_json(answer.content).id_token
        except ValidationError:
            raise not_accepted("the issuer gives nothing for its code; begin again") from None


def s256(verifier: str) -> str:
    """The challenge that a code verifier answers."""
    return _challenge(verifier)
