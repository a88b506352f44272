"""Who did it: carried by every command and every event."""

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from domain.identifiers import SYSTEM, BodyId, CommandId, OfficeId, PersonId
from domain.value import Instant, Value

IdentityKind = Literal["asserted", "authenticated", "system"]


class Identity(Value):
    """How the actor is known: merely asserted (a command line's `--as`) or authenticated, and by what."""

    kind: IdentityKind = "asserted"
    method: str = Field(default="command-line", description="for example `command-line`, `session`")


class Backdating(Value):
    """Enters something that happened earlier. Needs a registrar's office."""

    at: Instant = Field(description="when it happened; not later than now")
    reason: str = Field(min_length=1, description="why it is entered only now")


RESERVED_PREFIX = "delivery:"
"""Of Remit's own command ids, of deliveries and digests. A delivery's follows from the notice: taken by
somebody else's command, the notice's outcome could not be recorded."""


def _texts(value: object) -> Iterator[str]:
    """Every text within a value."""
    match value:
        case str():
            yield value
        case BaseModel():
            yield from _texts(tuple(value.__dict__.values()))
        case tuple():
            for part in value:  # pyright: ignore[reportUnknownVariableType]
                yield from _texts(part)  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return


def unset(value: object) -> bool:
    """For `exclude_if` of a field that came later: what does not say it reads, and hashes, as it did before."""
    return value is None


class Command(Value):
    """What every request carries, whichever stream it is for.

    Fields that came later are left out of its JSON where they are not set: it reads, and hashes, as it did before,
    and workers of earlier versions take it.
    """

    command_id: CommandId
    actor: PersonId
    on_behalf_of: BodyId | None = Field(
        default=None, description="the body acted for, where the actor holds offices in several"
    )
    identity: Identity = Identity()
    seal: str | None = Field(
        default=None,
        max_length=200,
        exclude_if=unset,
        description="proof that Remit itself authenticated who sends it; stamped by the server",
    )
    expected_version: int | None = Field(
        default=None,
        ge=0,
        exclude_if=unset,
        description="the stream's content version as its sender saw it: refused if it is another by now",
    )

    by_system: ClassVar[bool] = False
    """Sent by Remit's own activities only."""

    @field_validator("command_id")
    @classmethod
    def _not_reserved(cls, command_id: CommandId) -> CommandId:
        if command_id.startswith(RESERVED_PREFIX) and not cls.by_system:
            raise ValueError(f"ids that begin with {RESERVED_PREFIX} are Remit's own; use another")
        return command_id

    @model_validator(mode="after")
    def _storable(self) -> Self:
        """PostgreSQL keeps no NUL in a text: what holds one could be recorded, but never projected."""
        for name, value in self.__dict__.items():
            if any("\0" in text for text in _texts(value)):
                raise ValueError(
                    f"{name} holds the character U+0000, which no text may; leave it out"
                )
        return self

    @field_validator("identity")
    @classmethod
    def _no_system(cls, identity: Identity) -> Identity:
        """What rules and time alone lead to is no person's. `authenticated` has to be proved by the seal: by whoever
        takes the command in, for values know no keys."""
        if identity.kind == "system":
            raise ValueError("`system` is not accepted: only `asserted` and `authenticated` are")
        return identity


SERVER_STAMPED = frozenset({"identity", "seal"})
"""Fields of a command that the receiving server sets, left out when a retry is compared."""


class Attribution(Value):
    """Who did it, for whom, by which office, known how: as it was when the event was decided."""

    actor: PersonId
    on_behalf_of: BodyId | None = None
    office: OfficeId | None = Field(
        default=None, description="the office whose holder may do this; none for the system"
    )
    substituting: PersonId | None = Field(
        default=None, description="the absent holder in whose office the actor acts"
    )
    identity: Identity
    backdating_reason: str | None = None


BY_SYSTEM = Attribution(actor=SYSTEM, identity=Identity(kind="system", method="deadline-machinery"))


class Event(Value):
    """What every fact carries."""

    occurred_at: Instant
    by: Attribution
