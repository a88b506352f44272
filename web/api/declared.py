"""What a route takes in its query. Anything else is refused: a filter that is passed over chooses everything."""

from collections.abc import Sequence
from typing import Any, get_args, get_origin

from fastapi import Request, params
from fastapi.dependencies.utils import get_flat_params

from web.problems import ApiCode, FieldProblem, Problem

_LONGEST = 200
_SEVERAL = (frozenset, list, Sequence, set, tuple)


def require_declared(request: Request) -> None:
    """Raises `Problem` validation for parameters of the query that the route has not, or takes once and is given again."""
    asked = request.query_params.keys()
    if not asked:
        return
    route: Any = request.scope["route"]
    there_are = {
        one.alias: one.field_info.annotation
        for one in get_flat_params(route.dependant)
        if isinstance(one.field_info, params.Query)
    }
    taken = f"there are {', '.join(sorted(there_are))}" if there_are else "there are none"
    errors = [
        FieldProblem(field=name[:_LONGEST], message=f"is no parameter here; {taken}")
        for name in sorted(asked - there_are.keys())
    ]
    errors += [
        FieldProblem(field=name, message="is given more than once; give it once")
        for name, annotation in there_are.items()
        if len(request.query_params.getlist(name)) > 1 and not _takes_several(annotation)
    ]
    if errors:
        first = errors[0]
        raise Problem(ApiCode.VALIDATION, f"{first.field} {first.message}", errors=errors)


def _takes_several(annotation: Any) -> bool:
    return any(get_origin(one) in _SEVERAL for one in (annotation, *get_args(annotation)))
