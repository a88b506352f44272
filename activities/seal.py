"""The seal: by it a worker knows that Remit itself has authenticated who sends a command.

Whoever may speak to Temporal can send a worker any command. The web authenticates people and seals what they send;
the worker, which has the same key, takes no other command that says so.
"""

import base64
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from activities.keyring import SecretKey
from domain.attribution import Command
from eventstore.handle import hash_request

GOOD_FOR = timedelta(minutes=10)
"""From the sealing on: longer than a command is under way, and short enough that one which was refused, and is still
to be read in Temporal's history, cannot be sent again when it would no longer be.
"""
_PURPOSE = "remit command seal 1"
"""So that no seal is good for anything else that the same key might once be used for."""
_DIGITS = 11
"""Of a second at most: they last until the year 5138."""
_C = TypeVar("_C", bound=Command)


def _now() -> datetime:
    return datetime.now(UTC)


class Sealer:
    """Seals commands, and tells whether one is sealed."""

    def __init__(self, keys: Sequence[SecretKey], *, clock: Callable[[], datetime] = _now) -> None:
        """The first of the keys seals, all prove. At least one. The clocks of those that share them must agree to
        within minutes.
        """
        if not keys:
            raise ValueError("a seal needs a key")
        self._keys = tuple(keys)
        self._clock = clock

    def seal(self, command: _C) -> _C:
        """The command, with proof of all that it says and of who is said to send it."""
        seconds = int(self._clock().timestamp())
        return command.model_copy(
            update={"seal": f"{seconds}.{_mac(command, seconds, self._keys[0])}"}
        )

    def holds(self, sealed_at: datetime) -> bool:
        """Whether a seal of that second is neither too old, nor yet to come, by the clock here."""
        return abs(self._clock() - sealed_at) <= GOOD_FOR

    def sealed_at(self, command: Command) -> datetime | None:
        """When this very command was sealed with one of the keys, to the second; None if that is not proven. Whether the
        seal still `holds` is another question.
        """
        stamp, _, mac = (command.seal or "").partition(".")
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= _DIGITS):
            return None
        seconds = int(stamp)
        proven = False
        for key in self._keys:  # all of them, so that the time it takes tells nothing
            made = _mac(command, seconds, key)
            proven |= hmac.compare_digest(mac.encode(), made.encode())
        return datetime.fromtimestamp(seconds, UTC) if proven else None


def _mac(command: Command, seconds: int, key: SecretKey) -> str:
    """The request's hash covers all but what the server stamps: the identity is one of these."""
    sealed = {
        "purpose": _PURPOSE,
        "sealed_at": seconds,
        "request": hash_request(command).hex(),
        "actor": command.actor,
        "on_behalf_of": command.on_behalf_of,
        "identity": command.identity.model_dump(mode="json"),
    }
    text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hmac.digest(key.secret, text.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
