"""Who asks, and what of an instruction they may see: what every endpoint begins with."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Path, Request
from pydantic import TypeAdapter, ValidationError

from access.log import Outcome
from access.scopes import Scope as TokenScope
from domain.attribution import Identity
from domain.directory.preferences import Language
from domain.identifiers import InstructionId, instruction_id
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.state import InstructionState, KnownState, Unissued
from domain.reading import Aspect, Reader, parties
from eventstore.protocol import StoredEvent
from eventstore.replay import NOW, AsOf, Read, as_recorded, counting, state_after
from readmodels.parties import those_in_scope
from web import noting
from web.api.declared import require_declared
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

    @property
    def administers(self) -> bool:
        """Addresses of others, and their tokens, are theirs to see: the office is not enough, the token must be for it."""
        return self.reader.administers and "admin" in self.authenticated.scopes

    @property
    def audits(self) -> bool:
        """How far checkpoints reach is theirs to see: the office is not enough, the token must be for it."""
        return self.reader.audits_any and "audit" in self.authenticated.scopes

    async def note(self, outcome: Outcome, *, subject: str | None, code: str | None = None) -> None:
        """Write it into the log of access. Before the answer: what cannot be noted is not told."""
        await self.note_all(outcome, [(subject, code)])

    async def note_all(
        self, outcome: Outcome, noted: Iterable[tuple[str | None, str | None]]
    ) -> None:
        """The same of several subjects, each with its code."""
        who = self.authenticated
        await self.services.access.write(
            *(
                noting.access(
                    self.request,
                    outcome,
                    person=who.person,
                    how=who.method,
                    subject=subject,
                    code=code,
                )
                for subject, code in noted
            )
        )


def _always(request: Request) -> bool:
    del request
    return True


def _never(request: Request) -> bool:
    del request
    return False


def asking_for(
    *scopes: TokenScope, seen: Callable[[Request], bool] = _always
) -> Callable[[Request], Awaitable[Asking]]:
    """The dependency by which a route knows who asks, if their token is for all of this.

    Args:
        seen: says of a request what `Authenticator.authenticate` is told.
    """

    async def asking(request: Request) -> Asking:
        services = services_of(request)
        who = await services.authenticate(request, seen=seen(request))
        if who is None:
            raise nobody()
        await rates_of(request).of_person(request.scope, who.person)
        for scope in scopes:
            if scope not in who.scopes:
                raise Problem(ApiCode.SCOPE_MISSING, f"the token has no scope {scope}")
        require_declared(request)
        at = datetime.now(UTC)
        return Asking(
            services=services,
            request=request,
            authenticated=who,
            reader=Reader.of(who.person, who.directory, at),
            at=at,
        )

    return asking


Reading = Annotated[Asking, Depends(asking_for("read"))]
LookingOn = Annotated[Asking, Depends(asking_for("read", seen=_never))]
"""What goes on by itself, and keeps no session open."""
Commanding = Annotated[Asking, Depends(asking_for("command"))]
Auditing = Annotated[Asking, Depends(asking_for("audit"))]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """An instruction that whoever asks may see something of."""

    instruction: InstructionId
    recorded: Sequence[Read]
    """All of its events, as they were recorded."""
    state: KnownState
    """As of now."""
    aspects: frozenset[Aspect]
    """What of it; none where it is answered for another reason."""

    @property
    def stored(self) -> Sequence[StoredEvent]:
        return [stored for stored, _ in self.recorded]

    def events(self, as_of: AsOf = NOW) -> Sequence[Read]:
        """Those that count as of then, as they are read."""
        return counting(self.recorded, as_of)

    def folded(self, as_of: AsOf = NOW) -> InstructionState:
        """How it stood then."""
        return self.state if as_of == NOW else state_after(self.recorded, as_of)


def instruction_named(name: str) -> InstructionId:
    """Of its number, or its id."""
    try:
        return _ID.validate_python(name)
    except ValidationError:
        return instruction_id(name)


def sent_before(asking: Asking, stored: Sequence[StoredEvent], key: str) -> bool:
    """Whether the command of this id is in the stream, sent by whoever asks: they repeat it, and what they were told, or
    would have been, is theirs to know whatever they may see by now. Whether it is the same, the log says.
    """
    person = asking.reader.person
    return any(one.command_id == key and one.actor == person for one in stored)


async def look_at(asking: Asking, name: str) -> Seen | None:
    """The instruction, with what whoever asks may see of it, which may be nothing; None if there is none."""
    instruction = instruction_named(name)
    recorded = as_recorded(await asking.services.store.read_stream(instruction))
    events = [event for _, event in counting(recorded)]
    state = instruction_decider.fold(events)
    if isinstance(state, Unissued):
        return None
    may = asking.reader.aspects(parties(state.record, events))
    return Seen(instruction=instruction, recorded=recorded, state=state, aspects=may)


async def see(asking: Asking, name: str, *aspects: Aspect, again: str | None = None) -> Seen:
    """The instruction, if whoever asks may see all these aspects of it.

    Args:
        again: a command's id: whoever had it recorded there is let through, with what they may see now.

    Raises `Problem`: not-found if they may see nothing of it, whether it exists or not; forbidden if they may see
    something else of it.
    """
    found = await look_at(asking, name)
    if found is None:
        raise not_found(f"instruction {name}", hides=True)
    if again is not None and sent_before(asking, found.stored, again):
        return found
    if not found.aspects:
        raise not_found(f"instruction {name}", hides=True)
    for aspect in aspects:
        if aspect not in found.aspects:
            raise Problem(ApiCode.FORBIDDEN, f"your offices do not give you the {aspect} of {name}")
    return found


async def note_unseen(asking: Asking, aspect: Aspect, names: Collection[str]) -> None:
    """Note those of the named instructions of which whoever asks may not see this, or that are not there, where nothing is
    told of them and nobody is refused: a list that leaves them out.
    """
    if not names:
        return
    named = {name: instruction_named(name) for name in names}
    seen = await those_in_scope(asking.services.pool, named.values(), asking.reader.scope(aspect))
    await asking.note_all(
        "refused", [(name, ApiCode.NOT_FOUND) for name, one in named.items() if one not in seen]
    )
