"""The trail, for auditors: checkpoints, the key they are verified by, and the log of access."""

import base64
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import PlainTextResponse

from access.log import Accessed, AccessLog, Outcome
from audit.checkpoint import Checkpoint
from audit.database import Connection
from audit.notes import NoteError, Verifier
from audit.tiles import TileError
from audit.trail import NotCovered, checkpoints_before, consistency, note_of_size, reach
from domain.value import Duration, Instant
from web.api.asked import Limit, Page, invalid, page
from web.api.asking import Asking, Auditing
from web.problems import ApiCode, Problem, not_found

router = APIRouter(prefix="/audit", tags=["audit"])

Size = Annotated[int, Query(ge=1, le=2**62, description="of the log: so many events")]
NOT_AS_SIGNED: dict[int | str, dict[str, Any]] = {
    409: {"description": "the log is not what was signed, or not signed that far yet"}
}


class CheckpointTold(BaseModel):
    """A signed state of the log."""

    number: int = Field(description="counts checkpoints from 1")
    size: int = Field(description="events that it covers")
    root: str = Field(description="of the Merkle tree over them (RFC 6962), in base64")
    epoch: int
    time: Instant = Field(description="when it was signed, by the signer's clock")
    line: int = Field(description="number of the checkpoint with which this line began")
    after_loss: str | None = Field(description="why a new line was begun")
    kept: int | None = Field(description="the last checkpoint that still fits, then; 0: none")
    repaired: str | None = Field(description="why the trail was repaired before")

    @classmethod
    def of(cls, one: Checkpoint) -> Self:
        return cls(
            number=one.number,
            size=one.size,
            root=base64.b64encode(one.root).decode(),
            epoch=one.epoch,
            time=datetime.fromisoformat(one.time),
            line=one.line,
            after_loss=one.after_loss,
            kept=one.kept,
            repaired=one.repaired,
        )


class ConsistencyTold(BaseModel):
    """That a log of one size is the beginning of that of another: RFC 9162, section 2.1.4."""

    old: int
    old_root: str = Field(description="in base64, as all hashes here")
    new: int
    new_root: str
    path: Sequence[str]


class KeyTold(BaseModel):
    """By what checkpoints are verified. Get it from somewhere else as well: this answer is no proof."""

    name: str = Field(description="what checkpoints begin with")
    verifier_key: str = Field(description="name, hash and Ed25519 key, parted by `+`")


class TrailTold(BaseModel):
    """How far checkpoints follow the log."""

    events: int = Field(description="in the log")
    covered: int = Field(description="by the last checkpoint")
    outside: int = Field(description="by the last one that is kept outside the database")
    last: CheckpointTold | None
    last_outside: CheckpointTold | None
    lag: Duration | None = Field(
        description="how long the first event waits for a checkpoint; none: all are covered"
    )


class AccessTold(BaseModel):
    """A request that made or ended a way in (`signed-in`, `signed-out`: of a session, an API token or a calendar's address;
    the route says which), was refused, or read in the name of an audit.
    """

    id: int
    at: Instant
    outcome: Outcome
    person: str | None = Field(description="none if nobody was signed in")
    how: str | None = Field(description="how they were known")
    method: str
    route: str = Field(description="the path as the document has it")
    subject: str | None = Field(description="what it was about, as whoever asked called it")
    code: str | None = Field(description="of the problem that it ended in")
    request_id: str | None
    remote_address: str | None

    @classmethod
    def of(cls, one: Accessed) -> Self:
        return cls(
            id=one.id,
            at=one.at,
            outcome=one.outcome,
            person=one.person_id,
            how=one.how,
            method=one.method,
            route=one.route,
            subject=one.subject,
            code=one.code,
            request_id=one.request_id,
            remote_address=one.remote_address,
        )


def verifier_of(asking: Asking) -> Verifier:
    """Raises `Problem` not-found where checkpoints are not verified: no key is set."""
    if asking.services.verifier is None:
        raise not_found("verifier key here, so that nothing can be proved")
    return asking.services.verifier


@asynccontextmanager
async def proving(asking: Asking) -> AsyncGenerator[Connection]:
    """A connection that reads the trail. What does not hold within the block is told as a `Problem`."""
    try:
        async with asking.services.pool.acquire() as connection:
            yield connection
    except NotCovered as error:
        raise Problem(ApiCode.NOT_COVERED, str(error)) from error
    except (NoteError, TileError) as error:
        raise Problem(ApiCode.NOT_AS_SIGNED, f"nothing can be proved: {error}") from error


def require_auditor(asking: Asking) -> None:
    """Raises `Problem` forbidden."""
    if not asking.reader.audits_any:
        raise Problem(ApiCode.FORBIDDEN, "the trail is for whoever holds an auditor's office")


def require_auditor_of_all(asking: Asking, what: str) -> None:
    """Raises `Problem` forbidden."""
    if not asking.reader.audits_log:
        raise Problem(ApiCode.FORBIDDEN, f"{what} is for auditors of a body that stands below none")


@router.get("/checkpoints", response_model=Page[CheckpointTold], responses=NOT_AS_SIGNED)
async def list_checkpoints(
    asking: Auditing,
    after: Annotated[
        int | None, Query(ge=1, le=2**62, description="`next` of the page before")
    ] = None,
    limit: Limit = 50,
) -> Page[CheckpointTold]:
    """The signed states of the log, the newest first. They hold sizes and hashes: any auditor may see them."""
    require_auditor(asking)
    verifier = verifier_of(asking)
    async with proving(asking) as connection:
        found = await checkpoints_before(connection, verifier, number=after, limit=limit + 1)
    told = [CheckpointTold.of(one.checkpoint) for one in found]
    await asking.note("read", subject=None)
    return page(told, limit, str(told[limit - 1].number) if len(told) > limit else None)


@router.get(
    "/checkpoints/{size}",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def get_checkpoint(
    asking: Auditing,
    size: Annotated[int, Path(ge=0, le=2**62, description="events that it covers")],
) -> PlainTextResponse:
    """The signed note, byte for byte, as C2SP signed-note has it: the last one over so many events."""
    require_auditor(asking)
    async with proving(asking) as connection:
        note = await note_of_size(connection, size)
    if note is None:
        raise not_found(f"checkpoint over {size} events")
    await asking.note("read", subject=str(size))
    return PlainTextResponse(note)


@router.get("/consistency", response_model=ConsistencyTold, responses=NOT_AS_SIGNED)
async def prove_consistency(
    asking: Auditing,
    old: Annotated[Size, Query(alias="from")],
    new: Annotated[Size | None, Query(alias="to")] = None,
) -> ConsistencyTold:
    """That the log of the size `from` is the beginning of that of the size `to`, by default of the last checkpoint's."""
    require_auditor(asking)
    if new is not None and new < old:
        raise invalid("to", "is less than `from`: the older size comes first")
    verifier = verifier_of(asking)
    async with proving(asking) as connection:
        found = await consistency(connection, verifier, old, new)
    await asking.note("read", subject=f"{old}-{found.new}")
    return ConsistencyTold(
        old=found.old,
        old_root=base64.b64encode(found.old_root).decode(),
        new=found.new,
        new_root=base64.b64encode(found.new_root).decode(),
        path=[base64.b64encode(node).decode() for node in found.path],
    )


@router.get("/key", response_model=KeyTold)
async def get_verifier_key(asking: Auditing) -> KeyTold:
    """The public half of the key that signs checkpoints."""
    require_auditor(asking)
    verifier = verifier_of(asking)
    await asking.note("read", subject=None)
    return KeyTold(name=verifier.name, verifier_key=verifier.text)


@router.get("/status", response_model=TrailTold, responses=NOT_AS_SIGNED)
async def get_trail_status(asking: Auditing) -> TrailTold:
    """How far checkpoints follow the log, by what the database says. It hashes nothing: `remit audit verify` does."""
    require_auditor(asking)
    verifier = verifier_of(asking)
    async with proving(asking) as connection:
        found = await reach(connection, verifier)
    await asking.note("read", subject=None)
    since = found.uncovered_since
    return TrailTold(
        events=found.events,
        covered=found.last.size if found.last else 0,
        outside=found.outside.size if found.outside else 0,
        last=CheckpointTold.of(found.last) if found.last else None,
        last_outside=CheckpointTold.of(found.outside) if found.outside else None,
        lag=max(asking.at - since, since - since) if since else None,
    )


@router.get("/access-log", response_model=Page[AccessTold])
async def list_access(
    asking: Auditing,
    person: Annotated[
        str | None, Query(max_length=128, pattern=r"^[^\x00]*$", description="only theirs")
    ] = None,
    outcome: Outcome | None = None,
    since: Instant | None = None,
    until: Annotated[Instant | None, Query(description="not included")] = None,
    after: Annotated[
        int | None, Query(ge=1, le=2**62, description="`next` of the page before")
    ] = None,
    limit: Limit = 100,
) -> Page[AccessTold]:
    """Who signed in and out by a browser, who made and ended API tokens and addresses of calendars, who was refused, who read
    in the name of an audit, the newest first: this request comes first.

    For auditors of a body that stands below none.
    """
    require_auditor_of_all(asking, "the log of access")
    await asking.note("read", subject=person)
    found = await AccessLog(asking.services.pool).latest(
        before=after, person=person, outcome=outcome, since=since, until=until, limit=limit + 1
    )
    told = [AccessTold.of(one) for one in found]
    return page(told, limit, str(told[limit - 1].id) if len(told) > limit else None)
