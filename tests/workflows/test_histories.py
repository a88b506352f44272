"""Histories of every released version replay: an instruction may be open for years.

This is what stops a change of workflow code that asks Temporal for something else, or for the same in another order, than the runs
under way have on record. Such a change is made with `workflow.patched`, so that both ways stay in the code (docs/upgrading.md).
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import UnsandboxedWorkflowRunner

import workflows.digests
import workflows.postman
import workflows.watchdog
from tests.workflows.conftest import replayer
from tests.workflows.recorded_histories import kept, steps, workflow_type
from worker import WORKFLOWS
from workflows.conducting import Conducting
from workflows.instruction import InstructionWorkflow
from workflows.wake_timer import WakeTimers

HISTORIES = kept()
Change = Callable[[pytest.MonkeyPatch], None]


@pytest.mark.parametrize("name", HISTORIES)
async def test_a_recorded_history_replays(name: str) -> None:
    await replayer().replay_workflow(WorkflowHistory.from_json(name, HISTORIES[name]))


def test_every_workflow_has_histories() -> None:
    types = {f"{workflow_type(history)}Workflow" for history in HISTORIES.values()}
    assert types == {one.__name__ for one in WORKFLOWS}


@pytest.mark.parametrize(
    "shown",
    [
        "WORKFLOW_EXECUTION_SIGNALED nudge",
        "WORKFLOW_EXECUTION_SIGNALED hand_over",
        "WORKFLOW_EXECUTION_UPDATE_COMPLETED",
        "WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
        "WORKFLOW_EXECUTION_COMPLETED",
        "ACTIVITY_TASK_SCHEDULED record",
        "ACTIVITY_TASK_SCHEDULED deliver",
        "ACTIVITY_TASK_FAILED",
        "TIMER_FIRED",
    ],
)
def test_a_history_shows_whatever_may_happen_to_an_instruction(shown: str) -> None:
    assert any(
        shown in (before, after)
        for history in HISTORIES.values()
        for type_, before, after in steps(history)
        if type_ == "Instruction"
    )


def _first_rests(of: type, method: str) -> Change:
    """The change that is made most easily: one more timer before what was there."""

    def change(patch: pytest.MonkeyPatch) -> None:
        there: Callable[..., Awaitable[Any]] = getattr(of, method)

        async def rests(self: object, *given: object) -> object:
            await workflow.sleep(timedelta(seconds=1))
            return await there(self, *given)

        patch.setattr(of, method, rests)

    return change


def _instead(of: object, name: str, value: object) -> Change:
    return lambda patch: patch.setattr(of, name, value)


async def _nothing(*_given: object) -> None: ...


def _no(*_given: object) -> bool:
    return False


CHANGES: dict[str, Change] = {
    "a timer before each record": _first_rests(Conducting, "_record"),
    "a timer before each delivery": _first_rests(InstructionWorkflow, "_deliver"),
    "no delivery": _instead(InstructionWorkflow, "_deliver", _nothing),
    "no timer": _instead(WakeTimers, "arm", _no),
    "no check": _instead(Conducting, "_is_due", _no),
    "no continuing as new": _instead(Conducting, "_is_to_move_on", _no),
    "no end": _instead(Conducting, "_is_over", _no),
    "another activity of the watchdog": _instead(workflows.watchdog, "NUDGE_UNATTENDED", "look"),
    "another activity of the postman": _instead(workflows.postman, "DELIVER_RELEASED", "post"),
    "another activity of the digests": _instead(workflows.digests, "SEND_DIGESTS", "digest"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_code_that_does_otherwise_is_found_out(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    CHANGES[change](monkeypatch)
    unsandboxed = replayer(runner=UnsandboxedWorkflowRunner())
    failed = [
        name
        for name, history in HISTORIES.items()
        if (
            await unsandboxed.replay_workflow(
                WorkflowHistory.from_json(name, history), raise_on_replay_failure=False
            )
        ).replay_failure
    ]
    assert failed
