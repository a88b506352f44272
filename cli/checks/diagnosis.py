"""What a check found, and the running of checks side by side, each within its time."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, TypeAlias

PATIENCE = 10.0
"""Seconds that one check may take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    name: str
    """What was looked at, in a word or two."""
    status: Literal["ok", "warning", "failed"]
    message: str
    way_out: str | None = None
    """What to do; there is always one where something failed."""


Check: TypeAlias = Awaitable[Diagnosis]


def ok(name: str, message: str) -> Diagnosis:
    return Diagnosis(name=name, status="ok", message=message)


def warning(name: str, message: str, way_out: str) -> Diagnosis:
    return Diagnosis(name=name, status="warning", message=message, way_out=way_out)


def failed(name: str, message: str, way_out: str) -> Diagnosis:
    return Diagnosis(name=name, status="failed", message=message, way_out=way_out)


def rounded(span: timedelta | None) -> timedelta:
    """To the second, as people are told it."""
    return timedelta(seconds=round((span or timedelta()).total_seconds()))


async def carried_out(checks: Mapping[str, Check], patience: float = PATIENCE) -> list[Diagnosis]:
    """What the checks found, in their order; one that breaks or takes too long is a finding as well."""
    return await asyncio.gather(*(_one(name, check, patience) for name, check in checks.items()))


async def _one(name: str, check: Check, patience: float) -> Diagnosis:
    try:
        async with asyncio.timeout(patience):
            return await check
    except TimeoutError:
        return failed(
            name,
            f"no answer within {patience:g} s",
            "look whether the machine or the network is overloaded, then ask again",
        )
    except Exception as error:  # whatever it is, the other checks go on
        reason = " ".join(str(error).split()) or type(error).__name__
        return failed(name, f"the check broke off: {reason}", "mend what it names, then ask again")


def without_secrets(diagnoses: Iterable[Diagnosis], secrets: Sequence[str]) -> list[Diagnosis]:
    """The diagnoses, with every secret struck out of what servers said."""

    def struck(text: str | None) -> str | None:
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            text = text.replace(secret, "***") if text else text
        return text

    return [
        replace(f, message=struck(f.message) or "", way_out=struck(f.way_out)) for f in diagnoses
    ]
