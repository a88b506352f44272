"""The file of the key that signs checkpoints."""

from pathlib import Path

from audit.new_files import new_files, writing
from audit.notes import BadKey, Signer


def make_key(file: Path, name: str) -> Signer:
    """Make a key in a new file that only this user can read.

    Args:
        name: what checkpoints are signed under, for good; a host's name and path, such as `remit.example/log`.

    Raises:
        BadKey: the name has a space or a plus.
        CannotWrite: the file is there already, and left as it is; or it cannot be written.
    """
    signer = Signer.new(name)
    with new_files(file, mode=0o600) as (part,), writing(file):
        part.write_text(signer.text + "\n")
    return signer


def read_key(file: Path) -> Signer:
    """Raises `BadKey` if the file is not there, cannot be read, or holds no key."""
    try:
        return Signer.parse(file.read_text())
    except (OSError, UnicodeError, BadKey) as error:
        raise BadKey(f"the signing key cannot be read from {file}: {error}") from error
