"""A check, and what it came to."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Check:
    what: str
    """As a sentence that is true if nothing was found."""
    counted: str
    """Of how many."""
    findings: Sequence[str]
