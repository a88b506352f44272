"""Histories of every released version replay: an instruction may be open for years."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from tests.workflows.conftest import replayer

HISTORIES = {
    file.stem: file.read_text()
    for file in sorted((Path(__file__).parent / "histories").glob("*.json"))
}


def test_there_are_histories_to_replay() -> None:
    assert HISTORIES


@pytest.mark.parametrize("name", HISTORIES)
async def test_a_recorded_history_replays(name: str) -> None:
    await replayer().replay_workflow(WorkflowHistory.from_json(name, HISTORIES[name]))
