"""Deadlines as iCalendar (RFC 5545): attached to e-mails, and in a person's feed.

A deadline is an event, not a to-do: the calendars that most people have show events only. A day is an
event of the whole day; it takes up no time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Component, Event, vCalAddress

from domain.directory.preferences import Language
from domain.identifiers import InstructionId
from notifications.compose import Standing
from notifications.language import LABELS
from notifications.letter import one_line

_LONGEST_SUMMARY = 120
_STATUS: dict[Standing, str] = {
    "open": "CONFIRMED",
    "suspended": "TENTATIVE",
    "completed": "CANCELLED",
    "cancelled": "CANCELLED",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadlineEntry:
    """One instruction's deadline, for a calendar."""

    instruction: InstructionId
    number: str
    text: str
    issuer: str
    lead: str | None
    on: date | None
    """The day whose end it is; none for an instant."""
    instant: datetime
    standing: Standing
    sequence: int
    """As in `Notice`: a calendar takes the entry with more for the newer one."""
    changed_at: datetime
    """When it came to be so, UTC."""


def calendar(
    entries: Iterable[DeadlineEntry],
    *,
    language: Language,
    organizer: str | None = None,
    refresh: timedelta | None = None,
) -> bytes:
    """A published calendar with these deadlines. The same entries give the same bytes.

    Args:
        organizer: an e-mail address; whoever sends a calendar by e-mail must name one (RFC 5546).
        refresh: how often whoever subscribes to it should ask again.
    """
    made = Calendar()
    _add(made, "prodid", "-//Remit//Deadlines//EN")
    _add(made, "version", "2.0")
    _add(made, "method", "PUBLISH")
    name = LABELS[language].calendar
    _add(made, "x-wr-calname", name)
    _add(made, "name", name)
    if refresh is not None:
        _add(made, "refresh-interval", refresh, {"value": "DURATION"})
    for entry in entries:
        made.add_component(_event(entry, language, organizer))
    return made.to_ical()


def _event(entry: DeadlineEntry, language: Language, organizer: str | None) -> Event:
    event = Event()
    _add(event, "uid", entry.instruction)
    _add(event, "sequence", entry.sequence)
    _add(event, "dtstamp", entry.changed_at.astimezone(UTC).replace(microsecond=0))
    if entry.on is not None:
        _add(event, "dtstart", entry.on)
        _add(event, "dtend", entry.on + timedelta(days=1))
    else:
        _add(event, "dtstart", entry.instant.astimezone(UTC).replace(microsecond=0))
    _add(event, "summary", one_line(f"[{entry.number}] {entry.text}", _LONGEST_SUMMARY))
    _add(event, "description", _description(entry, language))
    _add(event, "status", _STATUS[entry.standing])
    _add(event, "transp", "TRANSPARENT")
    if organizer is not None:
        _add(event, "organizer", vCalAddress(f"mailto:{organizer}"))
    return event


def _add(to: Component, name: str, value: object, parameters: dict[str, str] | None = None) -> None:
    to.add(name, value, parameters or {})  # pyright: ignore[reportUnknownMemberType] - the library's


def _description(entry: DeadlineEntry, language: Language) -> str:
    labels = LABELS[language]
    return (
        f"{entry.text}\n\n"
        f"{labels.issuer}: {entry.issuer}\n"
        f"{labels.lead}: {entry.lead or labels.nobody_yet}"
    )
