"""A notice: what is told of one event, in the language of whoever is told. Letters are made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.deadline import Deadline
from domain.directory.preferences import Language
from domain.identifiers import BodyId, InstructionId
from domain.instruction.events import NotifyingEvent
from domain.instruction.state import Cancelled, Completed, KnownState, Suspended
from notifications.sentences import en, ru
from notifications.sentences.said import About

Standing = Literal["open", "suspended", "completed", "cancelled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """One event, told. Of the instruction it says how it stands when the notice is made."""

    language: Language
    event: str
    """The event's type."""
    occurred_at: datetime
    """UTC."""
    instruction: InstructionId
    number: str
    what: str
    next_step: str
    text: str
    deadline: Deadline
    issuer: BodyId
    issuer_name: str
    lead: BodyId | None
    lead_name: str | None
    joint_leads: Mapping[BodyId, str]
    """The names of the others that answer for it."""
    standing: Standing
    sequence: int
    """Grows with whatever happens to the instruction: of two notices, the one with more is newer."""

    @property
    def lead_names(self) -> str | None:
        """Of all that answer for it, in a line."""
        if self.lead_name is None:
            return None
        return ", ".join((self.lead_name, *self.joint_leads.values()))


def compose(
    event: NotifyingEvent,
    state: KnownState,
    *,
    instruction: InstructionId,
    sequence: int,
    bodies: Mapping[BodyId, str],
    language: Language = "en",
) -> Notice:
    """The notice of this event.

    Args:
        state: the instruction as of now.
        sequence: the version of the last of its events that is not about a notice.
        bodies: names of bodies; one that is not among them is called by its id.
    """
    record = state.record
    about = About(
        deadline=record.deadline,
        bodies=bodies,
        milestones={s.milestone.id: s.milestone.title for s in record.milestones},
    )
    said = (en if language == "en" else ru).said(event, about)
    return Notice(
        language=language,
        event=event.type,
        occurred_at=event.occurred_at,
        instruction=instruction,
        number=record.number,
        what=said.what,
        next_step=said.next_step,
        text=record.text,
        deadline=record.deadline,
        issuer=record.issuer,
        issuer_name=about.name(record.issuer),
        lead=record.lead,
        lead_name=None if record.lead is None else about.name(record.lead),
        joint_leads={body: about.name(body) for body in record.leads[1:]},
        standing=_standing(state),
        sequence=sequence,
    )


def _standing(state: KnownState) -> Standing:
    match state:
        case Completed():
            return "completed"
        case Cancelled():
            return "cancelled"
        case Suspended():
            return "suspended"
        case _:
            return "open"
