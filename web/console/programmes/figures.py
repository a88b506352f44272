"""A programme's figures as pages show them: in words, beside what they were, with the way to what each counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote_plus

from babel.numbers import get_decimal_symbol

from domain.programme.difference import FIGURES
from domain.programme.report import percent
from eventstore.replay import AsOf
from readmodels.at_once import at_once
from readmodels.measures import AnyFigure, Measures
from web.api.asked import Moment, wait_for
from web.api.figures import Counts, FiguresOfPart, FiguresTold
from web.api.programme_figures import get_figures
from web.api.programmes import MeetingTold, list_meetings
from web.console.labels import label
from web.console.language import Words
from web.console.visit import Visit

Counted = Mapping[AnyFigure, int]
FOLLOWED = ("register", "periods")
"""The read models that figures are counted from."""
_SHARES: frozenset[AnyFigure] = frozenset({"behind_schedule", "at_risk"})
_GRAVE: frozenset[AnyFigure] = frozenset({"behind_schedule"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A figure."""

    name: str
    said: str
    href: str = ""
    grave: bool = False
    """It should be none, and is not."""
    was: str = ""
    """What it was before, if that is asked for."""
    change: str = ""
    """By how much it is more or less; empty for not at all."""


def share(words: Words, part: int, whole: int) -> str:
    """To two significant digits, as reports are published: `4.5 %`, `4,5 %`."""
    return percent(part, whole).replace(".", get_decimal_symbol(words.locale))


def line(words: Words, figure: AnyFigure, counted: Counted) -> str:
    """`125 of 310 (40 %)`, `14 (4.5 %)`, `310`."""
    value, whole = counted[figure], counted["total"]
    if figure == "implemented":
        return words.say(
            "%(part)s of %(whole)s (%(share)s)",
            part=words.number(value),
            whole=words.number(whole),
            share=share(words, value, whole),
        )
    if figure in _SHARES:
        return f"{words.number(value)} ({share(words, value, whole)})"
    return words.number(value)


def discipline(words: Words, counted: Counted) -> str:
    """(total − completed late − open late) / total."""
    whole = counted["total"]
    return share(words, whole - counted["completed_late"] - counted["open_late"], whole)


def shown(
    visit: Visit,
    programme: str,
    figures: Sequence[AnyFigure],
    counted: Counted,
    before: Counted | None = None,
) -> Sequence[Shown]:
    """These figures.

    Args:
        before: what they were at another moment.
    """
    words = visit.words
    return [
        Shown(
            name=label(words, "figure", figure),
            said=line(words, figure, counted),
            href=measures_url(visit, programme, figure=figure),
            grave=figure in _GRAVE and counted[figure] > 0,
            was=line(words, figure, before) if before else "",
            change=signed(words, counted[figure] - before[figure]) if before else "",
        )
        for figure in figures
    ]


def counted_of(told: Counts) -> Counted:
    """As the API tells them."""
    return {name: getattr(told, name) for name in FIGURES}


def compared(words: Words, before: Counted, after: Counted) -> Sequence[Shown]:
    """Every figure of a report that is published, beside what it was."""
    return [
        Shown(
            name=label(words, "figure", figure),
            said=line(words, figure, after),
            was=line(words, figure, before),
            change=signed(words, after[figure] - before[figure]),
        )
        for figure in FIGURES
    ]


def signed(words: Words, by: int) -> str:
    """`+3`, `−2`; nothing for nothing."""
    return f"{'+' if by > 0 else '−'}{words.number(abs(by))}" if by else ""


def measures_url(visit: Visit, programme: str, **asked: object) -> str:
    """To the measures that a figure counts."""
    return visit.url(f"/programmes/{programme}/measures", **asked)


def to_part(figure_url: str, by: str, part: FiguresOfPart) -> str:
    """From the way to the measures that a figure counts, to those of one sector or one body: `by` says which of both; of none
    where it has no name.
    """
    asked = f"no_{by}=true" if part.name is None else f"{by}={quote_plus(part.name)}"
    return f"{figure_url}&{asked}"


@dataclass(frozen=True, kw_only=True, slots=True)
class At:
    """The figures at a moment."""

    counted: Counted
    told: FiguresTold


async def figures_at(visit: Visit, programme: str, as_of: AsOf, at: datetime) -> At:
    """Those of the API, and what is at risk. For whoever may read them."""
    services = visit.asking.services
    measures = Measures(services.store, services.pool)
    await wait_for(visit.asking, visit.at_least, *FOLLOWED)
    told, at_risk = await at_once(
        get_figures(visit.asking, programme, Moment(as_of=as_of), visit.at_least),
        measures.count(programme, "at_risk", as_of, at),
    )
    return At(counted={**counted_of(told), "at_risk": at_risk}, told=told)


async def figures_since(visit: Visit, programme: str, meeting: MeetingTold | None) -> At | None:
    """Those of a meeting that was held, if one was."""
    if meeting is None:
        return None
    return await figures_at(visit, programme, as_of_then(visit, meeting.at), meeting.at)


async def meetings_of(visit: Visit, programme: str) -> Sequence[MeetingTold]:
    """Its meetings, the earliest first, as of the page's moment: what lies after it is not held, nor published."""
    found = await list_meetings(visit.asking, programme, visit.at_least)
    return [_as_of(one, visit.at) for one in found.items]


def _as_of(meeting: MeetingTold, at: datetime) -> MeetingTold:
    published = meeting.published_at
    return meeting.model_copy(
        update={
            "held": meeting.held and meeting.at <= at,
            "published_at": published if published and published <= at else None,
        }
    )


def last_held(meetings: Sequence[MeetingTold]) -> MeetingTold | None:
    return next((one for one in reversed(meetings) if one.held), None)


def as_of_then(visit: Visit, at: datetime) -> AsOf:
    """As of another moment, told by the same kind of time as the page."""
    if visit.moment.as_of.recorded is not None:
        return AsOf(recorded=at)
    return AsOf(occurred=at)
