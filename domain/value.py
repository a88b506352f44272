"""The frozen base of commands, events and what they are made of, and the kinds of time they use."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
)


class Value(BaseModel):
    """Immutable, compared by content, refusing fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_YEARS = range(1000, 9000)
"""So far from the ends of the calendar that no zone and no duration leads past them."""


def _to_utc(moment: datetime) -> datetime:
    if moment.year not in _YEARS:
        raise ValueError(f"the year must lie between {_YEARS[0]} and {_YEARS[-1]}")
    return moment.astimezone(UTC)


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds the character U+0000, which no text may; leave it out")
    return text


StorableText = Annotated[str, AfterValidator(_without_nul)]
"""What PostgreSQL keeps as text."""


def _no_number(value: Any) -> Any:
    """Pydantic would take one for seconds since 1970: a slip of the hand becomes a moment."""
    if isinstance(value, int | float | Decimal) or (
        isinstance(value, str) and _NUMBER.fullmatch(value.strip())
    ):
        raise ValueError(
            "write it as ISO 8601 has it, as in 2026-12-18 or 2026-12-18T12:00:00+03:00"
        )
    return value


_NUMBER = re.compile(r"[+-]?\d*\.?\d*(?:[eE][+-]?\d+)?")
Instant = Annotated[AwareDatetime, BeforeValidator(_no_number), AfterValidator(_to_utc)]
"""A moment with its offset given, kept in UTC. A naive datetime, and a number, is refused."""
CalendarDate = Annotated[date, BeforeValidator(_no_number)]
"""A day as somebody gives it: as ISO 8601 has it, and no number."""


def instant_of(text: str) -> datetime | None:
    """The instant that ISO 8601 text with an offset stands for, in UTC; None if it is none."""
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo is None else _to_utc(moment)
    except (ValueError, OverflowError):
        return None


def to_the_minute(moment: datetime) -> str:
    """How a sentence names a moment that is in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


LONGEST = timedelta(days=36_525)
"""A hundred years: the longest duration a rule may have."""

_CALENDAR_DURATION = re.compile(r"[+-]?P[^T]*[YM]", re.IGNORECASE)


def _fixed_length_only(value: Any) -> Any:
    if isinstance(value, str) and _CALENDAR_DURATION.match(value):
        raise ValueError("years and months have no fixed length; give weeks, days or less (P30D)")
    return value


def _in_bounds(value: timedelta) -> timedelta:
    if value < timedelta(0):
        raise ValueError("a duration cannot be negative")
    if value > LONGEST:
        raise ValueError(f"a duration cannot be longer than {LONGEST.days} days")
    return value


def iso_duration(value: timedelta) -> str:
    """`P1DT2H30M`. Pydantic's own form calls 365 days a year, and a year is refused when read."""
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    exact = f"{seconds}.{value.microseconds:06}" if value.microseconds else seconds
    parts = ((hours, f"{hours}H"), (minutes, f"{minutes}M"), (exact, f"{exact}S"))
    time = "".join(text for amount, text in parts if amount)
    days = f"{value.days}D" if value.days else ""
    return "P" + days + (f"T{time}" if time else "") if value else "PT0S"


Duration = Annotated[
    timedelta,
    BeforeValidator(_fixed_length_only),
    AfterValidator(_in_bounds),
    PlainSerializer(iso_duration, return_type=str, when_used="json"),
]
"""An ISO 8601 duration of weeks, days, hours, minutes and seconds (`P3D`, `PT2S`), never negative."""
