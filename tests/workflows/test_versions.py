"""Workers of two versions at once: whom a run is with, and how it moves on."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import WorkflowFailureError
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError

from activities.contracts import NUDGE, NudgeRequest
from activities.nudge import NudgeActivity
from activities.worker_versions import deployment, on_version, promote, promote_the_first
from cli import main
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded
from tests import staging as s
from tests.workflows.conftest import Conductor, Log
from tests.workflows.sent import issue, make
from workflows.conducting import Conducting

PATIENCE = timedelta(minutes=31)


@pytest.fixture
def old() -> WorkerDeploymentVersion:
    return WorkerDeploymentVersion(f"remit-{uuid4()}", "1.0")


@pytest.fixture
def new(old: WorkerDeploymentVersion) -> WorkerDeploymentVersion:
    return WorkerDeploymentVersion(old.deployment_name, "1.1")


async def test_a_sleeper_stays_with_its_version_until_it_is_nudged_to_the_current_one(
    log: Log,
    conductor: Conductor,
    number: str,
    old: WorkerDeploymentVersion,
    new: WorkerDeploymentVersion,
) -> None:
    dog = _dog(log, conductor, old)
    async with conductor.working(log, version=old):
        assert await promote_the_first(conductor.client, old)
        await conductor.sender.send(issue(number))
        async with conductor.working(log, version=new):
            await _seen(conductor, new)
            assert not await promote_the_first(conductor.client, new)
            assert await _left_behind(dog, 0)
            await _promoted(conductor, new)
            assert await _version(conductor, number) == "1.0"
            assert await _left_behind(dog, 1)
            await _moved(conductor, number, "1.1")
            assert await _left_behind(dog, 0)
            assert await on_version(conductor.client, new) == 1
            assert await on_version(conductor.client, old) == 0
            taken = await conductor.sender.send(make(c.Comment, s.ISSUER, number, text="noted"))
            assert isinstance(taken, Recorded)


async def test_a_command_reaches_a_sleeper_of_an_old_version_and_takes_it_along(
    log: Log,
    conductor: Conductor,
    number: str,
    old: WorkerDeploymentVersion,
    new: WorkerDeploymentVersion,
) -> None:
    async with conductor.working(log, version=old), conductor.working(log, version=new):
        await _promoted(conductor, old)
        await conductor.sender.send(issue(number))
        await _promoted(conductor, new)

        async def taken_along() -> bool:
            """Temporal's task queues learn some moments later which version is current."""
            comment = make(c.Comment, s.ISSUER, number, text="noted")
            assert isinstance(await conductor.sender.send(comment), Recorded)
            return await _version(conductor, number) == "1.1"

        await _until(taken_along)


async def test_one_whose_workers_are_gone_is_begun_anew_by_those_that_are_there(
    log: Log,
    conductor: Conductor,
    number: str,
    old: WorkerDeploymentVersion,
    new: WorkerDeploymentVersion,
) -> None:
    async with conductor.working(log, version=old):
        assert await promote_the_first(conductor.client, old)
        await conductor.sender.send(issue(number))
    dog = _dog(log, conductor, old)
    async with conductor.working(log, version=new):
        await _promoted(conductor, new)
        assert await _left_behind(dog, 1)
        assert await _version(conductor, number) == "1.0"
        assert await _left_behind(dog, 1, at=datetime.now(UTC) + PATIENCE)
        await _moved(conductor, number, "1.1")
        taken = await conductor.sender.send(make(c.Comment, s.ISSUER, number, text="noted"))
        assert isinstance(taken, Recorded)


async def test_the_command_line_tells_the_versions_and_promotes_one(
    log: Log,
    conductor: Conductor,
    number: str,
    old: WorkerDeploymentVersion,
    new: WorkerDeploymentVersion,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("REMIT_DATABASE_URL", log.database_url)
    monkeypatch.setenv("REMIT_TEMPORAL_ADDRESS", conductor.client.service_client.config.target_host)
    monkeypatch.setenv("REMIT_WORKER_DEPLOYMENT", old.deployment_name)

    async def remit(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = await asyncio.to_thread(main.run, ["workers", *arguments, "--json"])
        told = capsys.readouterr()
        return code, told.out + told.err

    async def of_the_old() -> bool:
        _, told = await remit("versions")
        return {"build_id": "1.0", "status": "current", "open": 1} in json.loads(told)["versions"]

    assert (await remit("versions"))[0] == 0
    async with conductor.working(log, version=old):
        assert await promote_the_first(conductor.client, old)
        await conductor.sender.send(issue(number))
        await _until(of_the_old)
        code, told = await remit("promote", "1.1")
        assert (code, "start workers of it" in told) == (2, True), told
        async with conductor.working(log, version=new):
            await _seen(conductor, new)
            await _until(lambda: _is_done(remit("promote", "1.1")))
            assert json.loads((await remit("versions"))[1])["current"] == "1.1"
    monkeypatch.delenv("REMIT_WORKER_DEPLOYMENT")
    code, told = await remit("versions")
    assert (code, "set REMIT_WORKER_DEPLOYMENT" in told) == (2, True), told


async def _is_done(command: Awaitable[tuple[int, str]]) -> bool:
    return (await command)[0] == 0


async def test_where_workers_are_not_kept_apart_nobody_is_left_behind(
    log: Log, conductor: Conductor, number: str
) -> None:
    async with conductor.working(log):
        await conductor.sender.send(issue(number))
        dog = NudgeActivity(log.store, conductor.client, conductor.task_queue)
        assert await _left_behind(dog, 0)


async def test_a_run_that_the_code_cannot_go_on_with_is_begun_anew_from_the_log(
    monkeypatch: pytest.MonkeyPatch, log: Log, conductor: Conductor, number: str
) -> None:
    # Until the conductor is gone, which comes first: what this code goes through is of no version.
    monkeypatch.delenv("REMIT_RECORD_HISTORIES", raising=False)
    async with conductor.working(log):
        await conductor.sender.send(issue(number))
    record = Conducting._record  # pyright: ignore[reportPrivateUsage] - the code that somebody changes

    async def rests_first(self: Conducting, command: Any) -> Any:
        await workflow.sleep(timedelta(milliseconds=1))
        return await record(self, command)

    monkeypatch.setattr(Conducting, "_record", rests_first)
    first = await conductor.handle(instruction_id(number)).describe()
    async with conductor.working(log):
        await conductor.handle(instruction_id(number)).signal(NUDGE)
        run = conductor.client.get_workflow_handle(first.id, run_id=first.run_id)
        with pytest.raises(WorkflowFailureError) as ended:
            await run.result()
        assert "Nondeterminism" in str(ended.value.cause)
        dog = NudgeActivity(log.store, conductor.client, conductor.task_queue)
        await _until(lambda: _forgotten(dog))
        taken = await conductor.sender.send(make(c.Comment, s.ISSUER, number, text="noted"))
        assert isinstance(taken, Recorded)


def _dog(log: Log, conductor: Conductor, version: WorkerDeploymentVersion) -> NudgeActivity:
    return NudgeActivity(
        log.store, conductor.client, conductor.task_queue, deployment=version.deployment_name
    )


async def _left_behind(dog: NudgeActivity, expected: int, *, at: datetime | None = None) -> bool:
    """Whether that many are found at last: visibility is a little behind."""
    for _ in range(50):
        looked = await dog.nudge_unattended(NudgeRequest(at=at or datetime.now(UTC)))
        if looked.left_behind == expected:
            return True
        await asyncio.sleep(0.2)
    return False


async def _forgotten(dog: NudgeActivity) -> bool:
    return bool((await dog.nudge_unattended(NudgeRequest(at=datetime.now(UTC)))).without_workflow)


async def _seen(conductor: Conductor, version: WorkerDeploymentVersion) -> None:
    """Until Temporal knows that there are workers of that version."""

    async def seen() -> bool:
        found = await deployment(conductor.client, version.deployment_name)
        return found is not None and version.build_id in {one.build_id for one in found.versions}

    await _until(seen)


async def _promoted(conductor: Conductor, version: WorkerDeploymentVersion) -> None:
    """Refused until Temporal has seen its workers at all task queues."""

    async def promoted() -> bool:
        with suppress(RPCError):
            await promote(conductor.client, version)
            return True
        return False

    await _until(promoted)


async def _version(conductor: Conductor, number: str) -> str:
    """Whom the instruction's run is with."""
    described = await conductor.handle(instruction_id(number)).describe()
    info = described.raw_description.workflow_execution_info.versioning_info
    return info.deployment_version.build_id


async def _moved(conductor: Conductor, number: str, build_id: str) -> None:
    async def moved() -> bool:
        return await _version(conductor, number) == build_id

    await _until(moved)


async def _until(come: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await come():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.1)
