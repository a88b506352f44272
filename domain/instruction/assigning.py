"""How those who answer for an instruction stand: who took note, whose report stands, whose heir it is.

An instruction may have joint leads, bodies of two sides, say: each takes note and reports for itself.
"""

from collections.abc import Iterable

from domain.changed import changed
from domain.identifiers import BodyId
from domain.instruction import events as e
from domain.instruction.state import Assigned, Assignment, InProgress, Issued, KnownState, Record


def assignment_after(standing: Assignment | None, event: e.InstructionAssigned) -> Assignment:
    """Who stays a lead has acknowledged and reported as before; where nobody would be left to report, all
    report again.
    """
    leads = (event.lead, *event.joint_leads)
    before = standing.reported if standing is not None else ()
    reported = tuple(body for body in before if body in leads)
    return Assignment(
        lead=event.lead,
        joint_leads=event.joint_leads,
        co_assignees=event.co_assignees,
        assigned_at=event.occurred_at,
        counts_from=event.occurred_at,
        scheduled_from=event.scheduled_from,
        acknowledged=tuple(b for b in standing.acknowledged if b in leads) if standing else (),
        reported=reported if len(reported) < len(leads) else (),
    )


def acknowledged(state: KnownState, body: BodyId | None) -> KnownState:
    """Work has begun once every lead has taken note."""
    if not isinstance(state, Assigned):
        return state
    record, assignment = state.record, state.record.assignment
    if assignment is None:
        return InProgress(record)
    if not assignment.joint_leads:
        noted: tuple[BodyId, ...] = (assignment.lead,)
    elif body in assignment.leads:
        noted = tuple(dict.fromkeys((*assignment.acknowledged, body)))
    else:
        return state
    known = changed(record, assignment=changed(assignment, acknowledged=noted))
    return InProgress(known) if len(noted) == len(assignment.leads) else Assigned(known)


def reported(record: Record, bodies: Iterable[BodyId]) -> Record:
    """The reports of these leads stand too."""
    assignment = record.assignment
    if assignment is None:
        return record
    stand = {*assignment.reported, *bodies}
    return _with_reports(record, tuple(b for b in assignment.leads if b in stand))


def all_reported(record: Record) -> Record:
    """The instruction is reported as done, whoever did it; so everybody has taken note."""
    assignment = record.assignment
    if assignment is None:
        return record
    leads = assignment.leads
    return changed(record, assignment=changed(assignment, acknowledged=leads, reported=leads))


def to_report_again(record: Record, bodies: Iterable[BodyId]) -> Record:
    """The reports of these leads stand no more; with nobody named, no report does."""
    if record.assignment is None:
        return record
    again = set(bodies) or set(record.assignment.leads)
    left = tuple(b for b in record.assignment.reported if b not in again)
    return _with_reports(record, left)


def back_to_work(record: Record) -> Issued | InProgress:
    """Where nobody is assigned, it waits for somebody who is."""
    return InProgress(record) if record.assignment is not None else Issued(record)


def succeeded(assignment: Assignment, body: BodyId, heir: BodyId) -> Assignment:
    """The heir in the place of the body, once. What a lead inherits from another has yet to be done, if
    either has yet to do it.
    """
    leads = heirs(assignment.leads, body, heir)

    def done_by(bodies: tuple[BodyId, ...]) -> tuple[BodyId, ...]:
        undone = heirs((b for b in assignment.leads if b not in bodies), body, heir)
        return tuple(b for b in heirs(bodies, body, heir) if b not in undone)

    helpers = heirs(assignment.co_assignees, body, heir)
    return changed(
        assignment,
        lead=leads[0],
        joint_leads=leads[1:],
        co_assignees=tuple(one for one in helpers if one not in leads),
        acknowledged=done_by(assignment.acknowledged),
        reported=done_by(assignment.reported),
    )


def heirs(bodies: Iterable[BodyId], body: BodyId, heir: BodyId) -> tuple[BodyId, ...]:
    return tuple(dict.fromkeys(heir if one == body else one for one in bodies))


def _with_reports(record: Record, bodies: tuple[BodyId, ...]) -> Record:
    assert record.assignment is not None
    return changed(record, assignment=changed(record.assignment, reported=bodies))
