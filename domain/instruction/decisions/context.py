"""What every decision about an instruction has at hand, and the questions it asks of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.attribution import Attribution
from domain.deadline import Deadline, DeadlineRequest, resolve
from domain.directory.deed import body_closed
from domain.directory.events import OfficeKind
from domain.directory.preferences import DEFAULTS, send_after
from domain.directory.state import ACTING
from domain.facts import Facts
from domain.identifiers import BodyId, Channel, PersonId
from domain.instruction.events import NotifyingEvent
from domain.instruction.state import KnownState, OpenState
from domain.instruction.terms import Addressee
from domain.outcomes import Rejected
from domain.rejections import Code, rejected, unknown
from domain.value import to_the_minute


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """Who does it, when it happened, when it is entered, and what was looked up."""

    by: Attribution
    occurred_at: datetime
    at: datetime
    """The present. Later than `occurred_at` where something is entered as history."""
    facts: Facts

    def tell(
        self,
        kind: type[NotifyingEvent],
        bodies: Iterable[BodyId | None],
        kinds: Iterable[OfficeKind] = ACTING,
        *,
        overdue: bool = False,
    ) -> tuple[Addressee, ...]:
        """Whom a notice of this kind for these bodies reaches today, and when: holders of office, or their
        substitutes; of a reorganised body, those of its heir.

        Nobody is told what they did themselves, nor about what is entered as history, nor what they have
        muted. `overdue`: it is a reminder after the deadline.
        """
        if self.occurred_at != self.at:
            return ()
        directory, wanted = self.facts.directory, tuple(kinds)
        found: dict[tuple[PersonId, Channel], Addressee] = {}
        for body in (directory.heir(b, self.at) or b for b in bodies if b is not None):
            for person in directory.reached(body, wanted, self.at):
                if person == self.by.actor:
                    continue
                moment = send_after(
                    directory.preferences.get(person, DEFAULTS),
                    kind=kind.__name__,
                    at=self.at,
                    zone=directory.bodies[body].zone,
                    calendar=directory.calendar_of(body),
                    overdue=overdue,
                )
                if moment == "muted":
                    continue
                for channel in directory.channels.get(person, ()):
                    told = Addressee(person=person, channel=channel, not_before=moment)
                    found.setdefault((person, channel), told)
        return tuple(found.values())

    def deadline(
        self, request: DeadlineRequest, zone: str, field: str, *, leads_whole: bool = False
    ) -> Deadline | Rejected:
        """The deadline as an instant. Refused if it lay in the past when this happened, or before that
        of an open part.

        `leads_whole`: whoever gives it leads what this is a part of, and may be told of it.
        """
        deadline = self.resolved(request, zone, field, leads_whole=leads_whole)
        if isinstance(deadline, Deadline):
            later = [
                p.number for p in self.facts.open_parts if p.deadline.instant > deadline.instant
            ]
            if later:
                return rejected(
                    Code.DEADLINE_BEFORE_PARTS,
                    f"parts of it are due later: {', '.join(later)}; change their deadlines first",
                    field,
                )
        if isinstance(deadline, Deadline) and deadline.instant <= self.occurred_at:
            return rejected(
                Code.DEADLINE_IN_THE_PAST,
                f"the deadline {to_the_minute(deadline.instant)} is not in the future; "
                "give a later one",
                field,
            )
        return deadline

    def resolved(
        self, request: DeadlineRequest, zone: str, field: str, *, leads_whole: bool = False
    ) -> Deadline | Rejected:
        """The deadline as an instant, refused if it lies after that of the instruction this one is a
        part of. Of that one others than its lead are told neither number nor deadline: who leads a part need not see the
        whole.
        """
        deadline = resolve(request, zone, self.facts.tzdata)
        parent = self.facts.parent
        if parent is not None and self._limits(parent, deadline):
            told = (
                f"instruction {parent.record.number}, of which this is a part, is due on "
                f"{to_the_minute(parent.record.deadline.instant)}; give no later deadline"
                if leads_whole
                else "the instruction of which this is a part is due before that; give an earlier deadline"
            )
            return rejected(Code.DEADLINE_AFTER_PARENT, told, field)
        return deadline

    def _limits(self, whole: KnownState, deadline: Deadline) -> bool:
        """Whether the whole is due before; one that is stopped, or overdue itself, limits nothing."""
        due = whole.record.deadline.instant
        return isinstance(whole, OpenState) and self.at < due < deadline.instant

    def chargeable(self, body: BodyId, field: str) -> Rejected | None:
        """Refuses a body that is unknown, not established by then, or no more."""
        known = self.facts.directory.bodies.get(body)
        if known is None:
            return unknown(field, body, "register the body first")
        day = known.day(self.occurred_at)
        if known.closed(day):
            return body_closed(known, self.facts.directory.heir(body, self.at), field)
        if not known.established(day):
            return rejected(
                Code.BODY_NOT_ESTABLISHED,
                f"{body} is established only on {known.established_on}; "
                "charge another body until then",
                field,
            )
        return None
