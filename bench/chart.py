"""The figures as a picture: one bar for each ratio that has a target."""

from collections.abc import Sequence
from html import escape

from bench.results import Line

_ROW, _LEFT, _WIDTH, _MARGIN = 34, 300, 640, 12


def chart(lines: Sequence[Line]) -> str:
    """SVG. A bar is the value over its target, drawn so that the target is at the same place in all."""
    aimed = [line for line in lines if line.target]
    height = _ROW * len(aimed) + 2 * _MARGIN + 20
    target_x = _LEFT + (_WIDTH - _LEFT) * 0.6
    rows = [_row(line, number, target_x) for number, line in enumerate(aimed)]
    bottom = height - _MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
            'font-family="sans-serif" font-size="12">',
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            *rows,
            f'<line x1="{target_x}" x2="{target_x}" y1="{_MARGIN}" y2="{bottom - 14}" '
            'stroke="#222222" stroke-dasharray="4 3"/>',
            f'<text x="{target_x}" y="{bottom}" text-anchor="middle" fill="#222222">target</text>',
            "</svg>\n",
        ]
    )


def _row(line: Line, number: int, target_x: float) -> str:
    assert line.target is not None
    y = _MARGIN + number * _ROW
    length = min((target_x - _LEFT) * line.value / line.target, _WIDTH - _LEFT - 60)
    colour = "#4878a8" if line.met else "#b8553a"
    limit = "at most" if line.better == "lower" else "at least"
    return (
        f'<text x="{_LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(line.what)}</text>'
        f'<text x="{_LEFT - 8}" y="{y + 28}" text-anchor="end" fill="#777777" font-size="10">'
        f"{limit} {line.target:g} {escape(line.unit)}</text>"
        f'<rect x="{_LEFT}" y="{y + 4}" width="{length:.1f}" height="20" fill="{colour}"/>'
        f'<text x="{_LEFT + length + 5:.1f}" y="{y + 19}">{line.value:g} {escape(line.unit)}</text>'
    )
