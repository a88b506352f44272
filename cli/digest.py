"""`remit digest`: what became of a programme in a week, or since a moment."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from audit.new_files import CannotWrite, new_files, writing
from cli.difference_view import figures_json
from cli.errors import UsageError
from cli.options import Place, instant
from cli.output import console, plain, print_json, printable
from cli.programme import ProgrammeName
from cli.session import open_session, settings_of
from cli.views import group, programme_named
from digests.compose import FOLLOWED, WEEK, Digest, compose_digest
from digests.pages import as_html, as_markdown, as_text
from domain.programme.report import Measure
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
    place: Place = _HERE,
) -> None:
    """What was completed, became late, was extended or escalated in a programme, and what is due next.

    What came and went within the time is left out: `remit diff` and `remit history` tell that.
    """
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
        "became_late": [_measure(one) for one in found.became_late],
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
