"""Reading: one instruction, its history, the register, a programme's report."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

from cyclopts import App, Group, Parameter
from cyclopts.validators import Number
from rich.panel import Panel

from cli.describe import document, written
from cli.errors import Refused, UsageError
from cli.history_view import history_json, history_picture
from cli.options import Moment, Place
from cli.output import console, moment, plain, print_json
from cli.register_view import register_json, register_picture
from cli.report_view import report_json, report_picture
from cli.session import open_session, settings_of
from domain.identifiers import instruction_id, programme_stream
from domain.instruction.deadlines import planned
from domain.instruction.lateness import lateness
from domain.instruction.state import Completed, KnownState, Suspended, Unissued, submission
from domain.instruction.terms import SourceKind
from domain.programme.decisions import programme_decider
from domain.programme.report import report as figures
from domain.programme.state import Meeting, Programme
from eventstore.codec import decoded
from eventstore.protocol import EventStore
from eventstore.replay import NOW, AsOf, fold
from readmodels.programme_report import measures_as_of, measures_now, moment_of

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


async def show(number: str, /, *, when: Moment = _TODAY, place: Place = _HERE) -> None:
    """How an instruction stands: phase, who, its three deadlines, what is due next.

    Parameters
    ----------
    number
        The instruction's number.
    """
    as_of = when.value
    at = moment_of(as_of, datetime.now(UTC))
    async with open_session(settings_of(place.folder)) as session:
        stored = await session.store.read_stream(instruction_id(number))
        state = fold(stored, as_of)
        if isinstance(state, Unissued):
            raise _not_issued(number, as_of)
        facts = {**_standing(state, at), "part_of": await _whole(session.store, state)}
    if place.json:
        print_json(facts)
        return
    lines = [f"[bold]{name.replace('_', ' ')}[/]: {_shown(value)}" for name, value in facts.items()]
    title = f"{plain(number)} as of {moment(at)}"
    console.print(Panel("\n".join(lines), title=title, expand=False))


async def history(number: str, /, *, when: Moment = _TODAY, place: Place = _HERE) -> None:
    """Every event of an instruction, as the log records it.

    Parameters
    ----------
    number
        The instruction's number.
    """
    as_of = when.value
    async with open_session(settings_of(place.folder)) as session:
        stored = await session.store.read_stream(instruction_id(number))
    seen = [event for event in stored if as_of.sees(event)]
    if not seen:
        raise _not_issued(number, as_of)
    if place.json:
        print_json(history_json(seen))
        return
    console.print(history_picture(number, seen, console.width))


async def list_(
    *,
    programme: Annotated[str | None, Parameter(help="Only measures of this programme.")] = None,
    phase: Annotated[Phase | None, Parameter(help="Only those in this phase.")] = None,
    lead: Annotated[str | None, Parameter(help="Only those this body answers for.")] = None,
    source: Annotated[
        SourceKind | None, Parameter(help="Only those that come from such a document.")
    ] = None,
    late: Annotated[bool, Parameter(help="Only those behind schedule now.", negative="")] = False,
    after: Annotated[str, Parameter(help="Only numbers after this one: the next page.")] = "",
    limit: Annotated[
        int, Parameter(help="So many at most.", validator=Number(gte=1, lte=10_000))
    ] = 50,
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


async def report(
    programme: str,
    /,
    *,
    meeting: Annotated[
        str | None, Parameter(help="As of this meeting; as it was published, if it was.")
    ] = None,
    when: Moment = _TODAY,
    place: Place = _HERE,
) -> None:
    """A programme's figures: now from the register, as of a moment or a meeting by replay.

    Parameters
    ----------
    programme
        The programme's id.
    """
    as_of, published = when.value, None
    if meeting is not None and as_of.occurred is not None:
        raise UsageError("a meeting has its own moment: leave --meeting or --as-of out")
    async with open_session(settings_of(place.folder)) as session:
        known = await programme_named(session.store, programme)
        if meeting is not None:
            held = meeting_of(known, meeting)
            as_of = replace(as_of, occurred=held.at)
            published = held.report if as_of.recorded is None else None
        at = moment_of(as_of, datetime.now(UTC))
        register = await session.register()
        measures = (
            await measures_now(register, programme)
            if as_of == NOW
            else await measures_as_of(
                session.store,
                register,
                programme,
                as_of,
                until_position=published.position if published else None,
            )
        )
    found = figures(measures, at)
    if place.json:
        print_json(report_json(known, found, measures, published))
    else:
        console.print(report_picture(known, found, measures, published))


def add_to(app: App) -> None:
    app.command(show, group=group)
    app.command(history, group=group)
    app.command(list_, name="list", group=group)
    app.command(report, group=group)


async def programme_named(store: EventStore, programme: str) -> Programme:
    """Raises `Refused` if there is none."""
    state = programme_decider.fold(decoded(await store.read_stream(programme_stream(programme))))
    if state is None:
        raise Refused("unknown", f"no programme {programme} is known; check its id", "programme")
    return state


def meeting_of(programme: Programme, meeting: str) -> Meeting:
    """Raises `Refused` if the programme has no such meeting."""
    found = programme.meetings.get(meeting)
    if found is None:
        raise Refused(
            "unknown",
            f"no meeting {meeting} of {programme.id} is known; `remit meetings` lists them",
            "meeting",
        )
    return found


def _not_issued(number: str, as_of: AsOf) -> Refused:
    then = "" if as_of == NOW else " by then"
    return Refused(
        "not-issued", f"no instruction {number} is issued{then}; check its number", "number"
    )


def _standing(state: KnownState, at: datetime) -> dict[str, Any]:
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
        "co_assignees": list(record.co_assignees),
        "observers": list(record.observers),
        "parts": [part.number for part in record.parts],
        "percent": record.percent,
        "original_deadline": written(record.original_deadline),
        "approved_deadline": written(record.deadline),
        "submitted_at": submission(state),
        "accepted_at": state.accepted_at if isinstance(state, Completed) else None,
        "extension_requested_until": written(record.extension.until) if record.extension else None,
        "escalated": record.escalation.raised,
        "behind_schedule": how_late.behind_schedule,
        "late_by": str(how_late.late_by) if how_late.late_by else None,
        "next_due": [f"{m.key.rule} at {moment(m.acts_at)}" for m in waiting[:3]],
    }


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
