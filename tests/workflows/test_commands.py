"""Commands to a workflow: recorded once however often they are sent, refused without harm."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from pydantic import Field
from temporalio.client import WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from activities.contracts import NOT_A_COMMAND
from domain.attribution import unset
from domain.deadline import DeadlineRequest
from domain.identifiers import SYSTEM, instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded, Rejected
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import Append, AppendResult
from tests import staging as s
from tests.workflows.conftest import Conductor, Log
from tests.workflows.disturbances import appends_held_up
from tests.workflows.sent import issue, make
from workflows.client import NoAnswer
from workflows.contracts import NOT_THIS_STREAM, OUTCOME_UNKNOWN


def _in_days(days: int) -> DeadlineRequest:
    return DeadlineRequest(at=datetime.now(UTC) + timedelta(days=days))


LIFE: list[Callable[[str], c.ClientCommand]] = [
    issue,
    lambda n: make(c.Assign, s.ISSUER, n, lead=s.MINISTRY),
    lambda n: make(c.Acknowledge, s.LEAD, n),
    lambda n: make(c.ReportProgress, s.LEAD, n, percent=30),
    lambda n: make(c.RequestExtension, s.LEAD, n, until=_in_days(500), reason="more"),
    lambda n: make(c.RefuseExtension, s.CONTROLLER, n, reason="no"),
    lambda n: make(c.RequestExtension, s.LEAD, n, until=_in_days(500), reason="more"),
    lambda n: make(c.ApproveExtension, s.CONTROLLER, n),
    lambda n: make(c.Escalate, s.OPERATOR, n, to="controller", reason="no word"),
    lambda n: make(
        c.AcknowledgeEscalation, s.OPERATOR, n, until=datetime.now(UTC) + timedelta(days=1)
    ),
    lambda n: make(c.Deescalate, s.OPERATOR, n, reason="settled"),
    lambda n: make(c.Comment, s.ISSUER, n, text="noted"),
    lambda n: make(c.SubmitReport, s.LEAD, n, text="done"),
    lambda n: make(c.Return, s.CONTROLLER, n, reason="annex missing"),
    lambda n: make(c.SubmitReport, s.LEAD, n, text="annex attached"),
    lambda n: make(c.Accept, s.CONTROLLER, n),
]


PROPOSED_LIFE: list[Callable[[str], c.ClientCommand]] = [
    lambda n: c.Propose.model_validate(issue(n).model_dump(exclude={"type"})),
    lambda n: make(c.Adopt, s.ISSUER, n),
    lambda n: make(c.SetController, s.ISSUER, n, controller=None),
    lambda n: make(c.SetController, s.ISSUER, n, controller=s.CONTROL),
    lambda n: make(c.SetObservers, s.ISSUER, n, observers=[s.MINISTRY]),
    lambda n: make(c.Assign, s.ISSUER, n, lead=s.MINISTRY),
    lambda n: make(c.Decline, s.LEAD, n, reason="not ours"),
    lambda n: make(c.Assign, s.ISSUER, n, lead=s.CONTROL),
    lambda n: make(c.Reassign, s.ISSUER, n, lead=s.MINISTRY),
    lambda n: make(
        c.SetMilestones,
        s.ISSUER,
        n,
        milestones=[{"id": "draft", "title": "Draft", "due": _in_days(20)}],
    ),
    lambda n: make(
        c.ChangePolicy, s.ISSUER, n, policy="default", priority="high", reason="it is pressing"
    ),
    lambda n: make(c.RequestProgress, s.CONTROLLER, n, text="how far?"),
    lambda n: make(c.ChangeDeadline, s.ISSUER, n, deadline=_in_days(400), reason="later"),
    lambda n: make(c.Suspend, s.ISSUER, n, reason="renegotiated"),
    lambda n: make(c.Resume, s.ISSUER, n),
    lambda n: make(
        c.IssuePart,
        s.ISSUER,
        n,
        number=f"{n}/2",
        text="map",
        deadline=_in_days(30),
        lead=s.MINISTRY,
    ),
    lambda n: make(
        c.IssueSubInstruction, s.LEAD, n, number=f"{n}/1", text="annex", deadline=_in_days(30)
    ),
    lambda n: make(c.RequestExtension, s.LEAD, n, until=_in_days(500), reason="more"),
    lambda n: make(c.WithdrawExtension, s.LEAD, n),
    lambda n: make(c.Snooze, s.OPERATOR, n, until=datetime.now(UTC) + timedelta(days=1)),
    lambda n: make(
        c.AttachEvidence,
        s.LEAD,
        n,
        evidence={"sha256": "ab" * 32, "name": "act.pdf", "size": 90_112},
    ),
    lambda n: make(c.Cancel, s.LEAD, f"{n}/1", reason="done by ourselves"),
    lambda n: make(c.Cancel, s.ISSUER, f"{n}/2", reason="not needed"),
    lambda n: make(c.SubmitReport, s.LEAD, n, text="done"),
    lambda n: make(c.WithdrawReport, s.LEAD, n),
    lambda n: make(c.SubmitReport, s.LEAD, n, text="doen"),
    lambda n: make(c.Accept, s.CONTROLLER, n),
    lambda n: make(
        c.Correct, s.ISSUER, n, version=1, field="text", value="Agree.", reason="a slip"
    ),
    lambda n: make(c.Reopen, s.ISSUER, n, reason="no annex"),
]


def test_the_lives_hold_every_command_but_those_that_end_them_otherwise() -> None:
    sent = {type(make_command("N")) for make_command in [*LIFE, *PROPOSED_LIFE]}
    every = set(get_args(get_args(c.ClientCommand)[0]))
    assert every - sent == {c.Refuse, c.CarryOver, c.AcknowledgeNotice}


@pytest.mark.parametrize("life", [LIFE, PROPOSED_LIFE], ids=["issued", "proposed"])
async def test_each_command_sent_twice_at_once_and_once_more_is_recorded_once(
    life: list[Callable[[str], c.ClientCommand]], log: Log, conductor: Conductor, number: str
) -> None:
    send = conductor.sender.send
    async with conductor.working(log):
        for make_command in life:
            command = make_command(number)
            first, second = await asyncio.gather(send(command), send(command))
            third = await send(command)
            answers = [_essence(outcome) for outcome in (first, second, third)]
            assert answers[0] == answers[1] == answers[2], command
        await send(refused := make(c.Adopt, s.ISSUER, number))
    stream = await log.store.read_streams(
        [instruction_id(f"{number}{part}") for part in ("", "/1", "/2")]
    )
    commands = {event.command_id for event in stream if event.actor != SYSTEM}
    assert len(commands) == len(life)
    assert refused.command_id not in commands


def _essence(outcome: Recorded | Rejected) -> tuple[int, int]:
    assert isinstance(outcome, Recorded), outcome
    return outcome.version, outcome.position


async def test_a_command_whose_reply_was_lost_answers_as_it_was_recorded(
    log: Log, conductor: Conductor, number: str
) -> None:
    """The sender goes away while the append is under way, and comes back."""
    command = issue(number)
    async with conductor.working(log):
        async with appends_held_up(log) as blocked:
            lost = asyncio.create_task(conductor.sender.send(command))
            await blocked()
            lost.cancel()
        outcome = await conductor.sender.send(command)
        again = await conductor.sender.send(command)
    assert _essence(outcome) == _essence(again)
    stream = await log.store.read_stream(command.instruction)
    assert [e.type for e in stream if e.actor == s.ISSUER] == [
        "InstructionIssued",
        "MomentsPlanned",
    ]


async def test_an_id_used_for_another_request_is_refused(
    log: Log, conductor: Conductor, number: str
) -> None:
    first = issue(number)
    other = make(c.Comment, s.ISSUER, number, text="hm").model_copy(
        update={"command_id": first.command_id}
    )
    async with conductor.working(log):
        await conductor.sender.send(first)
        outcome = await conductor.sender.send(other)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "command-id-reused"


async def test_a_rejected_command_writes_nothing_and_its_id_may_be_used_again(
    log: Log, conductor: Conductor, number: str
) -> None:
    assign = make(c.Assign, s.ISSUER, number, lead=s.MINISTRY)
    async with conductor.working(log):
        head = await log.store.head()
        early = await conductor.sender.send(assign)
        assert await log.store.head() == head
        await conductor.sender.send(issue(number))
        outcome = await conductor.sender.send(assign)
    assert isinstance(early, Rejected)
    assert early.code == "not-issued"
    assert isinstance(outcome, Recorded)


async def test_a_number_taken_by_another_stream_is_refused(
    log: Log, conductor: Conductor, number: str
) -> None:
    impostor = issue(number).model_copy(update={"instruction": f"instruction-x-{number}"})
    async with conductor.working(log):
        await conductor.sender.send(issue(number))
        outcome = await conductor.sender.send(impostor)
        assert isinstance(outcome, Rejected)
        assert (outcome.code, outcome.field) == ("number-taken", "number")
        await conductor.handle(impostor.instruction).result()  # an empty stream needs no workflow


async def _update(conductor: Conductor, number: str, argument: object) -> None:
    """Send something straight to the workflow, past the sender of commands."""
    handle = conductor.handle(instruction_id(number))
    # The SDK leaves one overload's `args` untyped.
    await handle.execute_update("submit", argument)  # pyright: ignore[reportUnknownMemberType]


async def test_what_is_no_command_of_a_client_is_refused_and_the_workflow_goes_on(
    log: Log, conductor: Conductor, number: str
) -> None:
    instruction = instruction_id(number)
    system = c.CheckDeadlines(command_id="c", actor=SYSTEM, instruction=instruction)
    elsewhere = issue(f"{number}-other")
    async with conductor.working(log):
        await conductor.sender.send(issue(number))
        ill_formed = {"type": "Comment", "instruction": instruction, "text": 7}
        for nonsense in (
            {"type": "Nonsense"}, {"type": ["Comment"]}, 7, system.model_dump(mode="json"), ill_formed,
        ):  # fmt: skip
            with pytest.raises(WorkflowUpdateFailedError) as failed:
                await _update(conductor, number, nonsense)
            assert isinstance(failed.value.cause, ApplicationError)
            assert failed.value.cause.type == NOT_A_COMMAND
        assert "command_id: Field required" in failed.value.cause.message
        with pytest.raises(WorkflowUpdateFailedError):
            await _update(conductor, number, elsewhere)
        outcome = await conductor.sender.send(make(c.Comment, s.ISSUER, number, text="still here"))
    assert isinstance(outcome, Recorded)


async def test_a_command_for_another_instruction_says_so(
    log: Log, conductor: Conductor, number: str
) -> None:
    async with conductor.working(log):
        await conductor.sender.send(issue(number))
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await _update(conductor, number, issue(f"{number}-other"))
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == NOT_THIS_STREAM


class _LosesOneReply(PostgresEventStore):
    """Records everything, and once fails to say so, in a way that no retry of the activity mends."""

    lost = 0

    async def append(self, append: Append) -> AppendResult:
        result = await super().append(append)
        if b"the one" in append.writes[0].events[0].body and not self.lost:
            self.lost += 1
            raise ApplicationError("the reply was lost", non_retryable=True)
        return result


async def test_an_unknown_outcome_is_cleared_up_by_sending_the_same_command_again(
    log: Log, conductor: Conductor, number: str
) -> None:
    comment = make(c.Comment, s.ISSUER, number, text="the one")
    async with _LosesOneReply.open(log.database_url) as store:
        async with conductor.working(replace(log, store=store)):
            await conductor.sender.send(issue(number))
            outcome = await conductor.sender.send(comment)
        assert store.lost == 1
    assert isinstance(outcome, Recorded)
    history = await conductor.handle(instruction_id(number)).fetch_history()
    assert OUTCOME_UNKNOWN in history.to_json(), "the first attempt at the Update failed so"
    stream = await log.store.read_stream(instruction_id(number))
    assert [event.type for event in stream].count("Commented") == 1


async def test_a_log_out_of_reach_for_a_while_is_waited_for(
    log: Log, conductor: Conductor, number: str
) -> None:
    """One attempt at the append times out; the next meets what it recorded after all."""
    comment = make(c.Comment, s.ISSUER, number, text="in between")
    async with conductor.working(log):
        await conductor.sender.send(issue(number))
        async with appends_held_up(log) as blocked:
            sending = asyncio.create_task(conductor.sender.send(comment))
            await blocked()
            await asyncio.sleep(12)  # longer than one attempt at the append may take
        assert isinstance(await sending, Recorded)
        description = await conductor.handle(instruction_id(number)).describe()
    assert description.status is WorkflowExecutionStatus.RUNNING
    texts = [e for e in await log.store.read_stream(comment.instruction) if e.type == "Commented"]
    assert len(texts) == 1


async def test_commands_that_keep_coming_do_not_starve_continue_as_new(
    log: Log, conductor: Conductor, number: str
) -> None:
    """Runs give way every hundred events here; senders see nothing of it."""
    async with conductor.working(log):
        await conductor.sender.send(issue(number))
        first = (await conductor.handle(instruction_id(number)).describe()).run_id

        async def chat(who: int) -> None:
            for turn in range(12):
                text = f"{who}: {turn}"
                outcome = await conductor.sender.send(make(c.Comment, s.ISSUER, number, text=text))
                assert isinstance(outcome, Recorded), outcome

        await asyncio.gather(*(chat(who) for who in range(6)))
        last = (await conductor.handle(instruction_id(number)).describe()).run_id
    assert first != last
    stream = await log.store.read_stream(instruction_id(number))
    assert sum(event.type == "Commented" for event in stream) == 72


async def test_refused_commands_too_make_a_run_give_way(
    log: Log, conductor: Conductor, number: str
) -> None:
    """Else a run would one day have taken all the updates it may, and take no more."""
    async with conductor.working(log):
        await conductor.sender.send(issue(number))
        first = (await conductor.handle(instruction_id(number)).describe()).run_id
        for _ in range(30):
            refused = await conductor.sender.send(make(c.Acknowledge, s.LEAD, number))
            assert isinstance(refused, Rejected)
        last = (await conductor.handle(instruction_id(number)).describe()).run_id
    assert first != last


async def test_without_a_worker_the_sender_gives_up_in_time(
    conductor: Conductor, number: str
) -> None:
    with pytest.raises(NoAnswer, match=f"worker running on task queue {conductor.task_queue}"):
        async with asyncio.timeout(20):
            await conductor.sender.send(issue(number), patience=timedelta(seconds=2))


class _TonedComment(c.Comment):
    """As a newer Remit has it."""

    tone: str | None = Field(default=None, exclude_if=unset)


async def test_what_only_a_newer_client_knows_is_refused_by_an_older_worker_and_nothing_else_is(
    log: Log, conductor: Conductor, number: str
) -> None:
    said = make(c.Comment, s.ISSUER, number, text="noted").model_dump(exclude={"command_id"})
    async with conductor.working(log):
        await conductor.sender.send(issue(number))
        head = await log.store.head()
        using_it = _TonedComment(**said, command_id=f"{number}-1", tone="friendly")
        refused = await conductor.sender.send(using_it)
        assert isinstance(refused, Rejected)
        assert refused.code == "upgrade-unfinished"
        assert "tone: Extra inputs are not permitted" in refused.message
        assert await log.store.head() == head
        plain = await conductor.sender.send(_TonedComment(**said, command_id=f"{number}-2"))
        assert isinstance(plain, Recorded)
