"""Histories that a release keeps, so that whatever comes after it is held to them.

    REMIT_RECORD_HISTORIES=FOLDER python -m pytest -n 0 tests/workflows     # what the tests' workflows went through
    python -m tests.workflows.recorded_histories FOLDER                     # as few of them as show it all

The second keeps them as tests/workflows/histories/<version of Remit>/NAME.json.
"""

import asyncio
import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from worker import WORKFLOWS
from workflows.converter import data_converter

HISTORIES = Path(__file__).parent / "histories"
_NAMED = {
    "activityTaskScheduledEventAttributes": ("activityType", "name"),
    "workflowExecutionSignaledEventAttributes": ("signalName",),
}
_Step = tuple[str, str, str]
"""What a workflow of this type went through: one event after another."""


async def record_all(client: Client, task_queue: str, folder: Path) -> None:
    """Write the history of every run on the task queue into the folder."""
    async for run in client.list_workflows(f"TaskQueue = '{task_queue}'"):
        handle = client.get_workflow_handle(run.id, run_id=run.run_id)
        write(await handle.fetch_history(), folder / f"{run.run_id}.json")


def write(history: WorkflowHistory, file: Path) -> None:
    """Without the names of the process and the machine that recorded it."""
    file.write_text(re.sub(r'"\d+@[^"]*"', '"worker"', history.to_json()))


def kept() -> Mapping[str, str]:
    """The JSON of every history that is kept, by release and name."""
    files = sorted(HISTORIES.glob("*/*.json"))
    return {f"{file.parent.name}/{file.stem}": file.read_text() for file in files}


def workflow_type(history: str) -> str:
    started = json.loads(history)["events"][0]["workflowExecutionStartedEventAttributes"]
    return started["workflowType"]["name"]


def steps(history: str) -> frozenset[_Step]:
    """What it shows: each event with the one before it, workflow tasks left out."""
    type_ = workflow_type(history)
    kinds = ["", *_kinds(json.loads(history)["events"]), "end"]
    return frozenset((type_, before, after) for before, after in pairwise(kinds))


def _kinds(events: list[dict[str, Any]]) -> Iterator[str]:
    for event in events:
        kind = event["eventType"].removeprefix("EVENT_TYPE_")
        if kind.startswith("WORKFLOW_TASK"):
            continue
        for attributes, path in _NAMED.items():
            named: Any = event.get(attributes)
            for name in path if named else ():
                named = named[name]
            if named:
                kind = f"{kind} {named}"
        yield kind


def _fewest(found: Mapping[Path, str]) -> list[Path]:
    """Those that show all, each adding what those before it did not show; the one that adds most first."""
    shown = {file: steps(history) for file, history in found.items()}
    missing = frozenset[_Step]().union(*shown.values())
    chosen: list[Path] = []
    while missing:
        best = max(found, key=lambda file: (len(shown[file] & missing), -len(found[file])))
        chosen.append(best)
        missing -= shown[best]
    return chosen


async def _replayed(recorded: Mapping[Path, str]) -> None:
    """Raises what the first one raises that the code here does not replay."""
    replaying = Replayer(workflows=WORKFLOWS, data_converter=data_converter())
    for file, history in recorded.items():
        await replaying.replay_workflow(WorkflowHistory.from_json(file.stem, history))


def main() -> None:
    recorded = {file: file.read_text() for file in sorted(Path(sys.argv[1]).glob("*.json"))}
    asyncio.run(_replayed(recorded))
    folder = HISTORIES / version("remit")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, file in enumerate(_fewest(recorded), start=1):
        history = json.dumps(json.loads(recorded[file]), separators=(",", ":"))
        (folder / f"{workflow_type(history).lower()}-{number}.json").write_text(history + "\n")


if __name__ == "__main__":
    main()
