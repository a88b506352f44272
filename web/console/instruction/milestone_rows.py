"""The form of all milestones: a row for each that there is, and some for further ones."""

from collections.abc import Mapping, Sequence
from itertools import count, takewhile
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from domain.deadline import Deadline
from domain.instruction.state import Record
from web.api.asked import invalid
from web.console.forms import Field, deadline_entered
from web.console.visit import Visit
from web.form_sent import text_of

Rows = Mapping[str, Mapping[str, Any]]
"""What was entered in each, by its number; what was left empty is left out."""

_NEW = 2
"""Rows for further ones: whoever needs more sets these first."""


def rows_of(visit: Visit, record: Record, sent: FormData | None = None) -> Sequence[Field]:
    """Each says which milestone it was drawn for: what is first by the time it is sent may be another.

    Args:
        sent: what was entered, where the form is read or drawn again: its rows stay, with whatever milestones came meanwhile below.

    Raises `Problem` validation for rows of a form that had no ids.
    """
    there = {one.milestone.id: one.milestone for one in record.milestones if not one.dropped}
    rows = [*there, *[""] * _NEW] if sent is None else _sent(sent)
    rows += [one for one in there if one not in rows]
    found: list[Field] = []
    for nth, id_ in enumerate(rows):
        known = there.get(id_)
        row, say = f"milestones.{nth}", visit.words.say
        found += [
            Field(
                name=f"{row}.id",
                label="",
                kind="hidden",
                value=id_,
            ),
            Field(
                name=f"{row}.title",
                label=say("Milestone %(nth)s", nth=nth + 1),
                value=known.title if known else "",
                most=500,
            ),
            Field(
                name=f"{row}.due",
                label=say("Day of milestone %(nth)s", nth=nth + 1),
                kind="deadline",
                value=_drawn(known.due, visit.zone) if known else "",
            ),
        ]
    return found


def _sent(sent: FormData) -> list[str]:
    """The ids of its rows; empty for a new one. Raises `Problem` validation where a row has none: each would pass for a new one."""
    numbered = list(takewhile(lambda nth: f"milestones.{nth}.title" in sent, count()))
    if any(f"milestones.{nth}.id" not in sent for nth in numbered):
        raise invalid("milestones", "do not say which they are; load the page again")
    return [text_of(sent, f"milestones.{nth}.id") for nth in numbered]


def milestones_of(rows: Rows, record: Record, zone: str) -> Sequence[Mapping[str, Any]]:
    """As the command has them: those that have a title. One that was there keeps its id, a new one gets the next that was never
    used.

    Raises `Problem` validation for a new one that has a day alone.
    """
    there = {one.milestone.id: one.milestone.due for one in record.milestones}
    unused = (id_ for nth in range(1, 10_000) if (id_ := f"step-{nth}") not in there)
    found: list[Mapping[str, Any]] = []
    for row, entered in rows.items():
        if "title" in entered:
            due = _as_it_was(entered, there.get(entered.get("id", "")), zone)
            found.append({**entered, **due, "id": entered.get("id") or next(unused)})
        elif "due" in entered and "id" not in entered:
            raise invalid(
                f"milestones.{row}.title", "is empty; give the milestone a title, or no day"
            )
    return found


def row_at(rows: Rows, place: str) -> str:
    """Where in the form that stands which the command has at this place, by dots: rows without a title are not in it."""
    name, _, rest = place.partition(".")
    nth, _, field = rest.partition(".")
    if name != "milestones" or not nth:
        return place
    titled = [row for row, entered in rows.items() if "title" in entered]
    return f"{name}.{titled[int(nth)]}.{field}".removesuffix(".")


def _as_it_was(entered: Mapping[str, Any], known: Deadline | None, zone: str) -> Mapping[str, Any]:
    """An instant has seconds that are not drawn: they are kept where what was drawn is what was entered."""
    if known is None or known.on is not None:
        return {}
    drawn = deadline_entered("due", *_drawn(known, zone), zone)
    return {"due": {"at": known.instant}} if entered.get("due") == drawn else {}


def _drawn(due: Deadline, zone: str) -> tuple[str, str]:
    if due.on is not None:
        return due.on.isoformat(), ""
    local = due.instant.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d}", f"{local:%H:%M}"
