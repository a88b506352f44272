"""What may be done to offices, and who may hold one."""

from datetime import date

from domain.directory import commands as c
from domain.directory import events as e
from domain.directory.deed import Deed, body_closed
from domain.directory.state import Office, Term
from domain.identifiers import OfficeId
from domain.outcomes import Rejected
from domain.rejections import already_exists, invalid, unknown


def register_office(command: c.RegisterOffice, deed: Deed) -> e.OfficeRegistered | Rejected:
    if command.office in deed.directory.offices:
        return already_exists("office", command.office)
    body = deed.standing(command.body, "body")
    if isinstance(body, Rejected):
        return body
    return e.OfficeRegistered(
        occurred_at=deed.at,
        by=deed.by,
        office=command.office,
        body=command.body,
        office_kind=command.office_kind,
        title=command.title,
    )


def close_office(command: c.CloseOffice, deed: Deed) -> e.OfficeClosed | Rejected:
    office = _known(command.office, deed)
    if isinstance(office, Rejected):
        return office
    today = _today(office, deed)
    if office.closed(today):
        return invalid("office", f"{office.id} is closed since {office.closed_on}; that day stays")
    on = today if command.on is None else command.on
    return e.OfficeClosed(occurred_at=deed.at, by=deed.by, office=office.id, on=on)


def appoint(command: c.Appoint, deed: Deed) -> e.Appointed | Rejected:
    refusal = deed.known_person(command.person, "person")
    if refusal is not None:
        return refusal
    office = _known(command.office, deed)
    if isinstance(office, Rejected):
        return office
    if command.until is not None and command.until < command.since:
        return invalid("until", "the last day in office lies before the first; give a later one")
    body = deed.directory.bodies[office.body]
    if body.closed(command.since):
        return body_closed(body, deed.directory.heir(body.id, deed.at), "office")
    if office.closed(command.since):
        return invalid("office", f"{office.id} is closed from {office.closed_on}; name another")
    term = Term(since=command.since, until=command.until)
    for held in deed.directory.appointments:
        if (held.person, held.office) == (command.person, office.id) and held.term.overlaps(term):
            return invalid(
                "since",
                f"{command.person} holds {office.id} since {held.term.since}; end that term first",
            )
    refusal = _first_administrator_cannot(command, office, deed)
    if refusal is not None:
        return refusal
    return e.Appointed(
        occurred_at=deed.at,
        by=deed.by,
        person=command.person,
        office=office.id,
        since=command.since,
        until=command.until,
    )


def end_appointment(command: c.EndAppointment, deed: Deed) -> e.AppointmentEnded | Rejected:
    office = _known(command.office, deed)
    if isinstance(office, Rejected):
        return office
    today = _today(office, deed)
    terms = [
        a.term
        for a in deed.directory.appointments
        if (a.person, a.office) == (command.person, office.id)
    ]
    term = running_or_next(terms, today)
    if term is None:
        return invalid("office", f"{command.person} does not hold {office.id}; nothing is to end")
    until = today if command.until is None else command.until
    if term.until is not None and until > term.until:
        return invalid("until", f"the term ends on {term.until}; appoint anew to prolong it")
    return e.AppointmentEnded(
        occurred_at=deed.at,
        by=deed.by,
        person=command.person,
        office=office.id,
        since=term.since,
        until=until,
    )


def running_or_next(terms: list[Term], today: date) -> Term | None:
    """The term that runs today, or else the next one to come."""
    left = sorted((t for t in terms if not t.over(today)), key=lambda t: t.since)
    return left[0] if left else None


def _known(office: OfficeId, deed: Deed) -> Office | Rejected:
    known = deed.directory.offices.get(office)
    return unknown("office", office, "register the office first") if known is None else known


def _today(office: Office, deed: Deed) -> date:
    return deed.directory.bodies[office.body].day(deed.at)


def _first_administrator_cannot(command: c.Appoint, office: Office, deed: Deed) -> Rejected | None:
    """From the first administrator on only administrators keep the directory: there must be one."""
    if office.kind != "administrator" or deed.directory.has_administrator():
        return None
    if command.until is not None:
        return invalid("until", "the first administrator's term must be open; give no last day")
    if command.since > _today(office, deed):
        return invalid(
            "since", "the first administrator must hold office now; give today or earlier"
        )
    if office.closed_on is not None or deed.directory.bodies[office.body].closed_on is not None:
        return invalid("office", f"{office.id} or its body is to close; name one that stays")
    return None
