"""Writes the table of docs/rules.md from the code: `python -m tests.rules_table`."""

import re
from pathlib import Path

from domain.instruction.rules import ANY, RULES, Rule

PAGE = Path(__file__).parent.parent / "docs" / "rules.md"
_TABLE = re.compile(r"^\| command \|.*?(?=\n\n)", re.MULTILINE | re.DOTALL)


def table() -> str:
    """A line for each command that needs a phase: in which it can be done, and by whom."""
    phases = [phase.phase for phase in ANY]
    lines = [
        f"| command | {' | '.join(phases)} | who |",
        f"|{'---|' * (len(phases) + 2)}",
        *(_line(command.__name__, rule) for command, rule in RULES.items() if rule.phases),
    ]
    return "\n".join(lines)


def _line(name: str, rule: Rule) -> str:
    cells = ["yes" if phase in rule.phases else "" for phase in ANY]
    cells.append(", ".join(relation.__name__.replace("_", " ") for relation in rule.who))
    return f"| `{name}` |" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(lambda _: table(), page, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
