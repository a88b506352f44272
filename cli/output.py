"""What the command line prints: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from domain.instruction.commands import InstructionCommand
from domain.outcomes import Recorded

console = Console()
errors = Console(stderr=True)


def print_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_recorded(command: InstructionCommand, recorded: Recorded) -> None:
    what = f"[green]recorded[/] as version {recorded.version}, position {recorded.position}"
    wake = f"; next due {moment(recorded.next_wake)}" if recorded.next_wake else ""
    closed = "; closed" if recorded.closed else ""
    console.print(f"{what}{wake}{closed} [dim](command id {command.command_id})[/]")


def moment(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def table(title: str, *columns: str) -> Table:
    made = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        right = column.startswith(">")
        made.add_column(column.removeprefix(">"), justify="right" if right else "left")
    return made
