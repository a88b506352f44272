"""When a programme's digest goes out by itself, and to whom: set, ended, asked for now, and shown."""

from collections.abc import Sequence
from datetime import time
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cli.directory_record import record
from cli.envelope import envelope
from cli.errors import UsageError
from cli.options import Sender
from cli.output import console, minute, plain, print_json, print_recorded, recorded_json
from cli.session import Session
from domain.directory.state import Directory
from domain.programme.commands import EndDigest, ProgrammeCommand, ScheduleDigest, SendDigest
from domain.programme.digests import Digests, DigestSchedule
from domain.programme.terms import WEEKDAYS, Weekday

_WEEKDAY: TypeAdapter[Weekday] = TypeAdapter(Weekday)


def schedule_command(
    programme: str, when: str, to: Sequence[str], directory: Directory, sender: Sender
) -> ScheduleDigest:
    """From `Mon 09:00`, and the ids of bodies and offices. Raises `UsageError` if they make no sense."""
    name, _, hour = when.strip().partition(" ")
    try:
        weekday = _WEEKDAY.validate_python(name[:3].capitalize())
        at = time.fromisoformat(hour.strip())
    except (ValidationError, ValueError) as error:
        raise UsageError(
            f'--schedule {when} is no weekday ({", ".join(WEEKDAYS)}) with a local time; write "Mon 09:00"'
        ) from error
    both = [id_ for id_ in to if id_ in directory.bodies and id_ in directory.offices]
    if both:
        raise UsageError(f"--to {both[0]} is a body and an office; name the body's offices instead")
    return ScheduleDigest(
        **envelope(sender),
        programme=programme,
        weekday=weekday,
        hour=at,
        bodies=tuple(id_ for id_ in to if id_ not in directory.offices),
        offices=tuple(id_ for id_ in to if id_ in directory.offices),
    )


async def change(
    session: Session,
    programme: str,
    sender: Sender,
    *,
    schedule: str | None,
    to: Sequence[str],
    send_now: bool,
) -> None:
    """Record what is asked for, and say when the digest goes out. Without `schedule` and `send_now`, it is
    ended.
    """
    command: ProgrammeCommand
    if schedule is not None:
        directory = await session.handler.directory()
        command = schedule_command(programme, schedule, to, directory, sender)
    elif send_now:
        command = SendDigest(**envelope(sender), programme=programme)
    else:
        command = EndDigest(**envelope(sender), programme=programme)
    recorded = await record(session.handler, command)
    if sender.json:
        print_json(recorded_json(command, recorded))
        return
    print_recorded(command, recorded)
    if send_now:
        console.print("a worker sends it within a minute")


def schedule_json(digests: Digests) -> dict[str, Any] | None:
    """None if none is scheduled."""
    schedule = digests.schedule
    if schedule is None:
        return None
    return {
        "weekday": schedule.weekday,
        "hour": f"{schedule.hour:%H:%M}",
        "zone": schedule.zone,
        "bodies": list(schedule.bodies),
        "offices": list(schedule.offices),
        "next": digests.next_scheduled,
        "told_until": digests.told_until,
    }


def schedule_line(digests: Digests) -> str:
    """In a line, as markup."""
    schedule = digests.schedule
    if schedule is None:
        return "no digest is sent by itself: `remit digest PROGRAMME --schedule`"
    coming = digests.next_scheduled
    next_ = "" if coming is None else f"; next {minute(coming)}"
    last = (
        ""
        if digests.told_until is None
        else f"; the last told all until {minute(digests.told_until)}"
    )
    hour = f"{schedule.weekday} {schedule.hour:%H:%M} ({plain(schedule.zone)})"
    return f"digest: {hour} to {plain(_readers(schedule))}{next_}{last}"


def _readers(schedule: DigestSchedule) -> str:
    named = (*schedule.bodies, *schedule.offices)
    return ", ".join(named) or "heads and officers of the programme's body"
