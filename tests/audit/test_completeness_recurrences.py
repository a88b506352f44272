"""What is left undone of recurrences, and by their workflows, is planted and found as that of instructions is."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from audit.completeness import discrepancies
from audit.discrepancy import Kind
from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from domain.identifiers import SYSTEM, instruction_id, recurrence_stream
from domain.recurrence import commands as r
from eventstore.protocol import Append, StreamWrite
from tests.audit.lost_and_stray import lose_and_recover
from tests.audit.scene import GRACE, Scene
from tests.conftest import fresh_database
from tests.eventstore.appends import event
from tests.workflows.conftest import Conductor, staged_log
from tests.workflows.sent import issue, start_recurrence, to_recurrence

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
ACTIVE, OTHER, PAUSED, ENDED = "active", "other", "paused", "ended"
_ALL_ACTIVE = (ACTIVE, OTHER)
_SCENE = "scene_of_recurrences"


async def _check(scene: Scene, name: str) -> None:
    await scene.send(r.CheckRecurrence(command_id=str(uuid4()), actor=SYSTEM, recurrence=name))


async def _set(scene: Scene, name: str, column: str, value: object) -> None:
    """In `remit.streams` alone: past what the events say, and past Remit."""
    await scene.as_superuser(
        f"update remit.streams set {column} = $2 where stream_id = $1",
        recurrence_stream(name),
        value,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def begun(postgres: EmbeddedPostgres, staged_database: str) -> AsyncIterator[datetime]:
    """When the scene began; its database is copied for every test."""
    async with fresh_database(postgres, staged_database, name=_SCENE) as url:
        now = datetime.now().astimezone()
        async with staged_log(url) as log:
            await _begin(Scene(log=log, at=now))
        yield now


@pytest.fixture
async def scene(postgres: EmbeddedPostgres, begun: datetime) -> AsyncIterator[Scene]:
    async with fresh_database(postgres, _SCENE) as url, staged_log(url) as log:
        running = {recurrence_stream(name): begun for name in _ALL_ACTIVE}
        yield Scene(log=log, at=begun, recurring=running)


async def _begin(scene: Scene) -> None:
    for name in (*_ALL_ACTIVE, PAUSED, ENDED):
        await scene.send(start_recurrence(name, scene.at + 60 * _DAY))
    await scene.send(to_recurrence(r.PauseRecurrence, PAUSED, reason="The treaty."))
    await scene.send(to_recurrence(r.EndRecurrence, ENDED, reason="Overtaken."))


async def test_recurrences_that_are_attended_to_are_complete(scene: Scene) -> None:
    assert await scene.found() == []


async def test_an_active_recurrence_without_a_workflow_is_found(scene: Scene) -> None:
    del scene.recurring[recurrence_stream(ACTIVE)]
    assert await scene.kinds() == {recurrence_stream(ACTIVE): [Kind.NO_WORKFLOW]}
    [found] = await scene.found()
    assert found.detail.startswith("Active, last recorded ")


async def test_a_workflow_of_another_kind_under_its_id_does_not_attend_to_it(scene: Scene) -> None:
    stream = recurrence_stream(ACTIVE)
    scene.runs[stream] = scene.recurring.pop(stream)
    assert await scene.kinds() == {stream: [Kind.STRAY_WORKFLOW, Kind.NO_WORKFLOW]}


async def test_a_workflow_without_an_active_recurrence_is_found(scene: Scene) -> None:
    strays = [recurrence_stream(name) for name in (PAUSED, ENDED, "never-started")]
    strays.append("zzz-not-even-named-as-one")
    scene.recurring |= dict.fromkeys(strays, scene.at)
    assert await scene.kinds() == {stream: [Kind.STRAY_WORKFLOW] for stream in strays}
    told = {one.stream: one.detail for one in await scene.found()}
    assert told[recurrence_stream(PAUSED)].startswith("Paused since ")
    assert told[recurrence_stream("never-started")].startswith("never started, and it runs since ")


async def test_an_occurrence_whose_moment_went_by_is_found_until_it_is_issued(scene: Scene) -> None:
    stream = recurrence_stream(ACTIVE)
    due = await scene.next_due(stream)
    late = due + GRACE + _SECOND
    assert await scene.found(at=due + GRACE) == [], "on its way"
    assert (await scene.kinds(at=late))[stream] == [Kind.WAKE_OVERDUE, Kind.DUE_WITHOUT_EVENT]
    [told] = [
        one.detail
        for one in await scene.found(at=late)
        if (one.stream, one.kind) == (stream, Kind.DUE_WITHOUT_EVENT)
    ]
    assert told.startswith(
        f"occurrence 1 of {(scene.at + 60 * _DAY).astimezone().date()}, was due "
    )
    scene.at = due
    for name in _ALL_ACTIVE:
        await _check(scene, name)
        issued = instruction_id(f"{name}-1")
        await scene.settle(issued)
        scene.runs[issued] = due
    assert await scene.found(at=late) == []


async def test_an_occurrence_behind_a_wake_that_was_put_off_is_found_all_the_same(
    scene: Scene,
) -> None:
    stream = recurrence_stream(ACTIVE)
    due = await scene.next_due(stream)
    await _set(scene, ACTIVE, "next_wake", due + _DAY)
    assert await scene.kinds() == {stream: [Kind.WAKE_DIFFERS]}
    later = await scene.kinds(at=due + timedelta(hours=1))
    assert later[stream] == [Kind.WAKE_DIFFERS, Kind.DUE_WITHOUT_EVENT]


async def test_a_wake_or_an_end_that_the_events_do_not_lead_to_is_found(scene: Scene) -> None:
    await _set(scene, ACTIVE, "closed", True)
    await _set(scene, ENDED, "closed", False)
    await _set(scene, PAUSED, "next_wake", scene.at + 90 * _DAY)
    await _set(scene, OTHER, "next_wake", None)
    assert await scene.kinds() == {
        recurrence_stream(ACTIVE): [Kind.CLOSED_DIFFERS],
        recurrence_stream(ENDED): [Kind.CLOSED_DIFFERS],
        recurrence_stream(OTHER): [Kind.WAKE_DIFFERS],
        recurrence_stream(PAUSED): [Kind.WAKE_DIFFERS],
    }
    for name, step in ((ACTIVE, r.PauseRecurrence), (OTHER, r.PauseRecurrence)):
        await scene.send(to_recurrence(step, name, reason="The way out."))
        await scene.send(to_recurrence(r.ResumeRecurrence, name, reason="The way out."))
    assert await scene.kinds() == {
        recurrence_stream(ENDED): [Kind.CLOSED_DIFFERS],
        recurrence_stream(PAUSED): [Kind.WAKE_DIFFERS],
    }


async def test_a_recurrence_that_cannot_be_read_is_named_and_the_others_are_looked_at(
    scene: Scene,
) -> None:
    head = await scene.log.store.stream_head(recurrence_stream(ACTIVE))
    assert head is not None
    write = StreamWrite(
        stream_id=head.stream_id, expected_version=head.version, events=(event("FromTheFuture"),)
    )
    await scene.log.store.append(
        Append(command_id="newer", request_hash=b"0" * 32, writes=(write,), epoch=1)
    )
    del scene.recurring[recurrence_stream(OTHER)]
    assert await scene.kinds() == {
        recurrence_stream(ACTIVE): [Kind.UNREADABLE],
        recurrence_stream(OTHER): [Kind.NO_WORKFLOW],
    }


async def test_pages_of_any_size_find_the_same_of_instructions_and_recurrences(
    scene: Scene,
) -> None:
    await scene.send(issue("C-open"))
    scene.recurring = {recurrence_stream(PAUSED): scene.at, "zzz-beyond-all-pages": scene.at}
    expected = {(one.kind, one.stream) for one in await scene.found()}
    assert len(expected) == len(_ALL_ACTIVE) + len(scene.recurring) + 1
    for page in (1, 3, 4, 5):
        found = await scene.found(page=page)
        assert {(one.kind, one.stream) for one in found} == expected
        assert len(found) == len(expected)


async def test_progress_goes_on_from_instructions_to_recurrences(scene: Scene) -> None:
    await scene.send(issue("C-open"))
    told: list[tuple[int, int]] = []
    looking = discrepancies(
        scene.log.store,
        instructions=scene.listed,
        recurrences=scene.listed_recurring,
        at=scene.at,
        grace=GRACE,
        progress=lambda done, total: told.append((done, total)),
    )
    assert [one async for one in looking] == []
    head = await scene.log.store.head()
    assert told == sorted(told)
    assert [done == head for done, _ in told] == [False, False, True]


async def test_on_a_real_temporal_a_lost_and_a_stray_workflow_are_found_and_recovered(
    staged_url: str, temporal_server: EmbeddedTemporal
) -> None:
    conductor = await Conductor.of(temporal_server)
    kept, lost, done = (f"R-{uuid4()}" for _ in range(3))

    async def begin() -> None:
        for name in (kept, lost, done):
            first = datetime.now().astimezone() + 60 * _DAY
            await conductor.sender.send(start_recurrence(name, first))
        pause: Any = to_recurrence(r.PauseRecurrence, done, reason="Overtaken.")
        await conductor.sender.send(pause)

    async with staged_log(staged_url) as log:
        await lose_and_recover(
            conductor,
            log,
            begin,
            kept=recurrence_stream(kept),
            lost=recurrence_stream(lost),
            done=recurrence_stream(done),
        )
