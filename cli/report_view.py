"""A programme's report as a picture in the terminal, and as JSON."""

from datetime import datetime
from typing import Any

from rich.console import Group
from rich.table import Table

from cli.output import moment, plain, table
from domain.programme.report import as_report, percent
from domain.programme.state import Programme, Published
from domain.programme.terms import Figures, PartFigures

_BAR = 16


def report_json(
    programme: Programme, at: datetime, counted: Figures, published: Published | None = None
) -> dict[str, Any]:
    """`published` is what was published of the moment, if anything was."""
    figures = as_report(counted, at)
    return {
        "programme": programme.id,
        "title": programme.title,
        "at": figures.at,
        "total": figures.total,
        "implemented": figures.implemented,
        "implemented_line": figures.implemented_line,
        "behind_schedule": figures.behind_schedule,
        "behind_schedule_line": figures.behind_schedule_line,
        "late_against_original": figures.late_against_original,
        "completed_late": figures.completed_late,
        "open_late": figures.open_late,
        "execution_discipline": figures.execution_discipline,
        "cancelled": figures.cancelled,
        "carried_over": figures.carried_over,
        "proposed": figures.proposed,
        "refused": figures.refused,
        "published": _published_json(published, counted) if published else None,
    }


def _published_json(published: Published, counted: Figures) -> dict[str, Any]:
    return {
        "position": published.position,
        "published_at": published.published_at,
        "figures": published.figures.model_dump(mode="json"),
        "same": published.figures == counted,
    }


def report_picture(
    programme: Programme, at: datetime, counted: Figures, published: Published | None = None
) -> Group:
    """The figures, and a bar per sector. `published` is what was published of them, if anything was."""
    figures = as_report(counted, at)
    summary = Table.grid(padding=(0, 2))
    summary.add_row("implemented", f"[bold green]{figures.implemented_line}[/]")
    summary.add_row("behind schedule", f"[bold red]{figures.behind_schedule_line}[/]")
    late, total = figures.late_against_original, figures.total
    summary.add_row("past the original deadline", f"{late} ({percent(late, total)})")
    summary.add_row("execution discipline", figures.execution_discipline)
    apart = {
        "carried over": figures.carried_over,
        "cancelled": figures.cancelled,
        "proposed": figures.proposed,
        "proposals refused": figures.refused,
    }
    for name, count in apart.items():
        if count:
            summary.add_row(name, str(count))
    if published is not None:
        summary.add_row("published", _published_line(published, counted))
    title = f"[bold]{plain(programme.title)}[/] as of {moment(at)}"
    return Group(title, summary, "", _sectors(counted))


def _published_line(published: Published, counted: Figures) -> str:
    line = f"{moment(published.published_at)}, from the log up to position {published.position}"
    differs = "" if published.figures == counted else "; [bold red]replay comes to other figures[/]"
    return line + differs


def _sectors(counted: Figures) -> Table:
    made = table("By sector", "sector", ">measures", ">implemented", ">behind", "")
    widest = max((part.total for part in counted.by_sector), default=1)
    named = {part.name or "(no sector)": part for part in counted.by_sector}
    for sector, part in sorted(named.items()):
        made.add_row(
            plain(sector),
            str(part.total),
            str(part.implemented),
            str(part.behind_schedule),
            _bar(part, widest),
        )
    return made


def _bar(part: PartFigures, widest: int) -> str:
    scale = _BAR / widest
    done = round(part.implemented * scale)
    behind = max(round(part.behind_schedule * scale), int(part.behind_schedule > 0))
    rest = max(round(part.total * scale) - done - behind, 0)
    return f"[green]{'█' * done}[/][red]{'█' * behind}[/][dim]{'░' * rest}[/]"
