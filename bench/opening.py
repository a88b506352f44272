"""Open instructions in a log, without Temporal: nobody conducts them yet."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bench.conducting import lives
from domain.outcomes import Recorded
from domain.policies import EscalationStep, Policy, ReminderRule
from eventstore.handle import CommandHandler
from eventstore.protocol import EventStore
from tests import staging

_SECOND = timedelta(seconds=1)
SOON = Policy(
    id="soon",
    reminders=(ReminderRule(id="after-1s", offset=_SECOND, side="after"),),
    escalation=(
        EscalationStep(id="overdue-3s", after=3 * _SECOND, since="deadline", to="controller"),
    ),
)
"""One of each kind of due moment, within three seconds of the deadline."""
DUE_MOMENTS = ("DeadlinePassed", "ReminderDue", "Escalated")
"""Those of one instruction under it."""
_OF_A_SERIES = 100


async def open_instructions(
    store: EventStore, deadlines: Sequence[datetime], *, policy: Policy
) -> Sequence[str]:
    """Issued by the staged council and assigned to its ministry, one for each deadline; returns their numbers."""
    handler = CommandHandler(store, tzdata=staging.TZDATA)
    now = datetime.now(UTC)
    numbers = [lives.new_number() for _ in deadlines]
    series = [
        (lives.issue(number, deadline=deadline, policy=policy), lives.assign(number))
        for number, deadline in zip(numbers, deadlines, strict=True)
    ]
    for start in range(0, len(series), _OF_A_SERIES):
        for outcomes in await handler.handle_in_bulk(series[start : start + _OF_A_SERIES], now):
            assert all(isinstance(one, Recorded) for one in outcomes), outcomes
    return numbers
