"""Has what a form of the set-up says carried out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import Response
from pydantic import TypeAdapter
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from importing.problems import DirectoryProblem
from web.api.directory_commands import CommandBody, DirectoryDone, command_directory
from web.console.forms import Form, body_of, key_of, shown_in_the_form
from web.console.visit import Visit
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


def recorded(visit: Visit, path: str, position: int = 0) -> RedirectResponse:
    """To the page that shows what has been done."""
    return RedirectResponse(visit.url(path, at_least=position or None, done=True), 303)


def beside_fields(form: Form, sent: FormData, problem: Problem) -> Form:
    """The form as it was sent, with what is wrong. Raises the problem where it is none of the form's."""
    shown_in_the_form(problem)
    return form.entered(sent).refused(problem)


def with_refused(forms: Iterable[Form], refused: Form | None) -> Sequence[Form]:
    """All forms of a page; the one that was refused as it was sent."""
    return [refused if refused and refused.type == one.type else one for one in forms]


def text_sent(sent: FormData, name: str) -> bytes:
    """What was entered as a file's text, as a file has it."""
    found = sent.get(name)
    return found.encode() if isinstance(found, str) else b""


def files_problem(problems: Iterable[DirectoryProblem], field: str = "file") -> Problem:
    """What is wrong with such a text, each by its place in it."""
    errors = [FieldProblem(field=field, message=str(one)) for one in problems]
    return Problem(ApiCode.VALIDATION, "; ".join(one.message for one in errors), errors=errors)
