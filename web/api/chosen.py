"""Which instructions: filters that the worklists share, and where the next page of a list by moments begins."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query

from domain.identifiers import BodyId
from domain.reading import Aspect
from domain.rejections import Code
from domain.value import instant_of
from readmodels.worklist import Filter
from web.api.asked import Word
from web.api.asking import Asking
from web.problems import ApiCode, Problem

Place = Annotated[
    str | None,
    Query(max_length=300, pattern=r"^[^\x00]*$", description="`next` of the page before"),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """As it was asked."""

    programme: str | None
    body: str | None
    sector: str | None
    issuer: str | None
    controller: str | None

    def filter(self, asking: Asking, aspect: Aspect) -> Filter:
        """Of those, the ones of which whoever asks may see this.

        Raises `Problem` unknown if there is no such body, to whoever holds an office: others see nothing anyway.
        """
        return Filter(
            programme=self.programme,
            leads=leads_of(asking, self.body, "body"),
            sector=self.sector,
            issuer=self.issuer,
            controller=self.controller,
            scope=asking.reader.scope(aspect),
        )


def leads_of(asking: Asking, body: str | None, field: str) -> frozenset[BodyId] | None:
    """The body and those below it; None for whatever body.

    Raises `Problem` unknown if there is no such body, to whoever holds an office: others see nothing anyway.
    """
    if body is None:
        return None
    reader = asking.reader
    if body not in reader.directory.bodies and reader.holds_office:
        raise Problem(Code.UNKNOWN, f"no body {body} is known", field=field)
    return reader.directory.below(body)


async def _chosen(
    programme: Word = None,
    body: Annotated[
        str | None,
        Query(
            max_length=200,
            pattern=r"^[^\x00]*$",
            description="that this body, or one below it, answers for",
        ),
    ] = None,
    sector: Word = None,
    issuer: Word = None,
    controller: Word = None,
) -> Chosen:
    return Chosen(
        programme=programme, body=body, sector=sector, issuer=issuer, controller=controller
    )


ChosenOnes = Annotated[Chosen, Depends(_chosen)]


def place_name(moment: datetime, item: str) -> str:
    """Names the last item of a page of a list that is in the order of moments."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}/{item}"


def place_of(name: str) -> tuple[datetime, str]:
    """Raises `Problem` bad-cursor if it is not of the form that `place_name` gives."""
    written, _, item = name.partition("/")
    moment = instant_of(written)
    if moment is None or not item:
        raise Problem(ApiCode.BAD_CURSOR, "`after` names no place; send `next` as it was told")
    return moment, item
