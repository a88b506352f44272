"""A programme's digest going out by itself, on real servers: a log, Temporal, and a mail server."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from email.message import Message
from typing import Any, cast
from uuid import uuid4

import asyncpg
import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import ActivityEnvironment

from activities.contracts import DigestsRequest, DigestsSent
from activities.digests import DigestsActivity
from activities.sending import NoticeSender
from digests.readers import message_id_of
from domain.attribution import Command
from domain.directory.commands import ErasePerson, SetChannels, SetPreferences, Substitute
from domain.identifiers import StreamId, instruction_id, programme_stream
from domain.instruction import commands as c
from domain.outcomes import Recorded
from domain.programme import commands as p
from domain.programme.events import DigestBegun, DigestSent
from domain.programme.terms import WEEKDAYS
from eventstore.codec import event_of
from notifications.channel import Channel
from notifications.email import EmailChannel
from readmodels.projector import open_projection_pool
from tests import staging as s
from tests.notifications.mail_server import MailServer, mail_server
from tests.workflows.conftest import Conductor, Log
from tests.workflows.disturbances import WorkerProcess, appends_held_up, terminate
from tests.workflows.sent import issue, make
from workflows.contracts import DIGESTS_WORKFLOW
from workflows.digests import schedule_digests

_PROGRAMME = "union-2024"
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as kept:
        yield kept


def _email(server: MailServer) -> Channel:
    return EmailChannel(host="127.0.0.1", port=server.port, sender="remit@example.org")


async def _done(log: Log, command: Command, at: datetime) -> None:
    outcome = await log.handler.handle(command, at)
    assert isinstance(outcome, Recorded), outcome


def _by(actor: str) -> dict[str, Any]:
    return {"command_id": str(uuid4()), "actor": actor}


@pytest.fixture
async def adopted(log: Log) -> None:
    """A programme of the council, whose head and that of the ministry are told by e-mail."""
    long_ago = datetime.now(UTC) - 60 * _DAY
    for person in (s.ISSUER, s.LEAD):
        await _done(log, SetChannels(**_by("set-up"), person=person, channels=("email",)), long_ago)
    adopt = p.AdoptProgramme(
        **_by(s.ISSUER),
        programme=_PROGRAMME,
        title="Union programmes",
        body=s.COUNCIL,
        period_start=date(2024, 1, 1),
        period_end=date(2030, 12, 31),
    )
    await _done(log, adopt, long_ago)


async def _scheduled(
    log: Log, due_at: datetime, *, weeks_ago: int = 1, **to: tuple[str, ...]
) -> datetime:
    """To go out at this hour of the week (UTC) since so many weeks before; answers the minute."""
    minute = due_at.replace(second=0, microsecond=0)
    command = p.ScheduleDigest(
        **_by(s.ISSUER),
        programme=_PROGRAMME,
        weekday=WEEKDAYS[minute.weekday()],
        hour=minute.time(),
        bodies=to.get("bodies", ()),
        offices=to.get("offices", ()),
    )
    await _done(log, command, minute - weeks_ago * _WEEK + timedelta(hours=1))
    return minute


async def _sent(log: Log) -> list[DigestSent]:
    stream = await log.store.read_stream(programme_stream(_PROGRAMME))
    return [event for event in map(event_of, stream) if isinstance(event, DigestSent)]


async def _begun(log: Log) -> list[DigestBegun]:
    stream = await log.store.read_stream(programme_stream(_PROGRAMME))
    return [event for event in map(event_of, stream) if isinstance(event, DigestBegun)]


async def _one_round(conductor: Conductor) -> WorkflowHandle[Any, DigestsSent]:
    return await conductor.client.start_workflow(
        DIGESTS_WORKFLOW,
        id=f"digests-{uuid4()}",
        task_queue=conductor.task_queue,
        result_type=DigestsSent,
    )


async def _round(log: Log, at: datetime, *channels: Channel, at_once: int = 16) -> DigestsSent:
    """The same without Temporal, at any moment."""
    sender = NoticeSender(log.handler, log.store, log.persons, channels)
    async with open_projection_pool(log.database_url, pool_size=2) as pool:
        activity = DigestsActivity(log.handler, log.store, pool, sender, at_once=at_once)
        request = DigestsRequest(at=at)
        return await cast(Any, ActivityEnvironment().run(activity.send_digests, request))


async def _spoil(log: Log, stream: StreamId) -> None:
    connection = await asyncpg.connect(log.database_url)
    try:
        await connection.execute("alter table remit.events disable trigger all")
        await connection.execute(
            "update remit.events set body = 'nonsense' where stream_id = $1 and version = 1", stream
        )
    finally:
        await connection.close()


def _message_id(mail: Message) -> str:
    return mail["Message-ID"].strip("<>").partition("@")[0]


def _part(mail: Message, kind: str) -> str:
    [part] = [one for one in mail.walk() if one.get_content_type() == kind]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


@pytest.mark.usefixtures("adopted")
async def test_each_week_goes_out_once_and_the_log_says_who_was_told_what_it_was(
    log: Log, conductor: Conductor, number: str, server: MailServer
) -> None:
    now = datetime.now(UTC)
    for command in (
        issue(number, programme=_PROGRAMME),
        make(c.Assign, s.ISSUER, number, lead=s.MINISTRY),
        make(c.Acknowledge, s.LEAD, number),
        make(c.SubmitReport, s.LEAD, number, text="Done."),
        make(c.Accept, s.CONTROLLER, number),
    ):
        await _done(log, command, now - _DAY)
    due_at = await _scheduled(log, now - timedelta(minutes=2))
    async with conductor.working(log, channels=[_email(server)]):
        for expected in (DigestsSent(sent=1, failed=0), DigestsSent(sent=0, failed=0)):
            assert await (await _one_round(conductor)).result() == expected
    assert server.recipients == ["p-issuer@example.org"]
    [mail] = server.received
    assert mail["Subject"].startswith("Union programmes: ")
    assert "deadline.ics" not in mail.as_string()
    assert "Completed: 1" in _part(mail, "text/plain")
    assert f'<th scope="row">{number}</th>' in _part(mail, "text/html")
    [begun], [sent] = await _begun(log), await _sent(log)
    assert (begun.due_at, begun.since) == (due_at, due_at - _WEEK)
    assert (begun.late, begun.asked) == (False, False)
    assert (sent.due_at, sent.attempt) == (due_at, 1)
    [told] = sent.recipients
    assert (told.person, told.channel, told.outcome) == (s.ISSUER, "email", "delivered")
    assert told.message_id == _message_id(mail)
    assert told.message_id == message_id_of(_PROGRAMME, due_at, s.ISSUER, "email")
    assert "queued as 7" in told.detail
    assert begun.position < await log.store.head()
    [head] = await log.store.streams(prefix=programme_stream(_PROGRAMME), limit=2)
    assert head.next_wake == due_at + _WEEK


@pytest.mark.usefixtures("adopted")
async def test_weeks_missed_while_all_was_down_are_told_by_one_that_says_it_is_late(
    log: Log, server: MailServer
) -> None:
    now = datetime.now(UTC)
    due_at = await _scheduled(log, now - 2 * _DAY, weeks_ago=4)
    assert await _round(log, now, _email(server)) == DigestsSent(sent=1, failed=0)
    assert await _round(log, now, _email(server)) == DigestsSent(sent=0, failed=0)
    [mail] = server.received
    late = f"This digest was due on {due_at:%Y-%m-%d %H:%M} UTC and is late."
    assert late in _part(mail, "text/plain")
    assert late in _part(mail, "text/html")
    [begun] = await _begun(log)
    assert (begun.due_at, begun.late) == (due_at, True)


@pytest.mark.usefixtures("adopted")
async def test_killed_between_sending_and_recording_it_sends_the_same_message_again(
    log: Log, conductor: Conductor, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMIT_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("REMIT_SMTP_PORT", str(server.port))
    monkeypatch.setenv("REMIT_SMTP_STARTTLS", "false")
    now = datetime.now(UTC)
    await _scheduled(log, now - timedelta(minutes=2))
    server.held = "p-issuer@example.org"
    async with WorkerProcess(log, conductor) as worker:
        under_way = await _one_round(conductor)
        await asyncio.wait_for(server.holding.wait(), 30)
        async with appends_held_up(log) as blocked:
            server.released.set()
            backend = await blocked()
            assert len(server.received) == 1
            await worker.kill()
            await terminate(log, backend)
    await under_way.terminate("its worker is gone")
    assert (len(await _begun(log)), await _sent(log)) == (1, [])
    assert await _round(log, now, _email(server)) == DigestsSent(sent=0, failed=0), "it may go on"
    again = now + timedelta(minutes=6)
    assert await _round(log, again, _email(server)) == DigestsSent(sent=1, failed=0)
    assert len(server.received) == 2
    assert _part(server.received[0], "text/plain") == _part(server.received[1], "text/plain")
    assert len({_message_id(mail) for mail in server.received}) == 1
    assert len(await _sent(log)) == 1


@pytest.mark.usefixtures("adopted")
async def test_two_rounds_at_once_leave_one_record(log: Log, server: MailServer) -> None:
    now = datetime.now(UTC)
    await _scheduled(log, now - timedelta(minutes=2))
    await asyncio.gather(*(_round(log, now, _email(server)) for _ in range(2)))
    assert len(server.received) == 1
    assert (len(await _begun(log)), len(await _sent(log))) == (1, 1)


@pytest.mark.usefixtures("adopted")
async def test_cut_off_in_between_it_goes_again_to_those_only_of_whom_nothing_is_recorded(
    log: Log, server: MailServer
) -> None:
    now = datetime.now(UTC)
    due_at = await _scheduled(log, now - _DAY, bodies=(s.COUNCIL,), offices=("ministry.head",))
    server.held = "p-lead@example.org"
    first = asyncio.create_task(_round(log, due_at, _email(server), at_once=1))
    await asyncio.wait_for(server.holding.wait(), 30)
    first.cancel()
    await asyncio.wait([first])
    server.released.set()
    again = due_at + timedelta(minutes=6)
    assert await _round(log, again, _email(server), at_once=1) == DigestsSent(sent=1, failed=0)
    assert server.recipients == ["p-issuer@example.org", *2 * ["p-lead@example.org"]]
    assert len({_message_id(mail) for mail in server.received}) == 2
    assert [one.attempt for one in await _sent(log)] == [1, 2]


@pytest.mark.usefixtures("adopted")
async def test_what_cannot_be_composed_holds_up_nothing_else_and_is_given_up_on_record(
    log: Log, server: MailServer, number: str
) -> None:
    now = datetime.now(UTC)
    await _done(log, issue(number, programme=_PROGRAMME), now - _DAY)
    due_at = await _scheduled(log, now - _DAY)
    await _spoil(log, instruction_id(number))
    assert await _round(log, due_at, _email(server)) == DigestsSent(sent=0, failed=1)
    asked_at = due_at + timedelta(minutes=1)
    await _done(log, p.SendDigest(**_by(s.ISSUER), programme=_PROGRAMME), asked_at)
    assert await _round(log, asked_at, _email(server)) == DigestsSent(sent=0, failed=1)
    assert [one.asked for one in await _begun(log)] == [False, True]
    for hours in (1, 2):
        await _round(log, due_at + _DAY + timedelta(hours=hours), _email(server))
    details = [one.detail for event in await _sent(log) for one in event.recipients]
    why = "it could not be composed"
    assert details == [
        why,
        why,
        f"given up after 2 attempts: {why}",
        f"given up after 2 attempts: {why}",
    ]
    assert server.received == []
    [head] = await log.store.streams(prefix=programme_stream(_PROGRAMME), limit=2)
    assert head.next_wake == due_at + _WEEK


@pytest.mark.usefixtures("adopted")
async def test_what_went_wrong_is_told_without_addresses(
    log: Log, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime.now(UTC)
    await _scheduled(log, now - timedelta(minutes=2))
    server.busy_for = "p-issuer@example.org"
    await _round(log, now, _email(server))
    ours = "\n".join(one.getMessage() for one in caplog.records if one.name != "mail.log")
    assert "SMTPRecipientsRefused (451)" in ours
    assert server.busy_for not in ours


@pytest.mark.usefixtures("adopted")
async def test_whom_nobody_could_look_up_is_tried_again(log: Log, server: MailServer) -> None:
    due_at = await _scheduled(log, datetime.now(UTC) - _DAY)
    async with _renamed(log, "remit.persons", "persons_elsewhere"):
        assert await _round(log, due_at, _email(server)) == DigestsSent(sent=0, failed=1)
    again = due_at + timedelta(minutes=6)
    assert await _round(log, again, _email(server)) == DigestsSent(sent=1, failed=0)
    assert server.recipients == ["p-issuer@example.org"]
    assert [[one.outcome for one in sent.recipients] for sent in await _sent(log)] == [
        ["waiting"],
        ["delivered"],
    ]


@asynccontextmanager
async def _renamed(log: Log, table: str, name: str) -> AsyncGenerator[None]:
    connection = await asyncpg.connect(log.database_url)
    schema, _, usual = table.partition(".")
    try:
        await connection.execute(f"alter table {table} rename to {name}")
        yield
        await connection.execute(f"alter table {schema}.{name} rename to {usual}")
    finally:
        await connection.close()


@pytest.mark.usefixtures("adopted")
async def test_only_whom_it_did_not_reach_is_tried_again(log: Log, server: MailServer) -> None:
    now = datetime.now(UTC)
    due_at = await _scheduled(log, now - _DAY, bodies=(s.COUNCIL,), offices=("ministry.head",))
    server.busy_for = "p-lead@example.org"
    assert await _round(log, due_at, _email(server)) == DigestsSent(sent=0, failed=1)
    too_soon = due_at + timedelta(minutes=4)
    assert await _round(log, too_soon, _email(server)) == DigestsSent(sent=0, failed=0)
    server.busy_for = None
    again = due_at + timedelta(minutes=6)
    assert await _round(log, again, _email(server)) == DigestsSent(sent=1, failed=0)
    assert server.recipients == ["p-issuer@example.org", "p-lead@example.org"]
    first, second = await _sent(log)
    assert [one.outcome for one in first.recipients] == ["delivered", "waiting"]
    [told] = second.recipients
    assert (told.person, told.outcome) == (s.LEAD, "delivered")
    assert told.message_id == first.recipients[1].message_id == _message_id(server.received[1])
    assert second.attempt == 2
    assert len(await _begun(log)) == 1


@pytest.mark.usefixtures("adopted")
async def test_who_is_absent_is_stood_in_for_in_the_language_of_the_substitute(
    log: Log, server: MailServer
) -> None:
    now = datetime.now(UTC)
    stands_in = Substitute(
        **_by("set-up"),
        absent=s.ISSUER,
        substitute=s.LEAD,
        since=now.date() - 2 * _DAY,
        reason="On leave.",
    )
    await _done(log, stands_in, now - 2 * _DAY)
    await _done(log, SetPreferences(**_by(s.LEAD), person=s.LEAD, language="ru"), now)
    await _scheduled(log, now - timedelta(minutes=2))
    await _round(log, now, _email(server))
    assert server.recipients == ["p-lead@example.org"]
    assert "Показатели" in _part(server.received[0], "text/plain")
    assert 'lang="ru"' in _part(server.received[0], "text/html")


@pytest.mark.usefixtures("adopted")
async def test_who_is_not_on_file_and_what_is_not_set_up_is_on_record(
    log: Log, server: MailServer
) -> None:
    now = datetime.now(UTC)
    offices = ("ministry.head", "council.head")
    await _scheduled(log, now - timedelta(minutes=2), offices=offices)
    await log.persons.erase(s.LEAD)
    assert await _round(log, now) == DigestsSent(sent=1, failed=0)
    [sent] = await _sent(log)
    why = {one.person: (one.outcome, one.detail) for one in sent.recipients}
    assert why[s.LEAD] == (
        "suppressed",
        "the person is not on file (erased, or never entered)",
    )
    assert why[s.ISSUER] == ("suppressed", "the channel email is not configured")
    assert server.received == []


@pytest.mark.usefixtures("adopted")
async def test_where_nobody_is_to_be_told_the_week_is_over_all_the_same(
    log: Log, server: MailServer
) -> None:
    now = datetime.now(UTC)
    await _scheduled(log, now - timedelta(minutes=2), offices=("ministry.head",))
    await _done(log, ErasePerson(**_by("set-up"), person=s.LEAD, reason="Asked."), now)
    assert await _round(log, now, _email(server)) == DigestsSent(sent=1, failed=0)
    [begun] = await _begun(log)
    assert begun.readers == ()
    assert await _sent(log) == []
    assert await _round(log, now, _email(server)) == DigestsSent(sent=0, failed=0)


@pytest.mark.usefixtures("adopted")
async def test_one_that_is_asked_for_goes_out_in_the_next_round(
    log: Log, server: MailServer
) -> None:
    now = datetime.now(UTC)
    await _done(log, p.SendDigest(**_by(s.ISSUER), programme=_PROGRAMME), now)
    assert await _round(log, now + timedelta(minutes=1), _email(server)) == DigestsSent(
        sent=1, failed=0
    )
    assert server.recipients == ["p-issuer@example.org"]
    [begun] = await _begun(log)
    assert (begun.asked, begun.late, begun.since) == (True, False, begun.due_at - _WEEK)


@pytest.mark.usefixtures("adopted")
async def test_the_digest_of_one_programme_holds_up_no_other(log: Log, server: MailServer) -> None:
    """One whose stream cannot be read comes first."""
    now = datetime.now(UTC)
    await _scheduled(log, now - timedelta(minutes=2))
    other = p.AdoptProgramme(
        **_by(s.ISSUER),
        programme="a-broken-one",
        title="Broken",
        body=s.COUNCIL,
        period_start=date(2024, 1, 1),
        period_end=date(2030, 12, 31),
    )
    await _done(log, other, now - _DAY)
    await _done(log, p.SendDigest(**_by(s.ISSUER), programme="a-broken-one"), now - _DAY)
    await _spoil(log, programme_stream("a-broken-one"))
    assert await _round(log, now, _email(server)) == DigestsSent(sent=1, failed=1)
    assert server.recipients == ["p-issuer@example.org"]


async def test_digests_are_looked_for_by_one_schedule(conductor: Conductor) -> None:
    await schedule_digests(conductor.client, conductor.task_queue)
    await schedule_digests(conductor.client, conductor.task_queue)
    schedule = conductor.client.get_schedule_handle("digests")
    assert (await schedule.describe()).schedule.spec.intervals[0].every == timedelta(minutes=1)
    await schedule.delete()
