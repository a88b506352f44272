"""What the command line prints: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain.attribution import Command
from domain.outcomes import Recorded

console = Console(emoji=False, highlight=False)
errors = Console(stderr=True, emoji=False, highlight=False)


def print_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")
    sys.stdout.flush()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def printable(text: str) -> str:
    """A text that somebody wrote, without what would drive a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def plain(text: str) -> str:
    """The same to be put into markup, where it then styles nothing."""
    return escape(printable(text))


def print_recorded(command: Command, recorded: Recorded) -> None:
    what = f"[green]recorded[/] as version {recorded.version}, position {recorded.position}"
    wake = f"; next due {moment(recorded.next_wake)}" if recorded.next_wake else ""
    # A programme is at rest, and its digest may be due all the same.
    closed = "; closed" if recorded.closed and recorded.next_wake is None else ""
    console.print(f"{what}{wake}{closed} [dim](command id {command.command_id})[/]", soft_wrap=True)


def recorded_json(command: Command, recorded: Recorded) -> dict[str, object]:
    """What JSON answers to every command."""
    return {"command_id": command.command_id, **recorded.model_dump(mode="json")}


def moment(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def clock(at: datetime) -> str:
    """A moment in a column whose heading says that times are UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def table(title: str, *columns: str) -> Table:
    """An empty table; a column whose name begins with `>` is set to the right."""
    made = Table(
        title=title,
        title_justify="left",
        header_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in columns:
        right = column.startswith(">")
        name = column.removeprefix(">")
        # Folded, not cut: an id must be there to the last letter.
        made.add_column(name, justify="right" if right else "left", overflow="fold")
    return made
