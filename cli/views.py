"""Reading: one instruction, its history, the register."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

from cyclopts import App, Group, Parameter
from rich.panel import Panel

from audit.proofs import coverage
from cli.absences import absences_as_of, warning_json, warning_text
from cli.arguments import AfterNumber, Limit, Number, OfProgramme
from cli.describe import document, written
from cli.errors import Refused
from cli.history_view import history_json, history_picture
from cli.options import Moment, Place
from cli.output import console, moment, plain, print_json
from cli.register_view import register_json, register_picture
from cli.session import open_session, settings_of
from domain.identifiers import instruction_id, programme_stream
from domain.instruction.compound import open_parts
from domain.instruction.deadlines import planned
from domain.instruction.lateness import lateness
from domain.instruction.recipients import awaited
from domain.instruction.state import (
    Completed,
    KnownState,
    MilestoneStanding,
    Suspended,
    Unissued,
    submission,
)
from domain.instruction.terms import SourceKind
from domain.programme.decisions import programme_decider
from domain.programme.state import Meeting, Programme
from domain.rejections import Code
from eventstore.codec import decoded
from eventstore.protocol import EventStore
from eventstore.replay import NOW, AsOf, fold, seen
from readmodels.programme_report import moment_of

group = Group("Reading", sort_key=0)

Phase = Literal[
    "Proposed",
    "Issued",
    "Assigned",
    "InProgress",
    "Reported",
    "Suspended",
    "Completed",
    "Cancelled",
]

_TODAY = Moment()
_HERE = Place()


async def show(number: Number, /, *, when: Moment = _TODAY, place: Place = _HERE) -> None:
    """How an instruction stands: phase, who, its three deadlines, what is due next."""
    as_of = when.value
    at = moment_of(as_of, datetime.now(UTC))
    async with open_session(settings_of(place.folder)) as session:
        stored = await session.store.read_stream(instruction_id(number))
        state = fold(stored, as_of)
        if isinstance(state, Unissued):
            raise not_issued(number, as_of)
        milestone = _milestone_json if place.json else _milestone_text
        facts = {
            **_standing(state, at, milestone),
            "part_of": await _whole(session.store, state),
        }
        absences = await absences_as_of(session, state, as_of, at)
        told = warning_json if place.json else warning_text
        facts["absences_at_deadline"] = [told(one) for one in absences]
        async with session.pool.acquire() as connection:
            facts["proof"] = await coverage(connection, [event.position for event in stored])
    if place.json:
        print_json(facts)
        return
    lines = [f"[bold]{name.replace('_', ' ')}[/]: {_shown(value)}" for name, value in facts.items()]
    title = f"{plain(number)} as of {moment(at)}"
    console.print(Panel("\n".join(lines), title=title, expand=False))


async def history(number: Number, /, *, when: Moment = _TODAY, place: Place = _HERE) -> None:
    """Every event of an instruction, as the log records it."""
    as_of = when.value
    async with open_session(settings_of(place.folder)) as session:
        stored = await session.store.read_stream(instruction_id(number))
    events = [event for event, _ in seen(stored, as_of)]
    if not events:
        raise not_issued(number, as_of)
    if place.json:
        print_json(history_json(events))
        return
    console.print(history_picture(number, events, console.width))


async def list_(
    *,
    programme: OfProgramme = None,
    phase: Annotated[Phase | None, Parameter(help="Only those in this phase.")] = None,
    lead: Annotated[str | None, Parameter(help="Only those this body answers for.")] = None,
    source: Annotated[
        SourceKind | None, Parameter(help="Only those that come from such a document.")
    ] = None,
    late: Annotated[bool, Parameter(help="Only those behind schedule now.", negative="")] = False,
    after: AfterNumber = "",
    limit: Limit = 50,
    place: Place = _HERE,
) -> None:
    """The register: instructions by number, as they stand now."""
    now = datetime.now(UTC)
    async with open_session(settings_of(place.folder)) as session:
        register = await session.register()
        rows = await register.page(
            programme=programme,
            phase=phase,
            lead=lead,
            behind_schedule_at=now if late else None,
            source_kind=source,
            after_number=after,
            limit=limit + 1,
        )
    more, rows = len(rows) > limit, rows[:limit]
    if place.json:
        print_json(register_json(rows, now))
        return
    console.print(register_picture(rows, now))
    if more:
        console.print(f"[dim]more: --after {plain(rows[-1].number)}[/]", soft_wrap=True)


def add_to(app: App) -> None:
    app.command(show, group=group)
    app.command(history, group=group)
    app.command(list_, name="list", group=group)


async def programme_named(store: EventStore, programme: str) -> Programme:
    """Raises `Refused` if there is none."""
    state = programme_decider.fold(decoded(await store.read_stream(programme_stream(programme))))
    if state is None:
        raise Refused(Code.UNKNOWN, f"no programme {programme} is known; check its id", "programme")
    return state


def meeting_of(programme: Programme, meeting: str) -> Meeting:
    """Raises `Refused` if the programme has no such meeting."""
    found = programme.meetings.get(meeting)
    if found is None:
        raise Refused(
            Code.UNKNOWN,
            f"no meeting {meeting} of {programme.id} is known; `remit meetings` lists them",
            "meeting",
        )
    return found


def not_issued(number: str, as_of: AsOf) -> Refused:
    then = "" if as_of == NOW else " by then"
    return Refused(
        Code.NOT_ISSUED, f"no instruction {number} is issued{then}; check its number", "number"
    )


def _standing(
    state: KnownState, at: datetime, milestone: Callable[[MilestoneStanding], object]
) -> dict[str, Any]:
    record, how_late = state.record, lateness(state, at)
    waiting = planned(state)
    return {
        "number": record.number,
        "text": record.text,
        "phase": state.phase,
        "suspended_at": state.suspended_at if isinstance(state, Suspended) else None,
        "programme": record.programme,
        "source": document(record.source) if record.source else None,
        "carried_over_from": [departure.programme for departure in record.carried_over],
        "issuer": record.issuer,
        "controller": record.controller,
        "lead": record.lead,
        "joint_leads": list(record.leads[1:]),
        "awaits": list(awaited(record)) if record.leads[1:] else [],
        "co_assignees": list(record.co_assignees),
        "observers": list(record.observers),
        "recurrence": record.recurrence,
        "closes_with": record.closes_with,
        "parts": [part.number for part in record.parts],
        "open_parts": [part.number for part in open_parts(record)],
        "percent": record.percent,
        "original_deadline": written(record.original_deadline),
        "approved_deadline": written(record.deadline),
        "milestones": [milestone(one) for one in record.milestones if not one.dropped],
        "submitted_at": submission(state),
        "accepted_at": state.accepted_at if isinstance(state, Completed) else None,
        "extension_requested_until": written(record.extension.until) if record.extension else None,
        "escalated": record.escalation.raised,
        "behind_schedule": how_late.behind_schedule,
        "late_by": str(how_late.late_by) if how_late.late_by else None,
        "next_due": [f"{m.key.rule} at {moment(m.acts_at)}" for m in waiting[:3]],
    }


def _milestone_text(one: MilestoneStanding) -> str:
    reached = f"reached {moment(one.reached_at)}" if one.reached_at else "not reached"
    return f"{one.milestone.id} by {written(one.milestone.due)}: {reached}"


def _milestone_json(one: MilestoneStanding) -> dict[str, Any]:
    known = one.milestone
    due = written(known.due)
    return {"id": known.id, "title": known.title, "due": due, "reached_at": one.reached_at}


async def _whole(store: EventStore, state: KnownState) -> str | None:
    """The number of the instruction that this one is a part of."""
    parent = state.record.parent
    whole = fold(await store.read_stream(parent)) if parent else Unissued()
    return None if isinstance(whole, Unissued) else whole.record.number


def _shown(value: object) -> str:
    match value:
        case None | [] | ():
            return "[dim]-[/]"
        case datetime():
            return moment(value)
        case bool():
            return "yes" if value else "no"
        case list():
            return plain("; ".join(map(str, cast(Sequence[object], value))))
        case _:
            return plain(str(value))
