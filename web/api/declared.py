"""What a route takes in its query. Anything else is refused: a filter that is passed over chooses everything."""

from typing import Any

from fastapi import Request, params
from fastapi.dependencies.utils import get_flat_params

from web.problems import ApiCode, FieldProblem, Problem

_LONGEST = 200


def require_declared(request: Request) -> None:
    """Raises `Problem` validation for parameters of the query that the route has not."""
    asked = request.query_params.keys()
    if not asked:
        return
    route: Any = request.scope["route"]
    there_are = {
        one.alias
        for one in get_flat_params(route.dependant)
        if isinstance(one.field_info, params.Query)
    }
    unknown = sorted(asked - there_are)
    if unknown:
        taken = f"there are {', '.join(sorted(there_are))}" if there_are else "there are none"
        errors = [
            FieldProblem(field=name[:_LONGEST], message=f"is no parameter here; {taken}")
            for name in unknown
        ]
        first = errors[0]
        raise Problem(ApiCode.VALIDATION, f"{first.field} {first.message}", errors=errors)
