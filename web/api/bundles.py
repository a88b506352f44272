"""What auditors take along: proofs of an instruction's events, and offline bundles (docs/audit.md)."""

import asyncio
import base64
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from audit.bundle import DoesNotHold, NotCovered, Subject, Trusted, make_bundle
from audit.bundle_files import zipped
from audit.database import latest_checkpoint, tree_at
from audit.leaf import entry, leaf_hash
from audit.proofs import Proof, prove
from domain.identifiers import RECURRENCE_PREFIX, StreamId, programme_stream
from domain.programme.decisions import programme_decider
from domain.programme.state import Programme
from domain.recurrence.decisions import recurrence_decider
from eventstore.codec import decoded
from readmodels.parties import those_in_scope
from readmodels.register import Register
from web.api.asked import wait_for
from web.api.asking import Asking, Auditing, Named, see
from web.api.audit import NOT_AS_SIGNED, proving, verifier_of
from web.api.names import Id
from web.api.seen_programme import see_programme
from web.made_files import making_of, sent
from web.problems import ApiCode, Problem

router = APIRouter(tags=["audit"])

_MOST_MEASURES = 2_000
"""Of a programme whose bundle is made here: it is gathered and verified in memory."""
_ZIP = "application/zip"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    **NOT_AS_SIGNED,
    200: {
        "content": {_ZIP: {"schema": {"type": "string", "format": "binary"}}},
        "description": "a zip file; verify.py in it checks it with nothing but Python",
    },
}
Openings = Annotated[
    bool,
    Query(
        description="with name, address and salt of every person who appears in it: for auditors of a body that "
        "stands below none"
    ),
]
Checkpoint = Annotated[
    int | None,
    Query(
        ge=1,
        le=2**62,
        description="against the checkpoint over so many events; by default the last",
    ),
]
Held = Annotated[
    Sequence[Annotated[int, Field(ge=1, le=2**62)]],
    Query(
        max_length=20,
        description="sizes of earlier checkpoints whose holders are to see that the log is the same",
    ),
]


class ProofTold(BaseModel):
    """That an event is in the log that the checkpoint covers."""

    position: int
    version: int
    type: str
    entry: str = Field(description="what the leaf is the hash of")
    leaf_hash: str = Field(description="in base64, as all hashes here")
    path: Sequence[str] = Field(description="RFC 6962's audit path, from the leaf upwards")

    @classmethod
    def of(cls, one: Proof) -> Self:
        return cls(
            position=one.event.position,
            version=one.event.version,
            type=one.event.type,
            entry=entry(one.event).decode(),
            leaf_hash=base64.b64encode(leaf_hash(one.event)).decode(),
            path=[base64.b64encode(node).decode() for node in one.path],
        )


class ProofsTold(BaseModel):
    """Inclusion proofs, verified before they are told."""

    verifier_key: str
    note: str | None = Field(description="the signed checkpoint; none: none was signed yet")
    proofs: Sequence[ProofTold]
    pending: Sequence[int] = Field(description="positions that no checkpoint covers yet")


@router.get("/instructions/{number}/proof", response_model=ProofsTold, responses=NOT_AS_SIGNED)
async def prove_instruction(
    asking: Auditing,
    number: Named,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="only the event of this version")
    ] = None,
) -> ProofsTold:
    """Proofs that its events are in the log: for whoever may see its proofs."""
    found = await see(asking, number, "proof")
    verifier = verifier_of(asking)
    async with proving(asking) as connection:
        proved = await prove(connection, verifier, found.instruction, version)
    bad = [one.event.position for one in proved.proofs if not one.holds]
    if bad:
        raise Problem(
            ApiCode.NOT_AS_SIGNED,
            f"position {bad[0]}: the event does not lead to the checkpoint's root",
        )
    await asking.note("read", subject=found.state.record.number)
    return ProofsTold(
        verifier_key=verifier.text,
        note=proved.checkpoint.note if proved.checkpoint else None,
        proofs=[ProofTold.of(one) for one in proved.proofs],
        pending=[event.position for event in proved.pending],
    )


@router.get("/instructions/{number}/bundle", response_class=Response, responses=_ANSWERS)
async def bundle_instruction(
    asking: Auditing,
    number: Named,
    openings: Openings = False,
    checkpoint: Checkpoint = None,
    held: Held = (),
) -> Response:
    """Its events, their proofs, a report and the program that verifies them, as a zip file.

    For whoever may see its proofs and its history. The events of its programmes, and of the recurrence that issued it, are in
    it as well: so they have to be auditors of these programmes' bodies, or of bodies above, and to see the recurrence's history.
    """
    found = await see(asking, number, "proof", "history")
    record = found.state.record
    of = {record.programme, *(left.programme for left in record.carried_over)} - {None}
    for programme in sorted(one for one in of if one is not None):
        known = await _programme(asking, programme)
        if known is not None and not asking.reader.audits(known.body):
            raise _not_for("the events of its programme", asking.reader.owner(known.body))
    subject = Subject(kind="instruction", id=record.number)
    return await _bundle(asking, subject, openings, checkpoint, held)


@router.get("/programmes/{programme}/bundle", response_class=Response, responses=_ANSWERS)
async def bundle_programme(
    asking: Auditing,
    programme: Id,
    openings: Openings = False,
    checkpoint: Checkpoint = None,
    held: Held = (),
) -> Response:
    """The same of a programme with all its measures: for auditors of its body, or of a body above.

    A bundle proves that no measure is missing: where a single one, or the history of a recurrence that issued or was to issue
    one, is not for them to see, they get none.
    """
    known = (await see_programme(asking, programme, figures=False)).state
    if not asking.reader.audits(known.body):
        raise _not_for("the events of the programme", asking.reader.owner(known.body))
    await wait_for(asking, await asking.services.store.head(), "register", "periods", "parties")
    measures = await Register(asking.services.pool).of_programme(programme)
    if len(measures) > _MOST_MEASURES:
        raise Problem(
            ApiCode.TOO_MUCH,
            f"a bundle of at most {_MOST_MEASURES} measures is made here; `remit audit bundle` makes larger ones",
        )
    for aspect in ("proof", "history"):
        scope = asking.reader.scope(aspect)
        if len(await those_in_scope(asking.services.pool, measures, scope)) < len(measures):
            raise _not_for("some of its measures", asking.reader.owner(known.body))
    return await _bundle(
        asking, Subject(kind="programme", id=programme), openings, checkpoint, held
    )


async def _programme(asking: Asking, programme: str) -> Programme | None:
    stored = await asking.services.store.read_stream(programme_stream(programme))
    return programme_decider.fold(list(decoded(stored)))


async def _permit_recurrences(asking: Asking, streams: Sequence[StreamId]) -> None:
    """Raises `Problem` forbidden if the history of one of them is not theirs to see."""
    history = asking.reader.scope("history")
    for stream in streams:
        if stream.startswith(RECURRENCE_PREFIX):
            stored = await asking.services.store.read_stream(stream)
            found = recurrence_decider.replay(list(decoded(stored)))
            if found is not None and not history.lets(asking.reader.parties_of(found.terms)):
                raise _not_for(
                    "the events of a recurrence", asking.reader.owner(found.terms.issuer)
                )


def _not_for(what: str, body: str) -> Problem:
    return Problem(
        ApiCode.FORBIDDEN,
        f"{what} would be in the bundle, and your offices do not give you that; ask an auditor of {body}",
    )


async def _bundle(
    asking: Asking, subject: Subject, openings: bool, checkpoint: int | None, held: Sequence[int]
) -> Response:
    if openings and not asking.reader.audits_log:
        raise Problem(
            ApiCode.FORBIDDEN,
            "names and addresses are for auditors of a body that stands below none; leave `openings` out",
        )
    verifier = verifier_of(asking)
    services = asking.services
    with ExitStack() as stack:
        room = stack.enter_context(making_of(asking.request).turn(asking.reader.person))
        folder = File(stack.enter_context(TemporaryDirectory(prefix="remit-")))
        async with proving(asking) as connection:
            signed = await latest_checkpoint(connection, verifier, size=checkpoint)
            if signed is None:
                of = f" over {checkpoint} events" if checkpoint else ""
                raise Problem(
                    ApiCode.NOT_COVERED, f"no checkpoint{of} was signed", field="checkpoint"
                )
            trusted = Trusted(
                checkpoint=signed,
                tree=await tree_at(connection, signed.checkpoint.size),
                verifier=verifier,
                signer=services.signer,
                held=tuple(held),
            )
            try:
                made = await make_bundle(
                    services.store,
                    subject,
                    trusted,
                    persons=services.persons if openings else None,
                    permit=partial(_permit_recurrences, asking),
                )
            except NotCovered as error:
                raise Problem(ApiCode.NOT_COVERED, str(error), field="checkpoint") from error
            except DoesNotHold as error:
                raise Problem(ApiCode.NOT_AS_SIGNED, str(error)) from error
        file = folder / "bundle.zip"
        await asyncio.to_thread(lambda: file.write_bytes(zipped(made.files)))
        told = f"{subject.id}, with openings" if openings else subject.id
        await asking.note("read", subject=told)
        return sent(file, f"{subject.id}.zip", _ZIP, room)
