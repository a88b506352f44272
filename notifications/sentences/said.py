"""What the modules of the languages are asked with, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.deadline import Deadline
from domain.identifiers import BodyId
from domain.policies import RuleId


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What a sentence needs to know of the instruction, as it stands now."""

    deadline: Deadline
    bodies: Mapping[BodyId, str]
    """Names of bodies."""
    milestones: Mapping[RuleId, str]
    """Their titles."""

    def title(self, milestone: RuleId) -> str:
        return self.milestones.get(milestone, milestone)

    def name(self, body: BodyId) -> str:
        """The id, of a body without a known name."""
        return self.bodies.get(body, body)


@dataclass(frozen=True, slots=True)
class Said:
    what: str
    """What happened; without a full stop, unless what somebody wrote ends with one."""
    next_step: str
    """Who does what now: a sentence that is true for whoever reads it."""
