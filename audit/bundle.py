"""An offline bundle: an instruction or a programme with its events, their proofs, and what verifies them.

What is in it and what it cannot prove: docs/audit.md. The verifier that goes into it is
`audit/offline/verify.py`; a bundle that it does not hold for proved is never handed out.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from audit.bundle_files import (
    VERIFIER,
    events_file,
    json_file,
    needed_nodes,
    proofs_file,
    sha256_of,
)
from audit.bundle_report import instruction_report, programme_report
from audit.bundle_text import README
from audit.checkpoint import Checkpoint, SignedCheckpoint
from audit.measures import measures_in_log
from audit.notes import Signer, Verifier
from audit.offline import verify
from audit.tiles import Tree
from domain.directory.decisions import directory_decider
from domain.directory.state import Directory
from domain.identifiers import (
    DIRECTORY_STREAM,
    INSTRUCTION_PREFIX,
    SYSTEM,
    PersonId,
    ProgrammeId,
    StreamId,
    instruction_id,
    programme_stream,
    recurrence_stream,
)
from domain.instruction.state import Unissued
from domain.programme.events import DigestBegun
from domain.value import instant_of
from eventstore.codec import decoded
from eventstore.persons import PersonStore
from eventstore.protocol import EventStore, PositionGap, StoredEvent
from eventstore.replay import fold


class NotCovered(RuntimeError):
    """No checkpoint covers what the bundle is to be about."""


class DoesNotHold(RuntimeError):
    """The log does not lead to the checkpoint, or the two ways to the report disagree: {why}."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"no bundle is made, because it would not hold: {why}; see `remit audit verify`"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What a bundle is about."""

    kind: Literal["instruction", "programme"]
    id: str
    """The instruction's number, or the programme's id."""

    @property
    def stream(self) -> StreamId:
        named = {"instruction": instruction_id, "programme": programme_stream}
        return named[self.kind](self.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trusted:
    """The signed state of the log that a bundle is proved against."""

    checkpoint: SignedCheckpoint
    tree: Tree
    """Of the checkpoint's size."""
    verifier: Verifier
    signer: Signer | None = None
    """Signs where each stream ended; None leaves that open."""
    held: tuple[int, ...] = ()
    """Sizes of earlier checkpoints whose holders are to see that the log is the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundle:
    files: Mapping[str, bytes]
    events: int
    uncovered: tuple[int, ...]
    """Positions of events of the same streams that the checkpoint does not cover: left out."""
    unopened: tuple[PersonId, ...]
    """Persons of whom nothing is kept, though the log does not say that they were erased."""
    account: verify.Account
    """What the verifier says of it."""


Permit = Callable[[Sequence[StreamId]], Awaitable[None]]
"""Told whose events a bundle is to hold, before they are read; raises what is to keep it from being made."""


async def _all_there_is(streams: Sequence[StreamId]) -> None:
    del streams


async def make_bundle(
    store: EventStore,
    subject: Subject,
    trusted: Trusted,
    *,
    persons: PersonStore | None = None,
    permit: Permit = _all_there_is,
) -> Bundle:
    """Gather the bundle's files, and verify them.

    Args:
        persons: discloses name, address and salt of every person who appears in it; None does not.
        permit: whether whoever is given it may have all that is in it.

    Raises:
        NotCovered: the checkpoint covers nothing of the subject.
        DoesNotHold: what was gathered does not verify.
        TileError: the tree cannot be read.
    """
    size, at = trusted.checkpoint.checkpoint.size, _moment(trusted.checkpoint)
    for earlier in trusted.held:
        if not 0 < earlier <= size:
            raise NotCovered(f"the checkpoint covers {size} events; it cannot contain {earlier}")
    involved = await _streams(store, subject, trusted.checkpoint.checkpoint)
    await permit(involved)
    stored = await store.read_streams(involved)
    events = [event for event in stored if event.position <= size]
    streams = _by_stream(events)
    if subject.stream not in streams:
        raise NotCovered(f"the checkpoint covers the log up to position {size}, and nothing of it")
    indexes = [event.position - 1 for event in events]
    nodes = await trusted.tree.nodes(needed_nodes(size, indexes, trusted.held))

    def made() -> dict[str, bytes]:
        report = {
            "kind": subject.kind,
            "size": size,
            "at": trusted.checkpoint.checkpoint.time,
            **_report(subject, streams, at),
        }
        files = {
            "README.txt": README.encode(),
            "verify.py": VERIFIER,
            "key": f"{trusted.verifier.text}\n".encode(),
            "checkpoint": trusted.checkpoint.note.encode(),
            "events.jsonl": events_file(events),
            "proofs.json": proofs_file(nodes),
            "report.json": json_file(report),
        }
        return {**files, **_manifest(subject, trusted, streams, files)}

    # Whoever serves others meanwhile goes on: folding and verifying take the processor alone.
    files = await asyncio.to_thread(made)
    unopened: tuple[PersonId, ...] = ()
    if persons is not None:
        openings, unopened = await _openings(persons, streams)
        files["openings.json"] = json_file(openings)
    account = await asyncio.to_thread(verify.verify, files, trusted.verifier.text)
    if account.failures:
        raise DoesNotHold(account.failures[0])
    return Bundle(
        files=files,
        events=len(events),
        uncovered=tuple(event.position for event in stored if event.position > size),
        unopened=unopened,
        account=account,
    )


def _moment(checkpoint: SignedCheckpoint) -> datetime:
    at = instant_of(checkpoint.checkpoint.time)
    if at is None:
        raise DoesNotHold(f"{checkpoint.checkpoint.time} is no instant")
    return at


async def _streams(
    store: EventStore, subject: Subject, checkpoint: Checkpoint
) -> Sequence[StreamId]:
    """That of the subject, of what it refers to, and of the recurrences that issued it."""
    streams = [subject.stream, DIRECTORY_STREAM]
    if subject.kind == "programme":
        streams += await _measures(store, subject.id, checkpoint)
    else:
        own = fold(await store.read_stream(subject.stream))
        if not isinstance(own, Unissued):
            programmes = [left.programme for left in own.record.carried_over]
            programmes += [own.record.programme] if own.record.programme else []
            streams += [programme_stream(programme) for programme in dict.fromkeys(programmes)]
            if own.record.recurrence is not None:
                streams.append(recurrence_stream(own.record.recurrence))
    return streams


async def _measures(
    store: EventStore, programme: ProgrammeId, checkpoint: Checkpoint
) -> Sequence[StreamId]:
    """Every instruction that is or ever was a measure of it, and what issued such, by the log that was signed."""
    try:
        found = await measures_in_log(store, programme, checkpoint.size)
    except PositionGap as error:
        raise DoesNotHold(str(error)) from error
    if found.root != checkpoint.root:
        raise DoesNotHold(
            f"up to position {checkpoint.size} the log is not the one that checkpoint {checkpoint.number} "
            "covers, so measures may be missing"
        )
    return [*found.instructions, *found.recurrences]


def _by_stream(events: Sequence[StoredEvent]) -> Mapping[StreamId, Sequence[StoredEvent]]:
    found: defaultdict[StreamId, list[StoredEvent]] = defaultdict(list)
    for event in events:
        found[event.stream_id].append(event)
    return found


def _report(
    subject: Subject, streams: Mapping[StreamId, Sequence[StoredEvent]], at: datetime
) -> Mapping[str, Any]:
    if subject.kind == "programme":
        instructions = {
            stream: found
            for stream, found in streams.items()
            if stream.startswith(INSTRUCTION_PREFIX)
        }
        return programme_report(subject.id, streams[subject.stream], instructions, at)
    state = fold(streams[subject.stream])
    if isinstance(state, Unissued):
        raise NotCovered(f"{subject.id} is not an instruction")
    return instruction_report(subject.stream, state, at)


def _manifest(
    subject: Subject,
    trusted: Trusted,
    streams: Mapping[StreamId, Sequence[StoredEvent]],
    files: Mapping[str, bytes],
) -> Mapping[str, bytes]:
    """What the bundle consists of, signed if there is a key to do so."""
    listed = ("key", "checkpoint", "events.jsonl", "proofs.json", "report.json")
    manifest = json_file(
        {
            "format": verify.FORMAT,
            "subject": {"kind": subject.kind, "id": subject.id, "stream": subject.stream},
            "size": trusted.checkpoint.checkpoint.size,
            "streams": {name: found[-1].version for name, found in sorted(streams.items())},
            "files": {name: sha256_of(files[name]) for name in listed},
        }
    )
    if trusted.signer is None:
        return {"manifest.json": manifest}
    # Its first line is no key's name: nobody can pass it off as a checkpoint.
    note = trusted.signer.signed(f"remit bundle manifest\n{sha256_of(manifest)}\n")
    return {"manifest.json": manifest, "manifest.note": note.encode()}


async def _openings(
    persons: PersonStore, streams: Mapping[StreamId, Sequence[StoredEvent]]
) -> tuple[list[Any], tuple[PersonId, ...]]:
    """What opens the commitments to the persons who appear, or that they were erased."""
    directory = directory_decider.fold(decoded(streams[DIRECTORY_STREAM]), Directory())
    erased_at = {
        event.person: stored.position
        for stored, event in zip(
            streams[DIRECTORY_STREAM], decoded(streams[DIRECTORY_STREAM]), strict=True
        )
        if event.type == "PersonErased"
    }
    wanted = sorted(set(_persons(streams)).intersection(directory.commitments))
    kept = await persons.get(
        {person: directory.commitments[person] for person in wanted if person not in erased_at}
    )
    openings: list[Any] = []
    for person in wanted:
        if person in erased_at:
            openings.append({"person": person, "erased_at_position": erased_at[person]})
        elif person in kept:
            one = kept[person]
            opening = {"name": one.name, "email": one.email, "salt": one.salt.hex()}
            if one.elsewhere:
                opening["elsewhere"] = one.elsewhere.hex()
            openings.append({"person": person, **opening})
    told = {opening["person"] for opening in openings}
    return openings, tuple(person for person in wanted if person not in told)


def _persons(streams: Mapping[StreamId, Sequence[StoredEvent]]) -> Iterator[PersonId]:
    """Who acted, was acted for or was told, digests included; of the directory itself only those who kept it."""
    for stream, stored in streams.items():
        for event in decoded(stored):
            by = event.by
            yield from (p for p in (by.actor, by.substituting) if p not in (None, SYSTEM))
            if stream != DIRECTORY_STREAM:
                yield from (addressee.person for addressee in getattr(event, "notices", ()))
                if isinstance(event, DigestBegun):
                    yield from (reader.person for reader in event.readers)
