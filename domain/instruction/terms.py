"""Small values that commands, events and state of an instruction share."""

from datetime import date
from typing import Literal

from pydantic import Field

from domain.identifiers import Channel, PersonId
from domain.value import Instant, Value

SourceKind = Literal["decision", "directive", "agreement", "treaty", "protocol"]


class SourceDocument(Value):
    """The document the instruction comes from."""

    kind: SourceKind
    number: str = Field(min_length=1, max_length=100)
    dated: date | None = None


class Evidence(Value):
    """A file that shows the result, named by its content."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    name: str = Field(min_length=1, max_length=255)
    size: int = Field(ge=0, description="bytes")


class Addressee(Value):
    """One person to tell by one channel."""

    person: PersonId
    channel: Channel
    not_before: Instant | None = Field(
        default=None, description="held until then, as they prefer; none: sent at once"
    )


class DueKey(Value):
    """The identity of a due moment. Once it has fired it never fires again, whatever is replayed."""

    rule: str = Field(description="the policy rule's id, or `deadline`, `extension-decision`")
    occurrence: int = Field(ge=1, description="1 for the first, then each repeat")
    revision: int = Field(
        ge=1, description="of what it counts from: the deadline, assignment or extension request"
    )
