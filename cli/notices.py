"""The notices of an instruction: whom it told of what, what is held until when, what became of each."""

from collections.abc import Sequence
from dataclasses import asdict

from cyclopts import App
from rich.table import Table

from cli.arguments import Number
from cli.errors import Refused
from cli.ledger import became
from cli.options import Place
from cli.output import clock, console, plain, print_json, table
from cli.session import open_session, settings_of
from cli.views import group
from domain.identifiers import instruction_id
from domain.instruction.noticed import Noticed, account
from domain.rejections import Code
from eventstore.replay import read_as_of

_HERE = Place()


async def notices(
    number: Number,
    /,
    *,
    place: Place = _HERE,
) -> None:
    """Every notice that an instruction gave: to whom, held until when, accepted, failed, acknowledged."""
    async with open_session(settings_of(place.folder)) as session:
        stored = await session.store.read_stream(instruction_id(number))
    if not stored:
        raise Refused(
            Code.NOT_ISSUED, f"no instruction {number} is issued; check its number", "number"
        )
    found = account(read_as_of(stored))
    if place.json:
        print_json([notice_json(one) for one in found])
        return
    console.print(_picture(number, found))


def notice_json(one: Noticed) -> dict[str, object]:
    """Flat: the parts of its key beside the rest."""
    told = asdict(one)
    del told["notice"]
    return {**one.notice.model_dump(), **told}


def _picture(number: str, found: Sequence[Noticed]) -> Table:
    made = table(
        f"Notices of {plain(number)} (times are UTC)",
        ">event",
        "what",
        "given",
        "told",
        "outcome",
        "at",
        "detail",
    )
    for one in found:
        made.add_row(
            str(one.notice.version),
            one.kind,
            clock(one.given_at),
            plain(f"{one.notice.recipient} by {one.notice.channel}"),
            became(one.outcome, one.held_until, one.acknowledged_at),
            clock(one.outcome_at) if one.outcome_at else "",
            plain(one.detail or ""),
        )
    return made


def add_to(app: App) -> None:
    app.command(notices, group=group)
