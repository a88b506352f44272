"""A stream's history as a table in the terminal, and as JSON."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, cast

from rich.table import Table

from cli.describe import describe
from cli.output import clock, plain, table
from domain.instruction.events import InstructionEvent
from eventstore.codec import event_of
from eventstore.protocol import StoredEvent

_SAME_TIME = timedelta(minutes=1)
_ROOM_FOR_POSITION = 100
_NARROW, _WIDE = 6, 16  # a longer person's id is folded, so that 80 columns hold an event's name


def history_json(events: Sequence[StoredEvent]) -> list[dict[str, Any]]:
    return [
        {
            "position": event.position,
            "version": event.version,
            "recorded_at": event.recorded_at,
            "command_id": event.command_id,
            **event_of(event).model_dump(mode="json"),
        }
        for event in events
    ]


def _of_instruction(stored: StoredEvent) -> str:
    return describe(cast(InstructionEvent, event_of(stored)))


def history_picture(
    number: str,
    events: Sequence[StoredEvent],
    width: int,
    said: Callable[[StoredEvent], str] = _of_instruction,
) -> Table:
    """A row per event, for so many characters' width; `said` tells what each says in a line.

    When it was recorded is shown if that differs from when it occurred, as it does after an import.
    """
    differs = any(e.recorded_at - e.occurred_at > _SAME_TIME for e in events)
    times = ["occurred", "recorded"] if differs else ["occurred"]
    position = [] if differs and width < _ROOM_FOR_POSITION else [">position"]
    made = table(
        f"History of {plain(number)} (times are UTC)", ">#", *position, *times, "by", "event"
    )
    for column in made.columns:
        if column.header in times:
            column.no_wrap = True
    by = made.columns[-2]
    by.max_width = _NARROW if differs and width < _ROOM_FOR_POSITION else _WIDE
    for stored in events:
        made.add_row(
            str(stored.version),
            *([str(stored.position)] if position else []),
            clock(stored.occurred_at),
            *([clock(stored.recorded_at)] if differs else []),
            plain(stored.actor),
            f"[bold]{stored.type}[/] {plain(said(stored))}",
        )
    return made
