"""Notices that wait for their hour, on real servers: a log, Temporal, and a mail server."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import ActivityEnvironment

from activities.contracts import Posted, PostRequest
from activities.nudge import NudgeActivity, NudgeRequest
from activities.postman import LEASE, PostmanActivity
from activities.sending import NoticeSender
from domain.directory.commands import SetChannels, SetPreferences
from domain.directory.preferences import QuietHours
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.instruction.noticed import Noticed, account
from domain.outcomes import Recorded
from eventstore.replay import read_as_of
from notifications.channel import Channel
from notifications.email import EmailChannel
from tests import staging as s
from tests.notifications.mail_server import MailServer, mail_server
from tests.workflows.conftest import Conductor, Log
from tests.workflows.disturbances import WorkerProcess, appends_held_up, terminate
from tests.workflows.sent import issue, make
from workflows.contracts import POSTMAN_WORKFLOW
from workflows.postman import schedule_postman


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as kept:
        yield kept


def _email(server: MailServer) -> Channel:
    return EmailChannel(host="127.0.0.1", port=server.port, sender="remit@example.org")


async def _quiet_for(log: Log, length: timedelta, person: str) -> datetime:
    """Nothing reaches this person until the moment answered."""
    now = datetime.now(UTC)
    until = (now + length).replace(microsecond=0) + timedelta(seconds=1)
    quiet = QuietHours(start=(now - timedelta(hours=1)).time(), end=until.time())
    wanted = SetPreferences(command_id=str(uuid4()), actor=person, person=person, quiet=quiet)
    assert isinstance(await log.handler.handle(wanted, now), Recorded)
    return until


@pytest.fixture
async def by_email(log: Log) -> None:
    for person in (s.LEAD, s.CONTROLLER):
        wanted = SetChannels(
            command_id=str(uuid4()), actor="set-up", person=person, channels=("email",)
        )
        assert isinstance(await log.handler.handle(wanted, datetime.now(UTC)), Recorded)


async def _noticed(log: Log, number: str, recipient: str) -> list[Noticed]:
    events = read_as_of(await log.store.read_stream(instruction_id(number)))
    return [one for one in account(events) if one.notice.recipient == recipient]


async def _charge(conductor: Conductor, number: str) -> None:
    await conductor.sender.send(issue(number))
    await conductor.sender.send(make(c.Assign, s.ISSUER, number, lead=s.MINISTRY))


async def _charged_in_quiet_hours(log: Log, *numbers: str) -> None:
    """Two hours ago, when the lead was not to be disturbed; that was over an hour later."""
    now = datetime.now(UTC)
    over = (now - timedelta(hours=1)).time()
    quiet = QuietHours(start=(now - timedelta(hours=3)).time(), end=over)
    commands = [
        SetPreferences(command_id=str(uuid4()), actor=s.LEAD, person=s.LEAD, quiet=quiet),
        *(issue(number) for number in numbers),
        *(make(c.Assign, s.ISSUER, number, lead=s.MINISTRY) for number in numbers),
    ]
    for command in commands:
        outcome = await log.handler.handle(command, now - timedelta(hours=2))
        assert isinstance(outcome, Recorded)


async def _one_round(conductor: Conductor) -> WorkflowHandle[Any, Posted]:
    return await conductor.client.start_workflow(
        POSTMAN_WORKFLOW,
        id=f"postman-{conductor.task_queue}",
        task_queue=conductor.task_queue,
        result_type=Posted,
    )


async def _until_outcome(log: Log, number: str, recipient: str) -> None:
    async with asyncio.timeout(30):
        while True:
            if all(one.outcome != "waiting" for one in await _noticed(log, number, recipient)):
                return
            await asyncio.sleep(0.05)


def _postman(log: Log, *channels: Channel) -> PostmanActivity:
    return PostmanActivity(NoticeSender(log.handler, log.store, log.persons, channels), log.store)


async def _round(postman: PostmanActivity, at: datetime) -> Posted:
    return await ActivityEnvironment().run(postman.deliver_released, PostRequest(at=at))


@pytest.mark.usefixtures("by_email")
async def test_quiet_hours_hold_and_then_all_arrives_once_as_one_message(
    log: Log, conductor: Conductor, number: str, server: MailServer
) -> None:
    numbers = [f"{number}-{n}" for n in range(3)]
    until = await _quiet_for(log, timedelta(hours=1), s.LEAD)
    async with conductor.working(log, channels=[_email(server)]):
        for one in numbers:
            await _charge(conductor, one)
        cancel = make(c.Cancel, s.ISSUER, numbers[0], reason="Overtaken.")
        await conductor.sender.send(cancel)
        await conductor.handle(instruction_id(numbers[0])).result()
        await _until_outcome(log, numbers[0], s.CONTROLLER)
        assert server.recipients == ["p-controller@example.org"], "who prefers nothing, at once"
        held = [one for each in numbers for one in await _noticed(log, each, s.LEAD)]
        assert {(one.outcome, one.held_until) for one in held} == {("waiting", until)}
        assert len(held) == 4
    assert await _round(_postman(log, _email(server)), until) == Posted(sent=1, failed=0)
    assert server.recipients[1:] == ["p-lead@example.org"]
    mail = server.received[-1]
    assert mail["Subject"] == "4 notices on 3 instructions"
    text = mail.as_string()
    assert "Cancelled" in text
    told = [one for each in numbers for one in await _noticed(log, each, s.LEAD)]
    assert {one.outcome for one in told} == {"accepted"}
    message_id = mail["Message-ID"].strip("<>").partition("@")[0]
    assert all(f"one of 4 in {message_id}" in (one.detail or "") for one in told)


@pytest.mark.usefixtures("by_email")
async def test_a_postman_killed_between_sending_and_recording_sends_the_same_message_again(
    log: Log,
    conductor: Conductor,
    number: str,
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REMIT_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("REMIT_SMTP_PORT", str(server.port))
    monkeypatch.setenv("REMIT_SMTP_STARTTLS", "false")
    numbers = [f"{number}-{n}" for n in range(2)]
    await _charged_in_quiet_hours(log, *numbers)
    async with appends_held_up(log) as blocked, WorkerProcess(log, conductor) as worker:
        under_way = await _one_round(conductor)
        backend = await blocked()
        assert len(server.received) == 1
        await worker.kill()
        await terminate(log, backend)
    await under_way.terminate("its worker is gone")
    for one in numbers:
        assert [told.outcome for told in await _noticed(log, one, s.LEAD)] == ["waiting"]
    successor, now = _postman(log, _email(server)), datetime.now(UTC)
    assert await _round(successor, now + LEASE * 2) == Posted(sent=1, failed=0)
    assert await _round(successor, now + LEASE * 4) == Posted(sent=0, failed=0)
    assert len(server.received) == 2
    ids = {mail["Message-ID"].strip("<>").partition("@")[0] for mail in server.received}
    assert len(ids) == 1
    for one in numbers:
        assert [told.outcome for told in await _noticed(log, one, s.LEAD)] == ["accepted"]


@pytest.mark.usefixtures("by_email")
async def test_the_watchdog_leaves_what_is_held_to_the_postman(
    log: Log, conductor: Conductor, number: str, server: MailServer
) -> None:
    until = await _quiet_for(log, timedelta(hours=1), s.LEAD)
    async with conductor.working(log, channels=[_email(server)]):
        await _charge(conductor, number)
        dog = NudgeActivity(log.store, conductor.client, conductor.task_queue)
        looks = [
            await dog.nudge_unattended(NudgeRequest(at=at))
            for at in (until - timedelta(minutes=1), until + timedelta(hours=1))
        ]
    assert [look.undelivered for look in looks] == [0, 0]
    assert server.received == []


@pytest.mark.usefixtures("by_email")
async def test_who_was_told_acknowledges_it_through_the_workflow(
    log: Log, conductor: Conductor, number: str, server: MailServer
) -> None:
    async with conductor.working(log, channels=[_email(server)]):
        await _charge(conductor, number)
        await _until_outcome(log, number, s.LEAD)
        [told] = await _noticed(log, number, s.LEAD)
        seen = make(c.AcknowledgeNotice, s.LEAD, number, notice=told.notice)
        assert isinstance(await conductor.sender.send(seen), Recorded)
        again = make(c.AcknowledgeNotice, s.LEAD, number, notice=told.notice)
        assert isinstance(await conductor.sender.send(again), Recorded)
    [told] = await _noticed(log, number, s.LEAD)
    assert told.outcome == "accepted"
    assert told.acknowledged_at is not None
    stream = await log.store.read_stream(instruction_id(number))
    assert [one.type for one in stream].count("NotificationAcknowledged") == 1


@pytest.mark.usefixtures("by_email")
async def test_the_postmans_workflow_goes_one_round(
    log: Log, conductor: Conductor, number: str, server: MailServer
) -> None:
    await _charged_in_quiet_hours(log, number)
    async with conductor.working(log, channels=[_email(server)]):
        for posted in (Posted(sent=1, failed=0), Posted(sent=0, failed=0)):
            assert posted == await (await _one_round(conductor)).result()
    assert server.recipients == ["p-lead@example.org"]


async def test_the_postman_is_scheduled_once(conductor: Conductor) -> None:
    await schedule_postman(conductor.client, conductor.task_queue)
    await schedule_postman(conductor.client, conductor.task_queue)
    schedule = conductor.client.get_schedule_handle("postman")
    assert (await schedule.describe()).schedule.spec.intervals[0].every == timedelta(minutes=1)
    await schedule.delete()
