"""Rows of the register as a table in the terminal, and as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.output import clock, plain, printable, table
from readmodels.register import RegisterRow

_WIDE_LEAD = 24  # the text gives way to ids up to this long; longer ones are folded


def register_json(rows: Sequence[RegisterRow], at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "number": row.number,
            "text": row.text,
            "phase": row.phase,
            "lead": row.lead,
            "joint_leads": row.joint_leads.split() if row.joint_leads else [],
            "source": _source(row),
            "deadline": row.deadline,
            "behind_schedule": row.timing.lateness(at).behind_schedule,
            "escalated": row.escalated,
            "percent": row.percent,
        }
        for row in rows
    ]


def register_picture(rows: Sequence[RegisterRow], at: datetime) -> Table:
    """A line per instruction: ids stand there to the last letter, a long text is cut."""
    made = table("Instructions (times are UTC)", "number", "stands", "deadline", "lead", "text")
    for column in made.columns[:3]:
        column.no_wrap = True
    made.columns[3].no_wrap = all(len(row.lead or "") <= _WIDE_LEAD for row in rows)
    made.columns[4].overflow = "ellipsis"
    for row in rows:
        text = Text(printable(" ".join(row.text.split())), no_wrap=True)
        made.add_row(plain(row.number), _stands(row, at), clock(row.deadline), row.lead or "", text)
    return made


def _source(row: RegisterRow) -> str | None:
    return f"{row.source_kind} {row.source_number}" if row.source_kind else None


def _stands(row: RegisterRow, at: datetime) -> str:
    marks = {
        "behind": row.timing.lateness(at).behind_schedule,
        "escalated": row.escalated and not row.closed,
    }
    late = "".join(f"\n[red]{name}[/]" for name, holds in marks.items() if holds)
    if row.phase == "Proposed" or row.refused:
        return "Refused" if row.refused else row.phase
    return f"{row.phase} {row.percent} %{late}"
