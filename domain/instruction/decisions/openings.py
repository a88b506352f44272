"""Which commands somebody may send to an instruction as it stands: what `decide` refuses for no other reason than what is entered.

By the same offices, phases and preconditions as `decide` goes by. Left to it is what depends on other instructions (whether the
whole is open, when its parts are due), on the programme that a measure is to be carried into, and on what the command says.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from domain.facts import Facts
from domain.identifiers import BodyId, PersonId
from domain.instruction import commands as c
from domain.instruction.authority import Party, acting, registering
from domain.instruction.decisions.machinery import succeeded
from domain.instruction.decisions.preconditions import hindrance
from domain.instruction.evolution import evolve
from domain.instruction.noticed import account
from domain.instruction.rules import RULES
from domain.instruction.state import KnownState, Unissued

_OF_CLIENTS: tuple[type[c.InstructionCommand], ...] = get_args(get_args(c.ClientCommand)[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """A kind of command that would not be refused as such."""

    command: type[c.InstructionCommand]
    bodies: tuple[BodyId, ...]
    """On behalf of which; if none is named it is for the first. None where it is nobody's deed, or it may stay open whose."""


def openings(
    person: PersonId, state: KnownState, facts: Facts, at: datetime, *, backdated: bool = False
) -> tuple[Opening, ...]:
    """In the order of `ClientCommand`.

    Args:
        facts: the directory, and the history for `AcknowledgeNotice`.
        backdated: what they may enter as having happened earlier, instead of what they may do now.
    """
    state = _with_heirs(state, facts, at)
    found = (_opening(kind, person, state, facts, at, backdated=backdated) for kind in _OF_CLIENTS)
    return tuple(one for one in found if one is not None)


def _with_heirs(state: KnownState, facts: Facts, at: datetime) -> KnownState:
    """As it is decided on: heirs have taken their places."""
    for event in succeeded(state, facts, at, at):
        after = evolve(state, event)
        assert not isinstance(after, Unissued)
        state = after
    return state


def _opening(
    kind: type[c.InstructionCommand],
    person: PersonId,
    state: KnownState,
    facts: Facts,
    at: datetime,
    *,
    backdated: bool,
) -> Opening | None:
    rule = RULES[kind]
    if not isinstance(state, rule.phases):
        return None
    if kind is c.AcknowledgeNotice and not backdated:
        return _of_notices(person, facts)
    parties = tuple(relation(state.record, facts.directory) for relation in rule.who)
    bodies = _bodies(person, parties, state, facts, at, backdated=backdated)
    if bodies is None:
        return None
    free = tuple(body for body in bodies if hindrance(kind, state, body) is None)
    if not free and (bodies or hindrance(kind, state, None) is not None):
        return None
    return Opening(command=kind, bodies=free)


def _bodies(
    person: PersonId,
    parties: tuple[Party, ...],
    state: KnownState,
    facts: Facts,
    at: datetime,
    *,
    backdated: bool,
) -> tuple[BodyId, ...] | None:
    """On behalf of which they may do it, as such; None if they may not."""
    if backdated:
        if not registering(person, state.record.issuer, facts.directory, at):
            return None
        return tuple(dict.fromkeys(body for one in parties for body in sorted(one.bodies)))
    mandates = acting(person, parties, facts.directory, at)
    return tuple(dict.fromkeys(m.office.body for m in mandates)) or None


def _of_notices(person: PersonId, facts: Facts) -> Opening | None:
    """Of those that they were given, some wait for them to take note."""
    waits = any(
        one.notice.recipient == person and one.acknowledged_at is None
        for one in account(facts.history)
    )
    return Opening(command=c.AcknowledgeNotice, bodies=()) if waits else None
