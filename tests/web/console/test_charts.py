"""Charts are drawn where the numbers are."""

from datetime import date

import pytest

from web.console.charts import Series, bar, line_chart
from web.console.language import read_words

_MONTHS = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(30)]


def _points(text: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in text.split())]


def test_a_line_goes_from_the_first_month_to_its_last_value_and_higher_is_more() -> None:
    values = [n * 10 for n in range(30)]
    known: list[int | None] = [*values[:18], *[None] * 12]
    series = [
        Series(name="plan", values=values, tone="stroke-primary"),
        Series(name="done", values=known, tone="stroke-warning", dashes="2 4", ends_at_mark=True),
    ]
    chart = line_chart(read_words()["en"], _MONTHS, series, date(2025, 6, 15))
    plan, done = (_points(line.points) for line in chart.lines)
    assert (len(plan), len(done)) == (30, 18)
    assert done[:-1] == plan[:17]
    assert done[-1] == (chart.mark, plan[17][1])
    assert plan[0] == (chart.left, chart.bottom)
    assert plan[-1][0] == pytest.approx(chart.right, abs=0.1)
    assert [y for _, y in plan] == sorted((y for _, y in plan), reverse=True)
    assert min(y for _, y in plan) >= chart.top
    assert chart.mark is not None
    assert plan[16][0] < chart.mark < plan[17][0]


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0, ["0", "1"]),
        (4, ["0", "1", "2", "3", "4"]),
        (310, ["0", "100", "200", "300", "400"]),
        (1000, ["0", "200", "400", "600", "800", "1,000"]),
    ],
)
def test_its_axis_has_few_round_ticks(most: int, ticks: list[str]) -> None:
    series = [Series(name="plan", values=[0, most], tone="")]
    chart = line_chart(read_words()["en"], _MONTHS[:2], series, date(2030, 1, 1))
    assert [tick.said for tick in chart.up] == ticks
    assert chart.mark is None


def test_one_month_is_a_chart_too() -> None:
    series = [Series(name="plan", values=[3], tone="")]
    chart = line_chart(read_words()["ru"], _MONTHS[:1], series, date(2024, 1, 31))
    assert len(_points(chart.lines[0].points)) == 1
    assert [tick.said for tick in chart.across] == ["01.2024"]


def test_a_bar_is_as_wide_as_the_whole_is_of_the_widest() -> None:
    pieces = bar([(30, "done"), (10, "late")], 50, 200)
    assert [(one.at, one.wide) for one in pieces] == [(0, 15), (15, 5), (20, 5)]
    assert [one.tone for one in pieces][:2] == ["done", "late"]
    assert [one.wide for one in bar([(0, "done")], 0, 0)] == [0, 0]
