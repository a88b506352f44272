"""What is sent to have something done: the domain's commands, without what the server knows better.

The models are made from the commands' own classes, so that a command has one definition. Left out is what follows from the
request: who sends it (the token), its id (`Idempotency-Key`), what it is for (the path), for which version (`If-Match`).
"""

from collections.abc import Iterable
from copy import copy
from typing import Annotated, Any, Literal, Union, get_args

from fastapi import Header
from pydantic import BaseModel, Field, ValidationError, create_model
from pydantic.fields import FieldInfo

from domain.attribution import Command
from domain.identifiers import SLUG
from domain.value import Value
from web.problems import ApiCode, FieldProblem, Problem

OF_THE_SERVER = frozenset({"command_id", "actor", "identity", "seal", "expected_version"})

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=SLUG,
        description="the command's id: another for each command, the same for each repetition of it",
        examples=["5b1f0f6e-6f0c-4b0e-9a55-8f7c1f3b7a10"],
    ),
]


def request_model(
    command: type[Command], *subject: str, called: str | None = None
) -> type[BaseModel]:
    """The command without what is the server's, and without its subject, which the path names.

    Args:
        called: the name of the model, which is one of its own for each model in the document; by default the command's.
    """
    fields: dict[str, Any] = {
        name: (field.annotation, copy(field))
        for name, field in command.model_fields.items()
        if name not in OF_THE_SERVER and name not in subject and name != "type"
    }
    kind = command.__name__
    fields["type"] = (Literal[kind], FieldInfo())
    made: Any = create_model  # its overloads do not know fields by mapping
    return made(
        called or kind,
        __base__=Value,
        __doc__=command.__doc__,
        __module__=command.__module__,
        **fields,
    )


def any_of(commands: Iterable[type[Command]], *subject: str) -> Any:
    """One of several, told apart by its `type`."""
    return one_of([request_model(command, *subject) for command in commands])


def one_of(models: Iterable[type[BaseModel]]) -> Any:
    """The same of models that are there already."""
    return Annotated[Union[tuple(models)], Field(discriminator="type")]  # noqa: UP007 - made at run time


def members(union: Any) -> tuple[type[Command], ...]:
    """The classes of a discriminated union of commands."""
    return get_args(get_args(union)[0])


def validation_problem(
    error: ValidationError, *, within: str = "", told_apart: bool = True
) -> Problem:
    """Of what a command's own rules say against its fields; no value is repeated.

    Args:
        within: where the command stood in what was sent, with a dot at its end.
        told_apart: it was validated as one of several, so that places begin with its type.
    """
    found = error.errors(include_url=False, include_context=False, include_input=False)
    errors = [
        FieldProblem(
            field=(within + ".".join(map(str, one["loc"][told_apart:]))).removesuffix(".")
            or "body",
            message=one["msg"].removeprefix("Value error, "),
        )
        for one in found
    ]
    sentence = "; ".join(f"{one.field}: {one.message}" for one in errors)
    return Problem(ApiCode.VALIDATION, sentence, errors=errors)
