"""Which instructions, as the register has them now: filters that its list and the exports share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query

from domain.instruction.terms import SourceKind
from readmodels.register import Chooses
from web.api.asked import Word
from web.api.models import Phase


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """As it was asked."""

    programme: str | None
    phase: Phase | None
    lead: str | None
    issuer: str | None
    controller: str | None
    sector: str | None
    source: SourceKind | None
    late: bool
    q: str | None

    def chooses(self, at: datetime) -> Chooses:
        """Args:
        at: the moment that lateness is told for.
        """
        return Chooses(
            programme=self.programme,
            phase=self.phase,
            lead=self.lead,
            issuer=self.issuer,
            controller=self.controller,
            sector=self.sector,
            source_kind=self.source,
            behind_schedule_at=at if self.late else None,
            words=self.q,
        )


async def _registered(
    programme: Word = None,
    phase: Phase | None = None,
    lead: Word = None,
    issuer: Word = None,
    controller: Word = None,
    sector: Word = None,
    source: SourceKind | None = None,
    late: Annotated[bool, Query(description="only those behind schedule now")] = False,
    q: Annotated[
        str | None,
        Query(
            max_length=200,
            pattern=r"^[^\x00]*$",
            description="words of the text, in any of their forms; or how the number begins",
        ),
    ] = None,
) -> Registered:
    return Registered(
        programme=programme,
        phase=phase,
        lead=lead,
        issuer=issuer,
        controller=controller,
        sector=sector,
        source=source,
        late=late,
        q=q,
    )


RegisteredOnes = Annotated[Registered, Depends(_registered)]
