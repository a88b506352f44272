"""Small values that commands, events and state of an instruction share."""

from typing import Literal

from pydantic import Field

from domain.deadline import Deadline, DeadlineRequest
from domain.identifiers import Channel, PersonId
from domain.policies import RuleId
from domain.value import CalendarDate, Instant, Value

SourceKind = Literal["decision", "directive", "agreement", "treaty", "protocol"]


class SourceDocument(Value):
    """The document the instruction comes from."""

    kind: SourceKind
    number: str = Field(min_length=1, max_length=100)
    dated: CalendarDate | None = None


ClosesWith = Literal["report", "all-parts", "lead-part"]
"""What completes an instruction: its lead's report, all of its parts, or the one that leads."""
PartEnd = Literal["completed", "cancelled"]


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

    rule: str = Field(
        description="the policy rule's id, or what is watched without one (policies.BUILT_IN); of a "
        "milestone with its id: `milestone/draft`"
    )
    occurrence: int = Field(ge=1, description="1 for the first, then each repeat")
    revision: int = Field(
        ge=1,
        description="of what it counts from (the deadline, a milestone, the assignment, the report, an extension "
        "request); higher if another policy has changed the rule",
    )


MOST_MILESTONES = 50
"""That an instruction may have: each is reminded of by itself."""


class MilestoneRequest(Value):
    """A step on the way, as a person gives it."""

    id: RuleId = Field(description="unique within the instruction")
    title: str = Field(pattern=r"\S", max_length=500)
    due: DeadlineRequest = Field(description="not later than the instruction's own deadline")


class Milestone(Value):
    """A step on the way, as recorded."""

    id: RuleId
    title: str
    due: Deadline


ScheduleKind = Literal["deadline", "milestone", "assignment", "submission"]
"""What a due moment counts from."""


class PlannedMoment(Value):
    """A due moment and the instant that was computed for it."""

    key: DueKey
    due_at: Instant
    since: ScheduleKind
    zone: str = Field(description="IANA zone whose days and hours it was computed in")
