"""What a programme accepts."""

from datetime import datetime

from domain.attribution import Attribution
from domain.decider import Decider
from domain.directory.state import ACTING
from domain.facts import Facts
from domain.outcomes import Rejected
from domain.programme.commands import ProgrammeCommand
from domain.programme.events import ProgrammeAdopted, ProgrammeEvent
from domain.programme.state import Programme, evolve
from domain.rejections import already_exists, invalid, not_authorised, unknown


def decide(
    command: ProgrammeCommand, state: Programme | None, facts: Facts, at: datetime
) -> tuple[ProgrammeEvent, ...] | Rejected:
    """A programme is adopted once, by an office holder of the body whose programme it is."""
    if state is not None:
        return already_exists("programme", command.programme)
    if command.body not in facts.directory.bodies:
        return unknown("body", command.body, "register the body first")
    if command.period_end < command.period_start:
        return invalid("period_end", "the period ends before it begins")
    offices = facts.directory.offices_held(command.actor, at)
    office = next((o for o in offices if o.body == command.body and o.kind in ACTING), None)
    if office is None:
        return not_authorised(
            command.actor, "adopt the programme", f"a head or officer of {command.body}"
        )
    return (
        ProgrammeAdopted(
            occurred_at=at,
            by=Attribution(
                actor=command.actor,
                on_behalf_of=command.body,
                office=office.id,
                identity=command.identity,
            ),
            programme=command.programme,
            title=command.title,
            body=command.body,
            period_start=command.period_start,
            period_end=command.period_end,
        ),
    )


programme_decider: Decider[ProgrammeCommand, ProgrammeEvent, Programme | None] = Decider(
    initial=None, decide=decide, evolve=evolve
)
