"""My work: what waits for the bodies that somebody acts for, and the next step of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from readmodels.duties import Carrying, Deciding, Duties, Duty, DutyList, Waiting
from readmodels.worklist import BEFORE_ALL
from web.api.asked import Word, page, wait_for
from web.api.chosen import Place, place_name, place_of
from web.api.models import LatenessTold
from web.console.instruction.titles import titles
from web.console.language import Words
from web.console.visit import Visit, Visiting

router = APIRouter()

_FIRST = 20
_LINES = 50
STEPS: Mapping[Duty, Sequence[str]] = {
    "acknowledge": ("Acknowledge", "Decline"),
    "returned": ("SubmitReport", "ReportProgress"),
    "overdue": ("SubmitReport", "RequestExtension"),
    "soon": ("SubmitReport", "ReportProgress"),
    "later": ("ReportProgress",),
    "verdict": ("Accept", "Return"),
    "extension": ("ApproveExtension", "RefuseExtension"),
    "assign": ("Assign",),
    "adopt": ("Adopt", "Refuse"),
}
"""The commands that come next: forms of the instruction's page."""
_OF_A_CO_ASSIGNEE = ("ReportProgress",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One of a list."""

    waiting: Waiting
    lateness: LatenessTold
    left: str
    """How many days there are until it is due; empty once that is past."""
    steps: Sequence[str]
    reminders: int
    """Of whoever looks, not acknowledged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One list as it is shown."""

    duty: Duty
    total: int | None
    """None where the list goes in pages."""
    lines: Sequence[Line]


@router.get("/work")
async def show_work(
    visit: Visiting,
    body: Word = None,
    only: Carrying | Deciding | None = None,
    after: Place = None,
) -> HTMLResponse:
    """The first of each list; or one of them, page by page."""
    asking = visit.asking
    await wait_for(asking, visit.at_least, "register", "attention", "parties", "ledger")
    acts_for = asking.reader.acts_for
    bodies = acts_for if body is None else acts_for & {body}
    duties = Duties(asking.services.pool)
    following: str | None = None
    if only is None:
        lists = await duties.first(bodies, asking.at, limit=_FIRST)
    else:
        begin = place_of(after) if after else (BEFORE_ALL.moment, "")
        found = await duties.page(bodies, asking.at, only, after=begin, limit=_LINES + 1)
        last = found[_LINES - 1] if found[_LINES:] else None
        paged = page(found, _LINES, last and place_name(last.due, last.number))
        following = paged.next
        lists = [DutyList(duty=only, total=0, first=paged.items)]
    named = {one.instruction for each in lists for one in each.first}
    reminders = await duties.reminders(asking.reader.person, named)
    return await visit.drawing.page(
        visit,
        "work.html",
        active="work",
        bodies=sorted(acts_for, key=visit.body),
        asked_body=body,
        only=only,
        titles=titles(visit.words),
        lists=[_shown(one, visit, reminders, paged=only is not None) for one in lists],
        next=following,
    )


def _shown(one: DutyList, visit: Visit, reminders: Mapping[str, int], *, paged: bool) -> Shown:
    lines = [_line(waiting, visit, reminders) for waiting in one.first]
    return Shown(duty=one.duty, total=None if paged else one.total, lines=lines)


def _line(waiting: Waiting, visit: Visit, reminders: Mapping[str, int]) -> Line:
    helps = waiting.role == "co-assignee"
    return Line(
        waiting=waiting,
        lateness=LatenessTold.of(waiting.lateness(visit.asking.at)),
        left=days_left(visit.words, waiting.due, visit.asking.at, visit.zone),
        steps=_OF_A_CO_ASSIGNEE if helps else STEPS[waiting.duty],
        reminders=reminders.get(waiting.instruction, 0),
    )


def days_left(words: Words, due: datetime, at: datetime, zone: str) -> str:
    """By the calendar of the zone; empty once it is past."""
    if due <= at:
        return ""
    local = ZoneInfo(zone)
    last = (due - timedelta(microseconds=1)).astimezone(local).date()
    days = (last - at.astimezone(local).date()).days
    if days < 1:
        return words.say("today")
    return words.count("in %(n)s day", "in %(n)s days", days)
