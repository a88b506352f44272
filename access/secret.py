"""What opens something: made by chance, handed out once, and kept as a hash.

A secret of 256 bits needs no salt and no slow hash: there is nothing to guess. It is looked up by its hash, so how
long that takes says nothing about one that is nearly right.
"""

import hashlib
import secrets

_BYTES = 32
LENGTH = 43
"""Characters of `new_secret`."""
ID_LENGTH = 12
"""Characters of `id_by`."""


def new_secret() -> str:
    """256 bits, in characters that a URL, a cookie and a header take as they are."""
    return secrets.token_urlsafe(_BYTES)


def hashed(secret: str) -> bytes:
    """SHA-256; of any text, so that whatever somebody sends may be looked up."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()


def id_by(secret_hash: bytes) -> str:
    """What a secret may be called by, where it is known by its hash alone: whoever has that has no secret."""
    return secret_hash.hex()[:ID_LENGTH]
