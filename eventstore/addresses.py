"""Addresses beside e-mail as they may be put on file: what webhooks, secrets and services must look like.

No error repeats what was given: it may be a secret.
"""

import base64
import binascii
import secrets
from urllib.parse import urlsplit

_PREFIX = "whsec_"
_FEWEST, _MOST = 24, 64
"""Bytes of a secret, by Standard Webhooks."""


def checked_webhook_url(url: str) -> str:
    """The same. Raises `ValueError` if it is no address of a webhook."""
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    else:
        right = right and parts.username is None and parts.password is None
    if not right or not url.isprintable() or " " in url:
        raise ValueError("a webhook's address must be https://HOST/…, without a user or a password")
    return url


def checked_webhook_secret(secret: str) -> str:
    """The same. Raises `ValueError` if Standard Webhooks knows no such secret."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not _FEWEST <= len(key) <= _MOST:
        raise ValueError(
            f"a webhook's secret must be {_PREFIX} and {_FEWEST} to {_MOST} bytes in base64; leave it "
            "out, and one is made"
        )
    return secret


def checked_service_url(url: str) -> str:
    """The same. Raises `ValueError` if it is no URL; which services there are, apprise knows."""
    scheme, there, rest = url.partition("://")
    if not there or not scheme.isalnum() or not rest or not url.isprintable():
        raise ValueError("a service's address must be a URL as apprise has it: SERVICE://…")
    return url


def new_webhook_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
