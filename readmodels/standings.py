"""How measures stood, now or as of a moment, as SQL that what is counted follows: a common table `standing`.

Now from the register, as of a moment from the status periods.
"""

from dataclasses import dataclass

from domain.identifiers import ProgrammeId
from eventstore.protocol import EventStore
from eventstore.replay import AsOf
from readmodels.periods import ALWAYS_POSITION

# $1 is the programme (none: all instructions, each where it is now), $2 is left to what is counted, $3 the place.
_NOW = """
    with standing as (
        select instruction, phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, departed_at, milestone
        from readmodel.departures where programme = $1
        union all
        select instruction, phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, null, milestone
        from readmodel.register where programme = $1
    ),
"""
DEPARTED = """
    with standing as (
        select instruction, phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, departed_at, milestone
        from readmodel.departures where programme = $1
    ),
"""
"""Of a programme's measures as they stand now, those that went on elsewhere: what the register's tallies do not count."""
_ALL_NOW = """
    with standing as (
        select instruction, phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, null::timestamptz as departed_at,
            milestone
        from readmodel.register where $1::text is null
    ),
"""
_AT_POSITION = """
    with standing as (
        select instruction, phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, departed_at, milestone
        from readmodel.periods
        where programme = $1 and from_position <= $3 and to_position > $3
    ),
"""
_ALL_AT_POSITION = """
    with standing as (
        select instruction, phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, departed_at, milestone
        from readmodel.periods
        where $1::text is null and departed_at is null
          and from_position <= $3 and to_position > $3
    ),
"""
_AT_MOMENT = """
    with standing as (
        select instruction, phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, departed_at, milestone
        from readmodel.periods
        where programme = $1 and from_moment <= $3 and to_moment > $3
    ),
"""
_ALL_AT_MOMENT = """
    with standing as (
        select instruction, phase, refused, sector, lead, acting, closed, original_deadline, deadline,
            submitted_at, cancelled_at, stopped_at, departed_at, milestone
        from readmodel.periods
        where $1::text is null and departed_at is null
          and from_moment <= $3 and to_moment > $3
    ),
"""
# `Measure.counted`.
COUNTED = "phase <> 'Proposed' and cancelled_at is null"


@dataclass(frozen=True, slots=True)
class Standings:
    """What a statement begins with, and what it is asked with."""

    sql: str
    """`with standing as (…),`: its parameters are the programme, one of the question's own, and `place`."""
    place: tuple[object, ...]
    """The moment or the position; none for now."""


async def standings(
    store: EventStore,
    programme: ProgrammeId | None,
    as_of: AsOf,
    *,
    until_position: int | None = None,
) -> Standings | None:
    """Of a programme's measures, those that went on into another too; or of all instructions, each where it was. None for
    both kinds of limit at once: that takes replay.
    """
    known_then = as_of.recorded is not None or until_position is not None
    if as_of.occurred is not None:
        if known_then:
            return None
        return Standings(_AT_MOMENT if programme else _ALL_AT_MOMENT, (as_of.occurred,))
    if not known_then:
        return Standings(_NOW if programme else _ALL_NOW, ())
    position = ALWAYS_POSITION - 1 if until_position is None else until_position
    if as_of.recorded is not None:
        position = min(position, await store.position_at(as_of.recorded))
    return Standings(_AT_POSITION if programme else _ALL_AT_POSITION, (position,))
