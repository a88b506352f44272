"""How the log is bound to a person's name and address without holding either."""

import hashlib

SALT_BYTES = 32


def commitment(salt: bytes, name: str, email: str | None) -> str:
    """The commitment that `PersonRegistered` carries, hexadecimal.

    SHA-256 over the salt, then of the name and of the e-mail address in turn: its length in bytes as
    four bytes, the most significant first, and its UTF-8. No address counts as an empty one. Whoever is
    shown salt, name and address can check them against the log; with the salt erased nobody can guess
    them from it.
    """
    digest = hashlib.sha256(salt)
    for text in (name, email or ""):
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(4, "big"))
        digest.update(encoded)
    return digest.hexdigest()
