"""What a benchmark found: numbers to keep, ratios to print, and the machine they belong to."""

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Line:
    """One figure of a result."""

    what: str
    value: float
    unit: str = ""
    target: float | None = None
    better: Literal["lower", "higher"] = "lower"

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.value <= self.target if self.better == "lower" else self.value >= self.target


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one benchmark found."""

    lines: Sequence[Line]
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Kept with the figures, not printed."""


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, quartiles and extremes, to three significant digits."""
    low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else [values[0]] * 3
    found = {"median": middle, "q1": low, "q3": high, "min": min(values), "max": max(values)}
    return {name: float(f"{value:.3g}") for name, value in found.items()}


def machine() -> dict[str, Any]:
    """Facts that explain the absolute numbers, and when they were so."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "system": platform.system(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }
