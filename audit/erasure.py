"""Erasure of persons: what the log and the table beside it say of it, and the receipt.

The log says that a person was erased; then the rows of `remit.persons` are deleted. Whatever stopped in
between is found here, because the two no longer say the same, and is completed by erasing again.

```
NotErased               there is nothing to give a receipt for
├── HalfErased          the one is done without the other; erasing again completes it
└── UnknownPerson       neither the log nor the table knows such a person
```
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from audit.bundle_files import event_json, needed_nodes
from audit.checkpoint import SignedCheckpoint
from audit.leaf import instant
from audit.notes import Verifier
from audit.offline import verify
from audit.tiles import Tree
from domain.directory.events import PersonCommitted, PersonErased, PersonRegistered
from domain.identifiers import DIRECTORY_STREAM, PersonId
from eventstore.codec import event_of
from eventstore.persons import PersonStore
from eventstore.protocol import EventStore, StoredEvent

PersonStanding = Literal["kept", "erased", "rows-left", "not-recorded", "not-registered"]
"""kept: as it should be of whoever is not erased. rows-left: erased by the log, and something is still
kept. not-recorded: nothing is kept, and the log does not say why. not-registered: something is kept of
somebody whom the log does not know; it is so for a moment while they are being registered."""


NOT_COVERED = "no checkpoint covers it yet: `remit audit receipt` gives this again, with proof"
NO_KEY = (
    "no key was at hand to read checkpoints with: set REMIT_AUDIT_PUBLIC_KEY, then `remit audit receipt` "
    "gives this again, with proof"
)


class NotErased(RuntimeError):
    """{person} is not erased; `remit erase-person` does it."""

    def __init__(self, person: PersonId) -> None:
        super().__init__(f"{person} is not erased; `remit erase-person` does it")


class UnknownPerson(NotErased):
    """Nobody is known by the id {person}; check it."""

    def __init__(self, person: PersonId) -> None:
        RuntimeError.__init__(self, f"nobody is known by the id {person}; check it")


class HalfErased(NotErased):
    """The erasure of {person} stopped half-way; `remit erase-person` completes it."""

    def __init__(self, found: "PersonOnRecord") -> None:
        done = {
            "rows-left": f"the log says so, but {found.kept} name(s) of theirs are still kept",
            "not-recorded": "nothing is kept of them, but the log does not say that they were erased",
        }.get(found.standing, "something is kept of them, though the log does not know them")
        RuntimeError.__init__(
            self,
            f"the erasure of {found.person} stopped half-way: {done}. "
            f"`remit erase-person {found.person}` again completes it",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonOnRecord:
    """A person in the log and in the table beside it."""

    person: PersonId
    committed: tuple[StoredEvent, ...]
    """The events that committed to a name and address."""
    erased: StoredEvent | None
    kept: int
    """How many names of theirs are kept."""

    @property
    def standing(self) -> PersonStanding:
        if self.erased is not None:
            return "rows-left" if self.kept else "erased"
        if not self.committed:
            return "not-registered"
        return "kept" if self.kept else "not-recorded"


async def persons_on_record(
    store: EventStore, persons: PersonStore, person: PersonId | None = None
) -> Sequence[PersonOnRecord]:
    """Every person of the log or the table, by id; or the one."""
    kept = await persons.kept(person)
    committed: defaultdict[PersonId, list[StoredEvent]] = defaultdict(list)
    erased: dict[PersonId, StoredEvent] = {}
    for stored in await store.read_stream(DIRECTORY_STREAM):
        event = event_of(stored)
        if not isinstance(event, PersonRegistered | PersonCommitted | PersonErased):
            continue
        if person not in (None, event.person):
            continue
        if isinstance(event, PersonErased):
            erased[event.person] = stored
        else:
            committed[event.person].append(stored)
    return [
        PersonOnRecord(
            person=one,
            committed=tuple(committed[one]),
            erased=erased.get(one),
            kept=kept.get(one, 0),
        )
        for one in sorted({*kept, *committed})
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Covering:
    """A checkpoint, and the tree that it signs."""

    checkpoint: SignedCheckpoint
    tree: Tree
    verifier: Verifier


async def receipt(
    store: EventStore,
    persons: PersonStore,
    person: PersonId,
    covering: Covering | None,
    at: datetime,
    *,
    way_out: str = NOT_COVERED,
) -> Mapping[str, Any]:
    """Proof for the person that they were erased, as JSON; `verify.py` checks it.

    Args:
        covering: the last checkpoint; left out of the receipt if it does not cover the erasure yet.
        at: the present.
        way_out: how to come to a receipt with proof, if there is none in this.

    Raises `NotErased`, or what is derived from it.
    """
    found = next(iter(await persons_on_record(store, persons, person)), None)
    if found is None:
        raise UnknownPerson(person)
    if found.standing not in ("kept", "erased"):
        raise HalfErased(found)
    if found.erased is None:
        raise NotErased(person)
    event = event_of(found.erased)
    assert isinstance(event, PersonErased)
    events = (*found.committed, found.erased)
    return {
        "format": verify.RECEIPT,
        "person": person,
        "erased": {
            "position": found.erased.position,
            "occurred_at": instant(found.erased.occurred_at),
            "recorded_at": instant(found.erased.recorded_at),
            "by": event.by.model_dump(mode="json"),
            "reason": event.reason,
        },
        "nothing_kept_at": instant(at),
        "commitments": [_commitment(stored) for stored in found.committed],
        "events": [event_json(stored) for stored in events],
        **(await _proof(events, covering) or {"checkpoint": None, "way_out": way_out}),
    }


def _commitment(stored: StoredEvent) -> Mapping[str, Any]:
    event = event_of(stored)
    assert isinstance(event, PersonRegistered | PersonCommitted)
    return {"commitment": event.commitment, "position": stored.position}


async def _proof(events: Sequence[StoredEvent], covering: Covering | None) -> Mapping[str, Any]:
    """Nothing if the checkpoint does not cover them."""
    if covering is None or covering.checkpoint.checkpoint.size < events[-1].position:
        return {}
    size = covering.checkpoint.checkpoint.size
    needed = needed_nodes(size, (event.position - 1 for event in events))
    nodes = await covering.tree.nodes(needed)
    return {
        "key": covering.verifier.text,
        "checkpoint": covering.checkpoint.note,
        "nodes": {f"{node.level}/{node.number}": nodes[node].hex() for node in sorted(nodes)},
    }
