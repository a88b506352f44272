"""What operators' lists may be filtered by, to choose from; and whom an escalation goes to, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from web.api.programmes import list_programmes
from web.console.forms import Option
from web.console.labels import label
from web.console.visit import Visit

_MOST = 50
"""Programmes to choose from."""
_BODY = "body:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    programmes: Sequence[Option]
    bodies: Sequence[Option]


async def choices_of(visit: Visit) -> Choices:
    """Programmes that the visitor knows of, and the bodies there are."""
    found = await list_programmes(visit.asking, "", _MOST, None)
    return Choices(programmes=[(one.id, one.title) for one in found.items], bodies=bodies_of(visit))


def bodies_of(visit: Visit) -> Sequence[Option]:
    """By name, to whoever holds an office; those that are no more left out."""
    if not visit.asking.reader.holds_office:
        return ()
    known = visit.asking.reader.directory.bodies.values()
    standing = ((body.id, body.name) for body in known if body.closed_on is None)
    return sorted(standing, key=lambda option: option[1])


def target_told(visit: Visit, to: str | None) -> str:
    """As the step or the operator named them."""
    if not to:
        return ""
    if to.startswith(_BODY):
        return visit.body(to.removeprefix(_BODY))
    return label(visit.words, "target", to)


def operates(visit: Visit) -> bool:
    """Whether they act on escalations at all."""
    return any(one.office.kind == "operator" for one in visit.asking.reader.mandates)
