"""Days and moments as people enter them: in fields of forms, in filters, and as the moment that a page is of."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from domain.value import instant_of
from web.api.asked import invalid

DayMeans = Literal["its beginning", "its end"]
"""Which moment of a day is meant where only the day was entered."""


def day_entered(field: str, text: str) -> date:
    """Raises `Problem` validation, at that field."""
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise invalid(field, "is no day; write 2026-03-31") from None


def moment_entered(field: str, text: str, zone: str, *, day: DayMeans) -> datetime:
    """In UTC. A time is on the clock of the zone, unless its offset was entered with it.

    Args:
        zone: also the one whose day a bare day is.

    Raises `Problem` validation, at that field.
    """
    try:
        found = instant_of(_on_the_clock(text.strip(), ZoneInfo(zone), day).isoformat())
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise invalid(field, "is no time; write 2026-03-31T18:00, or 2026-03-31")
    return found


def _on_the_clock(text: str, zone: ZoneInfo, day: DayMeans) -> datetime:
    """Raises ValueError or OverflowError."""
    whole = _whole_day(text)
    if whole is None:
        read = datetime.fromisoformat(text)
        return read if read.tzinfo else read.replace(tzinfo=zone)
    midnight = datetime.combine(whole, time(), zone)
    if day == "its beginning":
        return midnight
    # Subtracted in UTC: on the clock, the last microsecond of a day may be another one where clocks are changed.
    return (midnight + timedelta(days=1)).astimezone(UTC) - timedelta(microseconds=1)


def _whole_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
