"""Proof that a change in a browser's session was meant: it comes from a page of ours (OWASP's synchronizer token, and
Fetch Metadata).
"""

import base64
import hashlib
import hmac
import secrets

from starlette.requests import Request

from web.form_sent import is_form, sent_form, text_of
from web.problems import ApiCode, Problem

HEADER = "x-csrf-token"
FIELD = "csrf_token"
"""Of a form."""
_LENGTH = 43
"""Of a token: SHA-256 in base64."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def token_of(session_secret: str) -> str:
    """Follows from the session's secret, which it does not tell: nothing needs to be kept."""
    code = hmac.digest(session_secret.encode(), b"remit.csrf", hashlib.sha256)
    return base64.urlsafe_b64encode(code).decode().rstrip("=")


def masked(token: str) -> str:
    """The token as a page has it: other at each time. Pages are compressed, and the length of what is would tell it bit by bit
    to whoever can have something of theirs said in them (BREACH).
    """
    plain = token.encode()
    pad = secrets.token_bytes(len(plain))
    return base64.urlsafe_b64encode(pad + _xored(plain, pad)).decode().rstrip("=")


def _unmasked(sent: str) -> bytes:
    """What was masked; anything else as it is."""
    try:
        both = base64.urlsafe_b64decode(sent + "=" * (-len(sent) % 4))
    except ValueError:
        both = b""
    half = len(both) // 2
    if half != _LENGTH:
        return sent.encode(errors="replace")
    return _xored(both[:half], both[half:])


def _xored(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


async def check(request: Request, *, token: str, origin: str) -> None:
    """That the request, if it may change anything, was sent by a page of this origin.

    A form is read for it where the header is not there; Starlette keeps it for whoever reads it next, and closes it.

    Raises `Problem`: csrf, and what `sent_form` does.
    """
    if request.method in _SAFE:
        return
    require_from_here(request, origin)
    sent = request.headers.get(HEADER) or await _of_form(request)
    if not hmac.compare_digest(_unmasked(sent), token.encode()):
        await request.close()
        raise Problem(
            ApiCode.CSRF,
            f"neither `X-CSRF-Token` nor the form's field {FIELD} holds the session's token",
        )


def require_from_here(request: Request, origin: str) -> None:
    """That a page of this origin sent it, by what browsers say of themselves: one of both at least, and no other than ours.

    Raises `Problem` csrf.
    """
    site, came_from = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    says_nothing = site is None and came_from is None
    if says_nothing or site not in (None, "same-origin") or came_from not in (None, origin):
        raise Problem(ApiCode.CSRF, f"this was not sent by a page of {origin}")


async def _of_form(request: Request) -> str:
    if not is_form(request):
        return ""
    return text_of(await sent_form(request), FIELD)
