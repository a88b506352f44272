"""What operators' lists have in common: filters as they are meant, and whom an escalation goes to, in words."""

from dataclasses import replace

from web.api.chosen import Chosen
from web.console.choices import ids_entered
from web.console.labels import label
from web.console.visit import Visit

_BODY = "body:"


def as_meant(visit: Visit, chosen: Chosen) -> Chosen:
    """The same with the ids of bodies that were entered by name."""
    ids = ids_entered(visit, body=chosen.body, issuer=chosen.issuer, controller=chosen.controller)
    return replace(chosen, **ids)


def target_told(visit: Visit, to: str | None) -> str:
    """As the step or the operator named them."""
    if not to:
        return ""
    if to.startswith(_BODY):
        return visit.body(to.removeprefix(_BODY))
    return label(visit.words, "target", to)
