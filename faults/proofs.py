"""The checks that have something made again: the rows of read models, the tree; and what the reader saw, and the recovery."""

import math
from collections.abc import Sequence

import asyncpg

from audit.keys import read_key
from audit.outside import OutsideStore
from audit.verification import verify
from eventstore.postgres import PostgresEventStore
from faults.evidence import Evidence
from faults.ground import Ground
from faults.storm import Calm
from objectstore.location import open_objects
from readmodels.projections import PROJECTIONS
from readmodels.projector import open_projection_pool
from readmodels.rebuild import Rebuild
from simulation.checked import Check


def readers(seen: Sequence[range], head: int) -> Check:
    """Of what a reader wrote down, up to the log's head."""
    findings: list[str] = []
    cursor = 0
    for run in seen:
        if run.start != cursor + 1:
            findings.append(f"after position {cursor} the reader was given {run.start}")
        cursor = run.stop - 1
    if cursor != head:
        findings.append(f"the reader came to position {cursor}, and the log ends at {head}")
    return Check(
        what="readers: whoever follows the log sees each position once, in order",
        counted=f"{sum(map(len, seen))} positions",
        findings=findings,
    )


async def read_models(database_url: str) -> Check:
    async with (
        PostgresEventStore.open(database_url, role="remit_projector") as store,
        open_projection_pool(database_url) as pool,
    ):
        found = await Rebuild(database_url, store, pool, PROJECTIONS, processes=1).check()
    return Check(
        what="read-models: their rows are what replay gives",
        counted=f"{len(found)} read models",
        findings=[
            f"{one.projection}: {row.table} {row.key} {row.what}"
            for one in found
            for row in one.differences
        ]
        + [f"{one.projection} could not be compared" for one in found if not one.compared],
    )


async def tree(ground: Ground, log: Evidence) -> Check:
    connection = await asyncpg.connect(
        ground.database_url, server_settings={"role": "remit_auditor"}
    )
    try:
        found, _ = await verify(
            connection,
            read_key(ground.signing_key).verifier,
            OutsideStore(open_objects(ground.outside.as_uri())),
        )
    finally:
        await connection.close()
    findings = [f"{one.check}, position {one.position}: {one.message}" for one in found.findings]
    if found.latest is None or found.latest.size < log.counter:
        covered = found.latest.size if found.latest else 0
        findings.append(f"checkpoints cover {covered} events, and the log has {log.counter}")
    return Check(
        what="tree: every event is a leaf, and the log is what was signed",
        counted=f"{found.size} leaves",
        findings=findings,
    )


def recovery(calms: Sequence[Calm], longest: float, wrong: Sequence[str]) -> Check:
    """Args:
    longest: seconds within which every client must have had an answer.
    wrong: what did not come up, or was not settled.
    """
    findings = [
        f"at {calm.began:.0f} s nothing was wrong any more, and {longest:.0f} s later a client had no answer: "
        + "; ".join(calm.waits)
        for calm in calms
        if math.isinf(calm.lasted)
    ]
    lasted = max((calm.lasted for calm in calms), default=0)
    return Check(
        what=f"recovery: every client has an answer within {longest:.0f} s once faults end, and all is settled at last",
        counted=f"{len(calms)} calms, the longest {lasted:.1f} s until then",
        findings=[*findings, *wrong],
    )
