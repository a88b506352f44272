"""Carrying over: the open measures of one programme go on in the next, each through its workflow."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID, uuid5

from cyclopts import App, Parameter

from cli.arguments import Actor, Confirmed, Numbers, OnBehalfOf, ProgrammeName
from cli.envelope import ASSERTED
from cli.errors import OutOfReach, Refused, UsageError
from cli.options import Place
from cli.output import console, errors, plain, print_json, table
from cli.programme import group
from cli.progress import progress_bar
from cli.session import Session, connect_temporal, open_session, settings_of
from cli.views import programme_named
from domain.identifiers import CommandId, ProgrammeId
from domain.instruction.commands import CarryOver
from domain.instruction.state import InstructionState, Unissued
from domain.outcomes import Rejected
from eventstore.replay import instructions_as_of
from operators.sending import send_all
from readmodels.register import RegisterRow
from settings import Settings
from workflows.client import CommandSender

_CARRIED = UUID("7d1f3c52-6a0e-4c3b-8a55-1f0b7c2f9e64")
_HERE = Place()


async def carry_over(
    programme: ProgrammeName,
    /,
    *,
    into: Annotated[str, Parameter(help="The programme they go on in; it must be adopted.")],
    actor: Actor,
    on_behalf_of: OnBehalfOf = None,
    number: Numbers = (),
    sector: Annotated[
        str | None, Parameter(help="Their sector there; by default each keeps its own.")
    ] = None,
    yes: Confirmed = False,
    place: Place = _HERE,
) -> None:
    """Carry the open measures of a programme over into the next one, with their history.

    Proposals only where `--number` names them.

    Doing it again carries over what is still left.
    """
    settings = settings_of(place.folder)
    async with open_session(settings) as session:
        await programme_named(session.store, programme)
        await programme_named(session.store, into)
        rows = await _open_measures(session, programme, number)
        states = await instructions_as_of(
            session.store, [row.instruction for row in rows] if yes else ()
        )
    if not yes:
        _show(rows, into, json=place.json)
        return
    commands = [
        CarryOver(
            command_id=_command_id(row, programme, into, states[row.instruction]),
            actor=actor,
            on_behalf_of=on_behalf_of,
            identity=ASSERTED,
            instruction=row.instruction,
            into=into,
            sector=sector,
        )
        for row in rows
    ]
    _tell(rows, await _send(settings, commands, quiet=place.json), into, json=place.json)


def add_to(app: App) -> None:
    app.command(carry_over, group=group)


async def _open_measures(
    session: Session, programme: ProgrammeId, only: Sequence[str]
) -> Sequence[RegisterRow]:
    register, rows, last = await session.register(), list[RegisterRow](), ""
    while page := await register.page(programme=programme, after_number=last):
        rows += [
            row
            for row in page
            if not row.closed and (row.phase != "Proposed" or row.number in only)
        ]
        last = page[-1].number
    missing = sorted(set(only) - {row.number for row in rows})
    if missing:
        raise UsageError(f"--number {missing[0]} is no open measure of {programme}")
    return [row for row in rows if not only or row.number in only]


def _show(rows: Sequence[RegisterRow], into: ProgrammeId, *, json: bool) -> None:
    if json:
        print_json({"would_carry_over": [row.number for row in rows], "into": into})
        return
    made = table("Open measures", "number", "stands", "deadline", "lead", "text")
    made.columns[0].no_wrap = True
    for row in rows:
        text = plain(" ".join(row.text.split()))
        made.add_row(
            plain(row.number), row.phase, f"{row.deadline:%Y-%m-%d}", plain(row.lead or ""), text
        )
    console.print(made)
    console.print(
        f"{len(rows)} measures are open. With --yes they are carried over into {plain(into)}, as far "
        "as the rules let you; those refused are listed then",
        soft_wrap=True,
    )


def _tell(
    rows: Sequence[RegisterRow], refusals: Mapping[int, Rejected], into: ProgrammeId, *, json: bool
) -> None:
    """Say which were carried over and which refused. Raises `Refused` if any was."""
    refused = [
        {
            "number": rows[nth].number,
            "code": rejected.code,
            "message": rejected.message.replace(rows[nth].instruction, rows[nth].number),
            "field": rejected.field,
        }
        for nth, rejected in sorted(refusals.items())
    ]
    carried = [row.number for nth, row in enumerate(rows) if nth not in refusals]
    result = {"carried_over": carried, "refused": refused, "into": into}
    if not json:
        if carried and refused:
            console.print(f"carried over: {plain(', '.join(carried))}", soft_wrap=True)
        for one in refused:
            told = f"{one['number']}: {one['code']}: {one['message']}"
            errors.print(f"refused: {plain(told)}", soft_wrap=True)
    if refused:
        raise Refused(
            str(refused[0]["code"]),
            f"{len(refused)} of {len(rows)} measures are refused, {len(carried)} are carried over into "
            f"{into}; what is in the way of {refused[0]['number']}: {refused[0]['message']}",
            refusals[min(refusals)].field,
            result,
        )
    if json:
        print_json(result)
    else:
        console.print(f"{len(carried)} measures carried over into {plain(into)}")


def _command_id(
    row: RegisterRow, programme: ProgrammeId, into: ProgrammeId, state: InstructionState
) -> CommandId:
    """The same when it is done again, so that nothing is carried over twice.

    How often the measure was carried over before is part of it: it may come back, and leave again.
    """
    before = 0 if isinstance(state, Unissued) else len(state.record.carried_over)
    key = (programme, into, row.instruction, str(before))
    return f"carry-over-{uuid5(_CARRIED, chr(31).join(key))}"


async def _send(
    settings: Settings, commands: Sequence[CarryOver], *, quiet: bool
) -> dict[int, Rejected]:
    """Sends them, several at once; the refusals by the command's place.

    Raises `OutOfReach` if an outcome is unknown.
    """
    sender = CommandSender(await connect_temporal(settings), settings.temporal_task_queue)
    with progress_bar("carrying over", quiet=quiet) as bar:
        sent = await send_all(sender, commands, bar)
    if sent.unanswered:
        why = next(iter(sent.unanswered.values()))
        raise OutOfReach(f"{why}. Doing it again carries over what is still left")
    return {nth: end for nth, end in sent.outcomes.items() if isinstance(end, Rejected)}
