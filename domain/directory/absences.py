"""Who of a body is absent at a moment, and whether anybody would act for it; and what an absence touches.

A person is absent from an office while somebody substitutes for them in it (`SubstitutionSet`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from domain.directory.state import ACTING, Directory, Office, Term
from domain.identifiers import BodyId, OfficeId, PersonId


@dataclass(frozen=True, kw_only=True, slots=True)
class Absence:
    """A holder of an acting office is away that day."""

    person: PersonId
    office: OfficeId
    until: date | None
    """The last day of it; None: no end is set."""
    substitute: PersonId | None
    """Who acts instead; None: nobody, the substitute was erased. None is away too: the directory refuses that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attendance:
    """Of the heads and officers of a body, on one day."""

    body: BodyId
    day: date
    """Where the body is."""
    absent: tuple[Absence, ...]
    nobody: bool
    """Nobody would act: no such office is held, or all who hold one are away without a substitute."""


def attendance(directory: Directory, body: BodyId, at: datetime) -> Attendance:
    """Of a body of the directory, at `at`."""
    day = directory.bodies[body].day(at)
    absent: list[Absence] = []
    acting = 0
    for office in _acting_offices(directory, body):
        for person, substitute in directory.holders_with_substitutes(office.id, at):
            away = [
                s.term
                for s in directory.substitutions
                if s.absent == person and s.covers(office.id) and s.term.holds(day)
            ]
            if not away:
                acting += 1
                continue
            acting += substitute is not None
            absent.append(
                Absence(
                    person=person,
                    office=office.id,
                    until=_end(away),
                    substitute=substitute,
                )
            )
    return Attendance(body=body, day=day, absent=tuple(absent), nobody=not acting)


def bodies_touched(
    directory: Directory, person: PersonId, term: Term, offices: tuple[OfficeId, ...]
) -> tuple[BodyId, ...]:
    """The bodies that the person is a head or officer of on some day of the term.

    `offices`: only in these; empty: in all.
    """
    held = (
        directory.offices[a.office]
        for a in directory.appointments
        if a.person == person
        and a.term.overlaps(term)
        and (not offices or a.office in offices)
        and not directory.offices[a.office].closed(term.since)
    )
    return tuple(dict.fromkeys(office.body for office in held if office.kind in ACTING))


def _acting_offices(directory: Directory, body: BodyId) -> Iterator[Office]:
    return (o for o in directory.offices.values() if o.body == body and o.kind in ACTING)


def _end(terms: list[Term]) -> date | None:
    ends = [term.until for term in terms if term.until is not None]
    return max(ends) if len(ends) == len(terms) else None
