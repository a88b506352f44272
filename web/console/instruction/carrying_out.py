"""A command to an instruction as a form has it, carried out: from its page, and from the queue of escalations."""

from typing import Any

from fastapi import Response
from pydantic import TypeAdapter
from starlette.datastructures import FormData

from web.api.instructions import CommandBody, command_instruction
from web.api.sending import Done
from web.console.forms import KEY, Form, body_of, key_of, version_of
from web.console.instruction.fields import Choices, completed
from web.form_sent import text_of

_BODIES: TypeAdapter[Any] = TypeAdapter(CommandBody)


def sent_again(sent: FormData) -> str | None:
    """The command's id, as `see` takes it: who pressed twice may not see any more what they sent it to, and is answered all the
    same, if it is recorded.
    """
    return text_of(sent, KEY) or None


async def carried_out(choices: Choices, number: str, form: Form, sent: FormData) -> Done:
    """What became of it.

    Args:
        choices: what the form offered.
        number: of the instruction, or its id.

    Raises `Problem`: what was entered makes no sense, the rules refuse it, or it cannot be recorded.
    """
    visit = choices.visit
    body = body_of(_BODIES, completed(form.type, form.read(sent, visit.zone), choices))
    done = await command_instruction(
        visit.asking, number, body, key_of(sent), Response(), version_of(sent), dry_run=False
    )
    assert isinstance(done, Done)  # it was no dry run
    return done
