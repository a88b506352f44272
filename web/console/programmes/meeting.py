"""A meeting: the report that was published for it, and what may be done about it."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from readmodels.measures import ANY_FIGURE
from web.api.names import Id
from web.api.programme_figures import get_published_report
from web.api.programmes import MeetingTold, ProgrammeTold, get_programme
from web.console.forms import Form
from web.console.labels import label
from web.console.paths import with_query
from web.console.programmes.commands import carry_out, every_of_meeting, forms_of_meeting
from web.console.programmes.figures import (
    Shown,
    as_of_then,
    compared,
    counted_of,
    discipline,
    figures_at,
    line,
    meetings_of,
)
from web.console.programmes.parts import by_body, by_sector
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_form
from web.problems import not_found

router = APIRouter()


@router.get("/programmes/{programme}/meetings/{meeting}")
async def show_meeting(visit: Visiting, programme: Id, meeting: Id) -> HTMLResponse:
    """What was published, beside what is known today of the same moment."""
    told = await get_programme(visit.asking, programme, Response(), visit.at_least)
    found = await _meeting(visit, programme, meeting)
    return await _drawn(visit, told, found, forms_of_meeting(visit, told, found))


@router.post("/programmes/{programme}/meetings/{meeting}")
async def command_about_meeting(
    visit: Acting, programme: Id, meeting: Id, request: Request
) -> Response:
    """Hold or move it, or publish its report."""
    told = await get_programme(visit.asking, programme, Response(), None)
    found = await _meeting(visit, programme, meeting)
    every, offered = every_of_meeting(visit, told, found), forms_of_meeting(visit, told, found)
    path = f"/programmes/{programme}/meetings/{meeting}"
    sent = await carry_out(
        visit, programme, every, offered, await sent_form(request), path, meeting
    )
    if isinstance(sent, Response):
        return sent
    return await _drawn(visit, told, found, sent.forms, status=sent.status)


async def _meeting(visit: Visit, programme: str, meeting: str) -> MeetingTold:
    found = await meetings_of(visit, programme)
    named = next((one for one in found if one.id == meeting), None)
    if named is None:
        raise not_found(f"meeting {meeting}")
    return named


async def _drawn(
    visit: Visit,
    told: ProgrammeTold,
    meeting: MeetingTold,
    forms: Sequence[Form],
    status: int = 200,
) -> HTMLResponse:
    shown: Mapping[str, Any] = {"report": None, "rows": ()}
    if told.reads_figures and meeting.published_at is not None:
        shown = await _published(visit, told, meeting)
    elif told.reads_figures and meeting.held:
        shown = await _unpublished(visit, told, meeting)
    return await visit.drawing.page(
        visit,
        "programmes/meeting.html",
        active="overview",
        status=status,
        told=told,
        meeting=meeting,
        forms=forms,
        **shown,
    )


async def _published(visit: Visit, told: ProgrammeTold, meeting: MeetingTold) -> Mapping[str, Any]:
    """Its report; and the figures of its moment as they are known by now, where something was recorded later."""
    report = await get_published_report(visit.asking, told.id, meeting.id)
    published = counted_of(report.figures)
    known = (await figures_at(visit, told.id, as_of_then(visit, meeting.at), meeting.at)).counted
    rows = compared(visit.words, published, known)
    return {
        "report": report,
        "rows": rows,
        "restated": any(row.change for row in rows),
        "discipline": discipline(visit.words, published),
        "by_sector": by_sector(visit, told.id, report.figures, told.sectors, leads=False),
        "by_body": by_body(visit, told.id, report.figures, leads=False),
    }


async def _unpublished(
    visit: Visit, told: ProgrammeTold, meeting: MeetingTold
) -> Mapping[str, Any]:
    """The figures of its moment, as they are known; they lead to the measures as of it."""
    known = (await figures_at(visit, told.id, as_of_then(visit, meeting.at), meeting.at)).counted
    rows = [
        Shown(
            name=label(visit.words, "figure", name),
            said=line(visit.words, name, known),
            href=with_query(
                f"/programmes/{told.id}/measures",
                figure=name,
                as_of=meeting.at.isoformat(),
                by=visit.by,
            ),
        )
        for name in ANY_FIGURE
    ]
    return {"report": None, "rows": rows, "discipline": discipline(visit.words, known)}
