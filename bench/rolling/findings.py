"""What the log and Temporal say after an upgrade."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion

from activities.worker_versions import on_version
from bench.opening import DUE_MOMENTS
from bench.rolling.next_version import BUILD_ID, CHANGED
from domain.identifiers import CommandId, instruction_id

_EVENTS = "select position, stream_id, type, command_id, body from remit.events order by position"
_HEAD = "select position from remit.counter"
_FIRED = "select count(*) from remit.events where type = any($1)"


@dataclass(frozen=True, kw_only=True)
class Findings:
    instructions: int
    acknowledged: int
    errors: Sequence[str]
    """What clients were told that was no acknowledgement."""
    lost: int
    """Acknowledged, and not recorded as told."""
    recorded_twice: int
    due_moments: int
    not_once: int
    """Of these, as there should be."""
    not_continued: int
    """Instructions without a comment since the upgrade was finished."""
    new_shape_before: int
    """Events written as only the next version has them, before it was said that they may be."""
    new_shape_after: int
    old_shape_at_last: int
    """Of the last comments, one on each instruction."""
    moved: int
    """Runs of workflows that are with the next version."""
    refused_while_both_ran: bool
    """The upgrade could not be finished then."""

    @property
    def is_well(self) -> bool:
        return (
            not (self.errors or self.lost or self.recorded_twice or self.not_once)
            and not (self.not_continued or self.new_shape_before or self.old_shape_at_last)
            and self.new_shape_after > 0
            and self.moved == self.instructions
            and self.refused_while_both_ran
        )


async def head(database_url: str) -> int:
    """The last position of the log."""
    connection = await asyncpg.connect(database_url)
    try:
        return await connection.fetchval(_HEAD)
    finally:
        await connection.close()


async def fired(database_url: str) -> int:
    """How many due moments are on record."""
    connection = await asyncpg.connect(database_url)
    try:
        return await connection.fetchval(_FIRED, DUE_MOMENTS)
    finally:
        await connection.close()


async def findings(
    database_url: str,
    client: Client,
    acknowledged: Mapping[CommandId, int],
    errors: Sequence[str],
    *,
    deployment: str,
    numbers: Sequence[str],
    finished_after: int,
    refused_to_finish: str,
) -> Findings:
    """Read from the bytes as they are stored: this version cannot read all of them.

    Args:
        acknowledged: commands by the position that their client was told.
        finished_after: the position before the upgrade was finished.
        refused_to_finish: what was said to who would have finished it while both versions ran.
    """
    connection = await asyncpg.connect(database_url)
    try:
        events = await connection.fetch(_EVENTS)
    finally:
        await connection.close()
    comments = [event for event in events if event["type"] == CHANGED]
    recorded = Counter(event["command_id"] for event in comments)
    at = {event["command_id"]: event["position"] for event in comments}
    due = Counter((e["stream_id"], e["type"]) for e in events if e["type"] in DUE_MOMENTS)
    streams = [instruction_id(number) for number in numbers]
    last = {event["stream_id"]: event for event in comments if event["position"] > finished_after}
    newer = [event["position"] for event in comments if json.loads(event["body"])["v"] > 1]
    return Findings(
        instructions=len(streams),
        acknowledged=len(acknowledged),
        errors=errors,
        lost=sum(at.get(command) != position for command, position in acknowledged.items()),
        recorded_twice=sum(count > 1 for count in recorded.values()),
        due_moments=due.total(),
        not_once=sum(due[stream, type_] != 1 for stream in streams for type_ in DUE_MOMENTS),
        not_continued=sum(stream not in last for stream in streams),
        new_shape_before=sum(position <= finished_after for position in newer),
        new_shape_after=sum(position > finished_after for position in newer),
        old_shape_at_last=sum(json.loads(event["body"])["v"] == 1 for event in last.values()),
        moved=await on_version(client, WorkerDeploymentVersion(deployment, BUILD_ID)),
        refused_while_both_ran="of an older version are still connected" in refused_to_finish,
    )
