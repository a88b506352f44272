"""A programme's figures: as of any moment, as they were published, and what moved them."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from audit.difference import By, Point, difference
from audit.points import Named, NoPoint
from domain.programme.state import Programme
from domain.value import Instant
from readmodels.figures import FiguresByCount
from readmodels.programme_report import figures_of, measures_among
from readmodels.register import Register
from web.api.asked import AsOfWhen, AtLeast, Limit, Moment, Page, invalid, wait_for
from web.api.asking import Asking, Reading
from web.api.figures import DifferenceTold, FiguresTold, MeasureTold
from web.api.names import After, Id
from web.api.seen_programme import see_programme
from web.problems import not_found

router = APIRouter(prefix="/programmes", tags=["programmes"])

_FOLLOWED = ("register", "periods")
PointText = Annotated[
    str,
    Query(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00]*$",
        description="a meeting's id, a date (its end in UTC), an instant with offset, or a position of the log",
    ),
]


class ReportTold(BaseModel):
    """A programme's report: its figures, and its measures page by page."""

    programme: str
    title: str
    figures: FiguresTold
    measures: Page[MeasureTold]


class PublishedTold(BaseModel):
    """A report as it was published for a meeting."""

    programme: str
    meeting: str
    title: str = Field(description="of the meeting")
    published_at: Instant
    position: int = Field(description="the last of the log that was read for it")
    figures: FiguresTold


@router.get("/{programme}/figures", response_model=FiguresTold)
async def get_figures(
    asking: Reading, programme: Id, when: AsOfWhen, at_least: AtLeast = None
) -> FiguresTold:
    """Its figures, of each sector and each body too, now or as of a moment."""
    await wait_for(asking, at_least, *_FOLLOWED)
    await see_programme(asking, programme, figures=True)
    return await _figures(asking, programme, when)


@router.get("/{programme}/report", response_model=ReportTold)
async def get_report(
    asking: Reading,
    programme: Id,
    when: AsOfWhen,
    after: After = "",
    limit: Limit = 100,
    at_least: AtLeast = None,
) -> ReportTold:
    """Its figures, and its measures by number as they stood.

    A page may have fewer measures than the limit, and not be the last: instructions that were none then are left out.
    """
    await wait_for(asking, at_least, *_FOLLOWED)
    found = await see_programme(asking, programme, figures=True)
    services, at = asking.services, when.at(asking.at)
    ids = await Register(services.pool).page_of_programme(
        programme, after_number=after, limit=limit + 1
    )
    measures = await measures_among(
        services.store, [one for one, _ in ids[:limit]], programme, when.as_of
    )
    return ReportTold(
        programme=programme,
        title=found.state.title,
        figures=await _figures(asking, programme, when),
        measures=Page(
            items=[MeasureTold.of(one, at) for one in measures],
            next=ids[limit - 1][1] if len(ids) > limit else None,
        ),
    )


@router.get("/{programme}/meetings/{meeting}/report", response_model=PublishedTold)
async def get_published_report(asking: Reading, programme: Id, meeting: Id) -> PublishedTold:
    """The report that was published for a meeting, as it was published."""
    found = await see_programme(asking, programme, figures=True)
    held = found.state.meetings.get(meeting)
    if held is None or held.report is None:
        raise not_found(f"published report of {meeting}")
    return PublishedTold(
        programme=programme,
        meeting=held.id,
        title=held.title,
        published_at=held.report.published_at,
        position=held.report.position,
        figures=FiguresTold.of(held.report.figures, held.at),
    )


@router.get("/{programme}/difference", response_model=DifferenceTold)
async def get_difference(
    asking: Reading,
    programme: Id,
    from_: Annotated[PointText, Query(alias="from")],
    to: PointText,
    recorded: Annotated[
        bool, Query(description="moments are those of the log: what it held then")
    ] = False,
    limit: Limit = 100,
    at_least: AtLeast = None,
) -> DifferenceTold:
    """Its figures at two points, and every event that moved them.

    As known today, unless `recorded` is set or one of the two is a position. What had occurred by the first point, and
    was recorded after it, is told apart.
    """
    await wait_for(asking, at_least, *_FOLLOWED)
    found = await see_programme(asking, programme, figures=True)
    store = asking.services.store
    begin, earlier = await _point(asking, found.state, from_, "from")
    end, later = await _point(asking, found.state, to, "to")
    by_log = recorded or begin.position is not None or end.position is not None
    if (later.at, later.position) < (earlier.at, earlier.position):
        raise invalid("to", "lies before `from`: exchange them")
    if not by_log:
        later = Point(at=later.at, position=await store.head())
    await wait_for(asking, later.position, *_FOLLOWED)
    instructions = await Register(asking.services.pool).of_programme(programme)
    by: By = "recorded" if by_log else "occurred"
    made = await difference(store, instructions, programme, earlier, later, by)
    return DifferenceTold.of(programme, made, by, limit)


async def _figures(asking: Asking, programme: str, when: Moment) -> FiguresTold:
    services, at = asking.services, when.at(asking.at)
    counted = FiguresByCount(services.store, services.pool)
    register = Register(services.pool)
    found = await figures_of(services.store, counted, register, programme, when.as_of, at)
    return FiguresTold.of(found, at)


async def _point(
    asking: Asking, programme: Programme, text: str, field: str
) -> tuple[Named, Point]:
    """Raises `Problem` validation if it is no point of time or of the log."""
    try:
        named = Named.of(programme, text)
        return named, await named.point(asking.services.store)
    except NoPoint as error:
        raise invalid(field, f"makes no sense: {error}") from error
