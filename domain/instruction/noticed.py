"""The account of an instruction's notices: given to whom, held until when, what became of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.instruction import events as e
from domain.outcomes import NoticeKey

NoticeOutcome = Literal["waiting", "accepted", "failed", "suppressed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Noticed:
    """One notice. Instants are UTC."""

    notice: NoticeKey
    kind: str
    """The type of the event that gave it."""
    given_at: datetime
    held_until: datetime | None
    """None: it was to be sent at once."""
    outcome: NoticeOutcome = "waiting"
    """`accepted` by its channel; `waiting` for its hour, or for its channel."""
    outcome_at: datetime | None = None
    attempts: int | None = None
    detail: str | None = None
    """The channel's id of the message, its last error, or why it was not sent."""
    acknowledged_at: datetime | None = None


def account(events: Sequence[e.InstructionEvent]) -> tuple[Noticed, ...]:
    """Every notice that these events of one instruction gave, from its first event on, in their order."""
    outcomes = {ev.notice: ev for ev in events if isinstance(ev, e.DeliveryOutcome)}
    acknowledged = _acknowledged(events)
    found: list[Noticed] = []
    for version, event in enumerate(events, start=1):
        if isinstance(event, e.NotifyingEvent):
            for to in event.notices:
                key = NoticeKey(version=version, recipient=to.person, channel=to.channel)
                outcome, at, attempts, detail = _became(outcomes.get(key))
                found.append(
                    Noticed(
                        notice=key,
                        kind=event.type,
                        given_at=event.occurred_at,
                        held_until=to.not_before,
                        outcome=outcome,
                        outcome_at=at,
                        attempts=attempts,
                        detail=detail,
                        acknowledged_at=acknowledged.get(key),
                    )
                )
    return tuple(found)


def _acknowledged(events: Iterable[e.InstructionEvent]) -> Mapping[NoticeKey, datetime]:
    return {
        event.notice: event.occurred_at
        for event in events
        if isinstance(event, e.NotificationAcknowledged)
    }


def _became(
    outcome: e.DeliveryOutcome | None,
) -> tuple[NoticeOutcome, datetime | None, int | None, str | None]:
    match outcome:
        case None:
            return ("waiting", None, None, None)
        case e.NotificationDelivered():
            return ("accepted", outcome.occurred_at, outcome.attempts, outcome.detail)
        case e.NotificationFailed():
            return ("failed", outcome.occurred_at, outcome.attempts, outcome.detail)
        case e.NotificationSuppressed():
            return ("suppressed", outcome.occurred_at, None, outcome.detail)
