"""The fields of commands, as clients and workers of the versions before know them.

    python -m tests.command_fields        # at a release: what is there now is known from then on

A worker refuses fields that it does not know. So one that came later is left out of the JSON where it is not set
(`exclude_if=unset`), and while web and workers are of two versions only what uses it is refused.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from domain.directory.commands import AnyDirectoryCommand
from domain.instruction.commands import ClientCommand
from domain.programme.commands import AnyProgrammeCommand
from domain.recurrence.commands import RecurrenceClientCommand
from domain.value import Value

KNOWN = Path(__file__).parent / "golden" / "command_fields.json"


def commands() -> dict[str, type[Value]]:
    """All that clients send, by type, and the values that it is made of, by the names of their classes."""
    found: dict[str, type[Value]] = {}
    unions: Sequence[Any] = (
        ClientCommand,
        RecurrenceClientCommand,
        AnyDirectoryCommand,
        AnyProgrammeCommand,
    )
    for union in unions:
        for one in _members(union):
            found[one.model_fields["type"].default] = one
    left = [*found.values()]
    while left:
        for field in left.pop().model_fields.values():
            for part in _members(field.annotation):
                if (
                    isinstance(part, type)
                    and issubclass(part, Value)
                    and part.__name__ not in found
                ):
                    found[part.__name__] = part
                    left.append(part)
    return found


def problems(known: Mapping[str, Sequence[str]], now: Mapping[str, type[Value]]) -> list[str]:
    """What the version before would refuse though nobody asks for anything new, with the way out."""
    found = [
        f"{type_} is gone: who still sends it is refused" for type_ in known.keys() - now.keys()
    ]
    for type_, command in now.items():
        fields, before = command.model_fields, known.get(type_)
        if before is None:
            continue
        found += [
            f"{type_}.{name} is gone: who sends it is refused"
            for name in before
            if name not in fields
        ]
        found += [
            f"{type_}.{name} came later and is in the JSON even where it is not set: give it a default of None and "
            "exclude_if=unset (domain/attribution.py)"
            for name, field in fields.items()
            if name not in before and (field.is_required() or field.exclude_if is None)
        ]
    return found


def _members(union: Any) -> list[Any]:
    parts = get_args(union)
    if not parts:
        return [union]
    return [
        one for part in parts if isinstance(part, type) or get_args(part) for one in _members(part)
    ]


def main() -> None:
    KNOWN.write_text(
        json.dumps({t: list(one.model_fields) for t, one in sorted(commands().items())}, indent=1)
        + "\n"
    )


if __name__ == "__main__":
    main()
