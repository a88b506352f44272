"""Delivers the notices that whoever recorded them could not deliver, or did not live to."""

from collections.abc import Sequence
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.clock import Clock
from activities.contracts import (
    DELIVER,
    LONGEST_DELIVERY,
    NOT_DELIVERED_YET,
    Delivered,
    DeliverRequest,
)
from activities.heartbeats import heartbeating
from activities.sending import LONGEST_ATTEMPT, NoticeSender, notice_id
from activities.turns import LONGEST_WAIT
from eventstore.protocol import EventStore

_LAST_START = LONGEST_DELIVERY - timedelta(seconds=LONGEST_WAIT + LONGEST_ATTEMPT)
"""After this no sending is begun, or the attempt could be cut off in it and send it once more."""


class DeliverActivity:
    """A notice whose sending failed but may yet succeed keeps the activity failing, so that Temporal
    tries it again with growing pauses; those already settled are not sent again.

    How often each notice was tried goes from one attempt of the activity to the next in its heartbeat.
    """

    def __init__(self, sender: NoticeSender, store: EventStore) -> None:
        self._sender = sender
        self._store = store

    @activity.defn(name=DELIVER)
    async def deliver(self, request: DeliverRequest) -> Delivered:
        before, clock = _attempts_before(), Clock(activity.info().started_time)
        undelivered = set(await self._store.undelivered(request.instruction))
        unsent = {
            unsent.notice: before.get(
                notice_id(request.instruction, unsent.notice), unsent.attempts
            )
            for unsent in request.notices
            if unsent.notice in undelivered
        }
        if not unsent:
            return Delivered(settled=0)
        failures: list[str] = []

        def beat() -> None:
            activity.heartbeat({notice_id(request.instruction, n): a for n, a in unsent.items()})

        async with heartbeating(beat):
            sending = await self._sender.open(request.instruction)
            # The least tried first: those whose channel hangs must not use up the time of the others.
            for notice in sorted(unsent, key=lambda notice: unsent[notice]):
                if activity.is_worker_shutdown():
                    failures.append("the worker stops")
                    break
                if clock.age > _LAST_START:
                    failures.append("the rest is left to the next attempt")
                    break
                unsent[notice] += 1
                beat()
                failure = await sending.attempt(notice, unsent[notice], clock.now)
                if failure:
                    failures.append(failure)
        if failures:
            raise ApplicationError(
                "; ".join(failures),
                type=NOT_DELIVERED_YET,
                category=ApplicationErrorCategory.BENIGN,  # logged where it happened, one by one
            )
        return Delivered(settled=len(unsent))


def _attempts_before() -> dict[str, int]:
    """How often each notice was tried, as of the end of the earlier attempts of this activity."""
    details: Sequence[dict[str, int]] = activity.info().heartbeat_details
    return dict(details[0]) if details else {}
