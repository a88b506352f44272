"""What operators' lists have in common: who acts there, and whom an escalation goes to, in words."""

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


def operates(visit: Visit) -> bool:
    """Whether they act on escalations at all."""
    return any(one.office.kind == "operator" for one in visit.asking.reader.mandates)
