"""Whose commands a worker takes: nobody is authenticated because a command says so."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from temporalio.client import ActivityFailureError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.contracts import (
    CLOCKS_DISAGREE,
    DELIVER_RELEASED,
    NOT_A_COMMAND,
    RECORD,
    SEND_DIGESTS,
    DigestsRequest,
    PostRequest,
    RecordResult,
    deliveries_of,
)
from activities.courier import Courier
from activities.keyring import SecretKey
from activities.record import Admission, RecordActivity
from activities.seal import GOOD_FOR, Sealer
from activities.sending import NoticeSender
from domain.attribution import Identity
from domain.identifiers import SYSTEM, instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded, Rejected
from domain.recurrence.commands import PauseRecurrence
from domain.rejections import Code
from eventstore.codec import event_of
from eventstore.handle import CommandHandler
from notifications.log import LogChannel
from settings import Settings
from tests import staging as s
from tests.workflows.conftest import Conductor, Log
from tests.workflows.sent import issue, make, start_recurrence, to_recurrence
from worker import admission_of
from workflows.client import NoAnswer

_SKEW = timedelta(minutes=2)
_OIDC = Identity(kind="authenticated", method="oidc")
_NEW, _OLD, _OTHER = (SecretKey(id=name, secret=name.encode() * 20) for name in ("new", "old", "x"))


def _sent(**fields: Any) -> c.ClientCommand:
    return make(c.Comment, s.ISSUER, "1", text="seen", identity=_OIDC, **fields)


def _proven(sealer: Sealer, command: c.ClientCommand) -> bool:
    return sealer.sealed_at(command) is not None


def test_a_seal_proves_the_command_it_was_made_for_and_no_other() -> None:
    sealer = Sealer([_NEW])
    sealed = sealer.seal(_sent(on_behalf_of=s.COUNCIL))
    assert _proven(sealer, sealed)
    changes: list[dict[str, Any]] = [
        {"text": "something else"},
        {"actor": s.LEAD},
        {"on_behalf_of": None},
        {"identity": Identity(kind="authenticated", method="api-token")},
        {"command_id": "another"},
        {"instruction": instruction_id("2")},
        {"expected_version": 3},
        {"seal": None},
        {"seal": ""},
        {"seal": f"9{sealed.seal}"},
        {"seal": f"{sealed.seal}=".replace("=", "A")},
        {"seal": f"٣.{(sealed.seal or '').partition('.')[2]}"},
        {"seal": "ключ"},
    ]
    assert not [more for more in changes if _proven(sealer, sealed.model_copy(update=more))]


def test_the_first_key_seals_and_all_of_them_prove() -> None:
    before, while_changing, after = Sealer([_OLD]), Sealer([_NEW, _OLD]), Sealer([_NEW])
    old, new = before.seal(_sent()), while_changing.seal(_sent())
    assert _proven(while_changing, old)
    assert _proven(while_changing, new)
    assert _proven(after, new)
    assert not _proven(after, old)
    assert not _proven(Sealer([_OTHER]), new)
    with pytest.raises(ValueError, match="needs a key"):
        Sealer([])


def test_a_seal_ends() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    sealer = Sealer([_NEW], clock=lambda: now)
    assert sealer.sealed_at(sealer.seal(_sent())) == now

    def holds(at: datetime) -> bool:
        return Sealer([_NEW], clock=lambda: at).holds(now)

    assert holds(now + GOOD_FOR)
    assert not holds(now + GOOD_FOR + timedelta(seconds=1))
    assert not holds(now - GOOD_FOR - timedelta(seconds=1)), "the clock of whoever sealed it"


def test_a_worker_as_deployed_holds_the_present_to_its_own_clock() -> None:
    assert admission_of(Settings(database_url="postgresql://x")).skew == _SKEW


@pytest.fixture
async def sealer(log: Log, conductor: Conductor) -> AsyncIterator[Sealer]:
    """A worker takes what this one sealed, and nothing that is only asserted."""
    sealer = Sealer([_NEW])
    async with conductor.working(log, admission=Admission(sealer=sealer, asserted=False)):
        yield sealer


def _authenticated(command: c.ClientCommand) -> c.ClientCommand:
    return command.model_copy(update={"identity": _OIDC})


async def _not_proven(conductor: Conductor, command: Any) -> None:
    outcome = await conductor.sender.send(command)
    assert isinstance(outcome, Rejected), outcome
    assert (outcome.code, outcome.field) == (Code.IDENTITY_NOT_PROVEN, "identity")


async def test_what_is_forged_is_refused_and_what_is_sealed_is_recorded_as_authenticated(
    log: Log, conductor: Conductor, number: str, sealer: Sealer
) -> None:
    command = _authenticated(issue(number))
    head = await log.store.head()
    await _not_proven(conductor, command)
    await _not_proven(conductor, Sealer([_OTHER]).seal(command))
    borrowed = sealer.seal(_authenticated(issue(number))).seal
    await _not_proven(conductor, command.model_copy(update={"seal": borrowed}))
    await _not_proven(conductor, issue(number))  # asserted
    assert await log.store.head() == head
    outcome = await conductor.sender.send(sealer.seal(command))
    assert isinstance(outcome, Recorded)
    again = await conductor.sender.send(sealer.seal(command))
    assert isinstance(again, Recorded)
    assert again.version == outcome.version
    stored, *_ = await log.store.read_stream(instruction_id(number))
    assert event_of(stored).by.identity == _OIDC


async def test_recurrences_are_no_way_round_it(
    conductor: Conductor, number: str, sealer: Sealer
) -> None:
    start = start_recurrence(number, datetime.now(UTC) + timedelta(days=90))
    await _not_proven(conductor, start)
    start = start.model_copy(update={"identity": _OIDC})
    await _not_proven(conductor, start)
    assert isinstance(await conductor.sender.send(sealer.seal(start)), Recorded)
    await _not_proven(conductor, to_recurrence(PauseRecurrence, number, reason="wait"))


async def test_without_a_key_nobody_is_taken_to_be_authenticated(
    log: Log, conductor: Conductor, number: str
) -> None:
    async with conductor.working(log):
        await _not_proven(conductor, Sealer([_NEW]).seal(_authenticated(issue(number))))
        assert isinstance(await conductor.sender.send(issue(number)), Recorded)


async def test_the_activity_itself_takes_only_what_clients_and_workflows_ask_for(
    log: Log, conductor: Conductor, number: str
) -> None:
    """Whoever may speak to Temporal need not go by a workflow."""
    instruction = instruction_id(number)
    forged: Any = issue(number).model_copy(update={"actor": SYSTEM})
    fields = forged.model_dump(mode="json") | {"type": "IssueAsOccurrence", "lead": s.MINISTRY}
    delivery = {
        "type": "RecordDelivery",
        "command_id": "c",
        "actor": SYSTEM,
        "instruction": instruction,
        "notice": {"version": 1, "recipient": s.LEAD, "channel": "log"},
        "outcome": "delivered",
    }
    async with conductor.working(log):
        head = await log.store.head()
        for command in ({**fields, "recurrence": "r"}, delivery):
            with pytest.raises(ActivityFailureError) as failed:
                await _run(conductor, command)
            assert isinstance(failed.value.cause, ApplicationError)
            assert failed.value.cause.type == NOT_A_COMMAND
        result = await _run(conductor, forged.model_copy(update={"identity": _OIDC}))
        assert isinstance(result.outcome, Rejected)
        assert result.outcome.code == Code.IDENTITY_NOT_PROVEN
        assert await log.store.head() == head


async def test_the_present_is_by_the_worker_s_clock_and_not_before_the_seal(
    log: Log, conductor: Conductor, number: str
) -> None:
    """Else whoever speaks to Temporal could have the future recorded, or a report as of before its deadline."""
    sealer, moment = Sealer([_NEW]), timedelta(seconds=30)
    admission = Admission(sealer=sealer, skew=_SKEW)
    command = sealer.seal(_authenticated(issue(number)))
    check = c.CheckDeadlines(
        command_id=str(uuid4()), actor=SYSTEM, instruction=instruction_id(number)
    )
    async with conductor.working(log, admission=admission):
        now, head = datetime.now(UTC), await log.store.head()
        for one, at in (
            (command, now + _SKEW + moment),
            (check, now + _SKEW + moment),
            (command, now - _SKEW - moment),
        ):
            with pytest.raises(ActivityFailureError) as failed:
                await _run(conductor, one, at)
            assert isinstance(failed.value.cause, ApplicationError)
            assert failed.value.cause.type == CLOCKS_DISAGREE
        assert await log.store.head() == head
        assert isinstance((await _run(conductor, command, now - moment)).outcome, Recorded)
        assert isinstance((await _run(conductor, check, now - _SKEW - moment)).outcome, Recorded)
        # Nor is anything sent before its hour.
        for activity, request in (
            (DELIVER_RELEASED, PostRequest(at=now + _SKEW + moment)),
            (SEND_DIGESTS, DigestsRequest(at=now + _SKEW + moment)),
        ):
            with pytest.raises(ActivityFailureError) as failed:
                await conductor.client.execute_activity(
                    activity,
                    request,
                    id=str(uuid4()),
                    task_queue=deliveries_of(conductor.task_queue),
                    start_to_close_timeout=timedelta(seconds=10),
                )
            assert isinstance(failed.value.cause, ApplicationError)
            assert failed.value.cause.type == CLOCKS_DISAGREE


async def _run(conductor: Conductor, command: Any, at: datetime | None = None) -> RecordResult:
    return await conductor.client.execute_activity(
        RECORD,
        args=[command, at or datetime.now(UTC)],
        id=str(uuid4()),
        task_queue=conductor.task_queue,
        result_type=RecordResult,
        start_to_close_timeout=timedelta(seconds=10),
    )


async def test_what_an_attempt_before_recorded_is_not_refused_by_one_whose_clock_is_wrong(
    log: Log, conductor: Conductor, number: str
) -> None:
    """A worker takes a command, and dies before it answers; the next one's clock is a day ahead."""
    sealer = Sealer([_NEW])
    ahead = Sealer([_NEW], clock=lambda: datetime.now(UTC) + timedelta(days=1))
    command = sealer.seal(_authenticated(issue(number)))
    with_wrong_clock = Admission(sealer=ahead)
    async with conductor.working(log, admission=with_wrong_clock):
        with pytest.raises(NoAnswer, match="Set the clocks"):
            await conductor.sender.send(command, patience=timedelta(seconds=1))
        recorded = await log.handler.handle(command, datetime.now(UTC))
        assert isinstance(recorded, Recorded)
        again = await conductor.sender.send(command)
        assert isinstance(again, Recorded)
        assert (again.version, again.position) == (recorded.version, recorded.position)
        await _not_proven(conductor, command.model_copy(update={"number": f"{number}-other"}))


async def test_what_is_sent_again_while_the_first_still_hangs_is_not_refused_by_a_wrong_clock(
    log: Log, conductor: Conductor, number: str
) -> None:
    """By a client, as another Update: its outcome is unknown, and the first is recorded."""
    sealer = Sealer([_NEW])
    ahead = Sealer([_NEW], clock=lambda: datetime.now(UTC) + GOOD_FOR + timedelta(minutes=1))
    command = _authenticated(issue(number))
    async with conductor.working(log, admission=Admission(sealer=ahead)):
        connection = await asyncpg.connect(log.database_url)
        try:
            async with connection.transaction():
                await connection.execute("select from remit.counter for update")
                first = asyncio.create_task(log.handler.handle(command, datetime.now(UTC)))
                with pytest.raises(ActivityFailureError) as failed:
                    await _run(conductor, sealer.seal(command))
                assert isinstance(failed.value.cause, ApplicationError)
                assert failed.value.cause.type == CLOCKS_DISAGREE
                assert not first.done()
        finally:
            await connection.close()
        assert isinstance(await first, Recorded)


async def test_a_later_attempt_does_not_refuse_what_one_before_may_still_record(
    log: Log, conductor: Conductor, number: str
) -> None:
    handler = CommandHandler(log.store, tzdata=s.TZDATA)
    admission = Admission(sealer=Sealer([_OTHER]))
    sender = NoticeSender(handler, log.store, log.persons, [LogChannel()])
    async with Courier(
        sender, conductor.client, conductor.task_queue, drain=timedelta(seconds=1)
    ) as courier:
        activity = RecordActivity(
            handler, courier, conductor.client, conductor.task_queue, admission
        )
        sent = Sealer([_NEW]).seal(_authenticated(issue(number)))
        payload = conductor.client.data_converter.payload_converter.to_payload(sent)
        environment = ActivityEnvironment()
        first = await environment.run(activity.record, RawValue(payload), datetime.now(UTC))
        assert isinstance(first.outcome, Rejected)
        environment.info = replace(environment.info, attempt=2)
        with pytest.raises(ApplicationError, match="is not known") as unknown:
            await environment.run(activity.record, RawValue(payload), datetime.now(UTC))
        assert not unknown.value.non_retryable
