"""What moved a programme's figures, event by event: as tables in the terminal, and as JSON."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from audit.difference import Explained, Passed
from cli.output import plain, table
from domain.programme.difference import ASPECTS, FIGURES, TERMS, Change
from domain.programme.report import ProgrammeReport
from domain.programme.terms import Figures
from eventstore.codec import event_of
from eventstore.protocol import StoredEvent

_SAME_TIME = timedelta(minutes=1)


def figures_json(figures: ProgrammeReport | Figures) -> dict[str, Any]:
    """Every count, by the name that a change tells it by."""
    return {name: getattr(figures, name) for name in FIGURES}


def explained_json(found: Sequence[Explained]) -> list[dict[str, Any]]:
    return [
        {
            "figure": one.change.aspect,
            "was": one.change.was,
            "now": one.change.now,
            "number": one.change.measure.number,
            "text": one.change.measure.text,
            "lead": one.change.measure.lead,
            "deadline": one.change.measure.timing.deadline,
            "causes": [_cause_json(cause) for cause in one.causes],
        }
        for one in found
    ]


def _cause_json(cause: StoredEvent | Passed) -> dict[str, Any]:
    if isinstance(cause, Passed):
        return {"passed": cause.deadline}
    return {
        "position": cause.position,
        "version": cause.version,
        "type": cause.type,
        "occurred_at": cause.occurred_at,
        "recorded_at": cause.recorded_at,
        "by": event_of(cause).by.model_dump(mode="json"),
    }


def figures_table(title: str, columns: Sequence[tuple[str, ProgrammeReport | Figures]]) -> Table:
    """Figures side by side: those that are not nought everywhere."""
    made = table(title, "", *(f">{name}" for name, _ in columns))
    for name in FIGURES:
        counts = [getattr(figures, name) for _, figures in columns]
        if any(counts):
            made.add_row(name.replace("_", " "), *map(str, counts))
    return made


def explained_tables(
    title: str, found: Sequence[Explained], limit: int | None = None
) -> Iterator[RenderableType]:
    """A table for each figure: `+` where a measure came in, `-` where it left, and the events that did it.

    Of more changes than the limit the first are shown, and the last line says how many are not.
    """
    yield f"[bold]{title}[/] (times are UTC)"
    if not found:
        yield "nothing did"
    late = _came_late(found)
    order = {aspect: place for place, aspect in enumerate(ASPECTS)}
    ordered = sorted(found, key=lambda one: (order[one.change.aspect], one.change.measure.number))
    for aspect, those in groupby(ordered[:limit], key=lambda one: one.change.aspect):
        times = ("occurred", "recorded") if late else ("occurred",)
        made = table(aspect.replace("_", " "), "", "number", ">position", "event", *times, "by")
        made.columns[1].no_wrap = True
        for one in those:
            head = (_sign(one.change), plain(one.change.measure.number))
            for cause in one.causes:
                made.add_row(*head, *_cause_row(cause, late))
                head = ("", "")
        yield made
    if limit is not None and len(ordered) > limit:
        yield f"[dim]{len(ordered) - limit} more: --json lists all[/]"


def _sign(change: Change) -> str:
    if change.aspect in TERMS:
        return "→"
    return "[green]+[/]" if change.now else "[red]-[/]"


def _came_late(found: Sequence[Explained]) -> bool:
    events = (cause for one in found for cause in one.causes if isinstance(cause, StoredEvent))
    return any(event.recorded_at - event.occurred_at > _SAME_TIME for event in events)


def _cause_row(cause: StoredEvent | Passed, late: bool) -> Sequence[str]:
    """With both times there is room for their days only."""
    form = "%Y-%m-%d" if late else "%Y-%m-%d %H:%M"
    if isinstance(cause, Passed):
        passed = ("", "[yellow]time passed[/]", f"{cause.deadline:{form}}")
        return (*passed, "", "") if late else (*passed, "")
    times = (f"{cause.occurred_at:{form}}", f"{cause.recorded_at:{form}}")
    return (
        str(cause.position),
        f"{cause.type} #{cause.version}",
        *(times if late else times[:1]),
        plain(cause.actor),
    )
