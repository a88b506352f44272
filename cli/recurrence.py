"""`remit recur`: instructions that are issued for each day of a rule."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, cast

import yaml
from cyclopts import App, Group, Parameter
from pydantic import ValidationError

from cli.arguments import Reason
from cli.describe_recurrence import describe
from cli.envelope import to_recurrence
from cli.errors import UsageError, sentences
from cli.history_view import history_json, history_picture
from cli.options import Place, Sender, read_file
from cli.output import console, print_json, print_recorded, recorded_json
from cli.recurrence_view import (
    list_json,
    list_picture,
    recurrence_named,
    show_json,
    shown,
)
from cli.sending import send_to
from cli.session import open_session, settings_of
from domain.identifiers import recurrence_stream
from domain.recurrence import commands as c
from domain.recurrence.events import RecurrenceEvent
from domain.recurrence.terms import Terms
from eventstore.codec import decoded, event_of
from eventstore.protocol import StoredEvent
from readmodels.recurrences import every_recurrence

group = Group("Recurring instructions", sort_key=2)

RecurrenceName = Annotated[str, Parameter(help="The recurrence's id.")]
File = Annotated[
    Path, Parameter(help="YAML: the rule, and what is issued each time (docs/recurrence.md).")
]

_HERE = Place()
_HELP = "Instructions that are issued for each day of a rule."


class _TermsFile(Terms):
    """What a file of terms holds."""

    zone: str | None = None


async def start(recurrence: RecurrenceName, file: File, /, *, sender: Sender) -> None:
    """Have an instruction issued for each day of a rule whose deadline still lies ahead."""
    terms = _terms(file)
    await _send(c.StartRecurrence(**to_recurrence(recurrence, sender), **terms), sender)


async def change(
    recurrence: RecurrenceName, file: File, /, *, reason: Reason, sender: Sender
) -> None:
    """Say all of it anew, from the next occurrence on; what was issued stays as it is."""
    terms = _terms(file)
    await _send(
        c.ChangeRecurrence(**to_recurrence(recurrence, sender), **terms, reason=reason), sender
    )


async def pause(recurrence: RecurrenceName, /, *, reason: Reason, sender: Sender) -> None:
    """Issue nothing until it is resumed."""
    await _send(c.PauseRecurrence(**to_recurrence(recurrence, sender), reason=reason), sender)


async def resume(recurrence: RecurrenceName, /, *, reason: Reason, sender: Sender) -> None:
    """Go on. Of what fell into the pause, that is issued whose deadline still lies ahead."""
    await _send(c.ResumeRecurrence(**to_recurrence(recurrence, sender), reason=reason), sender)


async def skip(
    recurrence: RecurrenceName,
    day: Annotated[date, Parameter(help="The occurrence's day, as the rule has it.")],
    /,
    *,
    reason: Reason,
    sender: Sender,
) -> None:
    """Leave one occurrence out: the next, or a later one."""
    await _send(
        c.SkipOccurrence(**to_recurrence(recurrence, sender), day=day, reason=reason), sender
    )


async def end(recurrence: RecurrenceName, /, *, reason: Reason, sender: Sender) -> None:
    """Issue nothing any more. Instructions that were issued go on."""
    await _send(c.EndRecurrence(**to_recurrence(recurrence, sender), reason=reason), sender)


async def list_(*, place: Place = _HERE) -> None:
    """The recurrences there are, and what each issues next."""
    async with open_session(settings_of(place.folder)) as session:
        found = [one async for one in every_recurrence(session.store)]
    if place.json:
        print_json([list_json(one) for one in found])
    else:
        console.print(list_picture(found))


async def show(recurrence: RecurrenceName, /, *, place: Place = _HERE) -> None:
    """How a recurrence stands: its next five occurrences, and what became of those before."""
    async with open_session(settings_of(place.folder)) as session:
        events = list(decoded(await session.store.read_stream(recurrence_stream(recurrence))))
        state = recurrence_named(recurrence, events)
        directory = await session.handler.directory()
    if place.json:
        print_json(show_json(state, events, directory, session.tzdata))
    else:
        console.print(shown(state, events, directory, session.tzdata))


async def history(recurrence: RecurrenceName, /, *, place: Place = _HERE) -> None:
    """Every event of a recurrence, as the log records it."""
    async with open_session(settings_of(place.folder)) as session:
        stored = await session.store.read_stream(recurrence_stream(recurrence))
    recurrence_named(recurrence, list(decoded(stored)))
    if place.json:
        print_json(history_json(stored))
    else:
        console.print(history_picture(recurrence, stored, console.width, _said))


def _said(stored: StoredEvent) -> str:
    return describe(cast(RecurrenceEvent, event_of(stored)))


def add_to(app: App) -> None:
    recur = App(name="recur", help=_HELP, help_format="plaintext", group=group)
    for verb in (start, change, list_, show, history, pause, resume, skip, end):
        recur.command(verb, name=verb.__name__.strip("_"))
    app.command(recur)


def _terms(file: Path) -> dict[str, Any]:
    """The fields that the file holds. Raises `UsageError` if it is no YAML, or not of this form."""
    try:
        # Texts only: else YAML reads 10:00 as the number 600, and `no` as false.
        fields = yaml.load(read_file(file), Loader=yaml.BaseLoader)  # noqa: S506 - makes no objects
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is no YAML: {error}") from error
    try:
        terms = _TermsFile.model_validate(fields)
    except ValidationError as error:
        raise UsageError(f"{file}: {sentences(error)}") from error
    return {name: getattr(terms, name) for name in _TermsFile.model_fields}


async def _send(command: c.RecurrenceClientCommand, sender: Sender) -> None:
    """Raises what `send_to` raises."""
    recorded = await send_to(command, settings_of(sender.folder))
    if sender.json:
        print_json(recorded_json(command, recorded))
    else:
        print_recorded(command, recorded)
