"""An instruction's evidence as its history names it, in lines and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cli.output import moment, plain
from domain.instruction import events as e
from domain.instruction.terms import Evidence
from eventstore.codec import event_of
from eventstore.protocol import StoredEvent

Found = int | Literal["altered", "missing"]
"""What reading a kept file came to: its size in bytes, or what is wrong."""


@dataclass(frozen=True, kw_only=True)
class FileOnRecord:
    """A file, and the event that names it."""

    evidence: Evidence
    event: str
    version: int
    at: datetime
    by: str


def files_on_record(events: Sequence[StoredEvent]) -> list[FileOnRecord]:
    """Every naming of a file, in the order of the history."""
    return [
        FileOnRecord(
            evidence=evidence,
            event=stored.type,
            version=stored.version,
            at=stored.occurred_at,
            by=stored.actor,
        )
        for stored in events
        for evidence in _named(stored)
    ]


def state(evidence: Evidence, found: Mapping[str, Found]) -> str:
    """`intact`, `altered`, `missing`; or `other size`, if only the size on record is wrong."""
    read = found[evidence.sha256]
    if isinstance(read, str):
        return read
    return "intact" if read == evidence.size else "other size"


def _named(stored: StoredEvent) -> tuple[Evidence, ...]:
    match event_of(stored):
        case e.CompletionReported() as reported:
            return reported.evidence
        case e.EvidenceAttached() as attached:
            return (attached.evidence,)
        case _:
            return ()


def evidence_json(
    files: Sequence[FileOnRecord], found: Mapping[str, Found]
) -> list[dict[str, Any]]:
    return [
        {
            **file.evidence.model_dump(mode="json"),
            "event": file.event,
            "version": file.version,
            "occurred_at": file.at,
            "by": file.by,
            "state": state(file.evidence, found),
        }
        for file in files
    ]


def evidence_lines(
    number: str, files: Sequence[FileOnRecord], found: Mapping[str, Found]
) -> list[str]:
    """Two lines per file: the second is its SHA-256, whole, to be compared and copied."""
    if not files:
        return [f"{plain(number)} has no evidence"]
    lines = [f"Evidence of {plain(number)}"]
    for file in files:
        how = state(file.evidence, found)
        colour = "green" if how == "intact" else "red"
        lines += [
            f"[{colour}]{how}[/] [bold]{plain(file.evidence.name)}[/], {file.evidence.size} bytes, "
            f"{file.event} #{file.version} by {plain(file.by)}, {moment(file.at)}",
            f"       {file.evidence.sha256}",
        ]
    return lines
