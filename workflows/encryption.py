"""What Temporal keeps of commands and answers, encrypted: it and whoever reads its database see no text of them.

AES-256-GCM with a random nonce for each payload. What is encrypted is the payload with its own metadata; what stands
beside it is bound to it as associated data. What was stored before there were keys is still read as it is: a payload
that is not encrypted says so itself.
"""

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from activities.keyring import BadKeyFile, SecretKey
from workflows.contracts import ENCRYPTED

_CIPHER = b"AES-256-GCM"
_ENCODING_FIELD, _CIPHER_FIELD, _KEY_FIELD = "encoding", "encryption-cipher", "encryption-key-id"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class NotDecryptable(Exception):
    """What Temporal has cannot be decrypted here: {reason}. Nothing is lost; it is read once the key is there.

    No RuntimeError: the SDK would put its own words in the place of these.
    """


class EncryptionCodec(PayloadCodec):
    """The first of the keys encrypts, all decrypt."""

    def __init__(self, keys: Sequence[SecretKey]) -> None:
        """At least one key, the one in use first. Raises `BadKeyFile` for one that is not of 32 bytes."""
        if not keys:
            raise ValueError("encryption needs a key")
        wrong = next((key.id for key in keys if len(key.secret) != _KEY_BYTES), None)
        if wrong is not None:
            raise BadKeyFile(f"a key that encrypts has {_KEY_BYTES} bytes, and {wrong} has others")
        self._ciphers = {key.id.encode(): AESGCM(key.secret) for key in keys}
        self._first = keys[0].id.encode()

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._encrypted(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Raises `NotDecryptable`."""
        return [self._decrypted(payload) for payload in payloads]

    def _encrypted(self, payload: Payload) -> Payload:
        metadata = {
            _ENCODING_FIELD: ENCRYPTED,
            _CIPHER_FIELD: _CIPHER,
            _KEY_FIELD: self._first,
        }
        nonce = os.urandom(_NONCE_BYTES)
        text = self._ciphers[self._first].encrypt(
            nonce, payload.SerializeToString(), _bound(self._first)
        )
        return Payload(metadata=metadata, data=nonce + text)

    def _decrypted(self, payload: Payload) -> Payload:
        if payload.metadata.get(_ENCODING_FIELD) != ENCRYPTED:
            return payload
        name, cipher = payload.metadata.get(_KEY_FIELD, b""), payload.metadata.get(_CIPHER_FIELD)
        told = name.decode(errors="replace")
        if cipher != _CIPHER:
            raise NotDecryptable(f"key {told} was used with a cipher that this Remit does not know")
        key = self._ciphers.get(name)
        if key is None:
            known = ", ".join(known.decode() for known in self._ciphers)
            raise NotDecryptable(
                f"it is encrypted with key {told}, which is not among those here ({known}); put it "
                "into the file of REMIT_TEMPORAL_ENCRYPTION_KEYS_FILE, after the first"
            )
        nonce, text = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            return Payload.FromString(key.decrypt(nonce, text, _bound(name)))
        except (InvalidTag, ValueError, DecodeError) as error:
            raise NotDecryptable(
                f"what is said to be encrypted with key {told} is not what was encrypted, or the key is another one "
                "of that id"
            ) from error


def _bound(key_id: bytes) -> bytes:
    """The metadata beside it: it is refused with any other. No part of it has a NUL in it."""
    return b"\0".join((ENCRYPTED, _CIPHER, key_id))
