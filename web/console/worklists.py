"""What operators' lists have in common: whom an escalation goes to, in words."""

from web.console.labels import label
from web.console.visit import Visit

_BODY = "body:"


def target_told(visit: Visit, to: str | None) -> str:
    """As the step or the operator named them."""
    if not to:
        return ""
    if to.startswith(_BODY):
        return visit.body(to.removeprefix(_BODY))
    return label(visit.words, "target", to)
