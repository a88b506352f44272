"""What somebody's day begins with: how much of each kind waits for them, and where it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from readmodels.duties import SOON, duties_of
from readmodels.worklist import Filter, Worklist
from web.api.asked import wait_for
from web.api.audit import TrailTold, get_trail_status
from web.console.visit import Visit
from web.problems import ApiCode, Problem

_NONE = timedelta(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Duty:
    """A number that leads to what it counts."""

    label: str
    number: int
    path: str
    presses: bool = False
    """More than none is bad."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Duties:
    """Those of one role."""

    title: str
    duties: Sequence[Duty]


async def duties_now(visit: Visit) -> Sequence[Duties]:
    """Of each role that the visitor has, as it is now."""
    await wait_for(visit.asking, visit.at_least, "register", "parties", "attention")
    found = [await _of_bodies(visit)] if visit.asking.reader.acts_for else []
    if any(one.office.kind == "operator" for one in visit.asking.reader.mandates):
        found.append(await _of_operator(visit))
    return found


async def trail_now(visit: Visit) -> TrailTold | Problem | None:
    """How far checkpoints follow the log, for auditors; what is wrong with the trail; None for others."""
    asking = visit.asking
    if not asking.reader.audits_any or "audit" not in asking.authenticated.scopes:
        return None
    try:
        return await get_trail_status(asking)
    except Problem as problem:
        if problem.code not in (ApiCode.NOT_FOUND, ApiCode.NOT_AS_SIGNED, ApiCode.NOT_COVERED):
            raise
        return problem


async def _of_bodies(visit: Visit) -> Duties:
    say, asking = visit.words.say, visit.asking
    found = await duties_of(asking.services.pool, asking.reader.acts_for, asking.at)
    rows = (
        Duty(label=say("To acknowledge"), number=found.to_acknowledge, path="/work"),
        Duty(
            label=visit.words.count("Due within %(n)s day", "Due within %(n)s days", SOON.days),
            number=found.due_soon,
            path="/work",
        ),
        Duty(label=say("Behind schedule"), number=found.late, path="/work", presses=True),
        Duty(label=say("Reports that wait for the verdict"), number=found.to_accept, path="/work"),
        Duty(
            label=say("Extensions that wait for the decision"),
            number=found.to_extend,
            path="/work",
        ),
    )
    return Duties(title=say("For the bodies that you act for"), duties=rows)


async def _of_operator(visit: Visit) -> Duties:
    say, asking = visit.words.say, visit.asking
    lists, seen = Worklist(asking.services.pool), Filter(scope=asking.reader.scope("attention"))
    raised = replace(seen, standings=frozenset({"open"}))
    escalated = await lists.count_escalated(raised, asking.at)
    late = (await lists.totals(replace(seen, late_by=_NONE), asking.at)).whole.instructions
    rows = (
        Duty(
            label=say("Escalations that nobody has taken on"),
            number=escalated,
            path="/escalations",
            presses=True,
        ),
        Duty(label=say("Behind schedule"), number=late, path="/late", presses=True),
    )
    return Duties(title=say("As an operator"), duties=rows)
