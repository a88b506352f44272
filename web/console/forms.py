"""A command as a form, and what was sent in one as the body of the API's request.

A form names its fields once. It is drawn by `templates/form.html`, read back by `Form.read`, and shown again with what was
entered when it is refused: the sentence stands beside the field that is at fault.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast
from uuid import uuid4

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.datastructures import FormData

from web.api.asked import invalid
from web.api.requests import validation_problem
from web.console.entered_times import day_entered, moment_entered
from web.form_sent import text_of
from web.problems import ApiCode, FieldProblem, Problem

KEY, VERSION, TYPE = "idempotency_key", "if_match", "type"
"""Fields of every form, beside its own: the command's id, the version that it is for, and which command it is."""
Kind = Literal[
    "text", "area", "number", "day", "moment", "deadline", "choice", "choices", "flag", "file", "email", "secret", "hidden"
]  # fmt: skip
"""How a field is entered. `deadline`: a day, or a day and a time; `choices`: any of several; `flag`: yes or no; `hidden`: by nobody,
it is sent as it was drawn.
"""
Option = tuple[str, str]
"""What is sent, and what is read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field, with what is in it."""

    name: str
    """Where it stands in the body, by dots; digits are places in a list."""
    label: str
    kind: Kind = "text"
    required: bool = False
    options: Sequence[Option] = ()
    suggestions: Sequence[Option] = ()
    """Of a text: what it may be, among others."""
    help: str = ""
    value: str | Sequence[str] = ""
    errors: Sequence[str] = ()
    code: str = ""
    """Of the problem that it alone is at fault for."""
    most: int | None = None
    """Characters at most, or the greatest number."""
    rows: int = 3

    @property
    def chosen(self) -> Sequence[str]:
        return (self.value,) if isinstance(self.value, str) else self.value


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """One command's."""

    type: str
    """The command's."""
    title: str
    action: str
    """Where it is sent."""
    submit: str
    fields: Sequence[Field] = ()
    key: str
    version: int | None = None
    said: str = ""
    """What the command does."""
    grave: bool = False
    """What it does is not easily undone."""
    errors: Sequence[str] = ()
    """What is wrong with none of the fields."""
    code: str = ""
    """Of the problem, where no single field is at fault."""
    is_open: bool = False
    within: str = "body"
    """Where the fields stand in what the API is sent: its problems name them from there on."""

    @classmethod
    def of(
        cls, type_: str, title: str, action: str, submit: str, *fields: Field, **more: Any
    ) -> "Form":
        """A fresh one: another key for each."""
        return cls(
            type=type_,
            title=title,
            action=action,
            submit=submit,
            fields=fields,
            key=str(uuid4()),
            **more,
        )

    def read(self, sent: FormData, zone: str) -> dict[str, Any]:
        """What was entered, as the body of the API's request has it; what was left empty is left out.

        Args:
            zone: in which times were entered.

        Raises `Problem` validation for what is no number, day or time.
        """
        body: dict[str, Any] = {TYPE: self.type} if self.type else {}
        for field in self.fields:
            value = _entered(field, sent, zone)
            if value is not None:
                _put(body, field.name.split("."), value)
        return body

    def entered(self, sent: FormData) -> "Form":
        """The same with what was sent in its fields."""
        filled = [_filled(field, sent) for field in self.fields]
        return replace(self, fields=filled, is_open=True, key=text_of(sent, KEY) or self.key)

    def refused(self, problem: Problem) -> "Form":
        """The same with what is wrong, at the field that is at fault: what the code says in the page's language, and the
        rule's own sentence.

        Refused under a key the same command may be sent again, mended: rejections are not remembered.
        """
        said = problem.errors or [FieldProblem(field=problem.field or "", message=problem.detail)]
        by_field: dict[str, list[str]] = {}
        for one in said:
            at = self._field_at(one.field)
            by_field.setdefault(at, []).append(one.message)
        at_fault = len(by_field) == 1  # else the code's words stand once, above all of them
        fields = [
            replace(field, errors=found, code=problem.code if at_fault else "")
            if (found := by_field.pop(field.name, ()))
            else replace(field, errors=(), code="")
            for field in self.fields
        ]
        rest = [message for messages in by_field.values() for message in messages]
        code = "" if at_fault and not rest else problem.code
        return replace(self, fields=fields, errors=rest, code=code, is_open=True)

    def _field_at(self, name: str) -> str:
        """The field whose place that is, or lies above or below it; the name itself if there is none."""
        name = name.removeprefix("body.").removeprefix(f"{self.within}.")
        for field in self.fields:
            if field.kind != "hidden" and (
                name == field.name
                or name.startswith(f"{field.name}.")
                or field.name.startswith(f"{name}.")
            ):
                return field.name
        return name


def key_of(sent: FormData) -> str:
    """The command's id. Raises `Problem` key-required."""
    found = text_of(sent, KEY)
    if not found:
        raise Problem(ApiCode.KEY_REQUIRED, f"the form has no {KEY}; load the page again")
    return found


def version_of(sent: FormData) -> int | None:
    """The version that the form was drawn for. Raises `Problem` validation."""
    found = text_of(sent, VERSION)
    if not found:
        return None
    if not (found.isascii() and found.isdigit() and len(found) <= 9):
        raise invalid(VERSION, "is no version; load the page again")
    return int(found)


def body_of(model: type[BaseModel] | Any, said: Mapping[str, Any]) -> Any:
    """The body of the API's request. Raises `Problem` validation, each field by its name.

    Args:
        model: or its adapter, where making one takes long: a union of many.
    """
    adapter = cast(Any, model if isinstance(model, TypeAdapter) else TypeAdapter(model))
    try:
        return adapter.validate_python(said)
    except ValidationError as error:
        told_apart = not isinstance(model, type)
        # Its text would repeat what was entered.
        raise validation_problem(error, told_apart=told_apart) from None


def one_of(forms: Iterable[Form], type_: object) -> Form:
    """The form of this command. Raises `Problem` validation if none of them is."""
    for form in forms:
        if form.type == type_:
            return form
    raise invalid(TYPE, "names no form of this page; load it again")


def deadline_entered(field: str, day: str, time: str, zone: str) -> dict[str, Any]:
    """As the body has it: a day; with a time, which may be empty, an instant. Raises `Problem` validation, at that field."""
    if not time:
        return {"on": _day(field, day, zone)}
    return {"at": _moment(field, f"{day}T{time}", zone)}


def _entered(field: Field, sent: FormData, zone: str) -> Any:
    match field.kind:
        case "flag":
            return field.name in sent
        case "choices":
            return [one for one in sent.getlist(field.name) if isinstance(one, str) and one]
        case "file":
            return None
        case "deadline":
            return _deadline(field, sent, zone)
        case _:
            text = text_of(sent, field.name).strip()
            return _READ.get(field.kind, _as_it_is)(field.name, text, zone) if text else None


def _deadline(field: Field, sent: FormData, zone: str) -> Any:
    """Raises `Problem` validation for a time without a day."""
    day, time = _day_and_time(field, sent)
    if not day and time:
        raise invalid(field.name, "is a time of no day; give its day as well")
    return deadline_entered(field.name, day, time, zone) if day else None


def _day_and_time(field: Field, sent: FormData) -> tuple[str, str]:
    return text_of(sent, field.name).strip(), text_of(sent, f"{field.name}.time").strip()


def _filled(field: Field, sent: FormData) -> Field:
    """With what was sent in it; as it was drawn if the form that was sent had no such field."""
    match field.kind:
        case "flag":
            return replace(field, value="true" if field.name in sent else "")
        case "choices":
            return replace(
                field, value=[one for one in sent.getlist(field.name) if isinstance(one, str)]
            )
        case "file" | "secret":
            return field
        case _ if field.name not in sent:
            return field
        case "deadline":
            return replace(field, value=_day_and_time(field, sent))
        case _:
            return replace(field, value=text_of(sent, field.name).strip())


def _as_it_is(name: str, text: str, zone: str) -> Any:
    del name, zone
    return text


def _number(name: str, text: str, zone: str) -> Any:
    del zone
    try:
        return int(text)
    except ValueError:
        raise invalid(name, "is no whole number") from None


def _day(name: str, text: str, zone: str) -> Any:
    del zone
    return day_entered(name, text)


def _moment(name: str, text: str, zone: str) -> Any:
    return moment_entered(name, text, zone, day="its beginning")


_READ: Mapping[str, Callable[[str, str, str], Any]] = {
    "number": _number,
    "day": _day,
    "moment": _moment,
}


def _put(body: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for name in path[:-1]:
        body = body.setdefault(name, {})
    body[path[-1]] = value
