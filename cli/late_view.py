"""What is late, as a table with bars in the terminal, and as JSON."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cli.output import minute, plain, printable, table
from readmodels.totals import Totals, WholeAndParts
from readmodels.worklist import Work

_DAY = timedelta(days=1)
_BAR = 12
_WIDE = 120
"""From so many columns on there is room for texts and bars."""
_MOST_BODIES = 10


def late_json(
    works: Sequence[Work], totals: WholeAndParts, at: datetime, following: str | None
) -> dict[str, Any]:
    return {
        "at": at,
        "total": _counts(totals.whole),
        "by_lead": [{"lead": part.lead} | _counts(part) for part in totals.by_lead],
        "instructions": [_work_json(work, at) for work in works],
        "after": following,
    }


def _counts(found: Totals) -> dict[str, Any]:
    return {
        "instructions": found.instructions,
        "escalated": found.escalated,
        "silenced": found.silenced,
        "never_heard": found.never_heard,
        "first_deadline": found.first_deadline,
    }


def _work_json(work: Work, at: datetime) -> dict[str, Any]:
    row, seen = work.row, work.attention
    return {
        "number": row.number,
        "text": row.text,
        "programme": row.programme,
        "lead": row.lead,
        "phase": row.phase,
        "percent": row.percent,
        "deadline": row.deadline,
        "original_deadline": row.original_deadline,
        "late_since": row.behind_from,
        "late_for": row.late_for,
        "late_by_seconds": int(row.timing.lateness(at).behind_by.total_seconds()),
        "heard_at": seen.heard_at,
        "heard_by": seen.heard_by,
        "heard": seen.heard,
        "warned_at": seen.warned_at,
        "warned": (seen.warned or "").split(),
        "escalation": seen.standing(at),
        "escalated_to": seen.escalated_to if seen.raised else None,
        "silenced_until": seen.silenced_until if work.attention.silent(at) else None,
        "extension_asked_until": seen.extension_until,
    }


def late_picture(
    works: Sequence[Work], totals: WholeAndParts, at: datetime, width: int
) -> Iterator[RenderableType]:
    """The lines, then the totals; what there is no room for is in the JSON."""
    wide = width >= _WIDE
    longest = max((work.row.timing.lateness(at).behind_by for work in works), default=_DAY)
    columns = ["number", "lead", "since", ">late", "last heard", "last warned", "escalation"]
    made = table(
        f"Behind schedule as of {minute(at)}",
        *columns,
        *(("", "text") if wide else ()),
    )
    for place in (0, 2, 3):
        made.columns[place].no_wrap = True
    for work in works:
        row = work.row
        late_by = row.timing.lateness(at).behind_by
        line: list[RenderableType] = [
            plain(row.number),
            plain(row.lead or ""),
            _since(work),
            duration(late_by),
            _heard(work),
            _warned(work),
            _escalation(work, at),
        ]
        if wide:
            bar = max(round(_BAR * (late_by / longest)), 1)
            text = Text(printable(" ".join(row.text.split())), no_wrap=True, overflow="ellipsis")
            line += [f"[red]{'█' * bar}[/]", text]
        made.add_row(*line)
    yield made
    yield _sum(totals.whole, at)
    if len(totals.by_lead) > 1:
        yield _bodies(totals, at)


def _bodies(totals: WholeAndParts, at: datetime) -> Table:
    made = table("By lead", "lead", ">late", ">longest", ">escalated", ">never heard", "")
    most = totals.by_lead[0].instructions
    for part in totals.by_lead[:_MOST_BODIES]:
        bar = max(round(_BAR * part.instructions / most), 1)
        made.add_row(
            plain(part.lead or "(nobody)"),
            str(part.instructions),
            duration(at - part.first_deadline) if part.first_deadline else "",
            str(part.escalated),
            str(part.never_heard),
            f"[red]{'█' * bar}[/]",
        )
    rest = len(totals.by_lead) - _MOST_BODIES
    if rest > 0:
        made.add_row(f"[dim]{rest} more: --json[/]", *[""] * 5)
    return made


def _sum(whole: Totals, at: datetime) -> str:
    if whole.first_deadline is None:
        return "nothing is behind schedule"
    return (
        f"[bold]{whole.instructions}[/] behind schedule, the longest by "
        f"{duration(at - whole.first_deadline)}: {whole.escalated} escalated, {whole.silenced} "
        f"acknowledged or silenced, {whole.never_heard} never heard"
    )


def duration(span: timedelta) -> str:
    """`17 d`, or within the first day `5 h`, or within the first hour `12 min`."""
    if span >= _DAY:
        return f"{span // _DAY} d"
    hour = timedelta(hours=1)
    return f"{span // hour} h" if span >= hour else f"{span // timedelta(minutes=1)} min"


def _since(work: Work) -> str:
    """The day that passed, and whose it was if not the instruction's own."""
    day = f"{work.row.behind_from:%Y-%m-%d}"
    return day if work.row.late_for == "deadline" else f"{day}\n[dim]milestone[/]"


def _heard(work: Work) -> str:
    seen = work.attention
    if seen.heard_at is None:
        return "[red]never[/]"
    return f"{seen.heard_at:%Y-%m-%d} {work.row.percent} %"


def _warned(work: Work) -> str:
    seen = work.attention
    if seen.warned_at is None:
        return "[dim]nobody[/]"
    return f"{seen.warned_at:%Y-%m-%d} {plain(seen.warned or '')}"


def _escalation(work: Work, at: datetime) -> str:
    seen = work.attention
    match seen.standing(at):
        case "open":
            return f"[red]to {plain(seen.escalated_to or '')}[/]"
        case "acknowledged" | "silenced" as standing:
            return f"{standing} until {seen.silenced_until:%Y-%m-%d}"
        case "ended":
            return "ended"
        case None:
            asked = seen.extension_until
            return f"asks for {asked:%Y-%m-%d}" if asked else "[dim]-[/]"
