"""`remit digest`: what became of a programme in a week, or since a moment; and having it sent weekly."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from audit.new_files import CannotWrite, new_files, writing
from cli.arguments import ActorOfChange, CommandId, OnBehalfOf, ProgrammeName
from cli.difference_view import figures_json
from cli.digest_schedule import change
from cli.errors import UsageError
from cli.options import Place, Sender, instant
from cli.output import console, plain, print_json, printable
from cli.session import open_session, settings_of
from cli.views import group, programme_named
from digests.compose import FOLLOWED, WEEK, Digest, compose_digest
from digests.pages import as_html, as_markdown, as_text
from domain.programme.report import Measure
from readmodels.register import behind_from, late_for
from readmodels.worklist import Work

_HERE = Place()


async def digest(
    programme: ProgrammeName,
    /,
    *,
    since: Annotated[
        str | None, Parameter(help="A date (its end in UTC) or an instant with offset.")
    ] = None,
    week: Annotated[
        bool, Parameter(help="Since seven days ago, as by default.", negative="")
    ] = False,
    html: Annotated[Path | None, Parameter(help="Write it as a page to this new file.")] = None,
    markdown: Annotated[
        Path | None, Parameter(help="Write it in Markdown to this new file.")
    ] = None,
    schedule: Annotated[
        str | None,
        Parameter(help='Have it sent each week at this hour where its body is: "Mon 09:00".'),
    ] = None,
    to: Annotated[
        tuple[str, ...],
        Parameter(
            help="Body or office it is sent to; by default heads and officers of the programme's body.",
            negative="",
        ),
    ] = (),
    unschedule: Annotated[bool, Parameter(help="Send it no more.", negative="")] = False,
    send_now: Annotated[
        bool, Parameter(help="Have it sent now, to whom it goes weekly.", negative="")
    ] = False,
    actor: ActorOfChange = None,
    on_behalf_of: OnBehalfOf = None,
    command_id: CommandId = None,
    place: Place = _HERE,
) -> None:
    """What was completed, became late, was extended or escalated in a programme, and what is due next.

    What came and went within the time is left out: `remit diff` and `remit history` tell that. With --schedule,
    --unschedule or --send-now it is not shown, but sent by a worker, or no more.
    """
    if sum((schedule is not None, unschedule, send_now)) > 1:
        raise UsageError("give one of --schedule, --unschedule and --send-now")
    if schedule is not None or unschedule or send_now:
        if week or since is not None or html is not None or markdown is not None:
            raise UsageError("what is sent tells the week; leave --since, --week and files out")
        if actor is None:
            raise UsageError("--as is missing: say who has it sent")
        sender = Sender(
            data=place.data,
            json=place.json,
            actor=actor,
            on_behalf_of=on_behalf_of,
            command_id=command_id,
        )
        async with open_session(settings_of(place.folder)) as session:
            await change(session, programme, sender, schedule=schedule, to=to, send_now=send_now)
        return
    if to:
        raise UsageError("--to says whom it is sent to; give --schedule with it")
    if week and since is not None:
        raise UsageError("give either --since or --week")
    at = datetime.now(UTC)
    begin = at - WEEK if since is None else instant(since, "--since")
    if begin > at:
        raise UsageError(f"--since {since} lies in the future")
    async with open_session(settings_of(place.folder)) as session:
        known = await programme_named(session.store, programme)
        await session.catch_up(*FOLLOWED)
        found = await compose_digest(session.store, session.pool, known, begin, at)
    for file, form in ((html, as_html), (markdown, as_markdown)):
        if file is not None:
            _write(file, form(found))
    if place.json:
        print_json(digest_json(found))
        return
    if html is None and markdown is None:
        console.print(printable(as_text(found)), markup=False, soft_wrap=True, end="")
    for file in (html, markdown):
        if file is not None:
            console.print(f"written: {plain(str(file))}", soft_wrap=True)


def add_to(app: App) -> None:
    app.command(digest, group=group)


def digest_json(found: Digest) -> dict[str, Any]:
    return {
        "programme": found.programme.id,
        "since": found.since,
        "at": found.at,
        "then": figures_json(found.then)
        | {"execution_discipline": found.then.execution_discipline},
        "now": figures_json(found.now) | {"execution_discipline": found.now.execution_discipline},
        "restated": found.restated,
        "completed": [
            _measure(one) | {"submitted_at": one.timing.submitted_at} for one in found.completed
        ],
        "became_late": [
            _measure(one)
            | {"late_since": behind_from(one.timing), "late_for": late_for(one.timing)}
            for one in found.became_late
        ],
        "moved": [
            _measure(one.measure) | {"was": one.was, "now": one.now, "why": one.why}
            for one in found.moved
        ],
        "escalated": [
            {"number": one.number, "lead": one.lead, "at": one.at, "to": one.sent_to}
            | {"why": one.why}
            for one in found.escalated
        ],
        "due_in_7_days": [_work(one) for one in found.due_in_a_week],
        "due_in_14_days": [_work(one) for one in found.due_in_two],
        "discipline": [
            {"lead": one.body, "then": one.then, "now": one.now, "late": one.late}
            for one in found.discipline
        ],
    }


def _measure(one: Measure) -> dict[str, Any]:
    deadline = one.timing.deadline
    return {"number": one.number, "lead": one.lead, "deadline": deadline, "text": one.text}


def _work(one: Work) -> dict[str, Any]:
    row = one.row
    told = {"number": row.number, "lead": row.lead, "deadline": row.deadline, "text": row.text}
    return told | {"percent": row.percent}


def _write(file: Path, text: str) -> None:
    """Raises `UsageError` if it is there already, or cannot be written."""
    try:
        with new_files(file) as (part,), writing(file):
            part.write_text(text, encoding="utf-8")
    except CannotWrite as error:
        raise UsageError(str(error)) from error
