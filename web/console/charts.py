"""Charts as SVG, drawn on the server: where lines go, ticks stand and bars end. `templates/charts.html` writes them.

Nothing is told by colour alone: lines differ in their dashes too, and whoever draws a chart gives its numbers in a table.
"""

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from web.console.language import Words

_WIDTH, _HEIGHT = 760, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 10, 28
_MOST_TICKS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """Values month by month. None where there is none: the line ends before."""

    name: str
    values: Sequence[int | None]
    tone: str
    """Classes that colour it."""
    dashes: str = ""
    ends_at_mark: bool = False
    """Its last value is of the marked day, and not of the end of that month."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A series as it is drawn."""

    name: str
    points: str
    tone: str
    dashes: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: float
    said: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LineChart:
    """Lengths are those of its view box."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    lines: Sequence[Line]
    across: Sequence[Tick]
    """Of the horizontal axis."""
    up: Sequence[Tick]
    mark: float | None
    """Where the moment is that the chart is as of."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Of a bar, in hundredths of the widest one."""

    at: float
    wide: float
    tone: str


def bar(parts: Sequence[tuple[int, str]], whole: int, widest: int) -> Sequence[Piece]:
    """Parts of a whole, beside the numbers that say the same, and the rest of it; as wide as `whole` is of `widest`.

    Args:
        parts: each a value, and the classes that colour it.
    """
    pieces: list[Piece] = []
    at: float = 0
    for value, tone in parts:
        wide = round(100 * value / widest, 2) if widest else 0.0
        pieces.append(Piece(at, wide, tone))
        at = round(at + wide, 2)
    rest = max((100 * whole / widest if widest else 0.0) - at, 0.0)
    return [*pieces, Piece(at, round(rest, 2), "fill-base-300")]


def line_chart(
    words: Words, months: Sequence[date], series: Sequence[Series], at: date
) -> LineChart:
    """Values at the ends of these months, which follow one another.

    Args:
        at: the day that is marked, if it lies in one of the months.
    """
    values = [value for one in series for value in one.values if value is not None]
    most = max(values, default=0)
    tick = _step(most)
    top = max(-(-most // tick), 1) * tick
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    step = (right - _LEFT) / max(len(months) - 1, 1)

    def across(place: float) -> float:
        return round(_LEFT + place * step, 1)

    def up(value: float) -> float:
        return round(bottom - value * (bottom - _TOP) / top, 1)

    mark = _place(months, at, across)
    return LineChart(
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        right=right,
        top=_TOP,
        bottom=bottom,
        lines=[
            Line(
                name=one.name,
                points=_points(one, across, up, mark),
                tone=one.tone,
                dashes=one.dashes,
            )
            for one in series
        ],
        across=[Tick(at=across(n), said=said) for n, said in _years(months)],
        up=[Tick(at=up(value), said=words.number(value)) for value in range(0, top + 1, tick)],
        mark=mark,
    )


def _points(
    one: Series,
    across: Callable[[float], float],
    up: Callable[[float], float],
    mark: float | None,
) -> str:
    known = [(across(n), up(value)) for n, value in enumerate(one.values) if value is not None]
    if one.ends_at_mark and known and mark is not None:
        known[-1] = (mark, known[-1][1])
    return " ".join(f"{x},{y}" for x, y in known)


def _step(most: int) -> int:
    """Between ticks, so that there are few: 1, 2 or 5, or ten, a hundred … times as much."""
    ten = 1
    while True:
        for step in (ten, 2 * ten, 5 * ten):
            if step * _MOST_TICKS >= most:
                return step
        ten *= 10


def _years(months: Sequence[date]) -> Sequence[tuple[int, str]]:
    """Where years begin; or every third month, where there is no more than one year."""
    if len(months) <= 12:
        return [(n, f"{month:%m.%Y}") for n, month in enumerate(months) if n % 3 == 0]
    return [(n, f"{month:%Y}") for n, month in enumerate(months) if month.month == 1]


def _place(months: Sequence[date], at: date, across: Callable[[float], float]) -> float | None:
    """A value stands at the end of its month: so a day lies between the end of the month before and that of its own."""
    for n, month in enumerate(months):
        if (month.year, month.month) == (at.year, at.month):
            return across(max(n - 1 + at.day / monthrange(at.year, at.month)[1], 0))
    return None
