"""The file of the key that signs checkpoints."""

import os
from pathlib import Path

from audit.notes import BadKey, Signer


def make_key(file: Path, name: str) -> Signer:
    """Make a key in a new file that only this user can read.

    Args:
        name: what checkpoints are signed under, for good; a host's name and path, such as `remit.example/log`.

    Raises:
        BadKey: the name has a space or a plus.
        FileExistsError: the file is there already; it is left as it is.
        OSError: it cannot be written.
    """
    signer = Signer.new(name)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(signer.text + "\n")
        opened.flush()
        os.fsync(descriptor)
    return signer


def read_key(file: Path) -> Signer:
    """Raises `BadKey` if the file is not there, cannot be read, or holds no key."""
    try:
        text = file.read_text()
    except (OSError, UnicodeError) as error:
        raise BadKey(f"the signing key cannot be read from {file}: {error}") from error
    return Signer.parse(text)
