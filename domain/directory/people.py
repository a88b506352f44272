"""What may be done to people, and who may stand in for whom."""

from domain.directory import commands as c
from domain.directory import events as e
from domain.directory.deed import Deed
from domain.directory.offices import running_or_next
from domain.directory.preferences import DEFAULTS, MANDATORY, NOTICE_KINDS, Preferences
from domain.directory.state import Directory, Substitution, Term
from domain.identifiers import SYSTEM, OfficeId
from domain.outcomes import Rejected
from domain.rejections import already_exists, invalid, unknown
from domain.working_time import zones


def register_person(command: c.RegisterPerson, deed: Deed) -> e.PersonRegistered | Rejected:
    if command.person in deed.directory.channels:
        return already_exists("person", command.person)
    if command.person == SYSTEM:
        return invalid("person", f"{SYSTEM} is the deadline machinery; choose another id")
    return e.PersonRegistered(
        occurred_at=deed.at,
        by=deed.by,
        person=command.person,
        commitment=command.commitment,
        channels=command.channels,
    )


def replace_person_details(
    command: c.ReplacePersonDetails, deed: Deed
) -> e.PersonCommitted | Rejected:
    refusal = deed.known_person(command.person, "person")
    if refusal is not None:
        return refusal
    return e.PersonCommitted(
        occurred_at=deed.at, by=deed.by, person=command.person, commitment=command.commitment
    )


def set_channels(command: c.SetChannels, deed: Deed) -> e.ChannelsSet | Rejected:
    refusal = deed.known_person(command.person, "person")
    if refusal is not None:
        return refusal
    return e.ChannelsSet(
        occurred_at=deed.at, by=deed.by, person=command.person, channels=command.channels
    )


def set_preferences(command: c.SetPreferences, deed: Deed) -> e.PreferencesSet | Rejected | None:
    """None where nothing changes."""
    refusal = deed.known_person(command.person, "person") or _no_such_preferences(command)
    if refusal is not None:
        return refusal
    wanted = Preferences(
        language=command.language,
        zone=command.zone,
        quiet=command.quiet,
        working_days_only=command.working_days_only,
        daily_at=command.daily_at,
        muted=frozenset(command.muted),
    )
    if wanted == deed.directory.preferences.get(command.person, DEFAULTS):
        return None
    return e.PreferencesSet(
        occurred_at=deed.at,
        by=deed.by,
        person=command.person,
        language=command.language,
        zone=command.zone,
        quiet=command.quiet,
        working_days_only=command.working_days_only,
        daily_at=command.daily_at,
        muted=tuple(sorted(wanted.muted)),
    )


def _no_such_preferences(command: c.SetPreferences) -> Rejected | None:
    if command.zone is not None and command.zone not in zones():
        return invalid("zone", f"{command.zone} is no IANA time zone; try Europe/Minsk")
    for kind in command.muted:
        if kind not in NOTICE_KINDS:
            kinds = ", ".join(sorted(NOTICE_KINDS - MANDATORY))
            return invalid("muted", f"{kind} is no kind of notice; name one of {kinds}")
        if kind in MANDATORY:
            return invalid(
                "muted",
                f"{kind} is mandatory and cannot be muted; leave it out (quiet hours hold it too)",
            )
    return None


def erase_person(command: c.ErasePerson, deed: Deed) -> e.PersonErased | Rejected | None:
    """None for one who is erased already: asking again is harmless, and clears what a crash left."""
    if command.person not in deed.directory.channels:
        return unknown("person", command.person, "check the id")
    if command.person in deed.directory.erased:
        return None
    return e.PersonErased(
        occurred_at=deed.at, by=deed.by, person=command.person, reason=command.reason
    )


def substitute(command: c.Substitute, deed: Deed) -> e.SubstitutionSet | Rejected:
    """At most one substitute in an office at a time, and none who is absent or stood in for."""
    for field, person in (("absent", command.absent), ("substitute", command.substitute)):
        refusal = deed.known_person(person, field)
        if refusal is not None:
            return refusal
    if command.absent == command.substitute:
        return invalid("substitute", "nobody substitutes for themselves; name somebody else")
    if command.until is not None and command.until < command.since:
        return invalid("until", "the last day of absence lies before the first; give a later one")
    wanted = Substitution(
        absent=command.absent,
        substitute=command.substitute,
        term=Term(since=command.since, until=command.until),
        offices=command.offices,
    )
    refusal = _not_held(wanted, deed.directory) or _in_the_way(wanted, deed.directory)
    if refusal is not None:
        return refusal
    return e.SubstitutionSet(
        occurred_at=deed.at,
        by=deed.by,
        absent=command.absent,
        substitute=command.substitute,
        since=command.since,
        until=command.until,
        offices=command.offices,
        reason=command.reason,
    )


def end_substitution(command: c.EndSubstitution, deed: Deed) -> e.SubstitutionEnded | Rejected:
    wanted = _to_end(command, deed)
    if isinstance(wanted, Rejected):
        return wanted
    term = wanted.term
    if term.until is not None and command.until > term.until:
        return invalid("until", f"it ends on {term.until}; set another one to prolong it")
    return e.SubstitutionEnded(
        occurred_at=deed.at,
        by=deed.by,
        absent=command.absent,
        substitute=command.substitute,
        since=term.since,
        until=command.until,
        offices=wanted.offices,
    )


def _to_end(command: c.EndSubstitution, deed: Deed) -> Substitution | Rejected:
    """The one of that first day; without it the one that runs, or else the next one to come. Refused if it is not clear which."""
    pair, today = (command.absent, command.substitute), deed.at.date()
    offices = frozenset(command.offices)
    left = [
        s
        for s in deed.directory.substitutions
        if (s.absent, s.substitute) == pair
        and not s.term.over(today)
        and command.since in (None, s.term.since)
        and offices in (frozenset(), frozenset(s.offices))
    ]
    term = running_or_next([s.term for s in left], today)
    if term is None:
        return _nothing_to_end(command)
    found = [s for s in left if s.term.holds(today)] or [
        s for s in left if s.term.since == term.since
    ]
    if len(found) > 1:
        these = " or ".join(", ".join(s.offices) for s in found)
        return invalid("offices", f"there are {len(found)} at a time: in {these}; name the offices")
    return found[0]


def _nothing_to_end(command: c.EndSubstitution) -> Rejected:
    field, narrowed = "substitute", ""
    if command.since is not None:
        field, narrowed = "since", f" with {command.since} for the first day"
    if command.offices:
        field, narrowed = "offices", f"{narrowed} in just these offices"
    return invalid(
        field,
        f"{command.substitute} does not substitute for {command.absent}{narrowed}; nothing is to end",
    )


def _not_held(wanted: Substitution, directory: Directory) -> Rejected | None:
    for office in wanted.offices:
        if office not in directory.offices:
            return unknown("offices", office, "register the office first")
        if office not in _offices_in_term(wanted, directory):
            return invalid("offices", f"{wanted.absent} does not hold {office} then; leave it out")
    return None


def _offices_in_term(wanted: Substitution, directory: Directory) -> frozenset[OfficeId]:
    return frozenset(
        a.office
        for a in directory.appointments
        if a.person == wanted.absent and a.term.overlaps(wanted.term)
    )


def _in_the_way(wanted: Substitution, directory: Directory) -> Rejected | None:
    """A substitution of the same days that this one would double, or make a chain with."""
    for other in directory.substitutions:
        if not other.term.overlaps(wanted.term):
            continue
        since = f"from {other.term.since}"
        if other.absent == wanted.absent and _share_an_office(other, wanted):
            return invalid(
                "absent",
                f"{other.substitute} substitutes for {other.absent} {since}; end that first",
            )
        if other.substitute == wanted.absent:
            return invalid(
                "absent",
                f"{wanted.absent} is to substitute for {other.absent} {since}, and there is no "
                "substitution of a substitute; end that first",
            )
        if other.absent == wanted.substitute:
            return invalid(
                "substitute", f"{wanted.substitute} is absent {since}; name somebody else"
            )
    return None


def _share_an_office(one: Substitution, other: Substitution) -> bool:
    return not one.offices or not other.offices or bool({*one.offices} & {*other.offices})
