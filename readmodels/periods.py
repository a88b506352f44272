"""Status periods: from when to when a measure stood the same, as known at a position and as known now.

With them the report of a programme as of any moment is one indexed query (figures.py). A row may hold a
span of the log (what was known then: *as of recorded*), a span of business time (what had occurred by
then, as known now: *as of occurred*), or both, where nothing was entered late or corrected.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from domain.identifiers import INSTRUCTION_PREFIX, ProgrammeId
from domain.instruction.corrections import corrected
from domain.instruction.events import Corrected
from domain.programme.membership import standings
from domain.programme.report import Measure
from readmodels.projection import History, Projection
from readmodels.tables import Row, Table

ALWAYS_POSITION = 2**63 - 1
"""Above every position: it is so still."""
ALWAYS = datetime.max.replace(tzinfo=UTC)
"""PostgreSQL's `infinity`."""

PERIODS = Table(
    name="periods",
    owner="instruction",
    key=("instruction", "span"),
    columns={
        "instruction": "text",
        "span": "bigint",
        "programme": "text",
        "from_position": "bigint",
        "to_position": "bigint",
        "from_moment": "timestamptz",
        "to_moment": "timestamptz",
        "phase": "text",
        "refused": "boolean",
        "sector": "text",
        "lead": "text",
        "acting": "text",
        "closed": "boolean",
        "original_deadline": "timestamptz",
        "deadline": "timestamptz",
        "submitted_at": "timestamptz",
        "cancelled_at": "timestamptz",
        "stopped_at": "timestamptz",
        "departed_at": "timestamptz",
        "carried_from": "text",
        "milestone": "timestamptz",
    },
    together=("programme", "to_moment"),
)

Measures = Mapping[ProgrammeId | None, Measure]
Span = tuple[Any, Any]
"""From (included) and to (not included): positions or moments."""
PeriodColumns = tuple[object, ...]
"""The programme, and the columns from `phase` on."""


class PeriodsProjection(Projection):
    name = "periods"
    prefix = INSTRUCTION_PREFIX
    tables = (PERIODS,)

    def rows(self, history: History) -> Sequence[Sequence[Row]]:
        by_position = _spans(_known_by_position(history), ALWAYS_POSITION)
        by_moment = _spans(_known_by_moment(history), ALWAYS)
        return (list(_merged(history.stream_id, by_position, by_moment)),)


def _known_by_position(history: History) -> Iterator[tuple[int, Measures]]:
    """The measures once the log had come to each of the stream's positions.

    A correction is read from where it was recorded on, so what went before is folded anew there.
    """
    if not history.has_corrections:
        for position, (_, measures) in zip(history.positions, history.standings, strict=True):
            yield position, measures
        return
    events = history.events
    turns = [place for place, event in enumerate(events) if type(event) is Corrected]
    for start, end in pairwise([0, *turns, len(events)]):
        known = corrected(events[: start + 1]) if start in turns else ()
        after = [*known, *events[len(known) : end]]
        folded = list(standings(history.stream_id, after))
        for place in range(start, end):
            yield history.positions[place], folded[place][1]


def _known_by_moment(history: History) -> Iterator[tuple[datetime, Measures]]:
    """The measures once each of the moments had come at which something occurred."""
    events = history.corrected
    moments = [event.occurred_at for event in events]
    if all(earlier <= later for earlier, later in pairwise(moments)):
        for moment, (_, measures) in zip(moments, history.standings, strict=True):
            yield moment, measures
        return
    by_moment = sorted(range(len(events)), key=moments.__getitem__)
    furthest = -1
    for count, place in enumerate(by_moment, start=1):
        furthest = max(furthest, place)
        moment = moments[place]
        if count < len(events) and moments[by_moment[count]] == moment:
            continue
        if furthest == count - 1:  # all events up to that one, and no other
            yield moment, history.standings[furthest][1]
            continue
        occurred = [event for event in events if event.occurred_at <= moment]
        yield moment, list(standings(history.stream_id, occurred))[-1][1]


def _spans(
    known: Iterator[tuple[Any, Measures]], always: object
) -> Mapping[PeriodColumns, Sequence[Span]]:
    """From when to when each standing held, in order."""
    spans: defaultdict[PeriodColumns, list[Span]] = defaultdict(list)
    current: dict[ProgrammeId | None, tuple[PeriodColumns, object]] = {}
    before: Measures = {}
    for since, measures in known:
        if measures is before:
            continue
        for programme in [one for one in current if one not in measures]:
            standing, begun = current.pop(programme)
            spans[standing].append((begun, since))
        for programme, measure in measures.items():
            if before.get(programme) is measure:
                continue
            standing = _standing(programme, measure)
            held = current.get(programme)
            if held is not None and held[0] == standing:
                continue
            if held is not None:
                spans[held[0]].append((held[1], since))
            current[programme] = standing, since
        before = measures
    for standing, begun in current.values():
        spans[standing].append((begun, always))
    return {
        standing: [(begun, end) for begun, end in found if begun != end]
        for standing, found in spans.items()
    }


def _standing(programme: ProgrammeId | None, measure: Measure) -> PeriodColumns:
    times, departure = measure.timing, measure.departure
    return (
        programme,
        measure.phase,
        measure.refused,
        measure.sector,
        measure.lead,
        measure.acting,
        times.closed,
        times.original_deadline,
        times.deadline,
        times.submitted_at,
        times.cancelled_at,
        times.stopped_at,
        departure.at if departure else None,
        measure.carried_from,
        times.milestone,
    )


def _merged(
    instruction: str,
    by_position: Mapping[PeriodColumns, Sequence[Span]],
    by_moment: Mapping[PeriodColumns, Sequence[Span]],
) -> Iterator[Row]:
    """A row for each span of either kind; two of the same standing share one."""
    number = 0
    for standing in dict.fromkeys((*by_position, *by_moment)):
        positions = by_position.get(standing, ())
        moments = by_moment.get(standing, ())
        for place in range(max(len(positions), len(moments))):
            from_position, to_position = _at(positions, place)
            from_moment, to_moment = _at(moments, place)
            number += 1
            programme, *rest = standing
            yield (
                instruction,
                number,
                programme,
                from_position,
                to_position,
                from_moment,
                to_moment,
                *rest,
            )


def _at(spans: Sequence[Span], place: int) -> Span:
    return spans[place] if place < len(spans) else (None, None)
