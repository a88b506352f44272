"""Instructions that give as many notices as can be told beforehand: nobody acts on them but the clock."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from temporalio.client import Client

from activities.nudge import nudge
from bench.conducting import lives
from bench.kills.receivers import SECRET, Receivers
from domain.identifiers import Channel, InstructionId, instruction_id
from domain.instruction.commands import RequestProgress
from domain.outcomes import Recorded
from domain.policies import EscalationStep, Policy, ReminderRule
from eventstore.handle import CommandHandler
from eventstore.migrate import migrate
from eventstore.persons import PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from tests import staging as s
from workflows.client import CommandSender

CHANNELS: Sequence[Channel] = ("email", "webhook")
_SECOND = timedelta(seconds=1)
_REMINDERS = 6
_POLICY = Policy(
    id="soon",
    reminders=tuple(
        ReminderRule(id=f"after-{n}s", offset=n * _SECOND, side="after")
        for n in range(1, _REMINDERS + 1)
    ),
    escalation=(
        EscalationStep(id="overdue-7s", after=7 * _SECOND, since="deadline", to="controller"),
        EscalationStep(id="overdue-8s", after=8 * _SECOND, since="deadline", to="issuer-head"),
    ),
)
_DUE_IN = 3 * _SECOND
_PATIENCE = timedelta(minutes=10)
"""With a question: each kill may put its answer off by the time in which Temporal misses the worker."""
_LIFE = (_DUE_IN + 9 * _SECOND).total_seconds()
GIVEN_BY_EACH = len(CHANNELS) * (1 + 1 + _REMINDERS + len(_POLICY.escalation))
"""Notices: of the assignment, of the question how far it is, of each reminder and of each step, to one person
each."""


@dataclass(frozen=True, kw_only=True)
class Commissions:
    """Charges instructions and asks about them, as clients do, while workers come and go."""

    store: PostgresEventStore
    handler: CommandHandler
    client: Client
    task_queue: str
    charged: list[InstructionId] = field(default_factory=list[InstructionId])

    async def one(self) -> None:
        """Charge one, ask about it, and wait until nothing of it is due any more.

        It is issued and assigned without Temporal, so that its deadline is set whatever becomes of a worker.
        Nobody has the notice of that: it is left to the watchdog. The question goes the way of every
        client.
        """
        number, now = lives.new_number(), datetime.now(UTC)
        instruction = instruction_id(number)
        for command in (
            lives.issue(number, deadline=now + _DUE_IN, policy=_POLICY),
            lives.assign(number),
        ):
            outcome = await self.handler.handle(command, now)
            assert isinstance(outcome, Recorded), outcome
        self.charged.append(instruction)
        await nudge(self.client, self.task_queue, [instruction])
        question = RequestProgress(
            command_id=str(uuid4()), actor=s.CONTROLLER, instruction=instruction
        )
        sender = CommandSender(self.client, self.task_queue)
        outcome = await sender.send(question, patience=_PATIENCE)
        assert isinstance(outcome, Recorded), outcome
        await asyncio.sleep(max(_LIFE - (datetime.now(UTC) - now).total_seconds(), 0))


@asynccontextmanager
async def commissions(
    database_url: str, client: Client, receivers: Receivers
) -> AsyncGenerator[Commissions]:
    """On an empty database, with people who are told by mail and webhook."""
    await migrate(database_url)
    async with (
        PostgresEventStore.open(database_url) as store,
        PostgresPersonStore.open(database_url) as persons,
    ):
        handler = CommandHandler(store, tzdata=s.TZDATA)
        webhook = s.Webhook(url=receivers.webhook_url, secret=SECRET)
        await s.stage(handler, persons, channels=CHANNELS, webhook=webhook)
        yield Commissions(
            store=store, handler=handler, client=client, task_queue=f"remit-{uuid4()}"
        )
