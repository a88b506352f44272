"""The course of the years as a picture: SVG for the page, bars of letters for the terminal."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from html import escape
from itertools import groupby

from rich.table import Table
from rich.text import Text

from cli.output import table
from simulation.course import GROUPS, Week

_COLOURS = ("#0072b2", "#56b4e9", "#e69f00", "#d55e00", "#cc79a7", "#009e73")
_STYLES = ("blue", "cyan", "yellow", "red", "magenta", "green")
_WIDTH, _LEFT, _RIGHT = 960, 48, 16
_BARS = (56, 236)
_LINES = (276, 416)
_LABEL = 52
"""What a month takes below the lines."""
_TOPS = (2, 4, 6, 8, 10, 12, 16, 20, 30, 40, 50, 60, 80, 100)
"""Where an axis may end, or ten times there, and so on; half of each is a whole number."""
_BAR = 36
"""Characters of the longest bar in the terminal."""


def svg(weeks: Sequence[Week], title: str) -> str:
    """Stacked bars of what fired in each week, and below them what was open and behind schedule."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} 446" role="img" '
            'aria-labelledby="title desc" font-family="sans-serif" font-size="11" fill="#222222">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="desc">{escape(_in_words(weeks))}</desc>',
            f'<rect width="{_WIDTH}" height="446" fill="#ffffff"/>',
            *_legend(),
            f'<text x="{_LEFT}" y="{_BARS[0] - 6}">due moments that fired in each week</text>',
            *_axis(*_BARS, _top_fired(weeks)),
            *_bars(weeks),
            f'<text x="{_LEFT}" y="{_LINES[0] - 6}">instructions <tspan fill="#0072b2">open</tspan> and '
            '<tspan fill="#b33c00">behind schedule (dashed)</tspan> at its end</text>',
            *_axis(*_LINES, _top_open(weeks)),
            _line(weeks, lambda week: week.open, "#0072b2"),
            _line(weeks, lambda week: week.behind, "#b33c00", dashed=True),
            *_years(weeks),
            "</svg>\n",
        ]
    )


def in_terminal(weeks: Sequence[Week]) -> Table:
    """A row for each month."""
    made = table("Due moments by month", "month", "fired", ">of all kinds", ">open", ">behind")
    months = [[*of] for _, of in groupby(weeks, key=lambda week: (week.begins.year, week.begins.month))]  # fmt: skip
    totals = [sum((week.fired for week in month), Counter[str]()) for month in months]
    longest = max((total.total() for total in totals), default=0) or 1
    for month, total in zip(months, totals, strict=True):
        bar = Text()
        drawn = upto = 0
        for group, style in zip(GROUPS, _STYLES, strict=True):
            upto += total[group]
            length = _BAR * upto // longest - drawn
            bar.append("█" * length, style=style)
            drawn += length
        last = month[-1]
        made.add_row(
            f"{month[0].begins:%Y-%m}", bar, str(total.total()), str(last.open), str(last.behind)
        )
    key = Text("  ").join(
        Text(f"█ {name}", style=style) for name, style in zip(GROUPS, _STYLES, strict=True)
    )
    made.caption, made.caption_justify = key, "left"
    return made


def _in_words(weeks: Sequence[Week]) -> str:
    total = sum((week.fired for week in weeks), Counter[str]())
    fullest = max(weeks, key=lambda week: week.fired.total())
    parts = ", ".join(f"{total[name]} {name}" for name in GROUPS)
    return (
        f"In {len(weeks)} weeks {total.total()} due moments fired: {parts}. Most, "
        f"{fullest.fired.total()}, in the week of {fullest.begins:%Y-%m-%d}. At most {_most_open(weeks)} "
        f"instructions were open, and {max(week.behind for week in weeks)} behind schedule, at a week's end."
    )


def _legend() -> Iterator[str]:
    x = float(_LEFT)
    for name, colour in zip(GROUPS, _COLOURS, strict=True):
        yield f'<rect x="{x:.0f}" y="12" width="10" height="10" fill="{colour}"/>'
        yield f'<text x="{x + 14:.0f}" y="21">{escape(name)}</text>'
        x += 30 + 5.8 * len(name)


def _axis(top: int, bottom: int, most: int) -> Iterator[str]:
    for part in (0, 0.5, 1):
        y = bottom - (bottom - top) * part
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{most * part:g}</text>'


def _bars(weeks: Sequence[Week]) -> Iterator[str]:
    top, bottom = _BARS
    scale, width = (bottom - top) / _top_fired(weeks), _step(weeks)
    for n, week in enumerate(weeks):
        y = float(bottom)
        for name, colour in zip(GROUPS, _COLOURS, strict=True):
            height = week.fired[name] * scale
            if height:
                y -= height
                yield (
                    f'<rect x="{_LEFT + n * width:.1f}" y="{y:.1f}" width="{width * 0.85:.1f}" '
                    f'height="{height:.1f}" fill="{colour}"/>'
                )


def _line(
    weeks: Sequence[Week], value: Callable[[Week], int], colour: str, *, dashed: bool = False
) -> str:
    top, bottom = _LINES
    scale, step = (bottom - top) / _top_open(weeks), _step(weeks)
    points = " ".join(
        f"{_LEFT + (n + 1) * step:.1f},{bottom - value(week) * scale:.1f}"
        for n, week in enumerate(weeks)
    )
    dashes = ' stroke-dasharray="5 3"' if dashed else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _years(weeks: Sequence[Week]) -> Iterator[str]:
    begins, step = weeks[0].begins, _step(weeks)
    for year in range(begins.year, weeks[-1].begins.year + 1):
        for month in (1, 4, 7, 10):
            at = (datetime(year, month, 1, tzinfo=begins.tzinfo) - begins).days / 7
            x = _LEFT + max(at, 0) * step
            if at >= -1 and x <= _WIDTH - _LABEL:
                yield f'<text x="{x:.1f}" y="{_LINES[1] + 16}">{year}-{month:02}</text>'


def _step(weeks: Sequence[Week]) -> float:
    return (_WIDTH - _LEFT - _RIGHT) / len(weeks)


def _most_open(weeks: Sequence[Week]) -> int:
    return max(week.open for week in weeks)


def _top_fired(weeks: Sequence[Week]) -> int:
    return _top(max(week.fired.total() for week in weeks))


def _top_open(weeks: Sequence[Week]) -> int:
    return _top(_most_open(weeks))


def _top(most: int) -> int:
    """A round number that it does not exceed."""
    tens = 1
    while most > 100 * tens:
        tens *= 10
    return next(top * tens for top in _TOPS if top * tens >= most)
