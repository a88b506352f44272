"""Programmes, and the figures that are reported about them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

import pytest

from domain.identifiers import instruction_id
from domain.instruction.events import InstructionEvent
from domain.instruction.lateness import timing
from domain.outcomes import Rejected
from domain.programme.commands import AdoptProgramme
from domain.programme.decisions import programme_decider
from domain.programme.events import ProgrammeAdopted
from domain.programme.report import Departure, Measure, ProgrammeReport, percent, report
from domain.programme.state import Programme
from domain.rejections import Code
from tests.domain.specification import given
from tests.domain.world import (
    COUNCIL,
    COUNCIL_OFFICER,
    DAY,
    DEADLINE_AT,
    MINISTRY_A_HEAD,
    NOW,
    PROGRAMME,
    STRANGER,
    acknowledged,
    assigned,
    by,
    cancelled,
    completed,
    extension_approved,
    extension_requested,
    facts,
    facts_with_programme,
    issued,
    submitted,
    utc,
)

_ADOPT = AdoptProgramme(
    command_id="command",
    actor=COUNCIL_OFFICER,
    programme=PROGRAMME,
    title="Union programmes 2024–26",
    body=COUNCIL,
    period_start=date(2024, 1, 1),
    period_end=date(2026, 12, 31),
)
_OPEN = (issued(), assigned(), acknowledged())
_IMPLEMENTED = (*_OPEN, submitted(), completed())
_IMPLEMENTED_LATE = (*_OPEN, submitted(DEADLINE_AT + DAY), completed(DEADLINE_AT + 2 * DAY))
_EXTENDED = (
    *_OPEN,
    extension_requested(),
    extension_approved(utc("2026-01-22 09:00"), to=date(2027, 4, 30)),
)
_REPORTED_LATE = (*_OPEN, submitted(DEADLINE_AT + DAY))
_CANCELLED = (*_OPEN, cancelled(DEADLINE_AT + DAY))


def _adopt(command: AdoptProgramme, state: Programme | None = None) -> object:
    return programme_decider.decide(command, state, facts(), NOW)


def test_a_programme_is_adopted_by_the_body_whose_programme_it_is() -> None:
    events = programme_decider.decide(_ADOPT, None, facts(), NOW)
    assert events == (
        ProgrammeAdopted(
            occurred_at=NOW,
            by=by(COUNCIL_OFFICER),
            programme=PROGRAMME,
            title="Union programmes 2024–26",
            body=COUNCIL,
            period_start=date(2024, 1, 1),
            period_end=date(2026, 12, 31),
        ),
    )
    assert not isinstance(events, Rejected)
    assert programme_decider.fold(events) == facts_with_programme().programme


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"body": "nobody"}, Code.UNKNOWN, "body"),
        ({"period_end": date(2023, 12, 31)}, Code.INVALID, "period_end"),
        ({"actor": MINISTRY_A_HEAD}, Code.NOT_AUTHORISED, "actor"),
        ({"actor": STRANGER}, Code.NOT_AUTHORISED, "actor"),
    ],
)
def test_adopting_is_refused_for(changes: dict[str, object], code: Code, field: str) -> None:
    refused = _adopt(_ADOPT.model_copy(update=changes))
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.field) == (code, field)


def test_a_programme_is_adopted_once() -> None:
    refused = _adopt(_ADOPT, facts_with_programme().programme)
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.field) == (Code.ALREADY_EXISTS, "programme")


def _measures(*groups: tuple[int, Iterable[InstructionEvent]]) -> Iterator[Measure]:
    """So many measures of each history."""
    for nth, (count, history) in enumerate(groups):
        state = given(history).known
        for n in range(count):
            number = f"{nth}-{n}"
            yield Measure(
                instruction=instruction_id(number),
                number=number,
                text=state.record.text,
                phase=state.phase,
                sector=None,
                lead=state.record.lead,
                timing=timing(state),
            )


@pytest.mark.parametrize(
    ("days", "at_risk"),
    [(15, False), (14, False), (13, True), (0, True), (-1, False)],
)
def test_at_risk_is_what_is_behind_within_a_fortnight_and_not_yet(days: int, at_risk: bool) -> None:
    at = DEADLINE_AT - days * DAY
    (measure,) = _measures((1, _OPEN))
    assert measure.at_risk(at) is at_risk
    for history in (_IMPLEMENTED, _REPORTED_LATE, _CANCELLED):
        (other,) = _measures((1, history))
        assert not other.at_risk(at)
    left = replace(measure, departure=Departure(at=at, into="next"))
    assert not left.at_risk(at)


def test_the_report_of_the_reference_case_reads_exactly_so() -> None:
    """125 of 310 measures implemented, 14 behind schedule (examples/README.md)."""
    at = DEADLINE_AT + 10 * DAY
    figures = report(_measures((125, _IMPLEMENTED), (14, _OPEN), (171, _EXTENDED)), at)
    assert figures.implemented_line == "125 of 310 (40 %)"
    assert figures.behind_schedule_line == "14 (4.5 %)"
    assert figures.late_against_original == 14 + 171
    assert figures.execution_discipline == "95 %"


def test_every_measure_is_counted_by_how_it_stands() -> None:
    at = DEADLINE_AT + 10 * DAY
    measures = _measures(
        (1, _IMPLEMENTED),
        (2, _IMPLEMENTED_LATE),
        (4, _OPEN),
        (8, _EXTENDED),
        (16, _REPORTED_LATE),
        (32, _CANCELLED),
    )
    assert report(measures, at) == ProgrammeReport(
        at=at,
        total=1 + 2 + 4 + 8 + 16,
        implemented=1 + 2,
        behind_schedule=4,
        late_against_original=2 + 4 + 8 + 16,
        completed_late=2,
        open_late=4 + 16,
        cancelled=32,
        carried_over=0,
        proposed=0,
        refused=0,
    )


def test_before_the_deadline_nothing_is_behind_schedule() -> None:
    figures = report(_measures((3, _OPEN), (1, _IMPLEMENTED)), DEADLINE_AT)
    assert figures.behind_schedule_line == "0 (0 %)"
    assert figures.implemented_line == "1 of 4 (25 %)"
    assert figures.execution_discipline == "100 %"


def test_a_programme_without_measures_has_figures_too() -> None:
    figures = report([], NOW)
    assert figures.implemented_line == "0 of 0 (0 %)"
    assert figures.behind_schedule_line == "0 (0 %)"


def test_only_cancelled_measures_make_no_total() -> None:
    figures = report(_measures((5, _CANCELLED)), NOW)
    assert (figures.total, figures.cancelled) == (0, 5)
    assert replace(figures, cancelled=0) == report([], NOW)


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (125, 310, "40 %"),
        (14, 310, "4.5 %"),
        (0, 310, "0 %"),
        (0, 0, "0 %"),
        (310, 310, "100 %"),
        (309, 310, "99 %"),
        (996, 10_000, "10 %"),
        (994, 10_000, "9.9 %"),
        (995, 10_000, "10 %"),
        (1, 100, "1.0 %"),
        (1, 310, "0.32 %"),
        (1, 3, "33 %"),
        (1, 8, "13 %"),
        (3, 8, "38 %"),
        (1, 40, "2.5 %"),
        (1, 100_000, "0.0010 %"),
        (199, 200, "99 %"),
        (99, 100, "99 %"),
    ],
)
def test_a_share_has_two_significant_digits(part: int, whole: int, expected: str) -> None:
    assert percent(part, whole) == expected
