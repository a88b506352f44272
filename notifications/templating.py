"""The one way in which templates become text: escaped as HTML, and no name in them that is not there."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.runtime import Context, Macro

_PLAIN = (FunctionType, MethodType, BuiltinMethodType, partial)


class Calling(Context):
    """Calls macros and plain functions, of which a list's page calls thousands, without asking first what they want to be
    given of the context: jinja's own way takes longer than most of them.
    """

    def call(  # pyright: ignore[reportIncompatibleMethodOverride] - jinja mangles the names of what it is given
        self, called: Callable[..., Any], /, *args: Any, **named: Any
    ) -> Any:
        """What jinja's does. Templates name no argument as it names the variables around the call."""
        kind: object = type(called)
        if kind is Macro:
            named.pop("_loop_vars", None)
            named.pop("_block_vars", None)
            return called(self.eval_ctx, *args, **named)
        if kind in _PLAIN and not hasattr(called, "jinja_pass_arg"):
            named.pop("_loop_vars", None)
            named.pop("_block_vars", None)
            return called(*args, **named)
        return super().call(called, *args, **named)


def environment(folder: Path) -> Environment:
    """Of the templates in the folder; only those named `.html` are escaped."""
    made = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.context_class = Calling
    return made
