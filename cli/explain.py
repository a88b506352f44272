"""`remit explain`: why each due moment of an instruction is when it is, and what became of it."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from cyclopts import App, Parameter
from rich.table import Table

from cli.arguments import Number
from cli.options import Moment, Place
from cli.output import clock, console, moment, plain, print_json, table
from cli.session import open_session, settings_of
from cli.views import group, not_issued
from domain.identifiers import instruction_id
from domain.instruction.explanation import Basis, Explained, explain
from eventstore.replay import seen

_TODAY = Moment()
_HERE = Place()
_COLOURS = {"planned": "cyan", "fired": "green", "collapsed": "yellow"}


async def explain_(
    number: Number,
    /,
    *,
    all_: Annotated[
        bool, Parameter(name="--all", help="Also those that were dropped.", negative="")
    ] = False,
    when: Moment = _TODAY,
    place: Place = _HERE,
) -> None:
    """Each past and coming due moment: its rule, what it counts from, calendar, zone, instant, what became of it."""
    as_of = when.value
    async with open_session(settings_of(place.folder)) as session:
        stored = await session.store.read_stream(instruction_id(number))
        directory = await session.handler.directory()
    events = [(recorded.version, event) for recorded, event in seen(stored, as_of)]
    if not events:
        raise not_issued(number, as_of)
    rows = explain(events, directory.calendar_version)
    if place.json:
        print_json([explained_json(row) for row in rows])
        return
    told = [row for row in rows if all_ or row.status != "dropped"]
    console.print(explained_picture(number, told))
    if len(told) < len(rows):
        console.print(f"[dim]{len(rows) - len(told)} were dropped: --all[/]")


def explained_json(row: Explained) -> dict[str, Any]:
    basis = row.basis
    return {
        "rule": row.key.rule,
        "occurrence": row.key.occurrence,
        "revision": row.key.revision,
        "kind": row.kind,
        "says": basis and basis.rule,
        "counts_from": basis and basis.counts_from,
        "due_at": row.due_at,
        "local": basis and row.due_at and _local(row.due_at, basis.zone).isoformat(),
        "zone": basis and basis.zone,
        "computed": [{"due_at": one.due_at, "version": one.version} for one in row.computed],
        "calendar": basis and basis.calendar,
        "calendar_version": basis and basis.calendar_version,
        "days_off": [{"on": on, "name": name} for on, name in basis.days_off] if basis else [],
        "tzdata": basis and basis.tzdata,
        "policy": basis and basis.policy,
        "policy_hash": basis and basis.policy_hash,
        "status": row.status,
        "at": row.at,
        "late": row.late,
        "into": row.into.model_dump() if row.into else None,
        "why": row.why,
        "event": row.event,
        "version": row.version,
    }


def explained_picture(number: str, rows: list[Explained]) -> Table:
    made = table(
        f"{plain(number)}: due moments (times are UTC)", "due", "what, and why then", "became"
    )
    made.columns[0].no_wrap = True
    for row in rows:
        made.add_row(_due(row), _what(row), _became(row))
    return made


def _due(row: Explained) -> str:
    if row.due_at is None:
        return "[dim]before its time[/]"
    local = row.basis and _local(row.due_at, row.basis.zone)
    there = f"\n[dim]{local:%Y-%m-%d %H:%M} there[/]" if local else ""
    earlier = "".join(
        f"\n[dim strike]{clock(one.due_at)}[/] [dim]#{one.version}[/]" for one in row.computed[:-1]
    )
    return f"{clock(row.due_at)}{there}{earlier}"


def _what(row: Explained) -> str:
    nth = f" ({row.key.occurrence})" if row.key.occurrence > 1 else ""
    lines = [f"[bold]{plain(row.key.rule)}[/]{nth}"]
    basis = row.basis
    if basis is not None:
        lines.append(plain(basis.rule))
        counts = f"from {moment(basis.counts_from)}; " if basis.counts_from else ""
        lines.append(
            f"[dim]{counts}{_calendar(basis)}{plain(basis.zone)}, tzdata {basis.tzdata}; "
            f"policy {plain(basis.policy)} {basis.policy_hash[:12]}[/]"
        )
    return "\n".join(lines)


def _calendar(basis: Basis) -> str:
    if basis.calendar is None:
        return ""
    skipped = _days_off(basis.days_off)
    over = f", over {skipped}" if skipped else ""
    return plain(f"calendar {basis.calendar} version {basis.calendar_version}{over}; ")


def _days_off(days: tuple[tuple[date, str], ...]) -> str:
    """Those with a name by it, the others by their number."""
    named = [f"{day:%d.%m.} {name}" for day, name in days if name]
    plain_ones = len(days) - len(named)
    others = [f"{plain_ones} other days off" if named else f"{plain_ones} days off"]
    return ", ".join([*named, *(others if plain_ones else [])])


def _became(row: Explained) -> str:
    colour = _COLOURS.get(row.status, "dim")
    at = f" {clock(row.at)}" if row.at and (row.status != "planned" or row.why) else ""
    late = ", late" if row.late else ""
    by = f"\nby #{row.version} {row.event}" if row.version else ""
    into = f"\ninto occurrence {row.into.occurrence}" if row.into else ""
    why = f"\n{plain(row.why)}" if row.why else ""
    by_plan = f"\n[dim]planned by #{row.computed[0].version}[/]" if row.computed else ""
    return f"[{colour}]{row.status}[/]{at}{late}{why}{into}{by}{by_plan}"


def _local(at: datetime, zone: str) -> datetime:
    return at.astimezone(UTC).astimezone(ZoneInfo(zone))


def add_to(app: App) -> None:
    app.command(explain_, name="explain", group=group)
