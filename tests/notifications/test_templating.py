"""What is called within templates is given what jinja gives it, though it is called in a shorter way."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from jinja2 import pass_context, pass_eval_context
from jinja2.runtime import Context

from notifications.templating import environment

_TEMPLATE = """
{% import "parts.html" as parts with context %}
{% macro own(one, two="<2>") %}{{ one }}{{ two }}{{ varargs }}{{ kwargs }}{% endmacro %}
{% macro around() %}({{ caller() }}){% endmacro %}
{% for one in [1, 2] %}{% set told = "<told>" %}
{{ own(one) }} {{ own(one, "&", 3, more=4) }} {{ parts.bold(one ~ "<") }} {% call around() %}{{ plain(told) }}{% endcall %}
{{ plain(one, named="<") }} {{ bound(one) }} {{ text.upper() }} {{ in_context("told") }} {{ escapes("<") }} {{ called(one) }} {{ dict(a=one).a }}
{% endfor %}
"""


class _Called:
    @pass_context
    def __call__(self, context: Context, one: int) -> str:
        return f"{context['text']}{one}"


@pass_context
def _in_context(context: Context, name: str) -> str:
    return f"{context.get(name, 'none')}{context['text']}"


@pass_eval_context
def _escapes(evaluated: Any, text: str) -> str:
    return f"{text}{evaluated.autoescape}"


def _plain(one: object, named: str = "") -> str:
    return f"{one}{named}"


@pytest.mark.parametrize("name", ["page.html", "letter.txt"])
def test_templates_call_as_jinja_has_them_call(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(_TEMPLATE)
    (tmp_path / "parts.html").write_text("{% macro bold(of) %}<b>{{ of }}</b>{% endmacro %}")
    given = {
        "text": "<text>",
        "plain": _plain,
        "bound": partial(_plain, named="<bound>"),
        "in_context": _in_context,
        "escapes": _escapes,
        "called": _Called(),
    }
    ours, theirs = environment(tmp_path), environment(tmp_path)
    theirs.context_class = Context
    assert ours.context_class is not Context
    drawn = ours.get_template(name).render(given)
    assert drawn == theirs.get_template(name).render(given)
    assert "TEXT" in drawn
