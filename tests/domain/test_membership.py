"""Carried over, suspended, proposed: what a programme's figures count."""

from dataclasses import fields, replace
from datetime import date, datetime, timedelta

from hypothesis import given, settings

from domain.identifiers import instruction_id
from domain.instruction import events as e
from domain.instruction.corrections import corrected
from domain.instruction.events import InstructionEvent
from domain.instruction.lateness import timing
from domain.instruction.state import Unissued
from domain.instruction.terms import Milestone
from domain.policies import DEFAULT_POLICY, policy_hash
from domain.programme.membership import measures_by_programme, standings
from domain.programme.report import Departure, Measure, figures, report
from tests.audit.arbitrary_events import histories
from tests.domain.world import (
    CONTROL,
    COUNCIL,
    COUNCIL_OFFICER,
    DAY,
    DEADLINE_AT,
    ISSUED_AT,
    MINISTRY_A,
    MINISTRY_A_HEAD,
    MINISTRY_A_OFFICER,
    MINISTRY_B,
    MINISTRY_B_HEAD,
    acknowledged,
    assigned,
    cancelled,
    completed,
    done_by,
    extension_approved,
    issued,
    submitted,
    until,
)

OLD, NEW = "union-2024-26", "union-2027-30"
LATE = DEADLINE_AT + 10 * DAY
CARRIED_AT = DEADLINE_AT + 20 * DAY
AFTER = DEADLINE_AT + 40 * DAY

Events = tuple[InstructionEvent, ...]


def _issued(programme: str = OLD) -> e.InstructionIssued:
    return issued().model_copy(update={"programme": programme, "sector": "transport"})


OPEN: Events = (_issued(), assigned(), acknowledged())
IMPLEMENTED: Events = (*OPEN, submitted(), completed())


def carried(at: datetime = CARRIED_AT, *, left: str = OLD, into: str = NEW) -> e.CarriedOver:
    return e.CarriedOver(
        **done_by(COUNCIL_OFFICER, at), programme=into, sector=None, carried_from=left
    )


def _proposed() -> e.Proposed:
    return e.Proposed(
        **done_by(COUNCIL_OFFICER, ISSUED_AT),
        number="P-1",
        text="Cross-border railway services.",
        issuer=COUNCIL,
        controller=CONTROL,
        programme=OLD,
        sector="transport",
        source=None,
        deadline=until(date(2026, 3, 31)),
        policy=DEFAULT_POLICY,
        policy_hash=policy_hash(DEFAULT_POLICY),
        priority="normal",
    )


def _suspended(at: datetime) -> e.Suspended:
    return e.Suspended(**done_by(COUNCIL_OFFICER, at), reason="The treaty is being negotiated.")


def _in(programme: str, *histories: Events, at: datetime) -> list[Measure]:
    """The programme's measures as of a moment, from these histories."""
    measures: list[Measure] = []
    for n, history in enumerate(histories):
        seen = [event for event in corrected(history) if event.occurred_at <= at]
        found = measures_by_programme(instruction_id(str(n)), seen).get(programme)
        measures += [] if found is None else [replace(found, number=str(n))]
    return measures


def _counts(programme: str, *histories: Events, at: datetime) -> dict[str, int]:
    made = report(_in(programme, *histories, at=at), at)
    return {
        name: count
        for name in ("total", "implemented", "behind_schedule", "late_against_original")
        if (count := getattr(made, name))
    } | {n: c for n in ("carried_over", "proposed", "refused") if (c := getattr(made, n))}


def test_carried_over_it_stays_in_the_old_report_and_lives_on_in_the_new() -> None:
    at, history = LATE, (*OPEN, carried(LATE - 11 * DAY))
    assert _counts(OLD, history, at=at) == {"total": 1, "carried_over": 1}
    assert _counts(NEW, history, at=at) == {
        "total": 1,
        "behind_schedule": 1,
        "late_against_original": 1,
    }


def test_its_lateness_in_the_old_report_is_that_of_the_departure() -> None:
    history = (
        *OPEN,
        carried(LATE),
        extension_approved(LATE + DAY, to=date(2026, 12, 31)),
        submitted(LATE + 2 * DAY),
        completed(LATE + 3 * DAY),
    )
    frozen = {"total": 1, "behind_schedule": 1, "late_against_original": 1, "carried_over": 1}
    for at in (LATE, LATE + 2 * DAY, LATE + 900 * DAY):
        assert _counts(OLD, history, at=at) == frozen
    assert _counts(NEW, history, at=AFTER) == {
        "total": 1,
        "implemented": 1,
        "late_against_original": 1,
    }


def test_as_of_a_moment_before_nothing_was_carried_over() -> None:
    histories = [(*OPEN, carried())] * 3 + [IMPLEMENTED] * 2
    before = CARRIED_AT - timedelta(microseconds=1)
    assert report(_in(OLD, *histories, at=before), before) == report(
        _in(OLD, *[OPEN] * 3, *[IMPLEMENTED] * 2, at=before), before
    )
    assert _in(NEW, *histories, at=before) == []


def test_the_reference_case_reads_the_same_after_all_that_is_open_was_carried_over() -> None:
    at, later = LATE, CARRIED_AT + DAY
    extended = (*OPEN, extension_approved(ISSUED_AT + 5 * DAY, to=date(2027, 4, 30)))
    histories = [
        *[IMPLEMENTED] * 125,
        *[(*OPEN, carried())] * 14,
        *[(*extended, carried())] * 171,
    ]
    then = report(_in(OLD, *histories, at=at), at)
    assert (then.implemented_line, then.behind_schedule_line) == ("125 of 310 (40 %)", "14 (4.5 %)")
    after = report(_in(OLD, *histories, at=later), later)
    assert (after.implemented_line, after.carried_over) == ("125 of 310 (40 %)", 14 + 171)
    assert report(_in(NEW, *histories, at=later), later).total == 14 + 171


def test_carried_over_twice_it_stays_in_both() -> None:
    history = (*OPEN, carried(), carried(AFTER, left=NEW, into="union-2031-34"))
    measures = measures_by_programme("instruction-1", history)
    departures = {name: measure.departure for name, measure in measures.items()}
    assert departures == {
        OLD: Departure(at=CARRIED_AT, into=NEW),
        NEW: Departure(at=AFTER, into="union-2031-34"),
        "union-2031-34": None,
    }
    assert measures[NEW].carried_from == OLD


def test_come_back_it_is_a_live_measure_again() -> None:
    history = (*OPEN, carried(), carried(AFTER, left=NEW, into=OLD))
    measures = measures_by_programme("instruction-1", history)
    assert (measures[OLD].departure, measures[OLD].carried_from) == (None, NEW)
    assert measures[NEW].departure == Departure(at=AFTER, into=OLD)


def test_a_corrected_moment_moves_the_departure() -> None:
    correction = e.Corrected(
        **done_by(COUNCIL_OFFICER, CARRIED_AT + DAY),
        version=4,
        field="occurred_at",
        value=(CARRIED_AT - 5 * DAY).isoformat(),
        reason="Entered with the wrong day.",
    )
    history = (*OPEN, carried(), correction)
    (measure,) = _in(OLD, history, at=AFTER)
    assert measure.departure == Departure(at=CARRIED_AT - 5 * DAY, into=NEW)
    assert _counts(OLD, history, at=CARRIED_AT - 5 * DAY)["carried_over"] == 1


def test_suspended_it_is_not_behind_schedule_but_its_lateness_stays() -> None:
    late = (*OPEN, _suspended(LATE))
    assert _counts(OLD, late, at=AFTER) == {"total": 1, "late_against_original": 1}
    in_time = (*OPEN, _suspended(DEADLINE_AT - DAY))
    assert report(_in(OLD, in_time, at=AFTER), AFTER).open_late == 0


def test_proposals_are_counted_apart() -> None:
    waiting = (_proposed(),)
    adopted = (_proposed(), _issued())
    refused = (_proposed(), cancelled())
    withdrawn = (_issued(), cancelled())
    at = AFTER
    assert _counts(OLD, waiting, refused, at=at) == {"proposed": 1, "refused": 1}
    assert _counts(OLD, adopted, at=at)["total"] == 1
    made = report(_in(OLD, waiting, refused, withdrawn, at=at), at)
    assert (made.total, made.cancelled, made.proposed, made.refused) == (0, 1, 1, 1)


def test_published_figures_are_those_of_the_report_and_their_parts_add_up() -> None:
    other = (_issued().model_copy(update={"sector": None}), assigned(lead=MINISTRY_B))
    histories = [OPEN, IMPLEMENTED, (*OPEN, carried()), other, (_proposed(),)]
    measures, at = _in(OLD, *histories, at=AFTER), AFTER
    found, whole = figures(measures, at), report(measures, at)
    for field in fields(whole):
        if field.name != "at":
            assert getattr(found, field.name) == getattr(whole, field.name)
    assert [part.name for part in found.by_sector] == [None, "transport"]
    assert [part.name for part in found.by_lead] == [MINISTRY_A, MINISTRY_B]
    for parts in (found.by_sector, found.by_lead):
        for name in ("total", "implemented", "behind_schedule", "carried_over"):
            assert sum(getattr(part, name) for part in parts) == getattr(found, name)


def test_a_milestone_that_is_set_or_reached_while_it_is_worked_on_counts() -> None:
    draft = Milestone(id="draft", title="The draft.", due=until(ISSUED_AT + 30 * DAY))
    set_at, at = ISSUED_AT + 20 * DAY, ISSUED_AT + 40 * DAY
    named = e.MilestonesSet(
        **done_by(COUNCIL_OFFICER, set_at), milestones=(draft,), scheduled_from=set_at
    )
    reached = e.MilestoneReached(**done_by(MINISTRY_A_HEAD, at - DAY), milestone="draft")
    assert report(_in(OLD, (*OPEN, named), at=at), at).behind_schedule == 1
    assert report(_in(OLD, (*OPEN, named, reached), at=at), at).behind_schedule == 0


def test_of_joint_leads_who_submitted_the_first_ones_report_acts_for_it() -> None:
    at = ISSUED_AT + 20 * DAY
    joint = assigned(joint_leads=(MINISTRY_B,), co_assignees=())

    def report_of(person: str, body: str) -> e.JointReportSubmitted:
        return e.JointReportSubmitted(**done_by(person, at), body=body, text="Done.", evidence=())

    def acting(*events: InstructionEvent) -> str | None:
        [measure] = _in(OLD, (_issued(), joint, acknowledged(), *events), at=AFTER)
        return measure.acting

    other = report_of(MINISTRY_B_HEAD, MINISTRY_B)
    assert acting(other) == MINISTRY_A_HEAD, "who took note; the other side's is not the lead's"
    assert acting(report_of(MINISTRY_A_OFFICER, MINISTRY_A)) == MINISTRY_A_OFFICER


@given(events=histories())
@settings(max_examples=40)
def test_after_every_event_the_measure_is_as_its_instruction_stands(
    events: list[InstructionEvent],
) -> None:
    """Also where it is plain to the code that an event leaves the measure as it was."""
    for state, measures in standings(instruction_id("N-1"), events):
        if isinstance(state, Unissued):
            continue
        measure = measures[state.record.programme]
        assert measure.timing == timing(state)
        assert (measure.phase, measure.number, measure.text) == (
            state.phase,
            state.record.number,
            state.record.text,
        )
        assert (measure.sector, measure.lead) == (state.record.sector, state.record.lead)
