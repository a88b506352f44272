"""Signed notes (C2SP signed-note) and the keys that sign them: Ed25519 by `cryptography`.

```
NoteError
├── BadKey        the text is no key
└── BadNote       the text is no note that this key signed
```
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+]+")
_PRIVATE = "PRIVATE+KEY"


class NoteError(ValueError):
    """The base of what is wrong with a note or a key."""


class BadKey(NoteError):
    """The text is no key."""


class BadNote(NoteError):
    """The text is no note that this key signed."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half of a key, with the name it signs under."""

    name: str
    public_key: bytes
    """32 bytes."""

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """From `name+hash+base64`, as `Verifier.text` writes it. Raises `BadKey`."""
        name, key_hash, encoded = _parts(text, 3)
        public_key = _key(encoded)
        found = cls(_named(name), public_key)
        if found.key_hash.hex() != key_hash:
            raise BadKey("the verifier key was cut or mistyped: its hash is not its own")
        return found

    @property
    def key_hash(self) -> bytes:
        """Names the key within a note: four bytes."""
        told = self.name.encode() + b"\n" + _ED25519 + self.public_key
        return hashlib.sha256(told).digest()[:4]

    @property
    def text(self) -> str:
        """The verifier key as one line, to be handed out."""
        encoded = base64.b64encode(_ED25519 + self.public_key).decode()
        return f"{self.name}+{self.key_hash.hex()}+{encoded}"

    def opened(self, note: str) -> str:
        """The text that was signed, its last newline included. Raises `BadNote`."""
        text, separator, signatures = note.rpartition("\n\n")
        if not separator or not signatures.endswith("\n"):
            raise BadNote("it is not in the form of a signed note")
        text += "\n"
        for line in signatures.splitlines():
            dash, _, rest = line.partition(" ")
            name, _, encoded = rest.rpartition(" ")
            if dash != "—" or name != self.name:
                continue
            signature = _decoded(encoded)
            if signature is not None and signature[:4] == self.key_hash:
                return self._verified(text, signature[4:])
        raise BadNote(f"{self.name} ({self.key_hash.hex()}) did not sign it")

    def _verified(self, text: str, signature: bytes) -> str:
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text.encode())
        except InvalidSignature:
            raise BadNote("its signature is not that of its text") from None
        return text


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs; keep its text secret."""

    name: str
    seed: bytes
    """32 bytes."""

    @classmethod
    def new(cls, name: str) -> "Signer":
        """A new key; the name has no spaces and no plus. Raises `BadKey`."""
        return cls(_named(name), Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "Signer":
        """From what `Signer.text` writes. Raises `BadKey`."""
        private, key, name, key_hash, encoded = _parts(text, 5)
        if f"{private}+{key}" != _PRIVATE:
            raise BadKey("it is no signing key: it does not begin with PRIVATE+KEY")
        found = cls(_named(name), _key(encoded))
        if found.verifier.key_hash.hex() != key_hash:
            raise BadKey("the signing key was cut or mistyped: its hash is not its own")
        return found

    @property
    def verifier(self) -> Verifier:
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return Verifier(self.name, public.public_bytes_raw())

    @property
    def text(self) -> str:
        """The signing key as one line, in the form of Go's `sumdb/note`."""
        encoded = base64.b64encode(_ED25519 + self.seed).decode()
        return f"{_PRIVATE}+{self.name}+{self.verifier.key_hash.hex()}+{encoded}"

    def signed(self, text: str) -> str:
        """The note: the text, which ends in a newline, and its signature."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        encoded = base64.b64encode(self.verifier.key_hash + signature).decode()
        return f"{text}\n— {self.name} {encoded}\n"

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"


def _parts(text: str, count: int) -> list[str]:
    parts = text.strip().split("+", count - 1)
    if len(parts) != count:
        raise BadKey("it is no key: parts are missing between its + signs")
    return parts


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BadKey(f"{name!r} cannot name a key: no spaces, no +")
    return name


def _key(encoded: str) -> bytes:
    found = _decoded(encoded)
    if found is None or len(found) != 33 or found[:1] != _ED25519:
        raise BadKey("it holds no Ed25519 key")
    return found[1:]


def _decoded(encoded: str) -> bytes | None:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
