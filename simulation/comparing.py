"""Whether two tellings of one stream say the same.

Compared is every event but those of deliveries, in order, with all its fields. Left out are ids and positions of
events and recorded times. An instant may differ by what a real clock takes to get there: by `TOLERANCE` at most.
Deliveries may come in any order among each other: of these the outcomes are compared, by event and person.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain.identifiers import StreamId
from eventstore.protocol import StoredEvent

TOLERANCE = timedelta(minutes=1)
"""After which a due moment counts as fired late."""
_INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


@dataclass(kw_only=True)
class Comparison:
    """Of one stream as told twice."""

    stream: StreamId
    events: int
    differences: list[str] = field(default_factory=list[str])
    furthest: timedelta = timedelta(0)
    """By which two instants that count as the same differ at most."""


@dataclass(frozen=True)
class _Told:
    events: Sequence[tuple[str, Any]]
    deliveries: Counter[tuple[int, str, str, str]]
    """By which event gave the notice, to whom, by what, and how it ended."""


def compare(
    stream: StreamId, simulated: Sequence[StoredEvent], real: Sequence[StoredEvent]
) -> Comparison:
    """The stream of the discrete-event run with the same one on real servers; empty where it never was."""
    one, other = _told(simulated), _told(real)
    found = Comparison(stream=stream, events=len(simulated))
    kinds, others = [kind for kind, _ in one.events], [kind for kind, _ in other.events]
    if kinds != others:
        n = next((n for n, (a, b) in enumerate(zip(kinds, others, strict=False)) if a != b), min(len(kinds), len(others)))  # fmt: skip
        found.differences.append(f"event {n + 1}: simulated {kinds[n:][:2]}, real {others[n:][:2]}")
        return found
    for n, ((kind, a), (_, b)) in enumerate(zip(one.events, other.events, strict=True), start=1):
        for where, left, right in _apart(a, b):
            gap = _gap(left, right)
            if gap is None or gap > TOLERANCE:
                found.differences.append(
                    f"event {n} ({kind}), {where}: simulated {left}, real {right}"
                )
            else:
                found.furthest = max(found.furthest, gap)
    if one.deliveries != other.deliveries:
        odd = (one.deliveries - other.deliveries) + (other.deliveries - one.deliveries)
        found.differences.append(f"deliveries differ: {sorted(odd)[:3]}")
    return found


def _told(stream: Iterable[StoredEvent]) -> _Told:
    events: list[tuple[str, Any]] = []
    deliveries = Counter[tuple[int, str, str, str]]()
    ordinals: dict[int, int] = {}
    for event in stream:
        body = json.loads(event.body)
        if event.type.startswith("Notification"):
            notice = body["notice"]
            by = ordinals[notice["version"]]
            deliveries[by, notice["recipient"], notice["channel"], event.type] += 1
        else:
            events.append((event.type, body))
            ordinals[event.version] = len(events)
    return _Told(events, deliveries)


def _apart(one: Any, other: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where the two are not equal, down to single values."""
    if isinstance(one, dict) and isinstance(other, dict):
        yield from _apart_in(one, other, where)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):  # pyright: ignore[reportUnknownArgumentType]
        for n, (a, b) in enumerate(zip(one, other, strict=True)):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            yield from _apart(a, b, f"{where}[{n}]")
    elif one != other:
        yield where, one, other


def _apart_in(
    one: dict[str, Any], other: dict[str, Any], where: str
) -> Iterator[tuple[str, Any, Any]]:
    for name in sorted({*one, *other}):
        yield from _apart(one.get(name), other.get(name), f"{where}.{name}".lstrip("."))


def _gap(one: Any, other: Any) -> timedelta | None:
    """How far apart two instants are; None if they are none."""
    if not all(isinstance(value, str) and _INSTANT.match(value) for value in (one, other)):
        return None
    return abs(datetime.fromisoformat(one) - datetime.fromisoformat(other))
