"""What every page does once a form was sent: it goes on to what is shown of it, or draws the form again with what is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse

from web.api.sending import Done, Foreseen
from web.console.forms import Form
from web.console.visit import Visit
from web.problems import ApiCode, Problem
from web.refusing import note_refusal

_SENT_AGAIN = (ApiCode.OUTCOME_UNKNOWN, ApiCode.BUSY)
"""Of the problems of a server, those after which the same is sent again: a form shows them."""
_NOTHING: Mapping[str, object] = MappingProxyType({})


def recorded(
    visit: Visit,
    path: str,
    position: int | None = None,
    *,
    asked: Mapping[str, object] = _NOTHING,
    part: str = "",
) -> RedirectResponse:
    """To the page that shows what has been done.

    Args:
        position: what the page must have seen; 0 and None where nothing was recorded in the log.
        asked: what else the page is asked.
        part: of the page, by its id.
    """
    url = visit.url(path, **asked, at_least=position or None, done=True)
    return RedirectResponse(f"{url}#{part}" if part else url, status_code=303)


def position_of(done: Done | Foreseen) -> int | None:
    """What the page that is gone to must have seen; None where nothing was recorded."""
    return done.position or None if isinstance(done, Done) else None


async def beside_fields(visit: Visit, form: Form, sent: FormData, problem: Problem) -> Form:
    """The form as it was sent, with what is wrong. What is for the log of access is noted, as if the request had ended in it.

    Raises the problem where it is none of the form's.
    """
    await _note(visit.asking.request, problem)
    return form.entered(sent).refused(problem)


async def _note(request: Request, problem: Problem) -> None:
    """Raises the problem where it is none that a form shows: whoever sent it is signed out, or a server does not answer."""
    of_a_server = problem.status >= 500 and problem.code not in _SENT_AGAIN
    if problem.status == 401 or of_a_server:
        raise problem
    if problem.refuses:
        await note_refusal(request, problem)


def put_back(forms: Iterable[Form], sent: Form | None) -> Sequence[Form]:
    """The forms of a page with the one that was sent in its place, as it was filled in; no other is open then. In front of them,
    where it is not offered any more: what is wrong with it is told all the same.
    """
    there = list(forms)
    if sent is None:
        return there
    if sent.type not in {one.type for one in there}:
        return [sent, *closed(there)]
    return [sent if one.type == sent.type else _closed(one) for one in there]


def closed(forms: Iterable[Form]) -> Sequence[Form]:
    """The same, none of them open."""
    return [_closed(one) for one in forms]


def _closed(form: Form) -> Form:
    return replace(form, is_open=False)
