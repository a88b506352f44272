"""The instruction that is issued for an occurrence, as its own stream is asked for it."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import chain

from domain.attribution import Event
from domain.deadline import Deadline
from domain.directory.state import Directory
from domain.identifiers import SYSTEM, BodyId, CommandId, instruction_id
from domain.instruction.commands import IssueAsOccurrence
from domain.instruction.decisions.issuing import as_requested
from domain.recurrence.events import OccurrenceIssued
from domain.recurrence.state import Recurrence
from domain.recurrence.wording import filled


def founded_with(
    command_id: CommandId,
    events: Iterable[Event],
    state: Recurrence,
    directory: Directory,
    at: datetime,
) -> IssueAsOccurrence | None:
    """The command that must be recorded together with these events, or none of them.

    Args:
        state: after the events.
    """
    issued = next((event for event in events if isinstance(event, OccurrenceIssued)), None)
    if issued is None:
        return None
    return charge(command_id, state, issued.n, issued.day, issued.deadline, directory, at)


def charge(
    command_id: CommandId,
    state: Recurrence,
    n: int,
    day: date,
    deadline: Deadline,
    directory: Directory,
    at: datetime,
) -> IssueAsOccurrence:
    """What the n-th occurrence charges whom with. Bodies reorganised away by `at` are replaced by their
    heirs, as in an instruction under way."""
    terms = state.terms

    def standing(body: BodyId) -> BodyId:
        return directory.heir(body, at) or body

    lead, *helpers = dict.fromkeys(map(standing, chain((terms.lead,), terms.co_assignees)))
    number = filled(terms.number, n, day)
    return IssueAsOccurrence(
        command_id=command_id,
        actor=SYSTEM,
        instruction=instruction_id(number),
        number=number,
        text=filled(terms.text, n, day),
        issuer=standing(terms.issuer),
        deadline=as_requested(deadline),
        zone=state.zone,
        controller=standing(terms.controller) if terms.controller else None,
        programme=terms.programme,
        sector=terms.sector,
        source=terms.source,
        policy=terms.policy,
        recurrence=state.id,
        lead=lead,
        co_assignees=tuple(helpers),
    )
