"""Cookies: that of a session, and the one that a sign-in on its way leaves with the browser.

By https their names begin with `__Host-`: a browser takes such a cookie from this very host alone, and by https. On this machine
without https they have plain names.
"""

import hashlib
import secrets
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from web.identity.issuer import protected

_SIGN_IN_LASTS = 600
"""Seconds that somebody may take to sign in at the issuer."""
_KEY_BYTES = 32
_SALT = "remit.sign-in"


class SignInOnItsWay(BaseModel):
    """What is kept until the issuer sends the browser back. Signed, not encrypted: it is the browser's own."""

    model_config = ConfigDict(frozen=True)

    state: str
    nonce: str
    verifier: str
    then: str
    """A local path."""


class Cookies:
    """Those of one origin."""

    def __init__(self, origin: str, *, signing_key: bytes) -> None:
        """Args:
        origin: scheme, host and port, as browsers see them.
        signing_key: `signing_key()`.

        Raises `ValueError` if it is neither https nor this machine: sessions would travel for all to read.
        """
        if not protected(origin):
            raise ValueError(
                f"people cannot sign in at {origin}: it is neither https nor this machine; put a server that speaks "
                "TLS before it, and set REMIT_WEB_URL"
            )
        self._secure = origin.startswith("https://")
        prefix = "__Host-" if self._secure else ""
        self.session_name = f"{prefix}remit"
        self._sign_in_name = f"{prefix}remit-sign-in"
        # The library's default is SHA-1.
        self._serializer = URLSafeTimedSerializer(
            signing_key, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256}
        )

    def session(self, request: Request) -> str | None:
        return request.cookies.get(self.session_name)

    def keep_session(self, response: Response, secret: str, *, seconds: int) -> None:
        self._set(response, self.session_name, secret, seconds)

    def end_session(self, response: Response) -> None:
        self._set(response, self.session_name, "", 0)

    def sign_in(self, request: Request) -> SignInOnItsWay | None:
        """None if there is none, it is too old, or it was not signed here."""
        try:
            told = self._serializer.loads(
                request.cookies.get(self._sign_in_name, ""), max_age=_SIGN_IN_LASTS
            )
            return SignInOnItsWay.model_validate(told)
        except (BadData, ValidationError):
            return None

    def keep_sign_in(self, response: Response, sign_in: SignInOnItsWay) -> None:
        signed = self._serializer.dumps(sign_in.model_dump())
        text = signed.decode() if isinstance(signed, bytes) else signed
        self._set(response, self._sign_in_name, text, _SIGN_IN_LASTS)

    def end_sign_in(self, response: Response) -> None:
        self._set(response, self._sign_in_name, "", 0)

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )


def signing_key(file: Path | None) -> bytes:
    """Of the file; without one made now, which is enough where one process answers.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds less than 32 bytes.
    """
    if file is None:
        return secrets.token_bytes(_KEY_BYTES)
    key = file.read_bytes().strip()
    if len(key) < _KEY_BYTES:
        raise ValueError(f"{file} holds {len(key)} bytes; make it with `openssl rand -base64 32`")
    return key
