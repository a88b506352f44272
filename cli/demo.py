"""`remit demo`: the whole system on this machine, with sample programmes and two live instructions."""

import asyncio
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, cast
from uuid import uuid4

from cyclopts import App, Parameter

from cli import operations
from cli.describe import describe
from cli.devstack import EmbeddedTemporal
from cli.errors import CliError, UsageError
from cli.filling import Source, directory_from, import_file, load
from cli.options import read_file
from cli.output import console, plain
from cli.progress import progress_bar
from cli.report_view import report_picture
from cli.session import Session, connect_temporal, open_session
from cli.stack import stack
from cli.views import programme_named
from domain.attribution import Identity
from domain.deadline import DeadlineRequest
from domain.identifiers import InstructionId, PersonId, instruction_id
from domain.instruction import commands as c
from domain.instruction.events import InstructionEvent
from domain.outcomes import Rejected
from domain.policies import EscalationStep, Policy, ReminderRule
from domain.programme.report import figures
from eventstore.codec import event_of
from eventstore.replay import AsOf
from eventstore.subscription import Wakeup, follow, listening
from readmodels.programme_report import measures_as_of
from settings import Settings
from workflows.client import CommandSender

EXAMPLES = Path(__file__).parent.parent / "examples"
DIRECTORY = EXAMPLES / "union-directory.toml"
MEASURES = EXAMPLES / "union-programmes-2024-2026.csv"

ADMINISTRATOR, REGISTRAR, OPERATOR = "p-0001", "p-0002", "p-0003"
COUNCIL_HEAD = "p-0004"
_PATIENCE = 40.0


async def demo(
    *,
    data: Annotated[
        Path | None, Parameter(help="Keep the data in this folder, which must be new.")
    ] = None,
) -> None:
    """Show it all: 310 measures imported and reported, one live instruction, a lost Temporal server.

    Runs PostgreSQL, Temporal and a worker by itself, in a temporary folder unless one is given.
    """
    if data is not None:
        if data.is_dir() and any(data.iterdir()):
            raise UsageError(f"--data {data} holds something already: name a new folder")
        await _demo(operations.writable(data))
        return
    with _scratch_folder() as folder:
        await _demo(folder)


def add_to(app: App) -> None:
    app.command(demo, group=operations.group)


async def _demo(folder: Path) -> None:
    _heading("Starting PostgreSQL, Temporal and a worker on this machine")
    async with stack(folder) as (settings, temporal), open_session(settings) as session:
        await _report_of_the_meeting(session)
        await _attend_to_what_is_open(session)
        await _live(settings, session, temporal)
    console.print(
        "\n[bold green]Done.[/] `remit up` keeps it running; `remit --help` says what else."
    )


async def _report_of_the_meeting(session: Session) -> None:
    _heading("Importing the Union programmes: 310 measures with their dated history")
    directory = directory_from(DIRECTORY)
    with progress_bar("directory") as bar:
        await load(session, directory, ADMINISTRATOR, bar)
    source = Source(content=read_file(MEASURES), name=MEASURES.name)
    result = await import_file(session, source, REGISTRAR)
    if result.problems:
        raise CliError(f"the example has problems: {result.problems[0]}")
    head = await session.store.head()
    console.print(f"{result.commands_recorded} facts recorded; the log holds {head} events")

    meeting = directory.meetings[0]
    _heading(f"The programme as of the {meeting.title.lower()}, by replay of the log")
    register = await session.register()
    as_of = AsOf(occurred=meeting.at)
    measures = await measures_as_of(session.store, register, meeting.programme, as_of)
    programme = await programme_named(session.store, meeting.programme)
    console.print(report_picture(programme, meeting.at, figures(measures, meeting.at)))


async def _attend_to_what_is_open(session: Session) -> None:
    """Each open measure gets its workflow and a first look; then the machine is free for the rest."""
    count = await operations.start_unfinished(session)
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            before, head = -1, await session.store.head()
            while head != before:
                await asyncio.sleep(1)
                before, head = head, await session.store.head()
    console.print(f"{count} open measures are watched over from now on", soft_wrap=True)


async def _live(settings: Settings, session: Session, temporal: EmbeddedTemporal) -> None:
    client = await connect_temporal(settings)
    sender = CommandSender(client, settings.temporal_task_queue)
    async with listening(settings.database_url) as wakeup:
        first, second = _Live("DEMO-1", sender), _Live("DEMO-2", sender)
        beginning = await session.store.head()
        watching = asyncio.create_task(_watch(session, wakeup, [first, second], beginning))
        try:
            _heading(
                "One live instruction, its deadline seconds away; each event as the log has it"
            )
            await _from_issue_to_acceptance(first)
            _heading("A second one, then the Temporal server is lost with all its data")
            await _survives_the_loss_of_temporal(second, session, temporal)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching


async def _from_issue_to_acceptance(live: "_Live") -> None:
    policy = Policy(
        id="demo",
        reminders=(ReminderRule(id="before-3s", offset=timedelta(seconds=3)),),
        escalation=(
            EscalationStep(
                id="overdue-2s", after=timedelta(seconds=2), since="deadline", to="controller"
            ),
        ),
    )
    lead, controller = "p-0018", "p-0009"
    await live.issue(deadline=_in(8), policy=policy)
    await live.send(c.Assign, COUNCIL_HEAD, lead="min-taxes-by", co_assignees=("taxes-ru",))
    await live.send(c.Acknowledge, lead)
    await live.send(c.ReportProgress, lead, percent=40, text="the draft is with both sides")
    await live.recorded("ReminderDue")
    await live.recorded("Escalated")
    await live.send(c.AcknowledgeEscalation, OPERATOR, until=_now() + timedelta(minutes=5))
    await live.send(
        c.RequestExtension, lead, until=_in(3600), reason="the other side answered late"
    )
    await live.send(c.ApproveExtension, controller)
    await live.send(c.SubmitReport, lead, text="the form is agreed and signed")
    await live.send(c.Return, controller, reason="the annex is missing")
    await live.send(c.SubmitReport, lead, text="the annex is attached")
    await live.send(c.Accept, controller, text="taken off control")


async def _survives_the_loss_of_temporal(
    live: "_Live", session: Session, temporal: EmbeddedTemporal
) -> None:
    policy = Policy(
        id="demo-second", reminders=(ReminderRule(id="before-1h", offset=timedelta(hours=1)),)
    )
    await live.issue(deadline=_in(3600 + 12), policy=policy)
    await live.send(c.Assign, COUNCIL_HEAD, lead="customs-by")
    await live.recorded("NotificationDelivered")
    console.print("[red]Temporal stops, and its database is deleted[/]")
    temporal.stop()
    temporal.wipe()
    temporal.start()
    count = await operations.start_unfinished(session)
    console.print(
        f"[green]a new Temporal server knows nothing; {count} unfinished instructions "
        "are started again from the log[/]"
    )
    await live.recorded("ReminderDue")
    await live.recorded("NotificationDelivered")


class _Live:
    """One instruction of the demo: sends its commands and waits for what the log records of it."""

    def __init__(self, number: str, sender: CommandSender) -> None:
        self.number = number
        self.instruction: InstructionId = instruction_id(number)
        self._sender = sender
        self._seen: list[str] = []
        self._changed = asyncio.Event()

    async def issue(self, *, deadline: DeadlineRequest, policy: Policy) -> None:
        await self.send(
            c.Issue,
            COUNCIL_HEAD,
            number=self.number,
            text="Agree a common form of the certificate of tax residence",
            issuer="union-council",
            controller="control-department",
            deadline=deadline,
            policy=policy,
        )

    async def send(
        self, command: type[c.InstructionCommand], actor: PersonId, **fields: Any
    ) -> None:
        made = command(
            command_id=str(uuid4()),
            actor=actor,
            identity=Identity(method="demo"),
            instruction=self.instruction,
            **fields,
        )
        outcome = await self._sender.send(cast(c.ClientCommand, made))
        if isinstance(outcome, Rejected):
            raise CliError(f"{command.__name__} was refused: {outcome.message}")

    async def recorded(self, type_: str) -> None:
        """Wait until the log holds an event of this type after those waited for before."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while type_ not in self._seen:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as error:
            raise CliError(f"{self.number} got no {type_} within {_PATIENCE:g} seconds") from error
        del self._seen[: self._seen.index(type_) + 1]

    def see(self, type_: str) -> None:
        self._seen.append(type_)
        self._changed.set()


async def _watch(session: Session, wakeup: Wakeup, lives: Sequence[_Live], beginning: int) -> None:
    """Print each event of the live instructions, after this position, as it comes out of the log."""
    by_id = {live.instruction: live for live in lives}
    store = session.store
    async for batch in follow(
        store, epoch=await store.epoch(), after_position=beginning, wakeup=wakeup
    ):
        for event in batch:
            live = by_id.get(event.stream_id)
            if live is None:
                continue
            what = describe(cast(InstructionEvent, event_of(event)))
            console.print(
                f"{event.position:>5} {event.recorded_at:%H:%M:%S} {live.number} "
                f"[bold]{event.type:<22}[/] {event.actor:<6} {plain(what)}",
                highlight=False,
                soft_wrap=True,
            )
            live.see(event.type)


@contextmanager
def _scratch_folder() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="remit-demo-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as a user of its own
        yield folder


def _heading(text: str) -> None:
    console.print(f"\n[bold cyan]{text}[/]")


def _now() -> datetime:
    return datetime.now(UTC)


def _in(seconds: int) -> DeadlineRequest:
    return DeadlineRequest(at=_now() + timedelta(seconds=seconds))
