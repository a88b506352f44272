"""What Temporal knows of commands that have no answer: for whoever wants to know why."""

from collections.abc import Sequence
from itertools import islice

from temporalio.api.enums.v1 import EventType, PendingActivityState
from temporalio.client import Client
from temporalio.service import RPCError

from faults.told import Account, Told

_MOST = 3
_LAST = 8
"""Events of a workflow's history that are shown."""


async def waiting(client: Client, account: Account) -> Sequence[str]:
    """Of those that have waited longest."""
    without = [one for one in account.told if one.told_at is None]
    longest = islice(sorted(without, key=lambda one: one.sent_at), _MOST)
    return [await _told_of(client, one) for one in longest]


async def _told_of(client: Client, one: Told) -> str:
    named = f"{one.type} {one.command_id} by {one.door}, sent at {one.sent_at:.0f} s, attempt {one.attempts}, of {one.stream}"
    workflow = client.get_workflow_handle(one.stream)
    try:
        raw = (await workflow.describe()).raw_description
        events = (await workflow.fetch_history()).events
    except RPCError as error:
        return f"{named}: {error}"
    activities = [
        f"{of.activity_type.name} {PendingActivityState.Name(of.state)} attempt {of.attempt}, "
        f"next at {of.scheduled_time.ToJsonString()}, {of.last_failure.message or 'no failure'}"
        for of in raw.pending_activities
    ]
    last = [
        f"{EventType.Name(event.event_type).removeprefix('EVENT_TYPE_')} {event.event_time.ToJsonString()}"
        for event in events[-_LAST:]
    ]
    task = raw.pending_workflow_task
    return f"{named}: {activities}, workflow task attempt {task.attempt}, {last}"
