"""What a backtest found: as a table in the terminal, and as JSON."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.output import moment, plain, table
from domain.instruction.warnings_given import GivenWarning, Totals, TwoLives, WarningsGiven
from domain.policies import policy_hash
from operators.backtest import Backtest

_DAY = timedelta(days=1)


def backtest_json(made: Backtest) -> dict[str, Any]:
    return {
        "policy": made.policy.id,
        "policy_hash": policy_hash(made.policy),
        "until": made.until,
        "directory": "as of now",
        "instructions": len(made.lives),
        "entered_as_history": made.entered_as_history,
        "happened": _totals_json(made.happened),
        "would_have": _totals_json(made.relived),
        "caught_earlier": len(made.caught_earlier),
        "lives": [
            {
                "number": two.number,
                "happened": _life_json(two.happened),
                "would_have": _life_json(two.relived),
                "caught_earlier_days": _days(two.caught_earlier_by),
            }
            for two in made.lives
        ],
    }


def backtest_picture(made: Backtest, limit: int) -> RenderableType:
    parts: list[RenderableType] = [_lives(made, limit), Text(), _totals(made)]
    told = (
        f"Lived again until {moment(made.until)}, with the bodies, people and calendars of now; what people "
        "did is as it was."
    )
    if made.entered_as_history:
        told += (
            f" {made.entered_as_history} of these were entered as history: what lay before that is left "
            "out. With --as-it-occurred it counts."
        )
    return Group(*parts, Text(told, style="dim"))


def _lives(made: Backtest, limit: int) -> Table:
    made_table = table(
        f"Under {plain(made.policy.id)}, next to what happened",
        "number",
        ">reminders",
        ">escalations",
        "first escalated once late",
        ">days earlier",
    )
    made_table.columns[0].no_wrap = True
    for two in made.lives[:limit]:
        was, would = two.happened, two.relived
        made_table.add_row(
            plain(two.number),
            _beside(_count(would, "reminder"), _count(was, "reminder")),
            _beside(_count(would, "escalation"), _count(was, "escalation")),
            _beside(_day(would.first_escalation), _day(was.first_escalation)),
            _earlier(two),
        )
    if len(made.lives) > limit:
        made_table.add_row(f"[dim]{len(made.lives) - limit} more: --limit[/]", "", "", "", "")
    return made_table


def _totals(made: Backtest) -> Table:
    was, would = made.happened, made.relived
    shown = table(f"{len(made.lives)} instructions", "in total", ">would have", ">happened")
    rows: list[tuple[str, object, object]] = [
        ("reminders", would.reminders, was.reminders),
        ("requests for progress", would.progress_requests, was.progress_requests),
    ]
    rows += [
        (f"escalations to {to}", would.escalations.get(to, 0), was.escalations.get(to, 0))
        for to in sorted({*would.escalations, *was.escalations})
    ]
    rows += [
        ("late: a deadline passed while it was open", would.late, was.late),
        ("of these brought before somebody", would.late_escalated, was.late_escalated),
        (
            "days from the deadline to that, the middle one",
            _written(would.until_escalated),
            _written(was.until_escalated),
        ),
        ("caught earlier than it happened", len(made.caught_earlier), ""),
    ]
    for name, new, old in rows:
        shown.add_row(plain(name), str(new), str(old))
    return shown


def _count(life: WarningsGiven, kind: str) -> str:
    return str(sum(one.kind == kind for one in life.given))


def _beside(would: str, was: str) -> str:
    return would if would == was else f"{would} [dim](was {was})[/]"


def _earlier(two: TwoLives) -> str:
    by = two.caught_earlier_by
    if by is None or not by:
        return ""
    return f"[green]{by / _DAY:.1f}[/]" if by > timedelta(0) else f"[red]{by / _DAY:.1f}[/]"


def _day(at: datetime | None) -> str:
    return "-" if at is None else f"{at:%Y-%m-%d %H:%M}"


def _written(span: timedelta | None) -> str:
    return "-" if span is None else f"{span / _DAY:.1f}"


def _days(span: timedelta | None) -> float | None:
    return None if span is None else round(span / _DAY, 3)


def _totals_json(of: Totals) -> dict[str, Any]:
    fields = asdict(of)
    fields["days_until_escalated"] = _days(fields.pop("until_escalated"))
    return fields


def _life_json(life: WarningsGiven) -> dict[str, Any]:
    return {
        "deadline_passed": life.deadline_passed,
        "first_escalation": life.first_escalation,
        "warnings": [_warning_json(one) for one in life.given],
    }


def _warning_json(one: GivenWarning) -> dict[str, Any]:
    return asdict(one)
