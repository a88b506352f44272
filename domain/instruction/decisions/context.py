"""What every decision about an instruction has at hand, and the questions it asks of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.attribution import Attribution
from domain.deadline import Deadline, DeadlineRequest, resolve
from domain.directory.events import OfficeKind
from domain.directory.state import ACTING
from domain.facts import Facts
from domain.identifiers import BodyId
from domain.instruction.terms import Addressee
from domain.outcomes import Rejected
from domain.rejections import Code, rejected, unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """Who does it, when it happened, when it is entered, and what was looked up."""

    by: Attribution
    occurred_at: datetime
    at: datetime
    """The present. Later than `occurred_at` where something is entered as history."""
    facts: Facts

    def tell(
        self, bodies: Iterable[BodyId | None], kinds: Iterable[OfficeKind] = ACTING
    ) -> tuple[Addressee, ...]:
        """Whom a notice for these bodies reaches today.

        Nobody is told what they did themselves, nor about what is entered as history.
        """
        if self.occurred_at != self.at:
            return ()
        directory, wanted = self.facts.directory, tuple(kinds)
        found = (
            Addressee(person=person, channel=channel)
            for body in bodies
            if body is not None
            for person in directory.holders(body, wanted, self.at)
            if person != self.by.actor
            for channel in directory.channels.get(person, ())
        )
        return tuple(dict.fromkeys(found))

    def deadline(self, request: DeadlineRequest, zone: str, field: str) -> Deadline | Rejected:
        """The deadline as an instant, refused if it lay in the past when this happened."""
        deadline = resolve(request, zone, self.facts.tzdata)
        if deadline.instant <= self.occurred_at:
            return rejected(
                Code.DEADLINE_IN_THE_PAST,
                f"the deadline {deadline.instant:%Y-%m-%d %H:%M} UTC is not in the future; "
                "give a later one",
                field,
            )
        return deadline

    def chargeable(self, body: BodyId, field: str) -> Rejected | None:
        """Refuses a body that is unknown, or not established by then."""
        known = self.facts.directory.bodies.get(body)
        if known is None:
            return unknown(field, body, "register the body first")
        if not known.established(self.occurred_at.astimezone(ZoneInfo(known.zone)).date()):
            return rejected(
                Code.BODY_NOT_ESTABLISHED,
                f"{body} is established only on {known.established_on}; "
                "charge another body until then",
                field,
            )
        return None
