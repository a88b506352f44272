"""The files that an instruction's history names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.instruction import events as e
from domain.instruction.terms import Evidence
from eventstore.codec import event_of
from eventstore.protocol import StoredEvent

_NAMING = frozenset(
    kind.model_fields["type"].default
    for kind in (e.CompletionReported, e.JointReportSubmitted, e.EvidenceAttached)
)
"""Types of the events that name files: no other is decoded for it."""


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
        if stored.type in _NAMING
        for evidence in _named(stored)
    ]


def _named(stored: StoredEvent) -> tuple[Evidence, ...]:
    match event_of(stored):
        case e.CompletionReported() | e.JointReportSubmitted() as reported:
            return reported.evidence
        case e.EvidenceAttached() as attached:
            return (attached.evidence,)
        case _:
            return ()
