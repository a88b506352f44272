"""What a programme is, folded from its events."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never

from domain.identifiers import BodyId, ProgrammeId
from domain.programme import events as e
from domain.programme.digests import DigestEvent, Digests, evolve_digests
from domain.programme.terms import Figures, MeetingId, ProgrammePhase, Sector


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """A report as it was published for a meeting."""

    position: int
    """The last position of the log that was read for it."""
    published_at: datetime
    figures: Figures


@dataclass(frozen=True, kw_only=True, slots=True)
class Meeting:
    """When the body takes stock of the programme."""

    id: MeetingId
    title: str
    at: datetime
    held: bool
    report: Published | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Programme:
    """A set of instructions for a period. Its measures are the instructions that name it."""

    id: ProgrammeId
    title: str
    body: BodyId
    period_start: date
    period_end: date
    phase: ProgrammePhase = "Adopted"
    sectors: tuple[Sector, ...] = ()
    """Empty: any sector will do."""
    meetings: Mapping[MeetingId, Meeting] = field(default_factory=dict[MeetingId, Meeting])
    digests: Digests = field(default_factory=Digests)

    def refuses_sector(self, sector: str) -> bool:
        """Whether sectors are set and this is the id of none of them."""
        return bool(self.sectors) and all(sector != known.id for known in self.sectors)


def evolve(state: Programme | None, event: e.ProgrammeEvent) -> Programme | None:
    """The state after one more fact. Before the founding one nothing is known."""
    match event:
        case e.ProgrammeDrafted():
            return _founded(event, "Drafted") if state is None else state
        case e.ProgrammeAdopted():
            return _founded(event, "Adopted") if state is None else _adopted(state, event)
        case _:
            return None if state is None else _after(state, event)


def _founded(event: e.ProgrammeDrafted | e.ProgrammeAdopted, phase: ProgrammePhase) -> Programme:
    return Programme(
        id=event.programme,
        title=event.title,
        body=event.body,
        period_start=event.period_start,
        period_end=event.period_end,
        phase=phase,
    )


def _adopted(state: Programme, event: e.ProgrammeAdopted) -> Programme:
    return replace(
        state,
        title=event.title,
        body=event.body,
        period_start=event.period_start,
        period_end=event.period_end,
        phase="Adopted",
    )


def _after(
    state: Programme,
    event: e.ProgrammeClosed
    | e.SectorsSet
    | e.MeetingScheduled
    | e.MeetingHeld
    | e.ReportPublished
    | DigestEvent,
) -> Programme:
    match event:
        case e.ProgrammeClosed():
            return replace(state, phase="Closed", digests=evolve_digests(state.digests, event))
        case e.SectorsSet():
            return replace(state, sectors=event.sectors)
        case e.MeetingScheduled():
            return _with(state, _meeting(event, held=False))
        case e.MeetingHeld():
            return _with(state, _meeting(event, held=True))
        case e.ReportPublished():
            meeting = state.meetings.get(event.meeting)
            if meeting is None:
                return state
            published = Published(
                position=event.position, published_at=event.occurred_at, figures=event.figures
            )
            return _with(state, replace(meeting, report=published))
        case (
            e.DigestScheduled()
            | e.DigestEnded()
            | e.DigestRequested()
            | e.DigestBegun()
            | e.DigestSent()
        ):
            return replace(state, digests=evolve_digests(state.digests, event))
        case _:
            assert_never(event)


def _meeting(event: e.MeetingScheduled | e.MeetingHeld, *, held: bool) -> Meeting:
    return Meeting(id=event.meeting, title=event.title, at=event.at, held=held)


def _with(state: Programme, meeting: Meeting) -> Programme:
    return replace(state, meetings={**state.meetings, meeting.id: meeting})
