"""How and when a person is told: shown, or set by themselves or an administrator."""

from datetime import time
from typing import Annotated, Any

from cyclopts import App, Parameter

from cli.arguments import ActorOfChange, CommandId, OnBehalfOf, PersonName
from cli.directory import group
from cli.directory_record import answer, record
from cli.envelope import envelope
from cli.errors import Refused, UsageError
from cli.options import Place, Sender
from cli.output import console, plain, print_json
from cli.session import Session, open_session, settings_of
from domain.directory.commands import SetPreferences
from domain.directory.preferences import DEFAULTS, Language, Preferences, QuietHours
from domain.rejections import Code

_HERE = Place()
_NONE = "none"


async def preferences(
    person: PersonName,
    /,
    *,
    language: Annotated[Language | None, Parameter(help="Of what the person is sent.")] = None,
    zone: Annotated[
        str | None,
        Parameter(help="IANA zone of the times; none: that of the body they are told for."),
    ] = None,
    quiet: Annotated[
        str | None, Parameter(help="FROM-TO, such as 20:00-08:00: notices wait; or none.")
    ] = None,
    working_days_only: Annotated[
        bool | None, Parameter(help="What is not mandatory waits over days off.")
    ] = None,
    daily_at: Annotated[
        str | None,
        Parameter(help="Local time at which what is not mandatory comes together; or none."),
    ] = None,
    mute: Annotated[
        tuple[str, ...],
        Parameter(help="Kind of notice not to be told of; all that hold, or none.", negative=""),
    ] = (),
    actor: ActorOfChange = None,
    on_behalf_of: OnBehalfOf = None,
    command_id: CommandId = None,
    place: Place = _HERE,
) -> None:
    """Show how and when a person is told; with options, set that from now on and leave the rest."""
    wanted: dict[str, Any] = {
        "language": language,
        "zone": zone,
        "quiet": quiet,
        "working_days_only": working_days_only,
        "daily_at": daily_at,
        "muted": mute or None,
    }
    changes = {name: _said(name, value) for name, value in wanted.items() if value is not None}
    async with open_session(settings_of(place.folder)) as session:
        now = await _now(session, person)
        if not changes:
            _show(now, json=place.json)
            return
        if actor is None:
            raise UsageError("--as is missing: say who sets them")
        sender = Sender(
            data=place.data,
            json=place.json,
            actor=actor,
            on_behalf_of=on_behalf_of,
            command_id=command_id,
        )
        command = SetPreferences(**envelope(sender), person=person, **{**_fields(now), **changes})
        recorded = await record(session.handler, command)
    answer(command, recorded, sender)


def add_to(app: App) -> None:
    app.command(preferences, group=group)


async def _now(session: Session, person: str) -> Preferences:
    directory = await session.handler.directory()
    if person not in directory.channels:
        raise Refused(Code.UNKNOWN, f"no person {person} is known; check the id", "person")
    return directory.preferences.get(person, DEFAULTS)


def _fields(of: Preferences) -> dict[str, Any]:
    return {
        "language": of.language,
        "zone": of.zone,
        "quiet": of.quiet,
        "working_days_only": of.working_days_only,
        "daily_at": of.daily_at,
        "muted": tuple(sorted(of.muted)),
    }


def _said(name: str, value: Any) -> Any:
    """`none` takes back what was set."""
    if name == "muted":
        return () if value == (_NONE,) else value
    if value == _NONE:
        return None
    if name == "quiet":
        start, _, end = value.partition("-")
        return QuietHours(start=_hour(start, "--quiet"), end=_hour(end, "--quiet"))
    return _hour(value, "--daily-at") if name == "daily_at" else value


def _hour(text: str, option: str) -> time:
    try:
        return time.fromisoformat(text.strip())
    except ValueError as error:
        form = "20:00-08:00" if option == "--quiet" else "09:00"
        raise UsageError(f"{option}: {text} is no local time; write {form}") from error


def _show(found: Preferences, *, json: bool) -> None:
    quiet = found.quiet
    told = {
        **_fields(found),
        "quiet": None if quiet is None else f"{quiet.start:%H:%M}-{quiet.end:%H:%M}",
        "daily_at": None if found.daily_at is None else f"{found.daily_at:%H:%M}",
    }
    if json:
        print_json(told)
        return
    told["zone"] = found.zone or "that of the body they are told for"
    told["muted"] = ", ".join(sorted(found.muted)) or None
    told["working_days_only"] = "yes" if found.working_days_only else "no"
    for name, value in told.items():
        console.print(f"[bold]{name.replace('_', ' ')}[/]: {plain(value or 'none')}")
