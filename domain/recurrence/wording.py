"""The number and text of each instruction, from patterns such as `TAX-{year}-{n}`."""

import re
from datetime import date

FIELDS = ("n", "year", "quarter", "month", "day")
_FIELD = re.compile(r"\{([^{}]*)\}")
_LARGEST = 99_999


def filled(pattern: str, n: int, day: date) -> str:
    """The pattern for the n-th occurrence, which falls on this day of the rule."""
    values = {
        "n": str(n),
        "year": f"{day.year}",
        "quarter": f"{(day.month + 2) // 3}",
        "month": f"{day.month:02}",
        "day": f"{day.day:02}",
    }
    return _FIELD.sub(lambda found: values[found[1]], pattern)


def problem_of(pattern: str, longest: int) -> str | None:
    """What is wrong with the pattern and the way out, as a sentence; None if it can be filled in."""
    unknown = next((f[1] for f in _FIELD.finditer(pattern) if f[1] not in FIELDS), None)
    if unknown is not None:
        known = ", ".join(f"{{{field}}}" for field in FIELDS)
        return f"{{{unknown}}} cannot be filled in; use {known}"
    if len(filled(pattern, _LARGEST, date.max)) > longest:
        return f"filled in it may be longer than {longest} characters; shorten it"
    return None
