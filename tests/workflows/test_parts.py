"""Parts on real servers: what one workflow records in the stream of another, that one acts on."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded
from eventstore.replay import fold
from tests import staging as s
from tests.workflows.conftest import Conductor, Log
from tests.workflows.sent import issue, make

pytestmark = pytest.mark.timeout(120)


def _part(whole: str, n: int) -> Any:
    return make(
        c.IssuePart,
        s.ISSUER,
        whole,
        number=f"{whole}/{n}",
        text="Its part.",
        deadline=DeadlineRequest(at=datetime.now(UTC) + timedelta(days=300)),
        lead=s.MINISTRY,
    )


async def _send(conductor: Conductor, *commands: Any) -> None:
    for command in commands:
        outcome = await conductor.sender.send(command)
        assert isinstance(outcome, Recorded), outcome


async def _ended(conductor: Conductor, *numbers: str) -> None:
    """Their workflows have run to their ends."""
    handles = [conductor.handle(instruction_id(number)) for number in numbers]
    async with asyncio.timeout(60):
        await asyncio.gather(*(handle.result() for handle in handles))


async def test_a_part_has_a_workflow_at_once_and_so_ends_the_whole(
    log: Log, conductor: Conductor, number: str
) -> None:
    """The second to last word is the part's lead's: nobody sends anything to the whole's workflow."""
    whole = issue(number, controller=None, closes_with="all-parts")
    async with conductor.working(log):
        await _send(conductor, whole, _part(number, 1), _part(number, 2))
        for n in (1, 2):
            report = make(c.SubmitReport, s.LEAD, f"{number}/{n}", text="Done.")
            await _send(conductor, report)
        await _ended(conductor, number, f"{number}/1", f"{number}/2")
    stream = await log.store.read_stream(instruction_id(number))
    assert fold(stream).phase == "Completed"


async def test_cancelled_with_its_parts_their_workflows_end(
    log: Log, conductor: Conductor, number: str
) -> None:
    whole = issue(number, closes_with="all-parts")
    cancel = make(c.Cancel, s.ISSUER, number, reason="Overtaken.", with_parts=True)
    async with conductor.working(log):
        await _send(conductor, whole, _part(number, 1), _part(number, 2), cancel)
        await _ended(conductor, number, f"{number}/1", f"{number}/2")
