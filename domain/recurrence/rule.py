"""Which rules are accepted: those of RFC 5545 (section 3.3.10) that name days, and days that there are.

Stricter than the RFC in this: an occurrence is a day, so nothing below a day; intervals of ten years at most;
and no two ways of naming a day that may contradict each other.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

_LONGEST_INTERVAL: Mapping[str, int] = {"DAILY": 3650, "WEEKLY": 520, "MONTHLY": 120, "YEARLY": 10}
_MOST = 10_000
"""Occurrences that COUNT may ask for."""
_NUMBERS = r"[+-]?\d{1,3}(,[+-]?\d{1,3})*"
_WEEKDAY = r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)"
_FORMS: Mapping[str, tuple[str, str]] = {
    "FREQ": (r"[A-Z]+", "FREQ=MONTHLY"),
    "INTERVAL": (r"\d{1,4}", "INTERVAL=3"),
    "COUNT": (r"\d{1,6}", "COUNT=4"),
    "UNTIL": (r"\d{8}", "UNTIL=20271231 (a day)"),
    "BYDAY": (rf"{_WEEKDAY}(,{_WEEKDAY})*", "BYDAY=MO,TU or BYDAY=-1FR"),
    "BYMONTHDAY": (_NUMBERS, "BYMONTHDAY=15 or BYMONTHDAY=-1 (the last)"),
    "BYYEARDAY": (_NUMBERS, "BYYEARDAY=100"),
    "BYWEEKNO": (_NUMBERS, "BYWEEKNO=20"),
    "BYMONTH": (_NUMBERS, "BYMONTH=3,6,9,12"),
    "BYSETPOS": (_NUMBERS, "BYSETPOS=-1 (the last of the days named)"),
    "WKST": (r"MO|TU|WE|TH|FR|SA|SU", "WKST=MO"),
}
_LARGEST: Mapping[str, int] = {
    "BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYMONTH": 12, "BYSETPOS": 366
}  # fmt: skip
_ONLY_WITH: Mapping[str, tuple[str, ...]] = {
    "BYMONTHDAY": ("DAILY", "MONTHLY", "YEARLY"),
    "BYYEARDAY": ("YEARLY",),
    "BYWEEKNO": ("YEARLY",),
    "BYSETPOS": ("MONTHLY", "YEARLY"),
}
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def problem_of(rule: str) -> str | None:
    """What is wrong with the rule and the way out, as a sentence; None if it is accepted."""
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name not in _FORMS:
            known = ", ".join(_FORMS)
            return f"{part or 'an empty part'} is no part of a rule of days; the parts are {known}"
        if name in parts:
            return f"{name} stands there twice; name it once"
        form, example = _FORMS[name]
        if not re.fullmatch(form, value, re.ASCII):
            return f"{part} has not the form of RFC 5545; write it like {example}"
        parts[name] = value
    frequency = parts.get("FREQ", "")
    if frequency not in _LONGEST_INTERVAL:
        return f"give FREQ as one of {', '.join(_LONGEST_INTERVAL)}: an occurrence is a day"
    return (
        _out_of_bounds(frequency, parts)
        or _of_other_frequencies(frequency, parts)
        or _contradiction(parts)
    )


def _out_of_bounds(frequency: str, parts: Mapping[str, str]) -> str | None:
    longest = _LONGEST_INTERVAL[frequency]
    if not 1 <= int(parts.get("INTERVAL", 1)) <= longest:
        return f"with FREQ={frequency} the INTERVAL must lie between 1 and {longest}"
    if "COUNT" in parts and "UNTIL" in parts:
        return "COUNT and UNTIL exclude each other; give one"
    if not 1 <= int(parts.get("COUNT", 1)) <= _MOST:
        return f"COUNT must lie between 1 and {_MOST}; leave it out for a rule without end"
    for name, largest in _LARGEST.items():
        if any(not 1 <= abs(number) <= largest for number in _numbers(parts, name)):
            return f"{name} takes numbers from 1 to {largest}, from the end with a minus"
    if any(number < 0 for number in _numbers(parts, "BYMONTH")):
        return "BYMONTH takes numbers from 1 to 12"
    try:
        date.fromisoformat(parts.get("UNTIL", "20271231"))
    except ValueError:
        return f"UNTIL={parts['UNTIL']} is no day; write it as UNTIL=20271231"
    return None


def _of_other_frequencies(frequency: str, parts: Mapping[str, str]) -> str | None:
    for name, allowed in _ONLY_WITH.items():
        if name in parts and frequency not in allowed:
            return f"{name} goes with FREQ={' or '.join(allowed)} only"
    furthest = {"MONTHLY": 5, "YEARLY": 53}.get(frequency, 0)
    if any(not 1 <= abs(nth) <= furthest for nth in _ordinals(parts)):
        return (
            "a number before a day of the week (-1FR, the last Friday) goes with FREQ=MONTHLY "
            "(up to 5) or FREQ=YEARLY (up to 53) only"
        )
    return None


def _contradiction(parts: Mapping[str, str]) -> str | None:
    """Two ways of naming a day, of which each may exclude the other."""
    if "BYSETPOS" in parts and not parts.keys() & {"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"}:
        return "BYSETPOS chooses among days; name them, for example BYDAY=MO,TU,WE,TH,FR"
    ways = [name for name in ("BYYEARDAY", "BYWEEKNO", "BYMONTHDAY") if name in parts]
    ways += ["BYMONTH"] if "BYMONTH" in parts and "BYMONTHDAY" not in parts and ways else []
    ways += ["BYDAY with numbers"] if ways and _ordinals(parts) else []
    if len(ways) > 1:
        return f"{' and '.join(ways)} may exclude each other; name the days in one way"
    days, months = _numbers(parts, "BYMONTHDAY"), _numbers(parts, "BYMONTH")
    longest = max((_LONGEST_MONTH[month - 1] for month in months), default=31)
    if days and all(abs(day) > longest for day in days):
        return "none of the months named has such a day; write BYMONTHDAY=-1 for the last"
    return None


def _numbers(parts: Mapping[str, str], name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in parts[name].split(",")) if name in parts else ()


def _ordinals(parts: Mapping[str, str]) -> tuple[int, ...]:
    days = parts.get("BYDAY", "").split(",")
    return tuple(int(day[:-2]) for day in days if day[:-2])


@dataclass(frozen=True, kw_only=True, slots=True)
class Endless:
    """An accepted rule without its end, which is told apart."""

    rule: str
    count: int | None
    until: date | None


def without_end(rule: str) -> Endless:
    parts = dict(part.split("=") for part in rule.split(";"))
    count, until = parts.pop("COUNT", None), parts.pop("UNTIL", None)
    return Endless(
        rule=";".join(f"{name}={value}" for name, value in parts.items()),
        count=None if count is None else int(count),
        until=None if until is None else date.fromisoformat(until),
    )
