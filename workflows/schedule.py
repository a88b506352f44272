"""What Temporal starts by itself, again and again: the watchdog's look, the postman's round and the digests'."""

from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
)

_EVERY = timedelta(minutes=1)


async def every_minute(client: Client, workflow: str, *, id_: str, task_queue: str) -> None:
    """Start this workflow every minute, unless it still runs; a schedule that exists is updated.

    `id_` is the id of the schedule, and of its workflow.
    """
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(workflow, id=id_, task_queue=task_queue),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=_EVERY)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_EVERY),
    )
    try:
        await client.create_schedule(id_, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(id_).update(lambda _: ScheduleUpdate(schedule))
