"""What a programme was to come to month by month, and what it has come to: as a chart, and as a table of the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from readmodels.burn_up import Month, burn_up
from web.console.charts import LineChart, Series, line_chart
from web.console.visit import Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthRow:
    """A month, in words."""

    month: str
    planned: str
    due: str
    submitted: str
    """Empty for one that is still to come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BurnUp:
    chart: LineChart
    said: str
    """What is to be seen, in a sentence."""
    months: Sequence[MonthRow]


async def burn_up_of(visit: Visit, programme: str) -> BurnUp | None:
    """At the page's moment. None of a programme without measures. Whoever asks must have been let see its figures."""
    services, zone = visit.asking.services, visit.zone
    found = await burn_up(
        services.store, services.pool, programme, visit.moment.as_of, visit.at, zone=zone
    )
    if not found:
        return None
    today = visit.at.astimezone(ZoneInfo(zone)).date()
    past = [month for month in found if month.first_day <= today]
    say, number = visit.words.say, visit.words.number
    series = (
        Series(
            name=say("Due by the original deadlines"),
            values=[one.planned for one in found],
            tone="stroke-base-content",
            dashes="2 4",
        ),
        Series(
            name=say("Due by the approved deadlines"),
            values=[one.due for one in found],
            tone="stroke-warning",
            dashes="10 5",
        ),
        Series(
            name=say("Implemented, by the day of the report"),
            values=[one.submitted for one in found[: len(past)]],
            tone="stroke-primary",
            ends_at_mark=True,
        ),
    )
    return BurnUp(
        chart=line_chart(visit.words, [one.first_day for one in found], series, today),
        said=_said(visit, past[-1]) if past else say("Nothing was due yet."),
        months=[
            MonthRow(
                month=visit.words.month(one.first_day),
                planned=number(one.planned),
                due=number(one.due),
                submitted=number(one.submitted) if one.first_day <= today else "",
            )
            for one in found
        ],
    )


def _said(visit: Visit, month: Month) -> str:
    number = visit.words.number
    return visit.words.say(
        "Due by the end of %(month)s: %(planned)s by the original deadlines, %(due)s by the approved ones. Implemented: %(submitted)s.",
        month=visit.words.month(month.first_day),
        planned=number(month.planned),
        due=number(month.due),
        submitted=number(month.submitted),
    )
