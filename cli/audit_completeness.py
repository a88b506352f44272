"""`remit audit completeness`: the log against what conducts it."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.table import Table

from activities.contracts import RECURRENCE_WORKFLOW
from activities.courier import GRACE
from activities.nudge import running
from audit.completeness import discrepancies
from audit.discrepancy import WAYS_OUT, Discrepancy, Kind
from cli.audit_session import log_to_audit
from cli.errors import NotAsRecorded
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
    settings, at = settings_of(place.folder), datetime.now(UTC)
    shown: list[Discrepancy] = []
    counts: Counter[Kind] = Counter()
    client = await connect_temporal(settings)
    async with log_to_audit(settings) as store:
        with progress_bar("events", quiet=place.json) as bar:
            found = discrepancies(
                store,
                instructions=partial(running, client),
                recurrences=partial(running, client, workflow=RECURRENCE_WORKFLOW),
                at=at,
                grace=GRACE,
                progress=bar,
            )
            async for one in found:
                counts[one.kind] += 1
                if len(shown) < limit:
                    shown.append(one)
    answer = completeness_json(at, counts, shown)
    if not counts:
        if place.json:
            print_json(answer)
        else:
            console.print("[green]complete[/]: nothing is left undone")
        return
    if not place.json:
        console.print(completeness_picture(shown))
        if counts.total() > len(shown):
            console.print(f"[dim]and {counts.total() - len(shown)} more: --limit shows them[/]")
        for kind, number in sorted(counts.items()):
            console.print(f"{number} {kind}: {plain(WAYS_OUT[kind])}", soft_wrap=True)
    raise NotAsRecorded(
        f"{counts.total()} things are not as the log says: {_in_words(counts)}", answer
    )


def completeness_json(
    at: datetime, counts: Counter[Kind], shown: Sequence[Discrepancy]
) -> dict[str, Any]:
    return {
        "at": at,
        "grace_seconds": int(GRACE.total_seconds()),
        "counts": {kind.value: number for kind, number in sorted(counts.items())},
        "discrepancies": [
            {
                "kind": one.kind.value,
                "stream": one.stream,
                "number": one.number,
                "detail": one.detail,
                "way_out": one.way_out,
            }
            for one in shown
        ],
    }


def completeness_picture(shown: Sequence[Discrepancy]) -> Table:
    made = table("Not as the log says", "what", "where", "in particular")
    for one in shown:
        made.add_row(one.kind.value, plain(one.number or one.stream), plain(one.detail))
    return made


def _in_words(counts: Counter[Kind]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))


def add_to(audit: App) -> None:
    """Into the app of `remit audit`."""
    audit.command(completeness)
