"""What every decision about the directory has at hand, and the questions several of them ask."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.attribution import Attribution
from domain.directory.state import Body, Directory
from domain.identifiers import BodyId, PersonId
from domain.outcomes import Rejected
from domain.rejections import Code, invalid, rejected, unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """By whom it is done and when, and the directory before it."""

    by: Attribution
    at: datetime
    directory: Directory

    def standing(self, body: BodyId, field: str) -> Body | Rejected:
        """The body; refused if it is unknown, or is no more."""
        known = self.directory.bodies.get(body)
        if known is None:
            return unknown(field, body, "register the body first")
        if known.closed(known.day(self.at)):
            return body_closed(known, self.directory.heir(body, self.at), field)
        return known

    def known_person(self, person: PersonId, field: str) -> Rejected | None:
        """Refuses a person who is unknown or erased."""
        if person not in self.directory.channels:
            return unknown(field, person, "register the person first")
        if person in self.directory.erased:
            return invalid(field, f"{person} is erased; register the person anew under another id")
        return None

    def taking_effect(self, on: date | None, body: Body) -> date | Rejected:
        """The day on which it takes effect, today where the body is unless given; not a later one."""
        today = body.day(self.at)
        if on is not None and on > today:
            return invalid("on", "it is recorded on the day it takes effect; give today or earlier")
        return today if on is None else on


def body_closed(body: Body, heir: BodyId | None, field: str) -> Rejected:
    """The refusal of a body that is no more, which names who took over, if somebody did."""
    way_out = f"name {heir}, which took over" if heir else "name another body"
    return rejected(
        Code.BODY_CLOSED, f"{body.id} is no more since {body.closed_on}; {way_out}", field
    )
