"""What a route depends on is asked in the loop: of a plain function FastAPI makes a call in a thread, which costs more than
all of them do.
"""

from collections.abc import Iterator
from inspect import iscoroutinefunction

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, _IncludedRouter  # pyright: ignore[reportPrivateUsage]

from web.api.routes import api


def _all_of(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for one in dependant.dependencies:
        yield from _all_of(one)


def test_no_route_depends_on_what_is_called_in_a_thread() -> None:
    nested = (route.original_router for route in api().routes if isinstance(route, _IncludedRouter))
    routes = [one for router in nested for one in router.routes if isinstance(one, APIRoute)]
    called = {one.call for route in routes for one in _all_of(route.dependant)}
    assert len(called) > len(routes) > 50
    assert [one for one in called if not iscoroutinefunction(one)] == []
