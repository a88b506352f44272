"""How a bundle is written: its files, the same bytes for the same content."""

import hashlib
import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from audit.leaf import instant
from audit.offline import verify
from audit.tree import LeafRange, Subtree
from eventstore.protocol import StoredEvent

_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can write: that of every file in it."""

VERIFIER = Path(verify.__file__).read_bytes()
"""The program that goes into every bundle."""


def event_json(event: StoredEvent) -> Mapping[str, Any]:
    """All of an event that its leaf covers, the body as it is stored."""
    fields = {
        "position": event.position,
        "stream_id": event.stream_id,
        "version": event.version,
        "type": event.type,
        "occurred_at": instant(event.occurred_at),
        "recorded_at": instant(event.recorded_at),
        "actor": event.actor,
        "command_id": event.command_id,
    }
    try:
        return {**fields, "body": event.body.decode()}
    except UnicodeDecodeError:  # Remit writes none such; what somebody put there is shown as it is
        return {**fields, "body_base64": b64encode(event.body).decode()}


def events_file(events: Iterable[StoredEvent]) -> bytes:
    """JSON lines, in the order of the log."""
    lines = (
        json.dumps(event_json(event), ensure_ascii=False, separators=(",", ":")) + "\n"
        for event in events
    )
    return "".join(lines).encode()


def needed_nodes(size: int, indexes: Iterable[int], held: Iterable[int] = ()) -> set[Subtree]:
    """The subtrees from which the verifier climbs to the root of a tree of that size.

    Args:
        indexes: leaves that are to be proved.
        held: sizes of earlier trees that are to be proved its beginning.
    """
    older = [part for earlier in held for part in LeafRange(0, earlier).subtrees()]
    climbed = set(LeafRange(0, size).subtrees())
    found = climbed.union(older)
    for level, at in (*((0, index) for index in indexes), *older):
        while (level, at) not in climbed:
            climbed.add(Subtree(level, at))
            found.add(Subtree(level, at ^ 1))
            level, at = level + 1, at >> 1  # noqa: PLW2901 - up from each, to the root
    return found


def proofs_file(nodes: Mapping[Subtree, bytes]) -> bytes:
    told = {f"{node.level}/{node.number}": value.hex() for node, value in sorted(nodes.items())}
    return json_file({"nodes": told})


def json_file(value: Mapping[str, Any] | list[Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def sha256_of(file: bytes) -> str:
    return hashlib.sha256(file).hexdigest()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The bundle as one file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in verify.FILES:
            if name in files:
                entry = zipfile.ZipInfo(name, _BEGINNING)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, files[name])
    return made.getvalue()
