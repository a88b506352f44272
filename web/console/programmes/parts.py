"""The figures of a programme's sectors, and of its bodies, as rows of a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.programme.terms import Sector
from readmodels.measures import AnyFigure
from web.api.figures import FiguresOfPart, FiguresTold
from web.console.charts import Piece, bar
from web.console.programmes.figures import measures_url, share, to_part
from web.console.visit import Visit

By = Literal["sector", "lead"]
_SHOWN: Sequence[AnyFigure] = (
    "total",
    "implemented",
    "behind_schedule",
    "late_against_original",
)
_SHARES: frozenset[AnyFigure] = frozenset({"implemented", "behind_schedule"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of a part."""

    said: str
    href: str
    """To what it counts; empty in a report that was published, which nothing but itself shows."""
    share: str
    """Of all of the part; empty where that says nothing."""


@dataclass(frozen=True, slots=True)
class PartRow:
    """One sector, or one body."""

    name: str
    cells: Sequence[Cell]
    bar: Sequence[Piece]


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
    words = visit.words
    to_figures = {
        one: measures_url(visit, programme, figure=one) if leads else "" for one in _SHOWN
    }

    def cell(figure: AnyFigure, part: FiguresOfPart) -> Cell:
        value, whole = getattr(part, figure), part.total
        return Cell(
            said=words.number(value),
            href=to_part(to_figures[figure], by, part) if leads else "",
            share=share(words, value, whole) if figure in _SHARES else "",
        )

    return [
        PartRow(
            name=called[part.name],
            cells=[cell(figure, part) for figure in _SHOWN],
            bar=bar(
                [(part.implemented, "fill-success"), (part.behind_schedule, "fill-error")],
                part.total,
                widest,
            ),
        )
        for part in parts
    ]
