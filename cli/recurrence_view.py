"""Recurrences as the command line shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table

from cli.errors import Refused
from cli.output import plain, table
from domain.directory.state import Directory
from domain.recurrence import events as e
from domain.recurrence.decisions import recurrence_decider
from domain.recurrence.state import Recurrence
from domain.recurrence.wording import filled
from domain.rejections import Code
from readmodels.recurrences import Past, ahead, past


def recurrence_named(name: str, events: Sequence[e.RecurrenceEvent]) -> Recurrence:
    """Raises `Refused` if there is none."""
    state = recurrence_decider.fold(events)
    if state is None:
        message = f"no recurrence {name} is known; `remit recur list` names them"
        raise Refused(Code.UNKNOWN, message, "recurrence")
    return state


def list_json(state: Recurrence) -> dict[str, Any]:
    return {
        "recurrence": state.id,
        "title": state.terms.title,
        "phase": state.phase,
        "rule": state.terms.rule,
        "issuer": state.terms.issuer,
        "lead": state.terms.lead,
        "next_deadline": state.next.deadline.on if state.next else None,
        "next_issue_at": state.next.issue_at if state.next else None,
    }


def list_picture(states: Sequence[Recurrence]) -> Table:
    made = table("Recurrences", "recurrence", "phase", "next issued", "due", "lead", "title")
    for state in states:
        made.add_row(
            plain(state.id),
            state.phase,
            _local(state.next.issue_at, state.zone) if state.next else "-",
            str(state.next.deadline.on) if state.next else "-",
            plain(state.terms.lead),
            plain(state.terms.title),
        )
    return made


def show_json(
    state: Recurrence, events: Sequence[e.RecurrenceEvent], directory: Directory, tzdata: str
) -> dict[str, Any]:
    return {
        "recurrence": state.id,
        "phase": state.phase,
        "paused_because": state.paused_because,
        "zone": state.zone,
        "terms": state.terms.model_dump(mode="json"),
        "next": [
            {
                "n": one.n,
                "day": one.day,
                "number": filled(state.terms.number, one.n, one.day),
                "deadline": one.deadline.on,
                "issue_at": one.issue_at,
                "left_out": one.day in state.skipped_ahead,
            }
            for one in ahead(state, directory, tzdata)
        ],
        "past": [_past_json(event) for event in past(state, events)],
    }


def shown(
    state: Recurrence, events: Sequence[e.RecurrenceEvent], directory: Directory, tzdata: str
) -> RenderableType:
    terms = state.terms
    because = f": {state.paused_because}" if state.paused_because else ""
    lines = {
        "title": terms.title,
        "phase": f"{state.phase}{because}",
        "rule": f"{terms.rule}, from {terms.first_day}",
        "issued": f"{terms.lead_days} {terms.lead_in} days before, at {terms.hour:%H:%M}",
        "days off": terms.off_days,
        "zone": state.zone,
        "issuer": terms.issuer,
        "lead": ", with ".join((terms.lead, *terms.co_assignees)),
        "controller": terms.controller or "-",
    }
    facts = "\n".join(f"[bold]{name}[/]: {plain(value)}" for name, value in lines.items())
    return Group(facts, "", _ahead_table(state, directory, tzdata), "", _past_table(state, events))


def _ahead_table(state: Recurrence, directory: Directory, tzdata: str) -> Table:
    made = table("Next", ">n", "day of the rule", "number", "due", "issued")
    for one in ahead(state, directory, tzdata):
        moved = one.deadline.on != one.day
        left_out = one.day in state.skipped_ahead
        made.add_row(
            str(one.n),
            f"{one.day:%a} {one.day}",
            plain(filled(state.terms.number, one.n, one.day)),
            f"{one.deadline.on:%a} {one.deadline.on}{', moved' if moved else ''}",
            "left out" if left_out else _local(one.issue_at, state.zone),
        )
    return made


def _past_json(event: Past) -> dict[str, Any]:
    if isinstance(event, e.OccurrenceIssued):
        what: dict[str, Any] = {"number": event.number, "late": event.late, "why": None}
    else:
        what = {"number": None, "late": None, "why": event.why}
    return {"n": event.n, "day": event.day, "at": event.occurred_at, **what}


def _past_table(state: Recurrence, events: Sequence[e.RecurrenceEvent]) -> Table:
    made = table("Before", ">n", "day of the rule", "what became of it", "when")
    for event in past(state, events):
        if isinstance(event, e.OccurrenceIssued):
            what = f"issued as {event.number}{', late' if event.late else ''}"
        else:
            what = f"skipped: {event.reason or 'its deadline had passed'}"
        made.add_row(
            str(event.n), str(event.day), plain(what), _local(event.occurred_at, state.zone)
        )
    return made


def _local(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
