"""What a programme accepts: one function for each command."""

from datetime import date, datetime
from typing import TypeVar, assert_never

from domain.decider import Decider
from domain.directory.authority import authorise
from domain.facts import Facts
from domain.identifiers import BodyId
from domain.outcomes import Rejected
from domain.programme import commands as c
from domain.programme import events as e
from domain.programme.authority import authorised, body_of
from domain.programme.digest_decisions import (
    begin_digest,
    end_digest,
    record_digest,
    schedule_digest,
    send_digest,
)
from domain.programme.state import Meeting, Programme, evolve
from domain.rejections import Code, already_exists, invalid, rejected, unknown

_Founding = TypeVar("_Founding", e.ProgrammeDrafted, e.ProgrammeAdopted)


def decide(
    command: c.AnyProgrammeCommand | c.BeginDigest | c.RecordDigest,
    state: Programme | None,
    facts: Facts,
    at: datetime,
) -> tuple[e.ProgrammeEvent, ...] | Rejected:
    """The one fact that the command leads to at `at`, or why it is refused."""
    match command:
        case c.DraftProgramme():
            decided = _draft(command, state, facts, at)
        case c.AdoptProgramme():
            decided = _adopt(command, state, facts, at)
        case _ if state is None:
            return unknown("programme", command.programme, "draft or adopt it first")
        case c.CloseProgramme():
            decided = _close(command, state, facts, at)
        case c.SetSectors():
            decided = _set_sectors(command, state, facts, at)
        case c.ScheduleMeeting():
            decided = _schedule_meeting(command, state, facts, at)
        case c.HoldMeeting():
            decided = _hold_meeting(command, state, facts, at)
        case c.PublishReport():
            decided = _publish_report(command, state, facts, at)
        case c.ScheduleDigest():
            decided = schedule_digest(command, state, facts, at)
        case c.EndDigest():
            decided = end_digest(command, state, facts, at)
        case c.SendDigest():
            decided = send_digest(command, state, facts, at)
        case c.BeginDigest():
            decided = begin_digest(command, state, at)
        case c.RecordDigest():
            decided = record_digest(command, state, at)
        case _:
            assert_never(command)
    return decided if isinstance(decided, Rejected) else (decided,)


def _draft(
    command: c.DraftProgramme, state: Programme | None, facts: Facts, at: datetime
) -> e.ProgrammeDrafted | Rejected:
    if state is not None:
        return already_exists("programme", command.programme)
    return _founded(
        e.ProgrammeDrafted,
        command,
        facts,
        at,
        "draft the programme",
        title=command.title,
        body=command.body,
        period=(command.period_start, command.period_end),
    )


def _adopt(
    command: c.AdoptProgramme, state: Programme | None, facts: Facts, at: datetime
) -> e.ProgrammeAdopted | Rejected:
    """Of a draft, or at once: then by a command that says all of it."""
    if state is not None and state.phase != "Drafted":
        return already_exists("programme", command.programme)
    title = command.title or (state and state.title)
    owner = state and body_of(state, facts.directory, at)
    body = command.body or owner
    start = command.period_start or (state and state.period_start)
    end = command.period_end or (state and state.period_end)
    if title is None or body is None or start is None or end is None:
        fields = {"title": title, "body": body, "period_start": start, "period_end": end}
        missing = next(name for name, value in fields.items() if value is None)
        return invalid(
            missing, f"{command.programme} is not drafted: give its {missing} to adopt it at once"
        )
    if state is not None and body != owner:
        return invalid("body", f"it is the draft of {owner}; leave the body out")
    return _founded(
        e.ProgrammeAdopted,
        command,
        facts,
        at,
        "adopt the programme",
        title=title,
        body=body,
        period=(start, end),
    )


def _close(
    command: c.CloseProgramme, state: Programme, facts: Facts, at: datetime
) -> e.ProgrammeClosed | Rejected:
    by = authorised(command, state, facts, at, "close the programme")
    if isinstance(by, Rejected):
        return by
    return _closed(state, "close") or e.ProgrammeClosed(occurred_at=at, by=by)


def _set_sectors(
    command: c.SetSectors, state: Programme, facts: Facts, at: datetime
) -> e.SectorsSet | Rejected:
    by = authorised(command, state, facts, at, "set the programme's sectors")
    if isinstance(by, Rejected):
        return by
    ids = [sector.id for sector in command.sectors]
    twice = next((id_ for id_ in ids if ids.count(id_) > 1), None)
    if twice is not None:
        return invalid("sectors", f"sector {twice} is named twice; name it once")
    return _closed(state, "set the sectors of") or e.SectorsSet(
        occurred_at=at, by=by, sectors=command.sectors
    )


def _schedule_meeting(
    command: c.ScheduleMeeting, state: Programme, facts: Facts, at: datetime
) -> e.MeetingScheduled | Rejected:
    by = authorised(command, state, facts, at, "schedule a meeting")
    if isinstance(by, Rejected):
        return by
    known = state.meetings.get(command.meeting)
    if known is not None and known.held:
        return _already_held(known)
    refusal = _closed(state, "schedule a meeting of")
    if refusal is not None:
        return refusal
    if command.at <= at:
        return invalid("at", "it lies in the past; put on record that the meeting was held")
    return e.MeetingScheduled(
        occurred_at=at, by=by, meeting=command.meeting, title=command.title, at=command.at
    )


def _hold_meeting(
    command: c.HoldMeeting, state: Programme, facts: Facts, at: datetime
) -> e.MeetingHeld | Rejected:
    deed = "put a meeting on record"
    by = authorised(command, state, facts, at, deed, history=True)
    if isinstance(by, Rejected):
        return by
    known = state.meetings.get(command.meeting)
    if known is not None and known.held:
        return _already_held(known)
    title = command.title or (known and known.title)
    moment = command.at or (known and known.at)
    if title is None or moment is None:
        missing = "title" if title is None else "at"
        return invalid(missing, f"{command.meeting} was not announced: give its {missing}")
    if moment > at:
        return rejected(
            Code.OCCURRED_IN_THE_FUTURE,
            "the meeting is still to come; schedule it, and put it on record once it was held",
            "at",
        )
    return e.MeetingHeld(occurred_at=at, by=by, meeting=command.meeting, title=title, at=moment)


def _publish_report(
    command: c.PublishReport, state: Programme, facts: Facts, at: datetime
) -> e.ReportPublished | Rejected:
    by = authorised(command, state, facts, at, "publish a report")
    if isinstance(by, Rejected):
        return by
    if state.phase == "Drafted":
        return _not_in_phase("publish a report of", state, "Adopted or Closed")
    meeting = state.meetings.get(command.meeting)
    if meeting is None or not meeting.held:
        return unknown("meeting", command.meeting, "put on record that it was held first")
    if meeting.report is not None:
        return rejected(
            Code.ALREADY_PUBLISHED,
            f"the report for {meeting.id} is published already; it stays as it is",
            "meeting",
        )
    if command.as_of != meeting.at:
        return invalid("as_of", f"a report for {meeting.id} is as of its moment, {meeting.at}")
    if command.position > facts.head:
        return invalid("position", f"the log ends at position {facts.head}; read no further")
    return e.ReportPublished(
        occurred_at=at,
        by=by,
        meeting=command.meeting,
        as_of=command.as_of,
        position=command.position,
        figures=command.figures,
    )


def _founded(
    kind: type[_Founding],
    command: c.DraftProgramme | c.AdoptProgramme,
    facts: Facts,
    at: datetime,
    deed: str,
    *,
    title: str,
    body: BodyId,
    period: tuple[date, date],
) -> _Founding | Rejected:
    """The fact that says all of the programme, as a draft or in force."""
    if body not in facts.directory.bodies:
        return unknown("body", body, "register the body first")
    by = authorise(command, body, facts.directory, at, deed)
    if isinstance(by, Rejected):
        return by
    start, end = period
    if end < start:
        return invalid("period_end", "the period ends before it begins")
    return kind(
        occurred_at=at,
        by=by,
        programme=command.programme,
        title=title,
        body=body,
        period_start=start,
        period_end=end,
    )


def _closed(state: Programme, deed: str) -> Rejected | None:
    return _not_in_phase(deed, state, "Drafted or Adopted") if state.phase == "Closed" else None


def _not_in_phase(deed: str, state: Programme, allowed: str) -> Rejected:
    return rejected(
        Code.NOT_IN_THIS_PHASE,
        f"cannot {deed} a programme that is {state.phase}; it must be {allowed}",
    )


def _already_held(meeting: Meeting) -> Rejected:
    return rejected(
        Code.ALREADY_EXISTS,
        f"meeting {meeting.id} was held {meeting.at}, and that is final; choose another id",
        "meeting",
    )


programme_decider: Decider[
    c.AnyProgrammeCommand | c.BeginDigest | c.RecordDigest, e.ProgrammeEvent, Programme | None
] = Decider(initial=None, decide=decide, evolve=evolve)
