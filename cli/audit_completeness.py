"""`remit audit completeness`: the log against what conducts it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.table import Table

from audit.discrepancy import WAYS_OUT, Completeness, Discrepancy, Kind
from cli.errors import NotAsRecorded
from cli.examining import completed
from cli.options import Place
from cli.output import console, plain, print_json, table
from cli.progress import progress_bar
from cli.session import connect_temporal, settings_of

_HERE = Place()


async def completeness(
    *,
    limit: Annotated[
        int,
        Parameter(
            help="Show so many at most; all are counted.", validator=Number(gte=1, lte=100_000)
        ),
    ] = 100,
    place: Place = _HERE,
) -> None:
    """Whether all that ought to happen has happened: the events of each instruction and recurrence against
    its workflow, its due moments, its notices and its row in `remit.streams`.

    Reads the whole log. What was due or recorded within the last two minutes is still on its way.
    """
    settings = settings_of(place.folder)
    client = await connect_temporal(settings)
    with progress_bar("events", quiet=place.json) as bar:
        found = await completed(settings, client, bar, most=limit)
    answer = completeness_json(found)
    if not found.total:
        if place.json:
            print_json(answer)
        else:
            console.print("[green]complete[/]: nothing is left undone")
        return
    if not place.json:
        console.print(completeness_picture(found.shown))
        if found.total > len(found.shown):
            console.print(f"[dim]and {found.total - len(found.shown)} more: --limit shows them[/]")
        for kind, number in sorted(found.counts.items()):
            console.print(f"{number} {kind}: {plain(WAYS_OUT[kind])}", soft_wrap=True)
    raise NotAsRecorded(
        f"{found.total} things are not as the log says: {_in_words(found.counts)}", answer
    )


def completeness_json(found: Completeness) -> dict[str, Any]:
    return {
        "at": found.at,
        "grace_seconds": int(found.grace.total_seconds()),
        "counts": {kind.value: number for kind, number in sorted(found.counts.items())},
        "discrepancies": [
            {
                "kind": one.kind.value,
                "stream": one.stream,
                "number": one.number,
                "detail": one.detail,
                "way_out": one.way_out,
            }
            for one in found.shown
        ],
    }


def completeness_picture(shown: Sequence[Discrepancy]) -> Table:
    made = table("Not as the log says", "what", "where", "in particular")
    for one in shown:
        made.add_row(one.kind.value, plain(one.number or one.stream), plain(one.detail))
    return made


def _in_words(counts: Mapping[Kind, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))


def add_to(audit: App) -> None:
    """Into the app of `remit audit`."""
    audit.command(completeness)
