"""Days and moments as they are written in each language. No locale of the machine has a say in it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.deadline import Deadline
from domain.directory.preferences import Language
from notifications.language import LABELS

_MONTHS: Mapping[Language, Sequence[str]] = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July", "August"),
        *("September", "October", "November", "December"),
    ),
    # In the genitive, as they stand after the number of the day.
    "ru": (
        *("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа"),
        *("сентября", "октября", "ноября", "декабря"),
    ),
}
_WEEKDAYS: Mapping[Language, Sequence[str]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "ru": ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"),
}
_YEAR: Mapping[Language, str] = {"en": "", "ru": " г."}


def day(on: date, language: Language) -> str:
    """`31 March 2026`, `31 марта 2026 г.`"""
    return f"{on.day} {_MONTHS[language][on.month - 1]} {on.year}{_YEAR[language]}"


def moment(at: datetime, zone: str, language: Language) -> str:
    """A moment on the clock of a zone (IANA): `31 March 2026, 18:00 (Europe/Minsk, UTC+03:00)`."""
    local = at.astimezone(ZoneInfo(zone))
    if zone == "UTC":
        return f"{_clock(local, language)} UTC"
    offset = f"{local:%z}"
    return f"{_clock(local, language)} ({zone}, UTC{offset[:3]}:{offset[3:5]})"


def short(deadline: Deadline, language: Language) -> str:
    """For a subject line: the day, and the time where it is an instant, on the instruction's clock."""
    if deadline.on is not None:
        return day(deadline.on, language)
    return _clock(deadline.instant.astimezone(ZoneInfo(deadline.zone)), language)


def written(deadline: Deadline, language: Language) -> str:
    """In full: with the weekday, and the zone in which the day ends or the time is told."""
    if deadline.on is None:
        local = deadline.instant.astimezone(ZoneInfo(deadline.zone))
        return f"{_weekday(local, language)}, {moment(deadline.instant, deadline.zone, language)}"
    ends = LABELS[language].end_of_day
    weekday = _weekday(deadline.on, language)
    return f"{weekday}, {day(deadline.on, language)}, {ends} ({deadline.zone})"


def _weekday(on: date, language: Language) -> str:
    return _WEEKDAYS[language][on.weekday()]


def _clock(local: datetime, language: Language) -> str:
    time = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f"{day(local, language)}, {time}"
