"""An instruction's evidence as its history names it, in lines and as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from cli.output import moment, plain
from domain.instruction.terms import Evidence
from eventstore.evidence_named import FileOnRecord

Found = int | Literal["altered", "missing"]
"""What reading a kept file came to: its size in bytes, or what is wrong."""


def state(evidence: Evidence, found: Mapping[str, Found]) -> str:
    """`intact`, `altered`, `missing`; or `other size`, if only the size on record is wrong."""
    read = found[evidence.sha256]
    if isinstance(read, str):
        return read
    return "intact" if read == evidence.size else "other size"


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
