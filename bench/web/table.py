"""The tables of docs/bench/README.md from the figures of a run: `python -m bench.web.table bench/results/web.json`."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_CLIENTS = ("1 clients", "8 clients", "32 clients")


def tables(figures: Mapping[str, Any]) -> str:
    """Markdown: p50, p99 and how many a second, of each question and number of clients."""
    rows = {**figures.get("web-reading", {}).get("details", {})}
    pages = figures.get("web-pages", {}).get("details", {})
    for clients, sides in figures.get("web-commands", {}).get("details", {}).items():
        for side, told in sides.items():
            rows.setdefault(f"Comment, {side}", {})[clients] = told
    kills = [
        f"| {line['what'].removeprefix('commands under kills: ')} | {line['value']:,g} |"
        for line in figures.get("web-kills", {}).get("lines", ())
    ]
    return "\n".join(
        [
            *_table(rows),
            "",
            *_table(pages),
            "",
            "| commands under kills | count |\n|---|---|",
            *kills,
            "",
        ]
    )


def _table(rows: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Sequence[str]:
    head = "| p50, p99 in ms; a second | 1 client | 8 clients | 32 clients |\n|---|---|---|---|"
    lines = [
        f"| {what} | {' | '.join(_cell(of.get(clients)) for clients in _CLIENTS)} |"
        for what, of in rows.items()
    ]
    return [head, *lines] if lines else []


def _cell(told: Mapping[str, float] | None) -> str:
    if told is None:
        return ""
    return f"{told['p50_ms']:,g}, {told['p99_ms']:,g}; {told['per_second']:,g}"


def main(arguments: Sequence[str]) -> None:
    match arguments:
        case [name] if (file := Path(name)).is_file():
            print(tables(json.loads(file.read_text())))  # noqa: T201 - what it is for
        case _:
            sys.exit("name the file of figures: python -m bench.web.table bench/results/web.json")


if __name__ == "__main__":
    main(sys.argv[1:])
