"""Writes the table of docs/security.md from the policy: `python -m tests.reading_table`."""

import re
from pathlib import Path
from typing import get_args

from domain.reading import READING, Aspect, Relation, Rule

PAGE = Path(__file__).parent.parent / "docs" / "security.md"
_TABLE = re.compile(r"^\| who \|.*?(?=\n\n)", re.MULTILINE | re.DOTALL)
_ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
_RELATIONS: tuple[Relation, ...] = get_args(Relation)


def table() -> str:
    """A line for each rule: who, by which office, where their body stands how, and what of it they read."""
    head = ["who", "offices", "their body is", "or one below", *_ASPECTS]
    return "\n".join(
        [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(_line(rule) for rule in READING)]
    )


def _line(rule: Rule) -> str:
    everything = rule.relations == frozenset(_RELATIONS)
    related = (
        "any of these" if everything else ", ".join(r for r in _RELATIONS if r in rule.relations)
    )
    cells = [
        rule.role,
        ", ".join(sorted(rule.offices)),
        related,
        "yes" if rule.below else "",
        *("yes" if aspect in rule.aspects else "" for aspect in _ASPECTS),
    ]
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(lambda _: table(), page, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
