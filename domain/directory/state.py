"""The directory folded: who may act for which body, and whom a notice for a body reaches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import takewhile
from zoneinfo import ZoneInfo

from domain.directory.calendar_versions import NO_CHANGES, CalendarChanges, PublishedCalendar
from domain.directory.events import BodyKind, OfficeKind
from domain.directory.preferences import Preferences
from domain.identifiers import BodyId, CalendarId, Channel, OfficeId, PersonId
from domain.policies import Policy, PolicyId
from domain.working_time import PLAIN, Calendar

ACTING: frozenset[OfficeKind] = frozenset({"head", "officer"})
"""Offices whose holders act for their body and receive its notices."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    id: BodyId
    name: str
    kind: BodyKind
    parent: BodyId | None
    country: str | None
    zone: str
    established_on: date | None
    closed_on: date | None = None
    """The first day it is no more: closed, or reorganised into others."""
    heir: BodyId | None = None
    """Of a reorganised body: who took over what it had open."""
    calendar: CalendarId | None = None
    """The one it was told to count by; None leaves it to those above it, and to its country."""

    def established(self, on: date) -> bool:
        return self.established_on is None or self.established_on <= on

    def closed(self, on: date) -> bool:
        return self.closed_on is not None and self.closed_on <= on

    def day(self, at: datetime) -> date:
        """The calendar day of the moment, where the body is."""
        return at.astimezone(ZoneInfo(self.zone)).date()


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    id: OfficeId
    body: BodyId
    kind: OfficeKind
    title: str
    closed_on: date | None = None
    """The first day it is no more."""

    def closed(self, on: date) -> bool:
        return self.closed_on is not None and self.closed_on <= on


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """Days from the first to the last one, or on without end. A last day before the first: none."""

    since: date
    until: date | None

    def holds(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on <= self.until)

    def over(self, on: date) -> bool:
        """No day of it is left, counted from this one on."""
        return self.until is not None and (self.until < on or self.until < self.since)

    def ending(self, on: date) -> "Term":
        """The same with this last day. It never grows: one that is over stays as it was."""
        return Term(since=self.since, until=on if self.until is None else min(self.until, on))

    def overlaps(self, other: "Term") -> bool:
        """Whether the two have a day in common."""
        first = max(self.since, other.since)
        lasts = [term.until for term in (self, other) if term.until is not None]
        return all(first <= last for last in lasts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Appointment:
    person: PersonId
    office: OfficeId
    term: Term


@dataclass(frozen=True, kw_only=True, slots=True)
class Substitution:
    absent: PersonId
    substitute: PersonId
    term: Term
    offices: tuple[OfficeId, ...]
    """Empty: all that the absent person holds."""

    def covers(self, office: OfficeId) -> bool:
        return not self.offices or office in self.offices


@dataclass(frozen=True, slots=True)
class Mandate:
    """An office that a person may act through."""

    office: Office
    substituting: PersonId | None = None
    """The absent holder, where the person acts as the substitute."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedPolicy:
    policy: Policy
    version: int
    """0 for Remit's own, which nobody published."""
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Directory:
    """All bodies, offices, people (opaque ids), who acts for whom, and calendars at some version."""

    bodies: Mapping[BodyId, Body] = field(default_factory=dict[BodyId, Body])
    offices: Mapping[OfficeId, Office] = field(default_factory=dict[OfficeId, Office])
    channels: Mapping[PersonId, tuple[Channel, ...]] = field(
        default_factory=dict[PersonId, tuple[Channel, ...]]
    )
    """Every known person, with the channels notices reach them by."""
    commitments: Mapping[PersonId, str] = field(default_factory=dict[PersonId, str])
    """Of every known person: what their name and address now open."""
    preferences: Mapping[PersonId, Preferences] = field(default_factory=dict[PersonId, Preferences])
    """Of those who have set any."""
    erased: frozenset[PersonId] = frozenset()
    policies: Mapping[PolicyId, PublishedPolicy] = field(
        default_factory=dict[PolicyId, PublishedPolicy]
    )
    """As they stand now."""
    policy_versions: Mapping[PolicyId, tuple[PublishedPolicy, ...]] = field(
        default_factory=dict[PolicyId, tuple[PublishedPolicy, ...]]
    )
    """All that there were of each, the latest last."""
    appointments: tuple[Appointment, ...] = ()
    substitutions: tuple[Substitution, ...] = ()
    calendars: Mapping[CalendarId, PublishedCalendar] = field(
        default_factory=dict[CalendarId, PublishedCalendar]
    )
    """Each in its latest version."""
    calendar_versions: Mapping[tuple[CalendarId, int], PublishedCalendar] = field(
        default_factory=dict[tuple[CalendarId, int], PublishedCalendar]
    )
    """All that there were: what was computed before tells which it was computed with."""

    def offices_held(self, person: PersonId, at: datetime) -> tuple[Office, ...]:
        """The offices the person holds at the moment in their own right.

        A term ends with its last day in the body's zone. An office that is closed, or whose body is,
        counts for nothing; neither does one of a person who is erased.
        """
        return tuple(office for _, office in self._held(at, person=person))

    def mandates(self, person: PersonId, at: datetime) -> tuple[Mandate, ...]:
        """What the person may act through at the moment: their own offices first, then those of
        absent persons they substitute for. Nobody acts through an office that its holder only
        substitutes in.
        """
        own = (Mandate(office) for office in self.offices_held(person, at))
        substituted = (
            Mandate(office, absent)
            for absent in dict.fromkeys(
                s.absent for s in self.substitutions if s.substitute == person
            )
            for office in self.offices_held(absent, at)
            if self._substitute(absent, office, at) == person
        )
        return (*own, *substituted)

    def reached(
        self, body: BodyId, kinds: Iterable[OfficeKind], at: datetime
    ) -> tuple[PersonId, ...]:
        """Whom a notice to these offices of the body reaches: the holders, each once, and instead of
        an absent one the substitute in that office.
        """
        wanted = frozenset(kinds)
        found = (
            self._substitute(a.person, office, at) or a.person
            for a, office in self._held(at, body=body)
            if office.kind in wanted
        )
        return tuple(dict.fromkeys(found))

    def holders_with_substitutes(
        self, office: OfficeId, at: datetime
    ) -> tuple[tuple[PersonId, PersonId | None], ...]:
        """Who holds the office at the moment, each with the substitute in it, if there is one."""
        return tuple(
            (a.person, self._substitute(a.person, held, at))
            for a, held in self._held(at, of=office)
        )

    def chain(self, body: BodyId) -> tuple[BodyId, ...]:
        """The body and its superiors, nearest first."""
        found: list[BodyId] = []
        current: BodyId | None = body
        while current is not None and current in self.bodies and current not in found:
            found.append(current)
            current = self.bodies[current].parent
        return tuple(found)

    def country(self, body: BodyId) -> str | None:
        """The body's, else that of the nearest above it which has one."""
        found = (self.bodies[b].country for b in self.chain(body))
        return next((country for country in found if country is not None), None)

    def calendar_of(self, body: BodyId) -> Calendar:
        """Whose working days the body counts: of the calendar that it follows, else of the one that the
        nearest above it in the same country follows, else of its country, else `PLAIN`.
        """
        country = self.country(body)
        ours = takewhile(lambda b: self.country(b) == country, self.chain(body))
        followed = (self.bodies[b].calendar for b in ours)
        wanted = next((calendar for calendar in followed if calendar is not None), country)
        known = self.calendars.get(wanted) if wanted is not None else None
        return PLAIN if known is None else known.calendar

    def calendar_version(self, calendar: CalendarId, version: int) -> PublishedCalendar | None:
        """As it was published then; None for one that was not."""
        return self.calendar_versions.get((calendar, version))

    def calendar_changes_since(self, calendar: CalendarId, version: int) -> CalendarChanges:
        """What versions later than this one changed; from 0 on: what differs from `PLAIN`."""
        known = self.calendars.get(calendar)
        return NO_CHANGES if known is None else known.changes_since(version)

    def below(self, body: BodyId) -> frozenset[BodyId]:
        """The body and all that stand below it, however far."""
        found: set[BodyId] = set()
        waiting = [body] if body in self.bodies else []
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self._right_below.get(one, ())
        return frozenset(found)

    def heir(self, body: BodyId, at: datetime) -> BodyId | None:
        """The body that by the moment has taken over what `body` had open, followed from one
        reorganisation to the next; None if `body` still stands, or was closed without an heir.
        """
        seen = [body]
        while (known := self.bodies.get(seen[-1])) is not None:
            if known.heir is None or known.heir in seen or not known.closed(known.day(at)):
                break
            seen.append(known.heir)
        return seen[-1] if len(seen) > 1 else None

    def there_since(self, body: BodyId) -> date | None:
        """The day the body was established, else the first on which somebody held office in it.

        None if nothing says that it was there on any day.
        """
        known = self.bodies[body]
        firsts = (
            a.term.since
            for a in self.appointments
            if self.offices[a.office].body == body and not a.term.over(a.term.since)
        )
        return known.established_on or min(firsts, default=None)

    def has_administrator(self) -> bool:
        """Whether one was ever appointed: from then on only administrators keep the directory."""
        return any(self.offices[a.office].kind == "administrator" for a in self.appointments)

    def has_lasting_administrator(self, at: datetime) -> bool:
        """Whether somebody is administrator at the moment, with no end in sight."""
        return any(
            office.kind == "administrator"
            and appointment.term.until is None
            and office.closed_on is None
            and self.bodies[office.body].closed_on is None
            for appointment, office in self._held(at)
        )

    @cached_property
    def _right_below(self) -> Mapping[BodyId | None, Sequence[BodyId]]:
        """The bodies whose parent each is; under None those that have none."""
        found: dict[BodyId | None, list[BodyId]] = {}
        for one in self.bodies.values():
            found.setdefault(one.parent, []).append(one.id)
        return found

    @cached_property
    def _of_person(self) -> Mapping[PersonId, Sequence[Appointment]]:
        """The appointments of each, in the order they were made."""
        found: dict[PersonId, list[Appointment]] = {}
        for one in self.appointments:
            found.setdefault(one.person, []).append(one)
        return found

    def _held(
        self,
        at: datetime,
        *,
        body: BodyId | None = None,
        person: PersonId | None = None,
        of: OfficeId | None = None,
    ) -> Iterator[tuple[Appointment, Office]]:
        """The appointments in force, in the order they were made."""
        for appointment in self.appointments if person is None else self._of_person.get(person, ()):
            if of not in (None, appointment.office) or appointment.person in self.erased:
                continue
            office = self.offices[appointment.office]
            if body not in (None, office.body):
                continue
            where = self.bodies[office.body]
            today = where.day(at)
            if not (where.closed(today) or office.closed(today)) and appointment.term.holds(today):
                yield appointment, office

    def _substitute(self, absent: PersonId, office: Office, at: datetime) -> PersonId | None:
        today = self.bodies[office.body].day(at)
        return next(
            (
                s.substitute
                for s in self.substitutions
                if s.absent == absent
                and s.substitute not in self.erased
                and s.covers(office.id)
                and s.term.holds(today)
            ),
            None,
        )
