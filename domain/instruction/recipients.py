"""Whom an escalation reaches: what its target stands for in an instruction."""

from domain.directory.events import OfficeKind
from domain.directory.state import ACTING, Directory
from domain.identifiers import BodyId
from domain.instruction.state import Record
from domain.policies import Target

_HEAD: frozenset[OfficeKind] = frozenset({"head"})


def target_body(to: Target, record: Record, directory: Directory) -> BodyId | None:
    """The body an escalation's target stands for; None if the instruction has none such."""
    match to:
        case "lead":
            return record.lead
        case "controller":
            return record.controller
        case "issuer" | "issuer-head":
            return record.issuer
        case "superior":
            lead = directory.bodies.get(record.lead) if record.lead else None
            return lead.parent if lead else None
        case _:
            return to.removeprefix("body:")


def target_offices(to: Target) -> frozenset[OfficeKind]:
    """The kinds of office told: the head alone where the target says so."""
    return _HEAD if to == "issuer-head" else ACTING
