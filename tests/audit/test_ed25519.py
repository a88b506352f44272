"""The verification of signatures that goes into a bundle agrees with RFC 8032 and with `cryptography`."""

import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.offline.verify import ed25519_verifies

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493

RFC_8032 = {
    "empty": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "one byte": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "two bytes": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
}
"""Section 7.1: public key, message, signature."""


@pytest.mark.parametrize("name", RFC_8032)
def test_the_vectors_of_rfc_8032(name: str) -> None:
    key, message, signature = (bytes.fromhex(text) for text in RFC_8032[name])
    assert ed25519_verifies(key, message, signature)
    assert not ed25519_verifies(key, message + b"\0", signature)


def _by_cryptography(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _with_a_bit_flipped(one: bytes, chance: random.Random) -> bytes:
    bit = chance.randrange(8 * len(one))
    flipped = bytearray(one)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


def test_random_signatures_sound_and_corrupted_as_cryptography_judges_them() -> None:
    chance = random.Random(8032)  # noqa: S311
    verdicts: list[bool] = []
    for _ in range(60):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        key = private.public_key().public_bytes_raw()
        message = chance.randbytes(chance.randrange(1, 200))
        signature = private.sign(message)
        tried = [
            (key, message, signature),
            (key, message, _with_a_bit_flipped(signature, chance)),
            (key, _with_a_bit_flipped(message, chance), signature),
            (_with_a_bit_flipped(key, chance), message, signature),
            (key, message, signature[:-1]),
        ]
        for one in tried:
            verdicts.append(ed25519_verifies(*one))
            assert verdicts[-1] == _by_cryptography(*one), [part.hex() for part in one]
    assert verdicts.count(True) == 60


def test_a_second_way_to_write_the_same_is_refused() -> None:
    """Or a signature could be changed without the key, and both would hold."""
    private = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    key, signature = private.public_key().public_bytes_raw(), private.sign(b"text")
    s = int.from_bytes(signature[32:], "little")
    again = signature[:32] + (s + _L).to_bytes(32, "little")
    assert ed25519_verifies(key, b"text", signature)
    assert not ed25519_verifies(key, b"text", again)


@pytest.mark.parametrize(
    "key",
    [
        (1).to_bytes(32, "little"),  # the neutral point: it would sign anything
        (_P - 1).to_bytes(32, "little"),  # of order two
        (0).to_bytes(32, "little"),  # of order four
        (_P + 1).to_bytes(32, "little"),  # the neutral point, written otherwise
        (1 | 1 << 255).to_bytes(32, "little"),  # and with a sign that zero does not have
        (2).to_bytes(32, "little"),  # not on the curve
    ],
)
def test_a_key_that_is_none_verifies_nothing(key: bytes) -> None:
    neutral = (1).to_bytes(32, "little") + bytes(32)
    assert not ed25519_verifies(key, b"anything", neutral)
