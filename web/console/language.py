"""What pages say in each language: English stands in the templates and the code, Russian in `words/ru/*.po` (gettext).

A catalog a subject; a sentence stands in one of them. Babel reads them and knows each language's plurals, days and numbers. What a
page says a hundred times, days and small numbers, is put together here from what Babel knows: its own patterns take as long as the
rest of the page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_timedelta, get_month_names
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, get_group_symbol

from domain.directory.preferences import Language

WORDS = Path(__file__).parent / "words"
_SECONDS_OF_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    language: Language
    locale: Locale
    known: Mapping[str, str | Sequence[str]]
    """By the English one; several forms where it counts something."""
    form_of: Callable[[int], int]
    """Which form goes with a number."""
    months: Mapping[int, str]
    """What each is called within a date."""
    thousands: str
    """What stands between thousands: to ask Babel for each of a page's thousand numbers takes longer than all of the page."""

    def say(self, text: str, /, **values: object) -> str:
        """The sentence in this language. `%(name)s` in it stands for a value, if any are given."""
        found = self.known.get(text, text)
        said = found if isinstance(found, str) else found[0]
        return said % values if values else said

    def count(self, one: str, many: str, n: int, /, **values: object) -> str:
        """The sentence about so many: `%(n)s` in it is the number."""
        found = self.known.get(one)
        if found is None or isinstance(found, str):
            said: str = one if n == 1 else many
        else:
            said = found[self.form_of(n)]
        return said % {"n": self.number(n), **values}

    def number(self, value: float) -> str:
        if isinstance(value, int):
            return f"{value:,}".replace(",", self.thousands)
        return format_decimal(value, locale=self.locale)

    def day(self, on: date) -> str:
        """`18 Dec 2026`."""
        return f"{on.day} {self.months[on.month]} {on.year}"

    def month(self, on: date) -> str:
        """`December 2026`."""
        return format_date(on, "LLLL y", locale=self.locale)

    def weekday(self, on: date) -> str:
        """`Fri`."""
        return format_date(on, "EEE", locale=self.locale)

    def moment(self, at: datetime, zone: str) -> str:
        """On the clock of a zone, which is named: `18 Dec 2026, 23:59 (Europe/Minsk)`."""
        local = at.astimezone(ZoneInfo(zone))
        return f"{self.day(local)}, {self.clock(local)} ({zone})"

    def exactly(self, at: datetime, zone: str) -> str:
        """To the second, on the clock of a zone that is named elsewhere: `18 Dec 2026, 23:59:07`."""
        local = at.astimezone(ZoneInfo(zone))
        return f"{self.day(local)}, {self.clock(local)}:{local.second:02}"

    def due(self, at: datetime, zone: str) -> str:
        """A deadline, in few words: the day whose end it is in that zone, else the moment."""
        local = at.astimezone(ZoneInfo(zone))
        if local.time() == time():
            return self.day(local.date() - timedelta(days=1))
        return f"{self.day(local)}, {self.clock(local)}"

    def clock(self, at: time | datetime) -> str:
        return f"{at.hour:02}:{at.minute:02}"

    def span(self, seconds: float) -> str:
        """How long, roughly: `45 days`, `2 hours`. From one day on in days: they are compared with each other."""
        if abs(seconds) >= _SECONDS_OF_A_DAY:
            return self.count("%(n)s day", "%(n)s days", round(seconds / _SECONDS_OF_A_DAY))
        return format_timedelta(
            round(seconds), granularity="second", threshold=1.5, locale=self.locale
        )


def read_words(folder: Path = WORDS) -> Mapping[Language, Words]:
    """All languages."""
    return {"en": _english(), "ru": _translated("ru", sorted((folder / "ru").glob("*.po")))}


def _english() -> Words:
    return _words("en", Locale("en", "GB"), {}, partial(_form, Locale("en")))


def _translated(language: Language, files: Sequence[Path]) -> Words:
    known: dict[str, str | Sequence[str]] = {}
    for file in files:
        with file.open("rb") as opened:
            known |= _of(read_po(opened, locale=language))
    locale = Locale(language)
    return _words(language, locale, known, partial(_form, locale))


def _words(
    language: Language,
    locale: Locale,
    known: Mapping[str, str | Sequence[str]],
    form_of: Callable[[int], int],
) -> Words:
    months = cast(Mapping[int, str], get_month_names("abbreviated", locale=locale))
    return Words(language, locale, known, form_of, dict(months), get_group_symbol(locale))


def _of(catalog: Catalog) -> Mapping[str, str | Sequence[str]]:
    found: dict[str, str | Sequence[str]] = {}
    for message in catalog:
        if not message.id or not message.string:
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        found[one] = message.string if isinstance(message.string, str) else tuple(message.string)
    return found


@lru_cache(maxsize=4096)
def _form(locale: Locale, n: int) -> int:
    """One, few, many: the order of gettext's forms."""
    return {"one": 0, "few": 1}.get(locale.plural_form(n), 2)
