"""Memory over commands, as a picture."""

from bench.soak.soaking import Soaked

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 640, 260, 56, 36, 16
_COLOURS = {"worker": "#4878a8", "web": "#b8553a"}


def picture(soaked: Soaked) -> str:
    """SVG: a line for each process, from 0 MB up; what is left out as warm-up stands on grey."""
    samples = soaked.samples
    most = max(megabytes for one in samples for megabytes in one.resident.values()) * 1.15
    commands = max(samples[-1].commands, 1)
    warm = next(one.commands for one in samples if one.seconds >= soaked.warm_up)

    def x(count: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 12) * count / commands

    def y(megabytes: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * megabytes / most

    def line(name: str) -> str:
        points = " ".join(f"{x(one.commands):.1f},{y(one.resident[name]):.1f}" for one in samples)
        last = samples[-1].resident[name]
        return (
            f'<polyline points="{points}" fill="none" stroke="{_COLOURS[name]}" stroke-width="1.5"/>'
            f'<text x="{_WIDTH - 14}" y="{y(last) - 6:.1f}" text-anchor="end" fill="{_COLOURS[name]}">'
            f"{name}: {last:.0f} MB, {soaked.slope(name):+.2f} MB per 10,000 commands</text>"
        )

    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            'font-family="sans-serif" font-size="12">',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
            f'<rect x="{_LEFT}" y="{_TOP}" width="{x(warm) - _LEFT:.1f}" height="{y(0) - _TOP:.1f}" fill="#eeeeee"/>',
            f'<line x1="{_LEFT}" x2="{_WIDTH - 12}" y1="{y(0):.1f}" y2="{y(0):.1f}" stroke="#222222"/>',
            f'<text x="{_LEFT}" y="{_HEIGHT - 14}">0</text>',
            f'<text x="{_WIDTH - 12}" y="{_HEIGHT - 14}" text-anchor="end">{commands:,} commands</text>',
            f'<text x="{_LEFT - 6}" y="{_TOP + 10}" text-anchor="end">{most:.0f} MB</text>',
            f'<text x="{_LEFT - 6}" y="{y(0):.1f}" text-anchor="end">0</text>',
            *(line(name) for name in _COLOURS),
            "</svg>\n",
        ]
    )
