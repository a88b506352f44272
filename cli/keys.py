"""`remit keys`: files of the secret keys that seal commands and encrypt what Temporal keeps (docs/security.md)."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from activities.keyring import BadKeyFile, add_key, make_keys, use_key
from cli.errors import UsageError
from cli.operations import group
from cli.options import Place
from cli.output import console, plain, print_json

_HERE = Place()
_HELP = "Make and change the keys that seal commands, and those that encrypt what Temporal keeps."

_File = Annotated[Path, Parameter(help="The file of keys.")]


def make(
    file: Annotated[Path, Parameter(help="A new file for the keys.")], /, *, place: Place = _HERE
) -> None:
    """Make a key in a new file, readable by this user only."""
    try:
        key = make_keys(file)
    except BadKeyFile as error:
        raise UsageError(str(error)) from error
    names = "REMIT_IDENTITY_KEY_FILE or REMIT_TEMPORAL_ENCRYPTION_KEYS_FILE"
    _tell(file, key.id, f"key {key.id} in {file}: name it in {names}, keep it secret", place)


def add(file: _File, /, *, place: Place = _HERE) -> None:
    """Add a key that is known from the next start on, and not in use yet."""
    try:
        key = add_key(file)
    except BadKeyFile as error:
        raise UsageError(str(error)) from error
    then = f"once every process has started with it: `remit keys use {file} {key.id}`"
    _tell(file, key.id, f"key {key.id} in {file}, not in use yet; {then}", place)


def use(
    file: _File, key: Annotated[str, Parameter(help="Its id.")], /, *, place: Place = _HERE
) -> None:
    """Put a key that the file holds in use; the others stay good for what was made with them."""
    try:
        use_key(file, key)
    except BadKeyFile as error:
        raise UsageError(str(error)) from error
    _tell(file, key, f"key {key} of {file} is in use from the next start on", place)


def _tell(file: Path, key: str, sentence: str, place: Place) -> None:
    if place.json:
        print_json({"file": str(file), "key": key})
    else:
        console.print(plain(sentence), soft_wrap=True)


def add_to(app: App) -> None:
    keys = App(name="keys", help=_HELP, group=group)
    for verb in (make, add, use):
        keys.command(verb)
    app.command(keys)
