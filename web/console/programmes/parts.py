"""The figures of a programme's sectors, and of its bodies, as rows of a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.programme.terms import Sector
from readmodels.measures import AnyFigure
from web.api.figures import FiguresOfPart, FiguresTold
from web.console.programmes.figures import part_url, share
from web.console.visit import Visit

By = Literal["sector", "lead"]
_LED_TO: Sequence[AnyFigure] = (
    "total",
    "implemented",
    "behind_schedule",
    "late_against_original",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PartRow:
    """One sector, or one body."""

    name: str
    figures: FiguresOfPart
    shares: Mapping[str, str]
    hrefs: Mapping[str, str]
    """To what each figure counts; none of a report that was published, which nothing but itself shows."""
    widest: int
    """Measures of the largest part."""


def by_sector(
    visit: Visit,
    programme: str,
    told: FiguresTold,
    sectors: Sequence[Sector],
    *,
    leads: bool = True,
) -> Sequence[PartRow]:
    """Args:
    leads: whether the numbers lead on.
    """
    names = {one.id: one.name for one in sectors}
    none = visit.words.say("without a sector")
    called = {one.name: names.get(one.name or "", one.name or none) for one in told.by_sector}
    return _rows(visit, programme, "sector", told.by_sector, called, leads=leads)


def by_body(
    visit: Visit, programme: str, told: FiguresTold, *, leads: bool = True
) -> Sequence[PartRow]:
    none = visit.words.say("nobody answers for it yet")
    called = {one.name: visit.body(one.name) or none for one in told.by_body}
    return _rows(visit, programme, "lead", told.by_body, called, leads=leads)


def _rows(
    visit: Visit,
    programme: str,
    by: By,
    parts: Sequence[FiguresOfPart],
    called: Mapping[str | None, str],
    *,
    leads: bool,
) -> Sequence[PartRow]:
    widest = max((one.total for one in parts), default=0)
    return [
        PartRow(
            name=called[one.name],
            figures=one,
            shares={
                name: share(visit.words, getattr(one, name), one.total)
                for name in ("implemented", "behind_schedule")
            },
            hrefs={name: part_url(visit, programme, name, by, one) for name in _LED_TO}
            if leads
            else {},
            widest=widest,
        )
        for one in parts
    ]
