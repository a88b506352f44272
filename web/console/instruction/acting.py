"""What is sent from the page of an instruction: commands, and files."""

from collections.abc import AsyncIterator
from re import fullmatch

from fastapi import APIRouter, Response
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse

from web.api.asked import invalid
from web.api.asking import Named, look_at
from web.api.evidence import FILE_NAME, attach_file
from web.api.sending import Done
from web.console.forms import (
    TYPE,
    Form,
    key_of,
    one_of,
    version_of,
)
from web.console.instruction.actions import attaching, form_of, open_to
from web.console.instruction.carrying_out import carried_out, sent_again
from web.console.instruction.fields import FIELDS, Choices
from web.console.instruction.page import Earlier, page_of
from web.console.instruction.shown import Shown
from web.console.paths import instruction_path
from web.console.sending import beside_fields, recorded
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_file, text_of
from web.problems import Problem, not_found

router = APIRouter()

_PIECE = 1 << 16
_LONGEST_NAME = 255


@router.post("/instructions/{number}")
async def act(visit: Acting, number: Named, earlier: Earlier = False) -> Response:
    """Send what was entered; if it is refused, show what is wrong beside it."""
    async with sent_file(visit.asking.request) as sent:
        shown = await _shown(visit, number, sent)
        choices = await shown.choices(sent)
        form = _form_sent(shown, choices, sent, earlier=earlier)
        try:
            done = await carried_out(shown, choices, number, form, sent, earlier=earlier)
        except Problem as problem:
            return await _refused(shown, form, sent, problem, earlier=earlier)
    return await _onward(shown, done)


@router.get("/instructions/{number}/evidence")
async def show_attaching(visit: Visiting, number: Named) -> RedirectResponse:
    """To the page that has the form: a file that was refused leaves people at this address."""
    return RedirectResponse(visit.url(instruction_path(number)), status_code=303)


@router.post("/instructions/{number}/evidence")
async def attach(visit: Acting, number: Named) -> Response:
    """Keep a file, and put it on record. The whole of it is here before anything is known of who sends it: the form has the
    token by which the session knows its own pages.
    """
    async with sent_file(visit.asking.request) as sent:
        shown = await _shown(visit, number, sent)
        choices = await shown.choices()
        form = attaching(choices, open_to(choices, earlier=False))
        if form is None:
            # Sent once more, it was recorded when they might.
            form = attaching(choices, None) if shown.is_sent_again(sent_again(sent)) else None
        if form is None:
            raise not_found("place for files here, or you may attach none")
        try:
            file, key, version = _file(sent), key_of(sent), version_of(sent)
            name = file.filename or ""
            done = await attach_file(visit.asking, number, key, name, _pieces(file), version)
        except Problem as problem:
            return await _refused(shown, form, sent, problem, earlier=False)
    return await _onward(shown, done)


async def _shown(visit: Visit, number: str, sent: FormData) -> Shown:
    """What the form was sent to. It may be theirs to see no more, if what they send is recorded already: they declined it, say,
    and pressed twice. Whether it is the same, the log says.
    """
    return await Shown.of(visit, number, again=sent_again(sent))


async def _refused(
    shown: Shown, form: Form, sent: FormData, problem: Problem, *, earlier: bool
) -> Response:
    """The page again, with what is wrong. Raises the problem where that is none of the form's, or the page is not theirs any
    more.
    """
    if not shown.sees("detail"):
        raise problem
    refused = await beside_fields(shown.visit, form, sent, problem)
    return await page_of(shown, earlier=earlier, refused=refused, status=problem.status)


def _file(sent: FormData) -> UploadFile:
    """Raises `Problem` validation."""
    file = sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise invalid("file", "is none; choose one")
    if len(file.filename) > _LONGEST_NAME or not fullmatch(FILE_NAME, file.filename):
        raise invalid("file", "has a name that cannot be kept; give it a shorter, plain one")
    return file


async def _onward(shown: Shown, done: Done) -> RedirectResponse:
    """To the page as it is now; to the register, if it is not theirs any more: they declined it, say."""
    path = instruction_path(shown.told.number, shown.told.id)
    now = await look_at(shown.visit.asking, shown.found.instruction)
    if now is None or "detail" not in now.aspects:
        path = "/instructions"
    return recorded(shown.visit, path, done.position)


def _form_sent(shown: Shown, choices: Choices, sent: FormData, *, earlier: bool) -> Form:
    """Also of a command that is not open any more: why, its rule says. Raises `Problem` validation for none of ours."""
    type_ = text_of(sent, TYPE)
    found = {one.command.__name__: one for one in open_to(choices, earlier=earlier)}
    if type_ not in FIELDS:
        return one_of([], type_)
    return form_of(type_, choices, found.get(type_), shown.version, earlier=earlier)


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece
