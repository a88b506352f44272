"""Read models: how far each is, whether it is what the log says, and making it anew."""

from collections.abc import Sequence
from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.table import Table

from cli.errors import NotAsRecorded, UsageError
from cli.operations import group
from cli.options import Place
from cli.output import console, plain, print_json, table
from cli.progress import progress_bar
from cli.session import Session, open_session, settings_of
from readmodels.checkpoints import ConsumerLag, lags
from readmodels.projection import Projection
from readmodels.projections import PROJECTIONS
from readmodels.rebuild import Rebuild, Rebuilt

Names = Annotated[str, Parameter(help="A read model, as `status` names it; by default all.")]
Processes = Annotated[
    int | None,
    Parameter(
        help="Processes that fold side by side; by default one for each core, eight at most.",
        validator=Number(gte=1, lte=64),
    ),
]
_HERE = Place()
_SHOWN = 20
"""Differences of each read model that are listed in the terminal; JSON has all."""


async def status(*, place: Place = _HERE) -> None:
    """How far each read model is behind the log, and the database session that leads it."""
    async with open_session(settings_of(place.folder)) as session:
        found = await lags(session.pool, [projection.name for projection in PROJECTIONS])
    if place.json:
        print_json([_lag_json(one) for one in found])
        return
    console.print(_status_table(found))


async def check(*names: Names, processes: Processes = None, place: Place = _HERE) -> None:
    """Make read models anew beside the live ones and compare row by row; the live ones stay.

    Ends with 5 if a row is not what the log says.
    """
    async with open_session(settings_of(place.folder)) as session:
        found = await _made(session, names, processes, place, switch=False)
    answer = {"read_models": [_rebuilt_json(one) for one in found]}
    if not place.json:
        _print(found)
    wrong = sum(len(one.differences) for one in found)
    if wrong:
        raise NotAsRecorded(
            f"{wrong} rows are not what the log says; `remit readmodels rebuild` puts them right",
            answer,
        )
    if place.json:
        print_json(answer)


async def rebuild(*names: Names, processes: Processes = None, place: Place = _HERE) -> None:
    """Make read models anew from the log beside the live ones, compare, and put them in their place.

    The live ones are read and kept up meanwhile. Stopped on the way, it leaves them as they are.
    """
    async with open_session(settings_of(place.folder)) as session:
        found = await _made(session, names, processes, place, switch=True)
    if place.json:
        print_json({"read_models": [_rebuilt_json(one) for one in found]})
    else:
        _print(found)


def add_to(app: App) -> None:
    sub = App(name="readmodels", help=__doc__, group=group)
    for verb in (status, check, rebuild):
        sub.command(verb)
    app.command(sub)


async def _made(
    session: Session,
    names: Sequence[str],
    processes: int | None,
    place: Place,
    *,
    switch: bool,
) -> Sequence[Rebuilt]:
    projections = _named(names)
    with progress_bar("events", quiet=place.json) as progress:
        work = Rebuild(
            session.settings.database_url,
            session.store,
            session.pool,
            projections,
            processes=processes,
            progress=progress,
        )
        return await (work.run() if switch else work.check())


def _named(names: Sequence[str]) -> Sequence[Projection]:
    known = {projection.name: projection for projection in PROJECTIONS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"no read model {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names or known)]


def _lag_json(one: ConsumerLag) -> dict[str, Any]:
    return {
        "read_model": one.projection,
        "position": one.position,
        "head": one.head,
        "lag_events": one.lag,
        "lag_seconds": round(one.seconds, 3),
        "epoch_over": one.epoch_over,
        "leader": one.leader,
    }


def _status_table(found: Sequence[ConsumerLag]) -> Table:
    made = table("Read models", "read model", ">position", ">head", ">events", ">seconds", "leader")
    for one in found:
        leader = "[dim]none[/]" if one.leader is None else f"session {one.leader}"
        made.add_row(
            plain(one.projection),
            str(one.position),
            str(one.head),
            f"[yellow]{one.lag}[/]" if one.lag else "0",
            f"{one.seconds:.1f}",
            f"{leader}, [red]of an epoch that is over[/]" if one.epoch_over else leader,
        )
    return made


def _rebuilt_json(one: Rebuilt) -> dict[str, Any]:
    return {
        "read_model": one.projection,
        "position": one.position,
        "compared": one.compared,
        "differences": [{"table": d.table, "key": d.key, "what": d.what} for d in one.differences],
        "switched": one.switched,
    }


def _print(found: Sequence[Rebuilt]) -> None:
    for one in found:
        compared = (
            "there was nothing of the same position to compare with"
            if not one.compared
            else f"{len(one.differences)} rows differed"
            if one.differences
            else "the live rows are the same"
        )
        done = "; made anew" if one.switched else ""
        console.print(
            f"[bold]{one.projection}[/] at position {one.position}: {compared}{done}",
            soft_wrap=True,
        )
        for difference in one.differences[:_SHOWN]:
            console.print(
                f"  {difference.table} {plain(difference.key)}: {_WHAT[difference.what]}",
                soft_wrap=True,
            )
        if len(one.differences) > _SHOWN:
            console.print(f"  [dim]and {len(one.differences) - _SHOWN} more (--json lists all)[/]")


_WHAT = {
    "differs": "the live row differs from what the log says",
    "missing": "the live table lacked it",
    "superfluous": "the live table had it, the log knows of none",
}
