"""What a bundle reports: an instruction's status, or a programme's figures, at a checkpoint.

`audit/offline/verify.py` comes to the same by itself, from the same events.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from audit.leaf import instant, instant_or_none
from domain.identifiers import InstructionId, ProgrammeId
from domain.instruction.lateness import lateness
from domain.instruction.state import Cancelled, Completed, KnownState, Suspended, submission
from domain.programme.decisions import programme_decider
from domain.programme.events import ReportPublished
from domain.programme.membership import measures_by_programme
from domain.programme.report import Measure, figures, report
from domain.value import Duration
from eventstore.codec import decoded
from eventstore.protocol import StoredEvent
from eventstore.replay import NOW, AsOf, read_as_of

Json = dict[str, Any]

_DURATION: TypeAdapter[Duration] = TypeAdapter(Duration)


def instruction_report(instruction: InstructionId, state: KnownState, at: datetime) -> Json:
    """How the instruction stands, and how late it is at `at`."""
    record, how_late = state.record, lateness(state, at)
    suspended = state.before if isinstance(state, Cancelled) else state
    return {
        "instruction": instruction,
        "number": record.number,
        "text": record.text,
        "phase": state.phase,
        "programme": record.programme,
        "sector": record.sector,
        "issuer": record.issuer,
        "controller": record.controller,
        "lead": record.lead,
        "joint_leads": list(record.leads[1:]),
        "co_assignees": list(record.co_assignees),
        "percent": record.percent,
        "issued_at": instant(record.issued_at),
        "original_deadline": instant(record.original_deadline.instant),
        "deadline": instant(record.deadline.instant),
        "submitted_at": instant_or_none(submission(state)),
        "accepted_at": instant_or_none(state.accepted_at if isinstance(state, Completed) else None),
        "suspended_at": instant_or_none(
            suspended.suspended_at if isinstance(suspended, Suspended) else None
        ),
        "cancelled_at": instant_or_none(
            state.cancelled_at if isinstance(state, Cancelled) else None
        ),
        "carried_over": [
            {"programme": left.programme, "at": instant(left.at)} for left in record.carried_over
        ],
        "behind_schedule": how_late.behind_schedule,
        "behind_by": _DURATION.dump_python(how_late.behind_by, mode="json"),
        "late_by": _DURATION.dump_python(how_late.late_by, mode="json"),
    }


def programme_report(
    programme: ProgrammeId,
    own: Sequence[StoredEvent],
    instructions: Mapping[InstructionId, Sequence[StoredEvent]],
    at: datetime,
) -> Json:
    """The figures at `at` with every measure, and each published report beside what replay comes to.

    Args:
        own: the programme's events.
        instructions: the events of every instruction that is or was a measure of it.
    """
    state = programme_decider.fold(decoded(own))
    assert state is not None  # the first of its events founds it
    measures = _measures(programme, instructions)
    whole = report(measures, at)
    published = (event for event in decoded(own) if isinstance(event, ReportPublished))
    return {
        "programme": state.id,
        "title": state.title,
        "phase": state.phase,
        "implemented_line": whole.implemented_line,
        "behind_schedule_line": whole.behind_schedule_line,
        "execution_discipline": whole.execution_discipline,
        "figures": figures(measures, at).model_dump(mode="json"),
        "measures": [_measure(measure) for measure in measures],
        "published": [_published(programme, event, instructions) for event in published],
    }


def _measures(
    programme: ProgrammeId,
    instructions: Mapping[InstructionId, Sequence[StoredEvent]],
    as_of: AsOf = NOW,
) -> Sequence[Measure]:
    found = (
        measures_by_programme(instruction, read_as_of(events, as_of)).get(programme)
        for instruction, events in instructions.items()
    )
    return sorted(
        (measure for measure in found if measure is not None),
        key=lambda measure: (measure.number, measure.instruction),
    )


def _measure(measure: Measure) -> Json:
    timing, departure = measure.timing, measure.departure
    return {
        "instruction": measure.instruction,
        "number": measure.number,
        "text": measure.text,
        "phase": measure.phase,
        "refused": measure.refused,
        "sector": measure.sector,
        "lead": measure.lead,
        "original_deadline": instant(timing.original_deadline),
        "deadline": instant(timing.deadline),
        "submitted_at": instant_or_none(timing.submitted_at),
        "cancelled_at": instant_or_none(timing.cancelled_at),
        "stopped_at": instant_or_none(timing.stopped_at),
        "milestone": instant_or_none(timing.milestone),
        "carried_from": measure.carried_from,
        "departed_at": instant_or_none(departure.at if departure else None),
        "departed_into": departure.into if departure else None,
    }


def _published(
    programme: ProgrammeId,
    event: ReportPublished,
    instructions: Mapping[InstructionId, Sequence[StoredEvent]],
) -> Json:
    then = {
        instruction: [stored for stored in events if stored.position <= event.position]
        for instruction, events in instructions.items()
    }
    replayed = figures(_measures(programme, then, AsOf(occurred=event.as_of)), event.as_of)
    return {
        "meeting": event.meeting,
        "as_of": instant(event.as_of),
        "read_up_to": event.position,
        "figures": event.figures.model_dump(mode="json"),
        "same": replayed == event.figures,
        "replayed": replayed.model_dump(mode="json"),
    }
