"""How the log is bound to a person's name and addresses without holding any of them."""

import hashlib
from collections.abc import Mapping

SALT_BYTES = 32


def commitment(salt: bytes, name: str, email: str | None, elsewhere: bytes = b"") -> str:
    """The commitment that `PersonRegistered` carries, hexadecimal.

    SHA-256 over the salt, then of the name and of the e-mail address in turn: its length in bytes as
    four bytes, the most significant first, and its UTF-8. No address counts as an empty one. If the
    person is reached elsewhere too, `elsewhere` (see `addresses_elsewhere`) follows likewise. Whoever is
    shown salt, name and address can check them against the log; with the salt erased nobody can guess
    them from it.
    """
    parts = [name.encode(), (email or "").encode()]
    return _hashed(salt, [*parts, elsewhere] if elsewhere else parts).hex()


def addresses_elsewhere(salt: bytes, addresses: Mapping[str, str | None]) -> bytes:
    """What stands for addresses that may hold secrets, such as those of webhooks; empty if there are none.

    SHA-256 over the salt, then the name of each address that there is and the address, in the order of
    the names, each with its length as in a commitment. It opens the commitment without the addresses, so
    that whoever is shown a person's name is not shown their secrets.
    """
    there = sorted((name, address) for name, address in addresses.items() if address is not None)
    return _hashed(salt, [part.encode() for one in there for part in one]) if there else b""


def _hashed(salt: bytes, parts: list[bytes]) -> bytes:
    hashing = hashlib.sha256(salt)
    for part in parts:
        hashing.update(len(part).to_bytes(4, "big"))
        hashing.update(part)
    return hashing.digest()
