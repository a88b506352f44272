"""Whom an escalation reaches: what its target stands for in an instruction; and which leads are waited for."""

from domain.directory.events import OfficeKind
from domain.directory.state import ACTING, Directory
from domain.identifiers import BodyId
from domain.instruction.state import Record
from domain.policies import Target

_HEAD: frozenset[OfficeKind] = frozenset({"head"})


def target_bodies(to: Target, record: Record, directory: Directory) -> tuple[BodyId, ...]:
    """The bodies an escalation's target stands for; none if the instruction has none such.

    Of joint leads, those that it waits for: as long as some have yet to acknowledge, these; then those that
    have yet to report.
    """
    match to:
        case "lead":
            return awaited(record)
        case "controller":
            return (record.controller,) if record.controller is not None else ()
        case "issuer" | "issuer-head":
            return (record.issuer,)
        case "superior":
            above = (superior(lead, directory) for lead in awaited(record))
            return tuple(dict.fromkeys(body for body in above if body is not None))
        case _:
            return (to.removeprefix("body:"),)


def awaited(record: Record) -> tuple[BodyId, ...]:
    """The leads that something is still to come from; all, if it is from none in particular."""
    assignment = record.assignment
    if assignment is None:
        return ()
    return yet_to_take_note(record) or yet_to_report(record) or assignment.leads


def yet_to_take_note(record: Record) -> tuple[BodyId, ...]:
    """The leads that have not acknowledged the assignment."""
    aware = record.assignment.acknowledged if record.assignment else ()
    return tuple(body for body in record.leads if body not in aware)


def yet_to_report(record: Record) -> tuple[BodyId, ...]:
    """The leads whose report does not stand."""
    stand = record.assignment.reported if record.assignment else ()
    return tuple(body for body in record.leads if body not in stand)


def superior(lead: BodyId, directory: Directory) -> BodyId | None:
    known = directory.bodies.get(lead)
    return known.parent if known is not None else None


def target_offices(to: Target) -> frozenset[OfficeKind]:
    """The kinds of office told: the head alone where the target says so."""
    return _HEAD if to == "issuer-head" else ACTING
