"""The ledger of reminders and escalations: planned, fired or suppressed, and what became of each notice."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.table import Table

from cli.arguments import AfterNumber, Limit, OfProgramme
from cli.options import Place
from cli.output import clock, console, plain, print_json, table
from cli.session import open_session, settings_of
from cli.views import group
from domain.identifiers import instruction_id
from domain.instruction.noticed import NoticeOutcome
from readmodels.ledger import Ledger, LedgerRow

_HERE = Place()
_STATUS = Literal[
    "planned",
    "fired",
    "collapsed",
    "suppressed",
    "waiting",
    "held",
    "accepted",
    "failed",
    "acknowledged",
]


async def ledger(
    number: Annotated[str | None, Parameter(help="Only this instruction's.")] = None,
    /,
    *,
    programme: OfProgramme = None,
    status: Annotated[
        _STATUS | None, Parameter(help="Only due moments, or notices, of which this is true.")
    ] = None,
    after: AfterNumber = "",
    limit: Annotated[Limit, Parameter(help="So many instructions at most.")] = 20,
    place: Place = _HERE,
) -> None:
    """Reminders and escalations: what is planned next, what fired, was sent, failed or never will, and why."""
    async with open_session(settings_of(place.folder)) as session:
        await session.catch_up("register", "ledger")
        rows = await Ledger(session.pool).page(
            instruction=instruction_id(number) if number else None,
            programme=programme,
            status=status,
            after_number=after,
            limit=limit + 1,
        )
    numbers = list(dict.fromkeys(row.number for row in rows))
    more, shown = len(numbers) > limit, set(numbers[:limit])
    rows = [row for row in rows if row.number in shown]
    if place.json:
        print_json([asdict(row) for row in rows])
        return
    console.print(ledger_picture(rows))
    if more:
        console.print(f"[dim]more: --after {plain(rows[-1].number)}[/]", soft_wrap=True)


def ledger_picture(rows: list[LedgerRow]) -> Table:
    made = table(
        "Reminders and escalations (times are UTC)",
        "number",
        "what",
        "due",
        "status",
        "at",
        "told",
        "outcome",
        "why, or detail",
    )
    made.columns[0].no_wrap = True
    for row in rows:
        repeat = f" ({row.occurrence})" if row.occurrence and row.occurrence > 1 else ""
        told = f"{row.recipient} by {row.channel}" if row.recipient else ""
        made.add_row(
            plain(row.number),
            plain(f"{row.kind} {row.rule or 'by an operator'}{repeat}"),
            clock(row.due_at) if row.due_at else "",
            f"{row.status}, late" if row.late and row.status == "fired" else row.status,
            clock(row.at) if row.at else "",
            plain(told),
            became(row.outcome, row.held_until, row.acknowledged_at) if row.outcome else "",
            plain("; ".join(text for text in (row.why, row.detail) if text)),
        )
    return made


def became(
    outcome: NoticeOutcome, held_until: datetime | None, acknowledged_at: datetime | None
) -> str:
    """What became of a notice, and what it still waits for."""
    if outcome == "waiting" and held_until is not None:
        return f"held until {clock(held_until)}"
    return outcome if acknowledged_at is None else f"{outcome}, acknowledged"


def add_to(app: App) -> None:
    app.command(ledger, group=group)
