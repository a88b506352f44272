"""A command to an instruction as a form has it, carried out: from its page, and from the queue of escalations."""

from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import Response
from pydantic import TypeAdapter
from starlette.datastructures import FormData

from web.api.instructions import CommandBody, command_instruction
from web.api.sending import Done
from web.console.forms import KEY, Field, Form, body_of, key_of, version_of
from web.console.instruction.actions import form_of
from web.console.instruction.fields import Choices, completed
from web.console.instruction.milestone_rows import row_at
from web.console.instruction.shown import Shown
from web.form_sent import text_of
from web.problems import Problem

_BODIES: TypeAdapter[Any] = TypeAdapter(CommandBody)


def sent_again(sent: FormData) -> str | None:
    """The command's id, as `see` takes it: who pressed twice may not see any more what they sent it to, and is answered all the
    same, if it is recorded.
    """
    return text_of(sent, KEY) or None


async def carried_out(
    shown: Shown,
    choices: Choices,
    number: str,
    form: Form,
    sent: FormData,
    *,
    earlier: bool = False,
) -> Done:
    """What became of it.

    Args:
        choices: what the form offers, as it is drawn now.
        number: of the instruction, or its id.
        earlier: it is entered as having happened earlier.

    Raises `Problem`: what was entered makes no sense, the rules refuse it, or it cannot be recorded.
    """
    visit, key = shown.visit, sent_again(sent)
    if key is not None and shown.is_sent_again(key):
        # What was recorded may have changed what the form asks for; whether it says the same, the log knows.
        choices = await shown.before(key).choices(sent)
        form = _as_sent_first(form, choices, earlier=earlier)
    said = form.read(sent, visit.zone)
    entered = completed(form.type, said, choices)
    try:
        body = body_of(_BODIES, entered)
        done = await command_instruction(
            visit.asking, number, body, key_of(sent), Response(), version_of(sent), dry_run=False
        )
    except Problem as problem:
        if form.type != "SetMilestones":
            raise
        raise problem.placed(partial(row_at, said.get("milestones", {}))) from problem
    assert isinstance(done, Done)  # it was no dry run
    return done


def _as_sent_first(form: Form, choices: Choices, *, earlier: bool) -> Form:
    """As it was read when it was recorded. An office may have ended since: on whose behalf it is, is read wherever it was sent. (If it
    ended between the drawing and the first sending, that was not read then: the second is told that its key was used.)

    Args:
        choices: what it offered then.
    """
    was = form_of(form.type, choices, None, 0, earlier=earlier)
    behalf = Field(name="on_behalf_of", label="", kind="hidden")
    return replace(was, fields=[*was.fields, behalf])
