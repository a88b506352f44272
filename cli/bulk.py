"""`remit bulk`: one command to many instructions, shown first and done with --yes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number
from pydantic import TypeAdapter, ValidationError

from cli.arguments import (
    Actor,
    Confirmed,
    EscalatedTo,
    Helpers,
    NewDeadline,
    OnBehalfOf,
    Reason,
    SilentUntil,
    Text,
)
from cli.bulk_view import show_preview, tell
from cli.envelope import ASSERTED
from cli.errors import UsageError, sentences
from cli.filters import ChosenForBulk
from cli.options import Place, deadline, instant
from cli.progress import progress_bar
from cli.session import Session, connect_temporal, open_session, settings_of
from cli.verbs import group
from domain.instruction import commands as c
from domain.value import Duration
from operators.bulk import BadBulkId, Bulk, judge, narrowed, new_bulk_id, prepare
from operators.carrying_out import carry_out
from operators.operations import MoveDeadline, Operation, TheSame
from readmodels.worklist import Filter, Work, Worklist
from workflows.client import CommandSender

_ALL = ChosenForBulk()
_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)
Choose = Callable[[Session, datetime], Awaitable[Sequence[Work]]]
"""Finds the instructions; `register` and `attention` are up to date by then."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Many(Place):
    """Who does it, and whether it is done or only shown."""

    actor: Actor
    on_behalf_of: OnBehalfOf = None
    yes: Confirmed = False
    bulk_id: str | None = None
    """Of an earlier attempt, or as the preview told it: what is recorded under it is not done again."""
    limit: Annotated[int, Parameter(validator=Number(gte=1))] = 100
    """So many lines are shown at most; all are counted, and in the JSON."""


async def change_deadline(
    *,
    later_by: Annotated[
        str | None, Parameter(help="So much later, as an ISO 8601 duration: P7D, PT36H.")
    ] = None,
    deadline_: NewDeadline = None,
    reason: Reason,
    chosen: ChosenForBulk = _ALL,
    many: Many,
) -> None:
    """As the issuer, extend: set another deadline, by so much later for each or the same for all."""
    if (later_by is None) == (deadline_ is None):
        raise UsageError("give either --later-by (so much later) or --deadline (the same for all)")
    operation: Operation
    if later_by is not None:
        operation = MoveDeadline(by=_duration(later_by), reason=reason)
    else:
        new = deadline(deadline_ or "", "--deadline")
        operation = TheSame(c.ChangeDeadline, {"deadline": new, "reason": reason})
    await _run(operation, chosen, many)


async def approve_extensions(
    *,
    deadline_: NewDeadline = None,
    chosen: ChosenForBulk = _ALL,
    many: Many,
) -> None:
    """Agree to the later deadlines that are asked for, or to another one for all that ask."""
    said = {} if deadline_ is None else {"until": deadline(deadline_, "--deadline")}
    await _run(TheSame(c.ApproveExtension, said), chosen, many)


async def reassign(
    *,
    lead: Annotated[str, Parameter(help="Body that answers for them from now on.")],
    co: Helpers = (),
    chosen: ChosenForBulk = _ALL,
    many: Many,
) -> None:
    """Name others who answer and help; a new lead has yet to acknowledge."""
    await _run(TheSame(c.Reassign, {"lead": lead, "co_assignees": co}), chosen, many)


async def escalate(
    *,
    to: EscalatedTo,
    reason: Reason,
    chosen: ChosenForBulk = _ALL,
    many: Many,
) -> None:
    """Bring them before somebody further up, now."""
    await _run(TheSame(c.Escalate, {"to": to, "reason": reason}), chosen, many)


async def acknowledge(*, until: SilentUntil, chosen: ChosenForBulk = _ALL, many: Many) -> None:
    """Take on the escalations that stand; the chains are silent until the moment given."""
    operation = TheSame(c.AcknowledgeEscalation, {"until": instant(until, "--until")})
    await _run(operation, chosen, many)


async def snooze(
    *, until: SilentUntil, reason: Reason = "", chosen: ChosenForBulk = _ALL, many: Many
) -> None:
    """Keep the escalation chains silent until the moment given."""
    said = {"until": instant(until, "--until"), "reason": reason}
    await _run(TheSame(c.Snooze, said), chosen, many)


async def deescalate(*, reason: Reason, chosen: ChosenForBulk = _ALL, many: Many) -> None:
    """End the escalations that stand; the chains are silent as long as the deadlines stay."""
    await _run(TheSame(c.Deescalate, {"reason": reason}), chosen, many)


async def request_progress(*, text: Text = "", chosen: ChosenForBulk = _ALL, many: Many) -> None:
    """Ask the assignees how far they are."""
    await _run(TheSame(c.RequestProgress, {"text": text}), chosen, many)


def add_to(app: App) -> None:
    sub = App(
        name="bulk",
        help="One command to many instructions, chosen by filters: shown first, done with --yes.",
        group=group,
    )
    for verb in (
        change_deadline,
        approve_extensions,
        reassign,
        escalate,
        acknowledge,
        snooze,
        deescalate,
        request_progress,
    ):
        sub.command(verb, name=verb.__name__.replace("_", "-"))
    app.command(sub)


async def _run(operation: Operation, chosen: ChosenForBulk, many: Many) -> None:
    async def choose(session: Session, at: datetime) -> Sequence[Work]:
        those = narrowed(_limited(await chosen.filter(session)), operation)
        return await Worklist(session.pool).every(those, at)

    await run_bulk(operation, choose, many)


async def run_bulk(operation: Operation, choose: Choose, many: Many) -> None:
    """Show what would become of it, or do it. Preview: exit 0. Else as `tell` says."""
    at = datetime.now(UTC)
    try:
        bulk = Bulk(
            id=many.bulk_id or new_bulk_id(at),
            operation=operation,
            actor=many.actor,
            on_behalf_of=many.on_behalf_of,
            identity=ASSERTED,
        )
    except BadBulkId as error:
        raise UsageError(f"--bulk-id: {error}") from error
    settings = settings_of(many.folder)
    async with open_session(settings) as session:
        await session.catch_up("register", "attention")
        prepared = await prepare(session.store, bulk, await choose(session, at))
        if not many.yes:
            judged = await judge(session.handler, prepared, at)
            show_preview(bulk.id, judged, limit=many.limit, json=many.json)
            return

        async def sender() -> CommandSender:
            return CommandSender(await connect_temporal(settings), settings.temporal_task_queue)

        with progress_bar("sending", quiet=many.json) as bar:
            ended = await carry_out(session.handler, sender, prepared, at, bar)
    tell(bulk.id, ended, limit=many.limit, json=many.json)


def _limited(given: Filter) -> Filter:
    """Raises `UsageError` if nothing was said of which instructions: that would be all there are."""
    if not given.limits:
        raise UsageError(
            "say which instructions: --programme, --body, --sector, --issuer, --controller, --late, "
            "--late-by, --escalated or --numbers-from"
        )
    return given


def _duration(text: str) -> timedelta:
    try:
        found = _DURATION.validate_python(text)
    except ValidationError as error:
        raise UsageError(f"--later-by {text}: {sentences(error)}; write P7D for a week") from error
    if not found:
        raise UsageError(f"--later-by {text} moves nothing; write P7D for a week")
    return found
