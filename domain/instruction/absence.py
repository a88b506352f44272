"""Whether a deadline falls into an absence of those who must act by then."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.directory.absences import Attendance, attendance
from domain.directory.state import Directory
from domain.identifiers import BodyId
from domain.instruction.recipients import yet_to_report
from domain.instruction.state import KnownState, Proposed, Record, is_closed

_LAST = timedelta(microseconds=1)
"""Before a deadline's instant: of one that is a day it is the next day's midnight."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AbsenceAtDeadline:
    """On the day of the deadline somebody of a party is away, or nobody is there at all."""

    role: Literal["lead", "controller"]
    attendance: Attendance


def absences_at_deadline(
    state: KnownState, directory: Directory, at: datetime, *, asked_for: bool = False
) -> tuple[AbsenceAtDeadline, ...]:
    """Of the leads that have yet to report, and of the controller; none if the deadline has passed by `at`.

    With `asked_for`, of the deadline that an open request for extension asks for, if there is one.
    """
    extension = state.record.extension if asked_for else None
    deadline = extension.until if extension else state.record.deadline
    if is_closed(state) or isinstance(state, Proposed) or deadline.instant < at:
        return ()
    moment = deadline.instant - _LAST
    found = (
        AbsenceAtDeadline(role=role, attendance=attendance(directory, body, moment))
        for role, body in _who_must_act(state.record)
        if body in directory.bodies
    )
    return tuple(one for one in found if one.attendance.absent or one.attendance.nobody)


def _who_must_act(record: Record) -> Iterator[tuple[Literal["lead", "controller"], BodyId]]:
    leads = yet_to_report(record)
    for lead in leads:
        yield "lead", lead
    if record.controller is not None and record.controller not in leads:
        yield "controller", record.controller
