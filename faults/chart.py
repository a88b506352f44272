"""The course of a run as a picture: what was wrong when, and how many commands were answered in each second."""

from collections import Counter
from collections.abc import Iterator
from html import escape

from faults.run import Run

_WIDTH, _LEFT, _RIGHT = 960, 210, 16
_ROW = 14
_TOP = 40
_BARS = 90
_STEP = 5
"""Seconds of a bar."""


def svg(run: Run, seed: int) -> str:
    """A row for each kind of fault, and bars of commands below them."""
    kinds = sorted({fault.kind for fault in run.storm.faults})
    bottom = _TOP + _ROW * len(kinds)
    height = bottom + _BARS + 50
    until = max((t.told_at or 0 for t in run.driver.account.told), default=0) or 1
    scale = (_WIDTH - _LEFT - _RIGHT) / until
    title = (
        f"{len(run.storm.faults)} faults and {run.driver.account.commands:,} commands, seed {seed}"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        'aria-labelledby="title" font-family="sans-serif" font-size="11" fill="#222222">',
        f'<title id="title">{escape(title)}</title>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="20">{escape(title)}</text>',
        *_calms(run, scale, bottom),
        *_faults(run, kinds, scale),
        *_commands(run, scale, bottom + 20),
        *_minutes(until, scale, bottom + _BARS + 40),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _calms(run: Run, scale: float, bottom: int) -> Iterator[str]:
    for calm in run.storm.calms:
        width = min(calm.lasted, run.storm.longest_calm) * scale
        yield (
            f'<rect x="{_LEFT + calm.began * scale:.1f}" y="{_TOP - 10}" width="{width:.1f}" '
            f'height="{bottom + _BARS + 30 - _TOP}" fill="#e8f4ec"/>'
        )


def _faults(run: Run, kinds: list[str], scale: float) -> Iterator[str]:
    for place, kind in enumerate(kinds):
        y = _TOP + place * _ROW
        yield f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{escape(kind)}</text>'
        for fault in run.storm.faults:
            if fault.kind == kind:
                width = max((fault.ended - fault.began) * scale, 2)
                yield (
                    f'<rect x="{_LEFT + fault.began * scale:.1f}" y="{y - 4}" width="{width:.1f}" '
                    'height="9" fill="#b33c00"/>'
                )


def _commands(run: Run, scale: float, top: int) -> Iterator[str]:
    answered = Counter(
        int(one.told_at / _STEP) for one in run.driver.account.told if one.told_at is not None
    )
    most = max(answered.values(), default=1)
    yield (
        f'<text x="{_LEFT - 8}" y="{top + 10}" text-anchor="end">commands answered, at most '
        f"{most / _STEP:.0f}/s</text>"
    )
    for step, count in sorted(answered.items()):
        high = _BARS * count / most
        yield (
            f'<rect x="{_LEFT + step * _STEP * scale:.1f}" y="{top + _BARS - high:.1f}" '
            f'width="{_STEP * scale * 0.9:.1f}" height="{high:.1f}" fill="#0072b2"/>'
        )


def _minutes(until: float, scale: float, y: int) -> Iterator[str]:
    for minute in range(int(until / 60) + 1):
        yield f'<text x="{_LEFT + minute * 60 * scale:.1f}" y="{y}">{minute} min</text>'
