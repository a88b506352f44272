"""`remit escalations`: the queue of what was escalated, as it stands longest."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.table import Table

from cli.arguments import Limit
from cli.errors import UsageError
from cli.filters import Chosen
from cli.late import page_after, page_name
from cli.late_view import duration
from cli.options import Place
from cli.output import console, plain, print_json, table
from cli.session import open_session, settings_of
from cli.views import group
from readmodels.attention import Standing
from readmodels.worklist import BEFORE_ALL, Work, Worklist

_HERE = Place()
_ALL = Chosen()
_EVERY: frozenset[Standing] = frozenset({"open", "acknowledged", "silenced", "ended"})
_HINT = (
    "one: `remit acknowledge-escalation|snooze|deescalate NUMBER`; many: `remit bulk "
    "acknowledge|snooze|deescalate` with the same filters"
)


async def escalations(
    *,
    chosen: Chosen = _ALL,
    open_: Annotated[
        bool, Parameter(name="--open", help="That nobody has taken on; the default.", negative="")
    ] = False,
    silenced: Annotated[bool, Parameter(help="That are kept silent.", negative="")] = False,
    acknowledged: Annotated[bool, Parameter(help="That somebody took on.", negative="")] = False,
    all_: Annotated[
        bool, Parameter(name="--all", help="All of them, and those ended.", negative="")
    ] = False,
    after: Annotated[
        str | None, Parameter(help="SINCE/NUMBER of the last line seen: the next page.")
    ] = None,
    limit: Limit = 50,
    place: Place = _HERE,
) -> None:
    """Escalations of open instructions: to whom, since when and why, silenced by whom, what comes next."""
    standings = _standings(open_, silenced, acknowledged, all_)
    at = datetime.now(UTC)
    begin = BEFORE_ALL if after is None else page_after(after)
    async with open_session(settings_of(place.folder)) as session:
        await session.catch_up("register", "attention")
        those = replace(await chosen.filter(session), standings=standings)
        lists = Worklist(session.pool)
        works = await lists.escalated(those, at, after=begin, limit=limit + 1)
        total = await lists.count_escalated(those, at)
    more, works = len(works) > limit, works[:limit]
    since = works[-1].attention.since if works else None
    following = page_name(since, works[-1].row.number) if more and since else None
    if place.json:
        answer = [_escalation_json(work, at) for work in works]
        print_json({"at": at, "total": total, "escalations": answer, "after": following})
        return
    if not works:
        console.print(f"no escalation is {' or '.join(sorted(standings))}")
        return
    console.print(escalations_picture(works, at))
    console.print(f"[bold]{total}[/] in all. [dim]{_HINT}[/]", soft_wrap=True)
    if following is not None:
        console.print(f"[dim]more: --after '{plain(following)}'[/]", soft_wrap=True)


def add_to(app: App) -> None:
    app.command(escalations, group=group)


def _standings(open_: bool, silenced: bool, acknowledged: bool, all_: bool) -> frozenset[Standing]:
    """Raises `UsageError` if --all is given beside another."""
    asked: dict[Standing, bool] = {
        "open": open_,
        "silenced": silenced,
        "acknowledged": acknowledged,
    }
    named: frozenset[Standing] = frozenset(one for one, given in asked.items() if given)
    if all_ and named:
        raise UsageError("--all has --open, --silenced and --acknowledged in it: leave them out")
    by_default: frozenset[Standing] = frozenset({"open"})
    return _EVERY if all_ else named or by_default


def escalations_picture(works: Sequence[Work], at: datetime) -> Table:
    made = table(
        "Escalations (times are UTC)", "number", "lead", "to", "since", "why", "stands", "next"
    )
    for place in (0, 3):
        made.columns[place].no_wrap = True
    for work in works:
        seen = work.attention
        behind = work.row.timing.lateness(at)
        late = f"\n[red]{duration(behind.behind_by)} late[/]" if behind.behind_schedule else ""
        to = seen.escalated_to or ""
        body = f"\n{seen.escalated_body}" if seen.escalated_body not in (None, to) else ""
        made.add_row(
            plain(work.row.number) + late,
            plain(work.row.lead or ""),
            plain(to + body),
            f"{seen.since:%Y-%m-%d}" if seen.since else "",
            plain(_why(work)),
            plain(_stands(work, at)),
            plain(f"{seen.next_to} {seen.next_at:%Y-%m-%d}" if seen.next_at else "none"),
        )
    return made


def _why(work: Work) -> str:
    seen = work.attention
    if seen.step is not None:
        return f"step {seen.step}"
    return f"{seen.escalated_by}: {seen.reason}" if seen.escalated_by else ""


def _stands(work: Work, at: datetime) -> str:
    seen = work.attention
    match seen.standing(at):
        case "acknowledged":
            return f"{seen.silenced_by} has it until {seen.silenced_until:%Y-%m-%d}"
        case "silenced":
            why = f": {seen.silence_reason}" if seen.silence_reason else ""
            return f"silenced until {seen.silenced_until:%Y-%m-%d} by {seen.silenced_by}{why}"
        case "ended":
            return f"ended by {seen.ended_by}: {seen.ended_reason}"
        case _:
            until = seen.silenced_until
            return f"open; {seen.silence} until {until:%Y-%m-%d}" if until else "open"


def _escalation_json(work: Work, at: datetime) -> dict[str, Any]:
    row, seen = work.row, work.attention
    return {
        "number": row.number,
        "text": row.text,
        "programme": row.programme,
        "lead": row.lead,
        "phase": row.phase,
        "deadline": row.deadline,
        "behind_schedule": row.timing.lateness(at).behind_schedule,
        "standing": seen.standing(at),
        "since": seen.since,
        "escalated_at": seen.escalated_at,
        "escalated_by": seen.escalated_by,
        "to": seen.escalated_to,
        "body": seen.escalated_body,
        "step": seen.step,
        "reason": seen.reason,
        "silence": seen.silence,
        "silenced_by": seen.silenced_by,
        "silenced_until": seen.silenced_until,
        "silence_reason": seen.silence_reason,
        "ended_by": seen.ended_by,
        "ended_reason": seen.ended_reason,
        "next_step": seen.next_step,
        "next_to": seen.next_to,
        "next_at": seen.next_at,
    }
