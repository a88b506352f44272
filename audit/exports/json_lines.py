"""The stored events as they are, one a line: the body is byte for byte what the log holds and hashes."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from audit.exports.reading import Exported
from audit.leaf import instant
from eventstore.protocol import StoredEvent


class JsonLines:
    """A `Writer`. `close` it in any case."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._events = 0

    def add(self, exported: Exported) -> None:
        if exported.asked_for:
            self.write(exported.stored)

    def write(self, events: Sequence[StoredEvent]) -> None:
        self._file.writelines(map(_line, events))
        self._events += len(events)

    def finish(self) -> dict[str, int]:
        self._file.close()
        return {"events": self._events}

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()


def _line(event: StoredEvent) -> bytes:
    head = json.dumps(
        {
            "position": event.position,
            "stream_id": event.stream_id,
            "version": event.version,
            "type": event.type,
            "occurred_at": instant(event.occurred_at),
            "recorded_at": instant(event.recorded_at),
            "actor": event.actor,
            "command_id": event.command_id,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return head[:-1].encode() + b',"body":' + event.body + b"}\n"
