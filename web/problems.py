"""How a request ends that does not succeed: a problem of RFC 9457, with a code that never changes its meaning.

The tree of what is raised here: `Problem`, and nothing below it. Its codes are those of `domain.rejections.Code`, and
`ApiCode`, which HTTP alone knows. Each has a status here, and words in wording.py.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.directory.preferences import Language
from domain.outcomes import Rejected
from domain.rejections import Code
from web.languages import preferred
from web.wording import words_for

MEDIA_TYPE = "application/problem+json"


class ApiCode(StrEnum):
    """Codes of problems that no rule of the domain knows."""

    BAD_CURSOR = "bad-cursor"
    """`after` names no place in the list; take it as the page before told it."""
    BAD_REQUEST = "bad-request"
    """The request is no HTTP, or no JSON, that could be read."""
    BODY_TOO_LARGE = "body-too-large"
    BODY_TOO_SLOW = "body-too-slow"
    BUSY = "busy"
    """As many are at it as may be at a time. The same request may be sent again."""
    CSRF = "csrf"
    """A form, or a command of a browser's session, did not come from a page of ours."""
    EVIDENCE_LOST = "evidence-lost"
    """The file that the log names is not kept any more, or is not what was recorded."""
    FORBIDDEN = "forbidden"
    """Whoever asks is known, and has no right to it."""
    IN_THE_CLEAR = "in-the-clear"
    """It came by http where https is meant."""
    INTERNAL = "internal"
    """A defect of Remit's. What happened is in its log, under the request's id."""
    KEY_REQUIRED = "key-required"
    """A command has to have an `Idempotency-Key`."""
    METHOD_NOT_ALLOWED = "method-not-allowed"
    NO_EVIDENCE_STORE = "no-evidence-store"
    """Files can be neither kept nor fetched here: no place for them is set up."""
    NO_ROOM = "no-room"
    """The disk of the server is full. The same request may be sent again."""
    NOT_ACCEPTABLE = "not-acceptable"
    NOT_AS_SIGNED = "not-as-signed"
    """The log, or the trail, is not what a checkpoint says: nothing is told as proved that is not."""
    NOT_COVERED = "not-covered"
    """No checkpoint covers it yet."""
    NOT_FOUND = "not-found"
    """There is no such thing, or not for whoever asks: which of both is not told."""
    NOT_SIGNED_IN = "not-signed-in"
    OUT_OF_REACH = "out-of-reach"
    """A server behind Remit does not answer. The same request may be sent again."""
    OUTCOME_UNKNOWN = "outcome-unknown"
    """The command may be recorded or not. Sent again under the same key, it is recorded once."""
    POSITION_NOT_REACHED = "position-not-reached"
    """The read model is not as far as `at_least` yet."""
    SCOPE_MISSING = "scope-missing"
    """The token is not for this."""
    TOO_MANY_REQUESTS = "too-many-requests"
    TOO_MUCH = "too-much"
    """More than is taken, or given, at a time; the detail says how much is."""
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type"
    VALIDATION = "validation"
    """A parameter or a field makes no sense; `errors` names each."""


_CONFLICT, _UNPROCESSABLE = 409, 422
STATUS: Mapping[str, int] = MappingProxyType(
    {
        Code.ALREADY_EXISTS: _CONFLICT,
        Code.ALREADY_ISSUED: _CONFLICT,
        Code.ALREADY_PUBLISHED: _CONFLICT,
        Code.BODY_CLOSED: _UNPROCESSABLE,
        Code.BODY_NOT_ESTABLISHED: _UNPROCESSABLE,
        Code.CHANGED_MEANWHILE: 412,
        Code.COMMAND_ID_REUSED: _UNPROCESSABLE,
        Code.DEADLINE_AFTER_PARENT: _UNPROCESSABLE,
        Code.DEADLINE_BEFORE_PARTS: _UNPROCESSABLE,
        Code.DEADLINE_IN_THE_PAST: _UNPROCESSABLE,
        Code.DEADLINE_NOT_LATER: _UNPROCESSABLE,
        Code.DEADLINE_REQUIRED: _UNPROCESSABLE,
        Code.EXTENSION_ALREADY_OPEN: _CONFLICT,
        Code.IDENTITY_NOT_PROVEN: 403,
        Code.INVALID: _UNPROCESSABLE,
        Code.NO_ESCALATION: _CONFLICT,
        Code.NO_EXTENSION_OPEN: _CONFLICT,
        Code.NO_REPORT: _CONFLICT,
        Code.NOT_ASSIGNED: _CONFLICT,
        Code.NOT_AUTHORISED: 403,
        Code.NOT_CORRECTABLE: _UNPROCESSABLE,
        Code.NOT_IN_THIS_PHASE: _CONFLICT,
        Code.NOT_ISSUED: 404,
        Code.NUMBER_TAKEN: _CONFLICT,
        Code.OCCURRED_IN_THE_FUTURE: _UNPROCESSABLE,
        Code.PARTS_STILL_OPEN: _CONFLICT,
        Code.PROGRAMME_NOT_IN_FORCE: _CONFLICT,
        Code.TOO_MANY_PARTS: _UNPROCESSABLE,
        Code.TOO_MUCH_CONTENTION: 503,
        Code.UNKNOWN: _UNPROCESSABLE,
        Code.UPGRADE_UNFINISHED: 503,
        Code.WHOLE_NOT_OPEN: _CONFLICT,
        ApiCode.BAD_CURSOR: _UNPROCESSABLE,
        ApiCode.BAD_REQUEST: 400,
        ApiCode.BODY_TOO_LARGE: 413,
        ApiCode.BODY_TOO_SLOW: 408,
        ApiCode.BUSY: 503,
        ApiCode.CSRF: 403,
        ApiCode.EVIDENCE_LOST: 410,
        ApiCode.FORBIDDEN: 403,
        ApiCode.IN_THE_CLEAR: 403,
        ApiCode.INTERNAL: 500,
        ApiCode.KEY_REQUIRED: 400,
        ApiCode.METHOD_NOT_ALLOWED: 405,
        ApiCode.NO_EVIDENCE_STORE: 501,
        ApiCode.NO_ROOM: 503,
        ApiCode.NOT_ACCEPTABLE: 406,
        ApiCode.NOT_AS_SIGNED: _CONFLICT,
        ApiCode.NOT_COVERED: _CONFLICT,
        ApiCode.NOT_FOUND: 404,
        ApiCode.NOT_SIGNED_IN: 401,
        ApiCode.OUT_OF_REACH: 503,
        ApiCode.OUTCOME_UNKNOWN: 503,
        ApiCode.POSITION_NOT_REACHED: 503,
        ApiCode.SCOPE_MISSING: 403,
        ApiCode.TOO_MANY_REQUESTS: 429,
        ApiCode.TOO_MUCH: _UNPROCESSABLE,
        ApiCode.UNSUPPORTED_MEDIA_TYPE: 415,
        ApiCode.VALIDATION: _UNPROCESSABLE,
    }
)
"""Of each code. A code that is not here, of a newer worker than this, is a conflict."""

RETRY_AFTER = 5
"""Seconds after which it makes sense to ask again, where a server does not answer."""


class FieldProblem(BaseModel):
    """What is wrong with one parameter or field."""

    field: str = Field(description="its place, by dots")
    message: str


class ProblemDetails(BaseModel):
    """RFC 9457, with a stable code and, where one is at fault, the field."""

    type: str = Field(description="`/problems/` and the code")
    title: str = Field(description="what it is, in the language that was asked for")
    status: int
    detail: str = Field(description="what is wrong this time, and the way out; in English")
    code: str = Field(description="stable; what programs go by")
    way_out: str = Field(description="what to do, in the language that was asked for")
    field: str | None = Field(
        default=None, description="of the command, the one at fault; or the header"
    )
    errors: list[FieldProblem] | None = Field(default=None, description="of `validation`, each")
    request_id: str | None = Field(default=None, description="under which the log has it")


_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_SENT_AS: Mapping[str, str] = MappingProxyType(
    {"command_id": "idempotency-key", "expected_version": "if-match"}
)
"""Fields of a command that come as headers."""


def field_of(rejected: Rejected) -> str | None:
    """What is at fault, as it was sent."""
    return _SENT_AS.get(rejected.field, rejected.field) if rejected.field else None


class Problem(Exception):
    """Raised anywhere below a request; answered as a problem."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] = _NO_HEADERS,
        hides: bool = False,
        nothing_shown: bool = False,
    ) -> None:
        """Args:
        detail: what is wrong this time, and the way out.
        field: the one at fault, of a command.
        headers: of the answer.
        hides: there may be such a thing, which whoever asks has no right to know: noted as a refusal. Of what has a name
            that can be guessed it is said of what is not there too, so that both take as long.
        nothing_shown: no credentials came with the request.
        """
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field
        self.errors = errors
        self.headers = headers
        self.hides = hides
        self.nothing_shown = nothing_shown

    @classmethod
    def of(cls, rejected: Rejected) -> Self:
        return cls(rejected.code, rejected.message, field=field_of(rejected))

    def placed(self, place: Callable[[str], str]) -> "Problem":
        """The same, where its fields stand somewhere else in what was sent."""
        return Problem(
            self.code,
            self.detail,
            field=place(self.field) if self.field else None,
            errors=[FieldProblem(field=place(o.field), message=o.message) for o in self.errors],
            headers=self.headers,
            hides=self.hides,
            nothing_shown=self.nothing_shown,
        )

    @property
    def status(self) -> int:
        return STATUS.get(self.code, _CONFLICT)

    @property
    def refuses(self) -> bool:
        """Whoever asks lacks a right: what the log of access notes. Not who shows nothing: anybody could fill it so."""
        return self.hides or (self.status in (401, 403) and not self.nothing_shown)


def not_found(what: str, *, hides: bool = False) -> Problem:
    """`what` says it as whoever asked did."""
    return Problem(ApiCode.NOT_FOUND, f"there is no {what}, or not for you", hides=hides)


def details(problem: Problem, language: Language, request_id: str | None = None) -> ProblemDetails:
    words = words_for(problem.code, language)
    return ProblemDetails(
        type=f"/problems/{problem.code}",
        title=words.title,
        status=problem.status,
        detail=problem.detail,
        code=problem.code,
        way_out=words.way_out,
        field=problem.field,
        errors=list(problem.errors) or None,
        request_id=request_id,
    )


def answer(problem: Problem, request: Request) -> JSONResponse:
    """The problem as whoever asked can read it."""
    language = preferred(request.headers.get("accept-language"))
    told = details(problem, language, request.scope.get("remit.request_id"))
    return JSONResponse(
        told.model_dump(exclude_none=True),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={**headers_of(problem), "content-language": language},
    )


def headers_of(problem: Problem) -> dict[str, str]:
    """Of an answer that tells it, in whatever form."""
    headers = {"cache-control": "no-store", **problem.headers}
    if problem.status == 503:
        headers.setdefault("retry-after", str(RETRY_AFTER))
    return headers


Answer = Callable[[Problem, Request], Response]
"""Tells a problem: `answer`, or in another form."""
