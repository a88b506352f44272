"""What was sent in a form. All forms are read here: the first reading says how much is taken, and Starlette keeps it for whoever
reads the same request again.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.datastructures import FormData
from starlette.requests import Request

from web.problems import ApiCode, Problem

_MULTIPART = "multipart/form-data"
_FORMS = ("application/x-www-form-urlencoded", _MULTIPART)
_MOST_FIELDS, _LONGEST_FIELD = 50, 128 << 10
"""Of a form with a file, whose body may be large: its fields are gathered in memory. Others are as long as a body at most."""


def is_form(request: Request) -> bool:
    return _kind(request).startswith(_FORMS)


async def sent_form(request: Request) -> FormData:
    """Its fields, and its file.

    Raises `Problem` bad-request for too many or too long fields, a second file, and for text that no database takes: what is
    sent in parts may name its own charset.
    """
    if _kind(request).startswith(_MULTIPART):
        sent = await request.form(
            max_files=1, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD
        )
    else:
        sent = await request.form()
    for name, value in sent.multi_items():
        text = value if isinstance(value, str) else value.filename or ""
        if not (_is_text(name) and _is_text(text)):
            await request.close()
            raise Problem(ApiCode.BAD_REQUEST, "the form has a NUL or half a character in it")
    return sent


@asynccontextmanager
async def sent_file(request: Request) -> AsyncGenerator[FormData]:
    """The same for as long as the block runs, which closes the file."""
    try:
        yield await sent_form(request)
    finally:
        await request.close()


def text_of(sent: FormData, name: str) -> str:
    """What a field was sent, as it was; empty if it was not, or as a file."""
    found = sent.get(name)
    return found if isinstance(found, str) else ""


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").lower()


def _is_text(text: str) -> bool:
    """What PostgreSQL takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
