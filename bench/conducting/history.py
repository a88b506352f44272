"""Reads histories: billable actions, and how activities were dispatched."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory

SOURCE = "https://docs.temporal.io/cloud/actions"
BILLABLE = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: "workflow started, or continued as new",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: "update (its start is counted apart)",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "signal",
    EventType.EVENT_TYPE_TIMER_STARTED: "timer started (firing and cancelling are free)",
    EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED: "activity, once for each attempt",
    EventType.EVENT_TYPE_MARKER_RECORDED: "local activity or side effect",
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: "search attributes upserted",
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: "child workflow (start of two)",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED: "execution options updated",
}
"""What counts by Temporal's own rules (`SOURCE`), as far as a history shows it. It shows no query, no
heartbeat and no refused update: a life has none of these. A signal with start counts once by the rules,
twice here."""

_TIME_SKIPPED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED
_AT_ONCE = timedelta(milliseconds=1)


def billable(histories: Iterable[WorkflowHistory]) -> Counter[str]:
    """How many actions of which kind."""
    counted: Counter[str] = Counter()
    for event in _events(histories):
        kind = BILLABLE.get(event.event_type)
        if kind is not None:
            counted[kind] += _attempts(event)
    return counted


def _events(histories: Iterable[WorkflowHistory]) -> Iterator[HistoryEvent]:
    """All but those that are there because time was skipped."""
    for history in histories:
        for event in history.events:
            options = event.workflow_execution_options_updated_event_attributes
            skipped = event.event_type == _TIME_SKIPPED or options.time_skipping_config_updated
            if not skipped:
                yield event


def _attempts(event: HistoryEvent) -> int:
    if event.HasField("activity_task_started_event_attributes"):
        return event.activity_task_started_event_attributes.attempt
    return 1


def size(histories: Iterable[WorkflowHistory]) -> int:
    """Bytes of all events, as Temporal's own encoding has them."""
    return sum(event.ByteSize() for event in _events(histories))


def eager_share(history: WorkflowHistory) -> float:
    """The share of activities that were handed to the worker with the answer to its workflow task.

    Such a one starts in the moment it is scheduled; by the task queue it takes a millisecond at least.
    """
    scheduled = {event.event_id: event.event_time.ToDatetime() for event in history.events}
    waits = [
        event.event_time.ToDatetime()
        - scheduled[event.activity_task_started_event_attributes.scheduled_event_id]
        for event in history.events
        if event.HasField("activity_task_started_event_attributes")
    ]
    return sum(wait < _AT_ONCE for wait in waits) / len(waits)


async def all_runs(client: Client, workflow_id: str) -> Sequence[WorkflowHistory]:
    """The histories of a workflow and the runs it continued, oldest first."""
    found: list[WorkflowHistory] = []
    run_id: str | None = (await client.get_workflow_handle(workflow_id).describe()).run_id
    while run_id:
        history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        found.insert(0, history)
        started = history.events[0].workflow_execution_started_event_attributes
        run_id = started.continued_execution_run_id or None
    return found
