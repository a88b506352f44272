"""What the `holidays` library knows of a country: its weekends, public holidays and moved working days."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.metadata import version
from typing import Annotated

import holidays
from pydantic import AfterValidator, Field

from domain.directory.events import CalendarDay
from domain.working_time import Hours

LIBRARY = f"holidays {version('holidays')}"
_LANGUAGE = "en_US"
_AMERICAN_DATE = re.compile(r"\b(\d{2})/(\d{2})/(\d{4})\b")


def _known(country: str) -> str:
    try:
        holidays.country_holidays(country)
    except NotImplementedError as error:
        raise ValueError(
            f"{LIBRARY} knows no country {country}; give its code by ISO 3166-1, or no country and all "
            "closures"
        ) from error
    return country


Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$"), AfterValidator(_known)]
"""One that the library knows, by its code in ISO 3166-1."""


def years_known(country: Country) -> range:
    """The years that the library speaks for. Of those to come, working days are moved only once decreed."""
    known = holidays.country_holidays(country)
    return range(known.start_year, known.end_year + 1)


def weekend(country: Country) -> frozenset[int]:
    """Days of the week that nobody works by default; 0 is Monday."""
    return frozenset(holidays.country_holidays(country).weekend)


def country_days(country: Country, years: range, hours: Hours) -> Mapping[date, CalendarDay]:
    """Public holidays, days off in place of others, and the moved working days, which get these hours.

    Names are English where the library has them so.
    """
    found = holidays.country_holidays(country, years=years, language=_LANGUAGE)
    moved = frozenset(day for day in found.weekend_workdays if day.year in years)
    days = {
        on: CalendarDay(on=on, hours=(), name=_AMERICAN_DATE.sub(r"\3-\1-\2", name))
        for on, name in found.items()
    }
    in_place_of = {
        date(int(year), int(month), int(day)): on
        for on, name in found.items()
        for month, day, year in _AMERICAN_DATE.findall(name)
    }
    for on in moved:
        instead = f", moved from {in_place_of[on]}" if on in in_place_of else ""
        days[on] = CalendarDay(on=on, hours=hours, name=f"Working day{instead}")
    return days


def span(first: date, last: date) -> tuple[date, ...]:
    """All days from the first to the last one."""
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
