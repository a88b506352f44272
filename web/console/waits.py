"""What somebody's day begins with: how much of each kind waits for them, and where it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from readmodels.at_once import at_once
from readmodels.duties import Duties
from readmodels.worklist import Filter, Worklist
from web.api.asked import wait_for
from web.api.audit import TrailTold, get_trail_status
from web.console.labels import label
from web.console.visit import Visit
from web.problems import ApiCode, Problem

_NONE = timedelta(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """Of what waits; it leads to that."""

    label: str
    number: int
    path: str
    presses: bool = False
    """More than none is bad."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waits:
    """What waits for somebody in one role; nothing if there are no numbers."""

    title: str
    numbers: Sequence[Number]


async def waits_now(visit: Visit) -> Sequence[Waits]:
    """Of each role that the visitor has, as it is now."""
    await wait_for(visit.asking, visit.at_least, "register", "parties", "attention")
    found = [await _of_bodies(visit)] if visit.asking.reader.acts_for else []
    if visit.asking.reader.operates:
        found.append(await _of_operator(visit))
    return found


async def trail_now(visit: Visit) -> TrailTold | Problem | None:
    """How far checkpoints follow the log, for auditors; what is wrong with the trail; None for others."""
    asking = visit.asking
    if not asking.audits:
        return None
    try:
        return await get_trail_status(asking)
    except Problem as problem:
        if problem.code not in (ApiCode.NOT_FOUND, ApiCode.NOT_AS_SIGNED):
            raise
        return problem


async def _of_bodies(visit: Visit) -> Waits:
    """The lists of the page of their work that are not empty."""
    asking = visit.asking
    found = await Duties(asking.services.pool).first(asking.reader.acts_for, asking.at, limit=1)
    return Waits(
        title=visit.words.say("For the bodies that you act for"),
        numbers=[
            Number(
                label=label(visit.words, "duty", one.duty),
                number=one.total,
                path=visit.url("/work", only=one.duty),
                presses=one.duty == "overdue",
            )
            for one in found
        ],
    )


async def _of_operator(visit: Visit) -> Waits:
    say, asking = visit.words.say, visit.asking
    lists, seen = Worklist(asking.services.pool), Filter(scope=asking.reader.scope("attention"))
    await lists.look_at(seen)
    raised = replace(seen, standings=frozenset({"open"}))
    escalated, totals = await at_once(
        lists.count_escalated(raised, asking.at),
        lists.totals(replace(seen, late_by=_NONE), asking.at),
    )
    rows = (
        Number(
            label=say("Escalations that nobody has taken on"),
            number=escalated,
            path=visit.url("/escalations"),
            presses=True,
        ),
        Number(
            label=say("Behind schedule"),
            number=totals.whole.instructions,
            path=visit.url("/late"),
            presses=True,
        ),
    )
    return Waits(title=say("As an operator"), numbers=rows)
