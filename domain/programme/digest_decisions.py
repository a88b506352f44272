"""What a programme accepts about its digest: when it goes out, to whom, and what became of it."""

from datetime import datetime

from domain.attribution import BY_SYSTEM
from domain.directory.state import Directory
from domain.facts import Facts
from domain.outcomes import Rejected
from domain.programme import commands as c
from domain.programme import events as e
from domain.programme.authority import authorised, body_of
from domain.programme.digests import due
from domain.programme.state import Programme
from domain.rejections import Code, invalid, rejected, unknown


def schedule_digest(
    command: c.ScheduleDigest, state: Programme, facts: Facts, at: datetime
) -> e.DigestScheduled | Rejected:
    by = authorised(command, state, facts, at, "schedule the programme's digest")
    if isinstance(by, Rejected):
        return by
    refusal = _not_in_force("schedule the digest of", state)
    if refusal is not None:
        return refusal
    refusal = _unknown_recipient(command, facts.directory, at)
    if refusal is not None:
        return refusal
    return e.DigestScheduled(
        occurred_at=at,
        by=by,
        weekday=command.weekday,
        hour=command.hour,
        zone=facts.directory.bodies[body_of(state, facts.directory, at)].zone,
        bodies=tuple(dict.fromkeys(command.bodies)),
        offices=tuple(dict.fromkeys(command.offices)),
    )


def end_digest(
    command: c.EndDigest, state: Programme, facts: Facts, at: datetime
) -> e.DigestEnded | Rejected:
    by = authorised(command, state, facts, at, "end the programme's digest")
    if isinstance(by, Rejected):
        return by
    if state.digests.schedule is None:
        return rejected(
            Code.NOT_IN_THIS_PHASE, f"no digest of {state.id} is scheduled; there is none to end"
        )
    return e.DigestEnded(occurred_at=at, by=by)


def send_digest(
    command: c.SendDigest, state: Programme, facts: Facts, at: datetime
) -> e.DigestRequested | Rejected:
    by = authorised(command, state, facts, at, "have the programme's digest sent")
    if isinstance(by, Rejected):
        return by
    return _not_in_force("send the digest of", state) or e.DigestRequested(occurred_at=at, by=by)


def begin_digest(
    command: c.BeginDigest, state: Programme, at: datetime
) -> e.DigestBegun | Rejected:
    """What is due at `at`, and nothing else: another round may have begun it first."""
    wanted = due(state.digests, at)
    if wanted is None or wanted.again is not None or wanted.due_at != command.due_at:
        return invalid(
            "due_at", f"no digest of {command.due_at} is to begin; look at the log again"
        )
    return e.DigestBegun(
        occurred_at=at,
        by=BY_SYSTEM,
        due_at=wanted.due_at,
        since=wanted.since,
        position=command.position,
        late=wanted.late,
        asked=wanted.asked,
        readers=command.readers,
    )


def record_digest(
    command: c.RecordDigest, state: Programme, at: datetime
) -> e.DigestSent | Rejected:
    """Also where the schedule was ended meanwhile: it was sent. The first outcome of each stands."""
    begun = state.digests.begun(command.due_at)
    if begun is None:
        return invalid("due_at", f"no digest of {command.due_at} is under way")
    if command.attempt not in (begun.attempts, begun.attempts + 1):
        return invalid("attempt", f"attempt {begun.attempts + 1} comes next")
    waiting = {reader.message_id for reader in begun.waiting}
    recipients = tuple(one for one in command.recipients if one.message_id in waiting)
    if not recipients:
        return invalid("recipients", "none of them waits for it any more")
    return e.DigestSent(
        occurred_at=at,
        by=BY_SYSTEM,
        due_at=command.due_at,
        attempt=command.attempt,
        recipients=recipients,
    )


def _not_in_force(deed: str, state: Programme) -> Rejected | None:
    if state.phase == "Adopted":
        return None
    return rejected(
        Code.NOT_IN_THIS_PHASE,
        f"cannot {deed} a programme that is {state.phase}; it must be Adopted",
    )


def _unknown_recipient(
    command: c.ScheduleDigest, directory: Directory, at: datetime
) -> Rejected | None:
    """Of the bodies and offices, the first that is not there, or is no more."""
    for id_ in command.bodies:
        body = directory.bodies.get(id_)
        if body is None:
            return unknown("bodies", id_, "name bodies of the directory")
        if body.closed(body.day(at)):
            return invalid("bodies", f"{id_} is closed; name who took over from it")
    for id_ in command.offices:
        office = directory.offices.get(id_)
        if office is None:
            return unknown("offices", id_, "name offices of the directory")
        if office.closed(directory.bodies[office.body].day(at)):
            return invalid("offices", f"{id_} is closed; name another office")
    return None
