"""A form that was refused is told of on the page that is drawn again, whatever is offered there by then."""

from web.console.forms import Field, Form
from web.console.instruction.actions import Actions
from web.console.sending import put_back
from web.problems import ApiCode, FieldProblem, Problem


def _form(type_: str, *, is_open: bool = False) -> Form:
    return Form.of(type_, type_, "/here", "Send", is_open=is_open)


_REFUSED = _form("B").refused(Problem(ApiCode.VALIDATION, "no"))


def test_it_stands_in_its_place_and_no_other_is_open() -> None:
    found = put_back([_form("A", is_open=True), _form("B"), _form("C")], _REFUSED)
    assert [(one.type, one.is_open) for one in found] == [("A", False), ("B", True), ("C", False)]
    assert found[1] is _REFUSED


def test_it_stands_in_front_if_it_is_not_offered_any_more() -> None:
    found = put_back([_form("A", is_open=True)], _REFUSED)
    assert [(one.type, one.is_open) for one in found] == [("B", True), ("A", False)]
    assert found[0].errors == ["no"]


def test_all_stay_as_they_are_if_none_was_refused() -> None:
    forms = [_form("A", is_open=True), _form("B")]
    assert put_back(forms, None) == forms


def test_of_an_instructions_forms_it_is_awaited_if_it_is_not_offered_any_more() -> None:
    there = Actions(awaited=[_form("A", is_open=True)], others=[_form("C")]).with_refused(_REFUSED)
    assert [one.type for one in there.awaited] == ["B", "A"]
    assert [one.type for one in there.all if one.is_open] == ["B"]
    other = Actions(awaited=[_form("A", is_open=True)], others=[_form("B")]).with_refused(_REFUSED)
    assert [one.type for one in other.others if one.is_open] == ["B"]
    assert not other.awaited[0].is_open


def test_a_field_is_found_by_its_place_in_what_the_api_is_sent() -> None:
    problem = Problem(ApiCode.VALIDATION, "no", errors=[FieldProblem(field="operation.to", message="no")])  # fmt: skip
    within = Form.of("A", "A", "/here", "Send", Field(name="to", label="To"), within="operation")
    assert within.refused(problem).fields[0].errors == ["no"]
