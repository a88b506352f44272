"""What is late, counted: all of it, and what each body answers for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from domain.identifiers import BodyId


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """Of all that a filter chooses, or of what one body answers for."""

    lead: BodyId | None
    instructions: int
    escalated: int
    """Nobody has taken that on yet."""
    silenced: int
    """Acknowledged, or kept silent."""
    never_heard: int
    """Their assignees have not let hear from themselves."""
    first_deadline: datetime | None
    """The one that passed first; None if there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeAndParts:
    whole: Totals
    by_lead: Sequence[Totals]
    """Those with the most first."""

    @classmethod
    def of(cls, parts: Sequence[Totals]) -> Self:
        """Of what each lead answers for."""
        firsts = (one.first_deadline for one in parts if one.first_deadline is not None)
        whole = Totals(
            lead=None,
            instructions=sum(one.instructions for one in parts),
            escalated=sum(one.escalated for one in parts),
            silenced=sum(one.silenced for one in parts),
            never_heard=sum(one.never_heard for one in parts),
            first_deadline=min(firsts, default=None),
        )
        return cls(whole=whole, by_lead=parts)
