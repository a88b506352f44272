"""Who asks, and what of an instruction they may see: what every endpoint begins with."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Path, Request
from pydantic import TypeAdapter, ValidationError

from access.log import Access, Outcome
from access.scopes import Scope as TokenScope
from domain.attribution import Identity
from domain.directory.preferences import Language
from domain.identifiers import InstructionId, instruction_id
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.state import KnownState, Unissued
from domain.reading import Aspect, Reader, parties
from eventstore.protocol import StoredEvent
from eventstore.replay import read_as_of
from web.identity.authenticated import Authenticated, nobody
from web.languages import preferred
from web.problems import ApiCode, Problem, not_found
from web.services import Services, rates_of, services_of

_ID: TypeAdapter[str] = TypeAdapter(InstructionId)

Named = Annotated[
    str,
    Path(
        min_length=1,
        max_length=200,
        description="the instruction's number, percent-encoded; or its id, where the number has a slash",
        examples=["TAX-7"],
    ),
]


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A request of somebody who is known."""

    services: Services
    request: Request
    authenticated: Authenticated
    reader: Reader
    at: datetime
    """UTC; the moment that lists and states are of, if the request names no other."""

    @property
    def language(self) -> Language:
        return preferred(self.request.headers.get("accept-language"))

    @property
    def identity(self) -> Identity:
        """What a command of theirs says of how they are known."""
        return Identity(kind="authenticated", method=self.authenticated.method)

    async def note(self, outcome: Outcome, *, subject: str | None, code: str | None = None) -> None:
        """Write it into the log of access. Before the answer: what cannot be noted is not told."""
        await note(
            self.services, self.request, outcome, who=self.authenticated, subject=subject, code=code
        )


async def note(
    services: Services,
    request: Request,
    outcome: Outcome,
    *,
    who: Authenticated | None,
    subject: str | None,
    code: str | None = None,
) -> None:
    """Write a request into the log of access."""
    route = request.scope.get("route")
    await services.access.write(
        Access(
            method=request.method,
            route=getattr(route, "path", "none"),
            outcome=outcome,
            person_id=who.person if who else None,
            how=who.method if who else None,
            subject=subject,
            code=code,
            request_id=request.scope.get("remit.request_id"),
            remote_address=request.client.host if request.client else None,
        )
    )


def _asking_for(scope: TokenScope) -> Callable[[Request], Awaitable[Asking]]:
    async def asking(request: Request) -> Asking:
        services = services_of(request)
        who = await services.authenticate(request)
        if who is None:
            raise nobody()
        request.state.authenticated = who
        await rates_of(request).of_person(request.scope, who.person)
        if scope not in who.scopes:
            raise Problem(ApiCode.SCOPE_MISSING, f"the token has no scope {scope}")
        at = datetime.now(UTC)
        return Asking(
            services=services,
            request=request,
            authenticated=who,
            reader=Reader.of(who.person, who.directory, at),
            at=at,
        )

    return asking


Reading = Annotated[Asking, Depends(_asking_for("read"))]
Commanding = Annotated[Asking, Depends(_asking_for("command"))]
Auditing = Annotated[Asking, Depends(_asking_for("audit"))]
Administering = Annotated[Asking, Depends(_asking_for("admin"))]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """An instruction that whoever asks may see something of."""

    instruction: InstructionId
    stored: Sequence[StoredEvent]
    state: KnownState
    """As of now."""
    aspects: frozenset[Aspect]


def instruction_named(name: str) -> InstructionId:
    """Of its number, or its id."""
    try:
        return _ID.validate_python(name)
    except ValidationError:
        return instruction_id(name)


async def see(asking: Asking, name: str, *aspects: Aspect) -> Seen:
    """The instruction, if whoever asks may see all these aspects of it.

    Raises `Problem`: not-found if they may see nothing of it, whether it exists or not; forbidden if they may see
    something else of it.
    """
    instruction = instruction_named(name)
    stored = await asking.services.store.read_stream(instruction)
    events = read_as_of(stored)
    state = instruction_decider.fold(events)
    if isinstance(state, Unissued):
        raise not_found(f"instruction {name}")
    may = asking.reader.aspects(parties(state.record, events))
    if not may:
        raise not_found(f"instruction {name}", hides=True)
    for aspect in aspects:
        if aspect not in may:
            raise Problem(ApiCode.FORBIDDEN, f"your offices do not give you the {aspect} of {name}")
    return Seen(instruction=instruction, stored=stored, state=state, aspects=may)
