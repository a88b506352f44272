"""Arguments and options that several verbs have, and the one way in which they send."""

import re
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter
from pydantic import ValidationError

from cli.absences import print_warnings, warning_json, warnings_of
from cli.errors import UsageError, sentences
from cli.options import Sender, deadline
from cli.output import print_json, print_recorded, recorded_json
from cli.sending import send
from cli.session import settings_of
from domain.instruction.commands import ClientCommand
from domain.instruction.terms import MilestoneRequest, SourceDocument

Source = Annotated[
    str | None, Parameter(help="KIND:NUMBER; decision, directive, agreement, treaty or protocol.")
]

Policy = Annotated[
    str, Parameter(help="The id of a published policy, or a YAML or JSON file with one.")
]
Milestones = Annotated[
    tuple[str, ...],
    Parameter(help="ID:DATE:TITLE, a step on the way and the day it is due.", negative=""),
]
_MILESTONE = re.compile(
    r"(?P<id>[^:]+):(?P<due>\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?):(?P<title>.+)",
    re.DOTALL,
)


async def sent(
    number: str, command: ClientCommand, sender: Sender, *, sets_a_deadline: bool = False
) -> None:
    """Have the command recorded, and say so.

    With `sets_a_deadline`, or another one who must keep it, warn if it falls into an absence.
    """
    settings = settings_of(sender.folder)
    recorded = await send(number, command, settings)
    answer = recorded_json(command, recorded)
    warnings = await warnings_of(command, settings) if sets_a_deadline else ()
    if sender.json:
        if sets_a_deadline:
            answer["warnings"] = None if warnings is None else [*map(warning_json, warnings)]
        print_json(answer)
    else:
        print_recorded(command, recorded)
        print_warnings(warnings)


def source(text: str | None) -> SourceDocument | None:
    """A document from `KIND:NUMBER`. Raises `UsageError` if it is not of that form."""
    if text is None:
        return None
    kind, _, number = text.partition(":")
    try:
        return SourceDocument.model_validate({"kind": kind, "number": number})
    except ValidationError as error:
        raise UsageError(f"--source {text} is not KIND:NUMBER: {sentences(error)}") from error


def milestones(texts: Sequence[str]) -> tuple[MilestoneRequest, ...]:
    """From `ID:DATE:TITLE` each. Raises `UsageError` if one is not of that form."""
    return tuple(_milestone(text) for text in texts)


def _milestone(text: str) -> MilestoneRequest:
    found = _MILESTONE.fullmatch(text)
    if found is None:
        raise UsageError(f"{text} is no milestone; write draft:2026-03-31:The draft is there")
    due = deadline(found["due"], f"milestone {found['id']}:")
    try:
        return MilestoneRequest(id=found["id"], title=found["title"], due=due)
    except ValidationError as error:
        raise UsageError(f"milestone {text}: {sentences(error)}") from error
