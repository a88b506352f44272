"""A field is drawn, and what was entered is read, as it stands in the form."""

import pytest
from starlette.datastructures import FormData

from web.console.drawing import Drawing
from web.console.forms import Field, Form
from web.problems import Problem


def _form(field: Field) -> Form:
    return Form.of("Command", "A command", "/here", "Send", field)


def test_a_time_without_a_day_is_no_deadline() -> None:
    form = _form(Field(name="deadline", label="Deadline", kind="deadline"))
    with pytest.raises(Problem) as refused:
        form.read(FormData({"deadline": "", "deadline.time": "18:00"}), "Europe/Minsk")
    assert [one.field for one in refused.value.errors] == ["deadline"]
    assert form.read(FormData({"deadline": "", "deadline.time": ""}), "Europe/Minsk") == {
        "type": "Command"
    }


@pytest.mark.parametrize(("value", "empty"), [("there", 0), ("gone", 1), ("", 1)])
def test_nothing_is_chosen_in_place_of_what_is_not_offered_any_more(value: str, empty: int) -> None:
    drawing = Drawing.open()
    options = [("there", "It is there"), ("other", "Another")]
    field = Field(
        name="lead", label="Lead", kind="choice", required=True, options=options, value=value
    )
    template = '{% from "form.html" import field with context %}{{ field(one, form) }}'
    text = drawing.environment.from_string(template).render(
        one=field, form=_form(field), words=drawing.words["en"]
    )
    assert text.count('<option value="">') == empty
    assert text.count(" selected>") == (value == "there")
