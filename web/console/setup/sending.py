"""Has what a form of the set-up says carried out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import Response
from pydantic import TypeAdapter
from starlette.datastructures import FormData

from importing.problems import DirectoryProblem
from web.api.directory_commands import CommandBody, DirectoryDone, command_directory
from web.console.forms import Form, body_of, key_of
from web.console.visit import Visit
from web.form_sent import text_of
from web.problems import ApiCode, FieldProblem, Problem

_MAY_BE_NONE: Mapping[str, Sequence[str]] = {
    "MoveBody": ("parent",),
    "FollowCalendar": ("calendar",),
}
"""Fields that have to be given, though they may be none: left empty, they are."""

_BODY: TypeAdapter[Any] = TypeAdapter(CommandBody)
_NOTHING: Mapping[str, Any] = MappingProxyType({})


async def change_directory(
    visit: Visit,
    form: Form,
    sent: FormData,
    subject: Mapping[str, Any] = _NOTHING,
    *,
    apart: Collection[str] = (),
) -> DirectoryDone:
    """Have the directory changed as the form says.

    Args:
        subject: fields of the command that the form does not ask for.
        apart: fields of the form that are none of the command's.

    Raises `Problem`.
    """
    entered = form.read(sent, visit.zone)
    said = dict.fromkeys(_MAY_BE_NONE.get(form.type, ())) | entered | dict(subject)
    for name in apart:
        said.pop(name, None)
    done = await command_directory(
        visit.asking, body_of(_BODY, said), key_of(sent), Response(), None, False
    )
    assert isinstance(done, DirectoryDone)
    return done


def text_sent(sent: FormData, name: str) -> bytes:
    """What was entered as a file's text, as a file has it."""
    return text_of(sent, name).encode()


def files_problem(problems: Iterable[DirectoryProblem], field: str = "file") -> Problem:
    """What is wrong with such a text, each by its place in it."""
    errors = [FieldProblem(field=field, message=str(one)) for one in problems]
    return Problem(ApiCode.VALIDATION, "; ".join(one.message for one in errors), errors=errors)
