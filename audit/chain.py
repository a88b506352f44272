"""Checks the checkpoints as such: signatures, numbers, and that database and outside store agree."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from audit import statements
from audit.checkpoint import Checkpoint, in_words, read
from audit.database import Connection
from audit.findings import Finding
from audit.notes import BadNote, Verifier
from audit.outside import OutsideStore

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class OutsideNotes:
    """The checkpoints outside after some number, read before the database's snapshot was taken."""

    hashes: Mapping[int, bytes]
    """SHA-256 of each note by its number."""
    unread: Mapping[int, str]
    """The notes that are no checkpoint of that number by the key, and what is wrong."""
    checkpoints: Mapping[int, Checkpoint]
    latest: Checkpoint | None
    """What `checkpoint` holds."""
    latest_problem: str | None
    written: int
    """All up to this number were there before they were listed, as `checkpoint` said by then."""
    after: int
    """The number after which they were read."""


@dataclass(slots=True)
class Chain:
    """The checkpoints that the log is held against."""

    held: list[Checkpoint] = field(default_factory=list[Checkpoint])
    """Signed by the key, in the order of their numbers; those given up after a loss are not among them."""
    outside: Checkpoint | None = None
    """The last of them that is outside."""
    last: Checkpoint | None = None
    """The last one of the database, where the next verification goes on."""
    lost: set[int] = field(default_factory=set[int])
    """Numbers that are gone for good, as a later checkpoint says."""
    findings: list[Finding] = field(default_factory=list[Finding])
    notices: list[str] = field(default_factory=list[str])

    def find(self, message: str) -> None:
        self.findings.append(Finding(check="checkpoints", message=message))


async def read_outside(store: OutsideStore, verifier: Verifier, after: int = 0) -> OutsideNotes:
    """Everything outside, each note's signature verified. Raises `OutsideFailed`."""
    hashes: dict[int, bytes] = {}
    unread: dict[int, str] = {}
    checkpoints: dict[int, Checkpoint] = {}
    # Before the list: what is written from here on may not be on it.
    earlier, _ = _latest(await store.latest(), verifier)
    numbers = await store.numbers(after)
    for at in range(0, len(numbers), _PAGE):
        for number, note in (await store.notes(numbers[at : at + _PAGE])).items():
            hashes[number] = _hashed(note)
            try:
                found = read(note, verifier).checkpoint
            except BadNote as error:
                unread[number] = str(error)
                continue
            if found.number == number:
                checkpoints[number] = found
            else:
                unread[number] = f"it is checkpoint {found.number}"
    note = await store.latest()  # after the list: never behind it
    latest, problem = _latest(note, verifier)
    if note is None and (numbers or after):
        problem = "it is missing"
    # `checkpoint` is written first, and then the note of its own number.
    written = earlier.number - 1 if earlier else 0
    return OutsideNotes(hashes, unread, checkpoints, latest, problem, written, after)


def _latest(note: str | None, verifier: Verifier) -> tuple[Checkpoint | None, str | None]:
    """What `checkpoint` holds, and what is wrong with it."""
    if note is None:
        return None, None
    try:
        return read(note, verifier).checkpoint, None
    except BadNote as error:
        return None, str(error)


async def read_chain(
    connection: Connection,
    verifier: Verifier,
    outside: OutsideNotes | None,
    published: int,
    before: Checkpoint | None = None,
) -> Chain:
    """Check all checkpoints after `before`, against each other and against those outside.

    Args:
        published: number of the last checkpoint that was written outside, as the database has it.
    """
    chain = Chain(last=before)
    after = before.number if before else 0
    found: dict[int, Checkpoint] = {}
    seen: set[int] = set()
    if before is not None:
        row = await connection.fetchrow(statements.CHECKPOINT, before.number)
        if row is None or _read(chain, verifier, *row) != before:
            chain.find(f"checkpoint {before.number} was verified before, and is there no longer")
    while rows := await connection.fetch(statements.CHECKPOINTS, after, _PAGE):
        for row in rows:
            number, note = row["number"], row["note"]
            if outside and outside.hashes.get(number) not in (None, _hashed(note)):
                why = outside.unread.get(number, "the key signed the one outside")
                chain.find(f"checkpoint {number} is another outside than in the database: {why}")
            checkpoint = _read(chain, verifier, number, row["size"], note)
            if checkpoint is not None:
                found[number] = checkpoint
            seen.add(number)
            after = number
    begun = before.number if before else 0
    known = set(seen)
    if outside is not None:
        _compare(chain, outside, seen, published, begun)
        known.update(number for number in outside.hashes if number > begun)
        new = {number: c for number, c in outside.checkpoints.items() if number > begun}
        found = {**new, **found}
    for number in sorted(found):
        _follow(chain, found[number])
    for gap in _gaps(begun, known | chain.lost, published):
        where = "both the database and the outside store" if outside else "the database"
        chain.find(f"checkpoint {in_words([gap])} is missing from {where}")
    if outside is not None:
        outer = [held for held in chain.held if held.number in outside.checkpoints]
        chain.outside = outer[-1] if outer else None
    return chain


def _read(chain: Chain, verifier: Verifier, number: int, size: int, note: str) -> Checkpoint | None:
    try:
        found = read(note, verifier).checkpoint
    except BadNote as error:
        chain.find(f"checkpoint {number} in the database: {error}")
        return None
    if found.number != number:
        chain.find(f"checkpoint {number} in the database is a copy of checkpoint {found.number}")
        return None
    if found.size != size:
        chain.find(f"checkpoint {number} says size {found.size}, its row says {size}")
    return found


def _follow(chain: Chain, found: Checkpoint) -> None:
    previous = chain.last
    if found.after_loss is not None:
        kept = found.kept or 0
        chain.held = [held for held in chain.held if held.number <= kept]
        chain.notices.append(
            f"checkpoints {kept + 1} to {found.number - 1} do not fit the log and were given up by "
            f"checkpoint {found.number} at {found.time}: {found.after_loss}"
        )
    elif previous and (
        found.line != previous.line
        or found.size < previous.size
        or (found.size == previous.size and found.repaired is None)
    ):
        chain.find(f"checkpoint {found.number} does not follow checkpoint {previous.number}")
    if found.repaired is not None:
        chain.lost.update(number for run in found.lost for number in run)
        gone = f"; checkpoints {in_words(found.lost)} are lost" if found.lost else ""
        chain.notices.append(
            f"checkpoint {found.number} was signed at {found.time} after the trail was repaired: "
            f"{found.repaired}{gone}"
        )
    chain.held.append(found)
    chain.last = found


def _gaps(begun: int, known: set[int], published: int) -> Iterator[range]:
    """The numbers after `begun` that nothing is known of, up to the last that there was."""
    previous = begun
    for number in sorted(known | {published + 1}):
        if number > previous + 1:
            yield range(previous + 1, number)
        previous = max(previous, number)


def _compare(
    chain: Chain, outside: OutsideNotes, seen: set[int], published: int, begun: int
) -> None:
    """What only the outside store can tell; `seen` are the database's numbers after `begun`."""
    for number in sorted(number for number in set(outside.hashes) - seen if number > begun):
        why = f", and is none: {outside.unread[number]}" if number in outside.unread else ""
        chain.find(f"checkpoint {number} is outside, and missing from the database{why}")
    last = max(outside.hashes, default=outside.after)
    written = max(last, published, outside.written)
    gone = [n for n in seen if n <= written and n not in outside.hashes]
    if gone:
        chain.find(f"checkpoint {min(gone)} was written outside, and is there no longer")
    elif not written and len(seen) > 1:  # one may be on its way
        chain.find(
            f"nothing is outside, and the database has {len(seen)} checkpoints: the outside store was "
            "emptied, or never begun"
        )
    if outside.latest_problem:
        chain.find(f"outside, `checkpoint`: {outside.latest_problem}")
    elif outside.latest and outside.latest.number < last:
        chain.find(
            f"outside, `checkpoint` was put back to number {outside.latest.number}: "
            f"number {last} is there"
        )
    waiting = sum(number > written for number in seen)
    if waiting:
        chain.notices.append(f"{waiting} checkpoints of the database are not outside yet")


def _hashed(note: str) -> bytes:
    return hashlib.sha256(note.encode()).digest()
