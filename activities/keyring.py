"""Files of secret keys: several in one, so that they can be changed without anything coming to a stop.

A line is an id and 32 random bytes or more in base64, with a space between; empty lines and those that begin with
`#` are passed over. The first key is in use; the others are still good for what was made with them.
"""

import base64
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_BYTES = 32
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class BadKeyFile(RuntimeError):
    """The file of keys is not there, cannot be read or written, or does not hold what it should."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretKey:
    """Told by its id alone: neither a log nor a traceback shows the rest."""

    id: str
    secret: bytes = field(repr=False)


def read_keys(file: Path) -> tuple[SecretKey, ...]:
    """At least one, the one in use first. Raises `BadKeyFile`; its text holds nothing of the keys."""
    try:
        text = file.read_text(encoding="ascii")
    except UnicodeError:
        raise BadKeyFile(f"{file} holds no keys: it is no text of lines `id base64`") from None
    except OSError as error:
        raise BadKeyFile(f"the keys in {file} cannot be read: {error.strerror}") from error
    lines = enumerate((line.strip() for line in text.splitlines()), start=1)
    keys = tuple(_key(file, n, line) for n, line in lines if line and not line.startswith("#"))
    if not keys:
        raise BadKeyFile(f"{file} holds no key: `remit keys make` makes one")
    if len({key.id for key in keys}) < len(keys):
        raise BadKeyFile(f"{file} holds two keys of one id: give each its own")
    return keys


def make_keys(file: Path) -> SecretKey:
    """A key in a new file that only this user can read. Raises `BadKeyFile`, also if the file is there already."""
    key = _new(())
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BadKeyFile(f"{file} is there already: name a new file") from error
    except OSError as error:
        raise BadKeyFile(f"{file} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(_text((key,)))
        out.flush()
        os.fsync(out.fileno())
    return key


def add_key(file: Path) -> SecretKey:
    """Another one, at the end: known from now on, and not in use yet. Raises `BadKeyFile`."""
    keys = read_keys(file)
    key = _new(keys)
    _replace(file, (*keys, key))
    return key


def use_key(file: Path, key_id: str) -> None:
    """Put that key first. Raises `BadKeyFile`, also if there is none of this id."""
    keys = read_keys(file)
    first = [key for key in keys if key.id == key_id]
    if not first:
        known = ", ".join(key.id for key in keys)
        raise BadKeyFile(f"{file} holds no key {key_id}; those in it are {known}")
    _replace(file, (*first, *(key for key in keys if key.id != key_id)))


def _key(file: Path, n: int, line: str) -> SecretKey:
    name, _, coded = line.partition(" ")
    if _ID.fullmatch(name) is None or not coded:
        raise BadKeyFile(f"{file}, line {n}: it should read `id base64`")
    try:
        secret = base64.b64decode(coded.strip(), validate=True)
    except ValueError:
        raise BadKeyFile(f"{file}, line {n}: what stands after {name} is not base64") from None
    if len(secret) < _BYTES:
        raise BadKeyFile(f"{file}, line {n}: a key has {_BYTES} bytes or more, not {len(secret)}")
    return SecretKey(id=name, secret=secret)


def _new(known: Sequence[SecretKey]) -> SecretKey:
    taken = {key.id for key in known}
    while (name := f"k-{secrets.token_hex(4)}") in taken:
        pass
    return SecretKey(id=name, secret=secrets.token_bytes(_BYTES))


def _text(keys: Sequence[SecretKey]) -> str:
    lines = [f"{key.id} {base64.b64encode(key.secret).decode()}\n" for key in keys]
    return "".join(["# The first key is in use, the others still prove and decrypt.\n", *lines])


def _replace(file: Path, keys: Sequence[SecretKey]) -> None:
    """At once: nobody reads half of it."""
    part = file.with_name(f".remit-{secrets.token_hex(8)}")
    try:
        mode = file.stat().st_mode & 0o777
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(_text(keys))
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadKeyFile(f"{file} cannot be written: {error.strerror}") from error
