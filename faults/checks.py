"""Holds the log against what the clients were told; each invariant of docs/faults.md that needs nothing else."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from bench.kills.findings import Account as Notices
from domain.identifiers import INSTRUCTION_PREFIX, SYSTEM
from domain.rejections import Code
from eventstore.protocol import StoredEvent
from faults.evidence import Evidence
from faults.told import Account, Told
from simulation.account import account as due_moments
from simulation.checked import Check
from simulation.checks import left_in

_MAY_BE_ALLOWED_LATER = {"RequestExtension"}
"""Refused while another request is open, which the machinery lets expire."""


def acknowledged(told: Account, log: Evidence) -> Check:
    recorded = [one for one in told.told if one.recorded]
    return Check(
        what="acknowledged: in the log under its id, once, where it was told, as it was sent, however often it is asked",
        counted=f"{len(recorded)} acknowledgements of {len({t.command_id for t in recorded})} commands",
        findings=[
            *_not_as_told(recorded, log),
            *_otherwise_said(recorded, log),
            *_twice(log),
            *_refused_again(told),
        ],
    )


def _own(one: Told, log: Evidence) -> Sequence[StoredEvent]:
    """What is recorded of it in its own stream."""
    return [e for e in log.by_command.get(one.command_id, ()) if e.stream_id == one.stream]


def _not_as_told(recorded: Sequence[Told], log: Evidence) -> Iterator[str]:
    for one in recorded:
        own = _own(one, log)
        named = f"{one.type} {one.command_id}, told at {one.told_at or 0:.1f} s by {one.door}"
        if not own:
            yield f"{named}: acknowledged, and not in the log"
        elif own[-1].position != one.position:
            yield f"{named}: told position {one.position}, and it is at {own[-1].position}"
        elif one.version is not None and own[-1].version != one.version:
            yield f"{named}: told version {one.version}, and it is at {own[-1].version}"


def _otherwise_said(recorded: Sequence[Told], log: Evidence) -> Iterator[str]:
    """The first event of a client's command is what it asked for; others may follow from it."""
    for one in recorded:
        own = _own(one, log)
        if not own:
            continue
        body: dict[str, object] = json.loads(own[0].body)
        for field, sent in one.says.items():
            if body.get(field) != sent:
                yield (
                    f"{one.type} {one.command_id}: sent {field} {sent!r}, and position {own[0].position}, "
                    f"{own[0].type}, says {body.get(field)!r}"
                )


def _twice(log: Evidence) -> Iterator[str]:
    """What one append writes has neighbouring positions, and of what a client asks for no event comes twice."""
    for command, events in log.by_command.items():
        apart = any(after.position != one.position + 1 for one, after in pairwise(events))
        kinds = [(event.stream_id, event.type) for event in events if event.actor != SYSTEM]
        if apart or len(kinds) > len({*kinds}):
            positions = ", ".join(str(event.position) for event in events)
            yield f"{command} is recorded more than once: at {positions}"


def _refused_again(told: Account) -> Iterator[str]:
    for one in told.told:
        if one.asked == "again" and one.code is not None:
            yield (
                f"{one.type} {one.command_id} was acknowledged, and refused ({one.code}) when it was sent again: "
                f"at {one.told_at or 0:.1f} s by {one.door}"
            )


def asked_for(told: Account, log: Evidence) -> Check:
    sent = {one.command_id for one in told.told}
    findings = [
        f"position {event.position}: {event.type} under {event.command_id}, which nobody sent"
        for event in log.events
        if event.actor != SYSTEM and event.command_id not in sent
    ]
    findings += [
        f"{stream} is in the log, and nobody founded it"
        for stream in log.by_stream
        if stream not in told.streams
    ]
    return Check(
        what="asked-for: every event is of a command that was sent, or of the machinery",
        counted=f"{len(log.events)} events",
        findings=findings,
    )


def refused(told: Account, log: Evidence) -> Check:
    refusals = [
        one for one in told.told if one.code is not None and one.asked in ("new", "at once")
    ]
    recorded = {one.command_id for one in told.told if one.recorded}
    return Check(
        what="refused: it left nothing in the log",
        counted=f"{len(refusals)} refusals",
        findings=[
            f"{one.type} {one.command_id} was refused ({one.code}) at {one.told_at or 0:.1f} s by {one.door}, "
            f"attempt {one.attempts}, and is at position {log.by_command[one.command_id][0].position}"
            for one in refusals
            if one.command_id in log.by_command
            and not (one.command_id in recorded and one.type in _MAY_BE_ALLOWED_LATER)
        ],
    )


def one_body(told: Account) -> Check:
    changed = [one for one in told.told if one.asked == "changed"]
    return Check(
        what="one-body: another body under a known id is refused",
        counted=f"{len(changed)} commands",
        findings=[
            f"{one.command_id}, with another body, was answered {one.code or 'as recorded'}"
            for one in changed
            if one.told_at is not None and one.code != Code.COMMAND_ID_REUSED
        ],
    )


def streams(log: Evidence) -> Check:
    findings: list[str] = []
    heads = {head.stream_id: head for head in log.heads}
    for stream, events in log.by_stream.items():
        versions = [event.version for event in events]
        if versions != [*range(1, len(events) + 1)]:
            findings.append(f"{stream} has the versions {versions}")
            continue
        head = heads.get(stream)
        kept = None if head is None else (head.version, head.next_wake, head.closed)
        replayed = (len(events), *left_in(stream, events))
        if kept != replayed:
            findings.append(f"{stream}: kept as {kept}, and replay comes to {replayed}")
    return Check(
        what="streams: versions are 1, 2, 3…, and the kept standing is that of replay",
        counted=f"{len(log.by_stream)} streams",
        findings=findings,
    )


def positions(log: Evidence) -> Check:
    found = [log.since, *(event.position for event in log.events)]
    findings = [
        f"after position {one} comes {after}" for one, after in pairwise(found) if after != one + 1
    ]
    if found[-1] != log.counter:
        findings.append(f"the log says that it ends at {log.counter}, and it does at {found[-1]}")
    return Check(
        what="positions: 1, 2, 3… up to the head",
        counted=f"{len(log.events)} events",
        findings=findings,
    )


def recorded_times(log: Evidence) -> Check:
    return Check(
        what="recorded-times: they never go back as positions grow",
        counted=f"{len(log.events)} events",
        findings=[
            f"position {after.position} is recorded {one.recorded_at - after.recorded_at} before the one before it"
            for one, after in pairwise(log.events)
            if after.recorded_at < one.recorded_at
        ],
    )


def moments(log: Evidence, tolerance: timedelta) -> Check:
    """`tolerance`: by which a moment may fire late, for all that was down."""
    accounts = [
        due_moments(events, log.read_at - tolerance, tolerance=tolerance)
        for stream, events in log.by_stream.items()
        if stream.startswith(INSTRUCTION_PREFIX) and _whole(events)
    ]
    fates = [fate.ending for one in accounts for fate in one.fates.values()]
    return Check(
        what="due-moments: each fired once, or went for a reason; none is overdue",
        counted=f"{len(fates)} moments, {fates.count('fired')} of which fired, {fates.count('collapsed')} together with a later one",
        findings=[finding for one in accounts for finding in one.findings],
    )


def _whole(events: Sequence[StoredEvent]) -> bool:
    """A stream that lacks an event is another check's finding, and cannot be folded."""
    return [event.version for event in events] == [*range(1, len(events) + 1)]


def notices(found: Notices) -> Check:
    outcomes = found.delivered + found.otherwise
    findings = [
        f"{name} was given and has no outcome" for name in found.given if not outcomes[name]
    ]
    findings += [f"{name} has {n} outcomes" for name, n in outcomes.items() if n > 1]
    findings += [f"{name} has an outcome, and was not given" for name in outcomes.keys() - found.given.keys()]  # fmt: skip
    return Check(
        what="notices: each has one outcome",
        counted=f"{found.given.total()} notices",
        findings=findings,
    )
