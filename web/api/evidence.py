"""Files that show a result: what an instruction names, fetched and attached."""

from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Self
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from domain.instruction.commands import AttachEvidence
from domain.instruction.events import EvidenceAttached
from domain.instruction.terms import Evidence
from domain.outcomes import Rejected
from domain.value import Instant
from eventstore.evidence_named import FileOnRecord, files_on_record
from eventstore.protocol import StoredEvent
from evidence.protocol import (
    Altered,
    EvidenceStore,
    NotKept,
    SourceChanged,
    StoreFailed,
    Unexpected,
)
from web.api.asked import AtLeast, IfMatch, Page, etag, wait_for
from web.api.asking import (
    Asking,
    Commanding,
    Named,
    Reading,
    instruction_named,
    see,
    sent_before,
)
from web.api.paths import location
from web.api.requests import Key
from web.api.sending import Done, refused, send
from web.problems import MEDIA_TYPE, ApiCode, Problem, ProblemDetails, not_found

router = APIRouter(prefix="/instructions", tags=["evidence"])

BYTES = "application/octet-stream"
FILE_NAME = r"^[^\x00-\x1f\x7f/\\]+$"
"""Of a file, without folders."""
_NOT_YET = "0" * 64
"""Stands for the hash while nothing of the file is read."""
_TOLD: dict[str, Any] = {"model": ProblemDetails, "content": {MEDIA_TYPE: {}}}
_NO_STORE: dict[int | str, dict[str, Any]] = {
    501: {**_TOLD, "description": "no place for evidence is set up here"}
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "the file; an answer that ends early was altered where it is kept",
        "content": {BYTES: {"schema": {"type": "string", "format": "binary"}}},
    },
    410: {**_TOLD, "description": "it is not kept any more, or is not what was recorded"},
    **_NO_STORE,
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {BYTES: {"schema": {"type": "string", "format": "binary"}}},
    }
}


class FileTold(BaseModel):
    """A file, and the event that names it."""

    sha256: str
    name: str
    size: int = Field(description="bytes")
    event: str = Field(description="the type of the event")
    version: int = Field(description="of the event, within the instruction")
    occurred_at: Instant
    by: str

    @classmethod
    def of(cls, one: FileOnRecord) -> Self:
        return cls(
            sha256=one.evidence.sha256,
            name=one.evidence.name,
            size=one.evidence.size,
            event=one.event,
            version=one.version,
            occurred_at=one.at,
            by=one.by,
        )


class Files(Page[FileTold]):
    """All files that an instruction's history names, in its order."""

    number: str


class Attached(Done):
    """The file is kept, and on record."""

    evidence: Evidence


@router.get("/{number}/evidence", response_model=Files)
async def list_evidence(asking: Reading, number: Named, at_least: AtLeast = None) -> Files:
    """The files that its history names, each as often as it does."""
    await wait_for(asking, at_least)
    found = await see(asking, number, "evidence")
    return Files(
        number=found.state.record.number,
        items=[FileTold.of(one) for one in files_on_record(found.stored)],
        next=None,
    )


@router.get("/{number}/evidence/{sha256}", response_class=StreamingResponse, responses=_FILE)
async def fetch_evidence(
    asking: Reading, number: Named, sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
) -> StreamingResponse:
    """One of its files. The last piece is sent only if all of it has that SHA-256: what is altered never arrives whole."""
    found = await see(asking, number, "evidence")
    named = [one.evidence for one in files_on_record(found.stored)]
    evidence = next((one for one in reversed(named) if one.sha256 == sha256), None)
    if evidence is None:
        raise not_found(f"file {sha256} of instruction {number}")
    store = _store(asking)
    with _lost():
        size = await store.size(sha256)
    proven = _proven(store, sha256)
    first = await anext(proven, b"")  # before the answer begins: it may be a problem

    async def pieces() -> AsyncIterator[bytes]:
        yield first
        async for piece in proven:
            yield piece

    return StreamingResponse(pieces(), media_type=BYTES, headers=_headers(evidence.name, size))


@router.post(
    "/{number}/evidence",
    response_model=Attached,
    status_code=201,
    responses=_NO_STORE,
    openapi_extra=_BODY,
)
async def attach_evidence(
    asking: Commanding,
    number: Named,
    key: Key,
    response: Response,
    name: Annotated[
        str,
        Query(
            min_length=1,
            max_length=255,
            pattern=FILE_NAME,
            description="the file's name, without folders",
        ),
    ],
    content_type: Annotated[str, Header(max_length=200, include_in_schema=False)] = "",
    if_match: IfMatch = None,
) -> Attached:
    """Attach a file: the body is its bytes. It is kept, then put on record; whoever may not is refused before a byte is
    read. Under the same key the same file is recorded once.
    """
    if content_type.partition(";")[0].strip().lower() != BYTES:
        raise Problem(ApiCode.UNSUPPORTED_MEDIA_TYPE, f"send the file's bytes as {BYTES}")
    attached = await attach_file(asking, number, key, name, asking.request.stream(), if_match)
    where = f"/instructions/{instruction_named(number)}/evidence/{attached.evidence.sha256}"
    response.headers.update(location(where) | etag(attached.version))
    return attached


async def attach_file(
    asking: Asking,
    number: str,
    key: str,
    name: str,
    pieces: AsyncIterator[bytes],
    if_match: int | None,
) -> Attached:
    """Keep the file, and put it on record; no piece is asked for before it is known that they may.

    Raises `Problem`.
    """
    found = await see(asking, number, "commands", again=key)
    store = _store(asking)
    command = AttachEvidence(
        command_id=key,
        actor=asking.reader.person,
        identity=asking.identity,
        expected_version=if_match,
        instruction=found.instruction,
        evidence=Evidence(sha256=_NOT_YET, name=name, size=0),
    )
    expected = None
    if not sent_before(asking, found.stored, key):
        await _require_allowed(asking, command)
    else:
        expected = _attached_under(key, found.stored)
        if expected is None:
            raise await _reused(asking, command)
    try:
        kept = await store.put(pieces, expected=expected)
    except Unexpected:
        raise await _reused(asking, command) from None
    except SourceChanged as error:  # the disk gave back other bytes than it took
        raise Problem(ApiCode.OUT_OF_REACH, "the file could not be kept; send it again") from error
    except StoreFailed as error:
        raise _out_of_reach() from error
    evidence = Evidence(sha256=kept.sha256, name=name, size=kept.size)
    done = await send(asking, command.model_copy(update={"evidence": evidence}))
    return Attached(**done.to(found.aspects).model_dump(), evidence=evidence)


async def _require_allowed(asking: Asking, command: AttachEvidence) -> None:
    """By what the log says now. Under an id of its own: with the file's real hash the key may be on record meanwhile.

    Raises `Problem`: the rule that would refuse it.
    """
    asked = command.model_copy(update={"command_id": str(uuid4())})
    found = await asking.services.handler.preview(asked, asking.at)
    if isinstance(found, Rejected):
        raise await refused(asking, command, found)


def _attached_under(key: str, stored: Sequence[StoredEvent]) -> str | None:
    """The hash of the file that was attached under this key; None if another command has it."""
    versions = {one.version for one in stored if one.command_id == key}
    return next(
        (
            one.evidence.sha256
            for one in files_on_record(stored)
            if one.version in versions and one.event == EvidenceAttached.__name__
        ),
        None,
    )


async def _reused(asking: Asking, command: AttachEvidence) -> Problem:
    """What the log says to a key that it has for something else."""
    found = await asking.services.handler.preview(command, asking.at)
    assert isinstance(found, Rejected), "no file has the hash that stands for none"
    return await refused(asking, command, found)


def _store(asking: Asking) -> EvidenceStore:
    """Raises `Problem` no-evidence-store."""
    if asking.services.evidence is None:
        raise Problem(
            ApiCode.NO_EVIDENCE_STORE,
            "no place for evidence is set up here: REMIT_EVIDENCE_URL names none",
        )
    return asking.services.evidence


async def _proven(store: EvidenceStore, sha256: str) -> AsyncIterator[bytes]:
    """The file, one piece behind the store: the last one comes once the hash of all has proved right.

    Raises `Problem` evidence-lost, out-of-reach.
    """
    held: bytes | None = None
    with _lost():
        async for piece in store.get(sha256):
            if held is not None:
                yield held
            held = piece
    if held is not None:
        yield held


@contextmanager
def _lost() -> Generator[None]:
    """Raises `Problem` evidence-lost, out-of-reach."""
    try:
        yield
    except NotKept as error:
        raise Problem(ApiCode.EVIDENCE_LOST, "the file is not kept any more") from error
    except Altered as error:
        raise Problem(ApiCode.EVIDENCE_LOST, "the file is not what was recorded") from error
    except StoreFailed as error:
        raise _out_of_reach() from error


def _out_of_reach() -> Problem:
    return Problem(ApiCode.OUT_OF_REACH, "the store of evidence does not answer, or refused")


def _headers(name: str, size: int) -> dict[str, str]:
    """Of a file that nobody here has looked into: to be saved, under its name, and never shown as a page of ours.

    Args:
        size: of what is kept, in bytes: what the log names need not be so.
    """
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    encoded = quote(name, safe="")
    return {
        "content-length": str(size),
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}",
        "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        "x-content-type-options": "nosniff",
    }
