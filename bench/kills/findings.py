"""Holds what the log says against what the receivers counted."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from activities.sending import notice_id
from bench.kills.receivers import Receipts
from domain.instruction.events import DeliveryOutcome, NotificationDelivered, NotifyingEvent
from domain.outcomes import NoticeKey
from eventstore.codec import event_of
from eventstore.protocol import EventStore

Sent = tuple[str, str]
"""A notice as its receiver knows it: the channel, and the message id."""


@dataclass(kw_only=True)
class Account:
    """What the log says of notices, read so far."""

    store: EventStore
    given: Counter[Sent] = field(default_factory=Counter[Sent])
    delivered: Counter[Sent] = field(default_factory=Counter[Sent])
    otherwise: Counter[Sent] = field(default_factory=Counter[Sent])
    """Failed, or suppressed."""
    _position: int = 0

    async def read_on(self) -> None:
        async for batch in self.store.read_all(after_position=self._position):
            for stored in batch:
                event = event_of(stored)
                if isinstance(event, DeliveryOutcome):
                    became = isinstance(event, NotificationDelivered)
                    outcomes = self.delivered if became else self.otherwise
                    outcomes[_sent(stored.stream_id, event.notice)] += 1
                elif isinstance(event, NotifyingEvent):
                    for to in event.notices:
                        key = NoticeKey(
                            version=stored.version, recipient=to.person, channel=to.channel
                        )
                        self.given[_sent(stored.stream_id, key)] += 1
            self._position = batch[-1].position

    @property
    def settled(self) -> int:
        """How many notices have an outcome."""
        return len(self.delivered.keys() | self.otherwise.keys())


def _sent(stream: str, notice: NoticeKey) -> Sent:
    return notice.channel, notice_id(stream, notice)


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Of one run. All counts but the first four should be none."""

    kills: int
    notices: int
    """That should have been given, by what was charged."""
    duplicates: int
    """Messages that a receiver accepted although it had accepted one of the same id."""
    most_duplicates_of_a_kill: int
    not_given: int
    """Less in the log than there should be, or more."""
    missing: int
    """In the log, and nowhere else."""
    unknown: int
    """Accepted under an id that no notice has."""
    without_outcome: int
    outcomes_twice: int
    not_as_recorded: int
    """Accepted and recorded as something else, or recorded as delivered and never accepted."""

    @property
    def nothing_lost(self) -> bool:
        """Each notice was given, accepted, and has just one outcome: that it was."""
        wrong = (self.not_given, self.missing, self.unknown, self.without_outcome)
        return not any((*wrong, self.outcomes_twice, self.not_as_recorded))


def findings(
    account: Account, receipts: Receipts, *, expected: int, killed_at: Sequence[float]
) -> Findings:
    """`killed_at`: the moments of the kills, in order (monotonic). A duplicate is put down to the first kill
    after the message was accepted for the first time.
    """
    accepted, given = receipts.moments, account.given
    outcomes = account.delivered + account.otherwise
    of_kills: Counter[int] = Counter()
    for moments in accepted.values():
        if len(moments) > 1:
            of_kills[bisect_left(killed_at, moments[0])] += len(moments) - 1
    return Findings(
        kills=len(killed_at),
        notices=expected,
        duplicates=of_kills.total(),
        most_duplicates_of_a_kill=max(of_kills.values(), default=0),
        not_given=abs(expected - given.total()),
        missing=len(given.keys() - accepted.keys()),
        unknown=len(accepted.keys() - given.keys()),
        without_outcome=len(given.keys() - outcomes.keys()),
        outcomes_twice=sum(count > 1 for count in outcomes.values()),
        not_as_recorded=len(account.delivered.keys() ^ accepted.keys()),
    )
