"""The register's tables: one row per instruction, as it stands now; and one for each programme it has left."""

from collections.abc import Mapping, Sequence

from domain.identifiers import INSTRUCTION_PREFIX, ProgrammeId
from domain.instruction.lateness import timing
from domain.instruction.state import Cancelled, KnownState, Unissued
from domain.programme.report import Measure
from readmodels.projection import History, Projection
from readmodels.tables import Row, Table
from readmodels.tallies import Tally

REGISTER = Table(
    name="register",
    owner="instruction",
    key=("instruction",),
    columns={
        "instruction": "text",
        "number": "text",
        "text": "text",
        "programme": "text",
        "sector": "text",
        "issuer": "text",
        "controller": "text",
        "lead": "text",
        "phase": "text",
        "closed": "boolean",
        "original_deadline": "timestamptz",
        "deadline": "timestamptz",
        "submitted_at": "timestamptz",
        "cancelled_at": "timestamptz",
        "percent": "bigint",
        "escalated": "boolean",
        "version": "bigint",
        "stopped_at": "timestamptz",
        "refused": "boolean",
        "carried_from": "text",
        "parent": "text",
        "source_kind": "text",
        "source_number": "text",
        "acting": "text",
        "milestone": "timestamptz",
        "calendar": "text",
        "calendar_version": "bigint",
        "counted_first": "date",
        "counted_last": "date",
        "joint_leads": "text",
    },
    together=("programme", "number"),
    tallies=(
        Tally(
            name="register_alike",
            by=(
                "programme",
                "sector",
                "lead",
                "phase",
                "refused",
                "closed",
                "counted",
                "late_for_good",
                "behind_for_good",
            ),
        ),
        Tally(name="register_planned", by=("programme", "planned_in")),
        Tally(name="register_due", by=("programme", "due_in")),
        Tally(name="register_submitted", by=("programme", "submitted_in")),
    ),
)
DEPARTURES = Table(
    name="departures",
    owner="instruction",
    key=("programme", "instruction"),
    columns={
        "programme": "text",
        "instruction": "text",
        "departed_at": "timestamptz",
        "went_into": "text",
        "number": "text",
        "text": "text",
        "sector": "text",
        "lead": "text",
        "phase": "text",
        "closed": "boolean",
        "original_deadline": "timestamptz",
        "deadline": "timestamptz",
        "submitted_at": "timestamptz",
        "stopped_at": "timestamptz",
        "carried_from": "text",
        "acting": "text",
        "refused": "boolean",
        "cancelled_at": "timestamptz",
        "milestone": "timestamptz",
    },
)


class RegisterProjection(Projection):
    name = "register"
    prefix = INSTRUCTION_PREFIX
    tables = (DEPARTURES, REGISTER)

    def rows(self, history: History) -> Sequence[Sequence[Row]]:
        state, measures = history.standings[-1]
        if isinstance(state, Unissued):
            return ((), ())
        return _departures(measures), (_row(history, state, measures),)


def _row(
    history: History, state: KnownState, measures: Mapping[ProgrammeId | None, Measure]
) -> Row:
    record, times = state.record, timing(state)
    measure, plan = measures[record.programme], record.plan
    return (
        history.stream_id,
        record.number,
        record.text,
        record.programme,
        record.sector,
        record.issuer,
        record.controller,
        record.lead,
        state.phase,
        times.closed,
        times.original_deadline,
        times.deadline,
        times.submitted_at,
        times.cancelled_at,
        record.percent,
        record.escalation.raised,
        len(history.events),
        times.stopped_at,
        isinstance(state, Cancelled) and state.refused_proposal,
        measure.carried_from,
        record.parent,
        record.source.kind if record.source else None,
        record.source.number if record.source else None,
        measure.acting,
        times.milestone,
        plan.calendar,
        plan.calendar_version,
        *(plan.counted or (None, None)),
        " ".join(record.leads[1:]) or None,
    )


def _departures(measures: Mapping[ProgrammeId | None, Measure]) -> Sequence[Row]:
    return [
        (
            programme,
            measure.instruction,
            measure.departure.at,
            measure.departure.into,
            measure.number,
            measure.text,
            measure.sector,
            measure.lead,
            measure.phase,
            measure.timing.closed,
            measure.timing.original_deadline,
            measure.timing.deadline,
            measure.timing.submitted_at,
            measure.timing.stopped_at,
            measure.carried_from,
            measure.acting,
            measure.refused,
            measure.timing.cancelled_at,
            measure.timing.milestone,
        )
        for programme, measure in measures.items()
        if measure.departure is not None
    ]
