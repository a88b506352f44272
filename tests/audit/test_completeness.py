"""Each way in which log and conductor can part is planted, and found; where they agree nothing is."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from audit.completeness import discrepancies
from audit.discrepancy import Kind
from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from domain.deadline import DeadlineRequest
from domain.directory.commands import SetPreferences
from domain.directory.preferences import QuietHours
from domain.identifiers import InstructionId, instruction_id
from domain.instruction import commands as c
from domain.instruction.deadlines import planned
from domain.outcomes import NoticeKey, Recorded
from domain.policies import DEFAULT_POLICY
from eventstore.codec import encode
from eventstore.protocol import Append, NewEvent, StreamWrite
from eventstore.replay import fold
from tests import staging as s
from tests.audit.lost_and_stray import lose_and_recover
from tests.audit.scene import GRACE, Scene
from tests.conftest import fresh_database
from tests.domain import world
from tests.eventstore.appends import event
from tests.workflows.conftest import Conductor, staged_log
from tests.workflows.sent import issue, make

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
OPEN, WAITING, SUSPENDED, CLOSED = "C-open", "C-waiting", "C-suspended", "C-closed"
_ALL_OPEN = (OPEN, WAITING, SUSPENDED)
_SCENE = "scene"


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
        yield Scene(log=log, at=begun, runs={instruction_id(n): begun for n in _ALL_OPEN})


async def _begin(scene: Scene) -> None:
    for number in (*_ALL_OPEN, CLOSED):
        # So soon that some of the default policy's reminders are suppressed at once.
        deadline = DeadlineRequest(at=scene.at + 20 * _DAY)
        await scene.send(issue(number, deadline=deadline, policy=DEFAULT_POLICY))
        await scene.send(make(c.Assign, s.ISSUER, number, lead=s.MINISTRY))
    await scene.send(make(c.Acknowledge, s.LEAD, OPEN))
    await scene.send(make(c.Suspend, s.ISSUER, SUSPENDED, reason="The treaty."))
    await scene.send(make(c.Cancel, s.ISSUER, CLOSED, reason="Overtaken."))


async def test_a_held_notice_is_missed_only_once_its_hour_is_over(scene: Scene) -> None:
    over = scene.at.astimezone(UTC) + timedelta(hours=1)
    begun = scene.at.astimezone(UTC) - timedelta(hours=1)
    quiet = QuietHours(start=begun.time(), end=over.time())
    wanted = SetPreferences(command_id=str(uuid4()), actor=s.LEAD, person=s.LEAD, quiet=quiet)
    assert isinstance(await scene.log.handler.handle(wanted, scene.at), Recorded)
    ask = make(c.RequestProgress, s.CONTROLLER, OPEN, text="How far is it?")
    await scene.send(ask, settled=False)
    assert await scene.kinds(at=over) == {}
    later = await scene.kinds(at=over + timedelta(minutes=10))
    assert later == {OPEN: [Kind.NOTICE_WITHOUT_OUTCOME]}


async def test_a_log_that_is_attended_to_is_complete(scene: Scene) -> None:
    assert await scene.found() == []
    stream = await scene.log.store.read_stream(instruction_id(OPEN))
    assert "ReminderSuppressed" in [one.type for one in stream], "which counts as an event"


async def test_an_open_instruction_without_a_workflow_is_found(scene: Scene) -> None:
    del scene.runs[instruction_id(OPEN)], scene.runs[instruction_id(SUSPENDED)]
    assert await scene.kinds() == {OPEN: [Kind.NO_WORKFLOW], SUSPENDED: [Kind.NO_WORKFLOW]}


async def test_a_workflow_without_an_open_instruction_is_found(scene: Scene) -> None:
    beyond = "zzz-not-even-named-as-one"
    strays = (instruction_id(CLOSED), instruction_id("never issued"), beyond)
    scene.runs |= dict.fromkeys(strays, scene.at)
    assert await scene.kinds() == {
        CLOSED: [Kind.STRAY_WORKFLOW],
        instruction_id("never issued"): [Kind.STRAY_WORKFLOW],
        beyond: [Kind.STRAY_WORKFLOW],
    }


async def test_a_workflow_that_still_delivers_is_no_stray(scene: Scene) -> None:
    scene.runs[instruction_id(WAITING)] = scene.at
    await scene.send(make(c.Cancel, s.ISSUER, WAITING, reason="Overtaken."), settled=False)
    assert Kind.STRAY_WORKFLOW not in (await scene.kinds())[WAITING]


async def test_a_workflow_that_a_refused_command_has_just_started_is_no_stray(scene: Scene) -> None:
    at = scene.at + timedelta(hours=1)
    scene.runs[instruction_id(CLOSED)] = at - GRACE
    assert await scene.kinds(at=at) == {}
    assert await scene.kinds(at=at + _SECOND) == {CLOSED: [Kind.STRAY_WORKFLOW]}


async def test_a_due_moment_that_went_by_is_found_until_it_is_recorded(scene: Scene) -> None:
    due = await scene.next_due(instruction_id(WAITING))
    assert await scene.found(at=due + GRACE) == [], "on its way"
    late = due + GRACE + _SECOND
    assert await scene.kinds(at=late) == {WAITING: [Kind.WAKE_OVERDUE, Kind.DUE_WITHOUT_EVENT]}
    scene.at = due
    await scene.send(make(c.CheckDeadlines, "system", WAITING))
    assert await scene.found(at=late) == []


async def test_a_moment_behind_a_wake_that_was_put_off_is_found_all_the_same(scene: Scene) -> None:
    due = await scene.next_due(instruction_id(WAITING))
    await scene.as_superuser(
        "update remit.streams set next_wake = $2 where stream_id = $1",
        instruction_id(WAITING),
        due + _DAY,
    )
    assert await scene.kinds() == {WAITING: [Kind.WAKE_DIFFERS]}
    assert await scene.kinds(at=due + timedelta(hours=1)) == {
        WAITING: [Kind.WAKE_DIFFERS, Kind.DUE_WITHOUT_EVENT]
    }


async def test_every_moment_that_went_by_is_named(scene: Scene) -> None:
    long_after = scene.at + 400 * _DAY
    state = fold(await scene.log.store.read_stream(instruction_id(OPEN)))
    missed = [one for one in await scene.found(at=long_after) if one.number == OPEN]
    due = [one.detail for one in missed if one.kind is Kind.DUE_WITHOUT_EVENT]
    assert len(due) == len([one for one in planned(state) if one.acts_at < long_after]) > 3
    assert any(detail.startswith("deadline, occurrence 1, was due") for detail in due)


async def test_a_wake_or_an_end_that_the_events_do_not_lead_to_is_found(scene: Scene) -> None:
    for number, closed in ((OPEN, True), (CLOSED, False)):
        await scene.as_superuser(
            "update remit.streams set closed = $2 where stream_id = $1",
            instruction_id(number),
            closed,
        )
    await scene.as_superuser(
        "update remit.streams set next_wake = null where stream_id = $1", instruction_id(WAITING)
    )
    assert await scene.kinds() == {
        OPEN: [Kind.CLOSED_DIFFERS],
        CLOSED: [Kind.CLOSED_DIFFERS],
        WAITING: [Kind.WAKE_DIFFERS],
    }
    await scene.send(make(c.Comment, s.ISSUER, OPEN, text="The way out."))
    await scene.send(make(c.Comment, s.ISSUER, WAITING, text="The way out."))
    assert await scene.kinds() == {CLOSED: [Kind.CLOSED_DIFFERS]}


async def test_a_notice_without_an_outcome_is_found_and_so_is_one_that_left_the_outbox(
    scene: Scene,
) -> None:
    await scene.send(make(c.RequestProgress, s.CONTROLLER, OPEN), settled=False)
    assert await scene.found(at=scene.at + GRACE) == [], "on its way"
    [found] = await scene.found()
    assert (found.kind, found.number) == (Kind.NOTICE_WITHOUT_OUTCOME, OPEN)
    assert f"to {s.LEAD} by log" in found.detail
    await scene.as_superuser("delete from remit.outbox where settled_at is null")
    assert await scene.kinds() == {OPEN: [Kind.NOTICE_WITHOUT_OUTCOME, Kind.NOTICE_NOT_IN_OUTBOX]}


async def test_a_notice_that_is_settled_while_it_is_looked_for_is_no_finding(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.send(make(c.RequestProgress, s.CONTROLLER, OPEN), settled=False)
    undelivered = scene.log.store.undelivered

    async def settled_first(stream: InstructionId) -> Sequence[NoticeKey]:
        monkeypatch.undo()
        await scene.settle(stream)
        return await undelivered(stream)

    monkeypatch.setattr(scene.log.store, "undelivered", settled_first)
    assert await scene.found() == []


async def test_an_instruction_that_cannot_be_read_is_named_and_the_others_are_looked_at(
    scene: Scene,
) -> None:
    head = await scene.log.store.stream_head(instruction_id(OPEN))
    assert head is not None
    write = StreamWrite(
        stream_id=head.stream_id, expected_version=head.version, events=(event("FromTheFuture"),)
    )
    await scene.log.store.append(
        Append(command_id="newer", request_hash=b"0" * 32, writes=(write,), epoch=1)
    )
    del scene.runs[instruction_id(WAITING)]
    assert await scene.kinds() == {
        instruction_id(OPEN): [Kind.UNREADABLE],
        WAITING: [Kind.NO_WORKFLOW],
    }
    told = next(one.detail for one in await scene.found() if one.kind is Kind.UNREADABLE)
    assert told.startswith(f"position {await scene.log.store.head()} (")


async def test_a_moment_that_was_passed_over_without_a_word_is_found(scene: Scene) -> None:
    """It was issued, and what it waits for was not recorded with it."""
    founding = world.issued(deadline=world.ISSUED_AT + 2 * _DAY)
    new = NewEvent(
        type=founding.type, occurred_at=scene.at, actor=founding.by.actor, body=encode(founding)
    )
    write = StreamWrite(stream_id=world.INSTRUCTION, expected_version=0, events=(new,))
    await scene.log.store.append(
        Append(command_id="silent", request_hash=b"0" * 32, writes=(write,), epoch=1)
    )
    unsaid = [one.detail for one in await scene.found() if one.number == world.NUMBER]
    assert "its policy's moments were never planned" in unsaid


async def test_what_was_recorded_or_started_just_now_is_still_on_its_way(scene: Scene) -> None:
    scene.runs = {instruction_id(number): scene.at for number in (CLOSED, "never issued")}
    assert await scene.found(at=scene.at + _SECOND) == []
    assert len(await scene.found()) == len(_ALL_OPEN) + 2


async def test_pages_of_any_size_find_the_same_and_leave_no_workflow_out(scene: Scene) -> None:
    beyond = "zzz-beyond-all-pages"
    scene.runs = {beyond: scene.at, "aaa-before-all-pages": scene.at}
    expected = {(one.kind, one.stream) for one in await scene.found()}
    assert len(expected) == len(_ALL_OPEN) + 2
    for page in (1, 2, 4, 5):
        scene.asked.clear()
        found = await scene.found(page=page)
        assert {(one.kind, one.stream) for one in found} == expected
        assert len(found) == len(expected)
        ranges = list(dict.fromkeys(scene.asked))
        assert ranges[0][0] == ""
        assert ranges[-1][1] is None
        assert [until for _, until in ranges[:-1]] == [after for after, _ in ranges[1:]]


async def test_a_run_that_goes_on_as_a_new_one_is_not_taken_for_lost(scene: Scene) -> None:
    looks = 0

    async def listed_late(after: str, until: str | None) -> Mapping[InstructionId, datetime]:
        nonlocal looks
        looks += 1
        everyone = await scene.listed(after, until)
        return {} if looks == 1 else everyone

    found = discrepancies(
        scene.log.store,
        instructions=listed_late,
        recurrences=scene.listed_recurring,
        at=scene.at + timedelta(minutes=10),
        grace=GRACE,
        looks_apart=0,
    )
    assert [one async for one in found] == []
    assert looks > 1


async def test_progress_is_told_in_events_of_the_log(scene: Scene) -> None:
    told: list[tuple[int, int]] = []
    looking = discrepancies(
        scene.log.store,
        instructions=scene.listed,
        recurrences=scene.listed_recurring,
        at=scene.at,
        grace=GRACE,
        page=2,
        progress=lambda done, total: told.append((done, total)),
    )
    assert [one async for one in looking] == []
    head = await scene.log.store.head()
    assert told == sorted(told)
    assert told[-1] == (head, head)
    assert len(told) == 3


async def test_on_a_real_temporal_a_lost_and_a_stray_workflow_are_found_and_recovered(
    staged_url: str, temporal_server: EmbeddedTemporal
) -> None:
    conductor = await Conductor.of(temporal_server)
    kept, lost, done = (f"N-{uuid4()}" for _ in range(3))

    async def begin() -> None:
        for number in (kept, lost, done):
            await conductor.sender.send(issue(number))
            await conductor.sender.send(make(c.Assign, s.ISSUER, number, lead=s.MINISTRY))
        await conductor.sender.send(make(c.Cancel, s.ISSUER, done, reason="Overtaken."))

    async with staged_log(staged_url) as log:
        await lose_and_recover(
            conductor,
            log,
            begin,
            kept=instruction_id(kept),
            lost=instruction_id(lost),
            done=instruction_id(done),
        )
