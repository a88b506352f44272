"""An instruction and its parts as one process has them recorded, through the one door."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from domain.attribution import Command
from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.instruction.state import KnownState, Unissued
from domain.outcomes import Recorded, Rejected
from domain.rejections import Code
from eventstore.handle import CommandHandler
from eventstore.protocol import EventStore
from eventstore.replay import fold
from tests.staging import COUNCIL, ISSUER, MINISTRY, TZDATA

NOW = datetime.now(UTC) + timedelta(seconds=5)
IN_A_MONTH = DeadlineRequest(at=NOW + timedelta(days=30))
WHOLE = "W"
_Kind = TypeVar("_Kind", bound=c.InstructionCommand)


class Desk:
    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.handler = CommandHandler(store, tzdata=TZDATA)

    async def does(
        self, kind: type[c.InstructionCommand], about: str, actor: str = ISSUER, /, **said: object
    ) -> Recorded:
        return await self.recorded(made(kind, about, actor, **said))

    async def recorded(self, command: Command) -> Recorded:
        return await recorded(self.handler, command)

    async def refused(self, command: Command, code: Code, field: str | None = None) -> None:
        refusal = await refused(self.handler, command)
        assert (refusal.code, refusal.field) == (code, field), refusal.message

    async def compound(self, parts: Sequence[str], closes_with: str = "all-parts") -> None:
        """A whole whose parts the ministry leads, nobody controlling them."""
        terms = {"text": "Do it.", "issuer": COUNCIL, "deadline": IN_A_MONTH}
        await self.does(c.Issue, WHOLE, number=WHOLE, closes_with=closes_with, **terms)
        for part in parts:
            await self.charges(WHOLE, part)

    async def charges(self, whole: str, part: str, **more: object) -> None:
        said = {"text": "Its part.", "deadline": IN_A_MONTH, "lead": MINISTRY}
        await self.does(c.IssuePart, whole, number=part, **said, **more)

    async def state(self, number: str) -> KnownState:
        state = fold(await self.store.read_stream(instruction_id(number)))
        assert not isinstance(state, Unissued)
        return state

    async def types(self, number: str) -> list[str]:
        return [event.type for event in await self.store.read_stream(instruction_id(number))]

    async def phases(self, *numbers: str) -> list[str]:
        return [(await self.state(number)).phase for number in numbers]


async def recorded(by: CommandHandler, command: Command) -> Recorded:
    """What the process answers, which has to record it."""
    outcome = await by.handle(command, NOW)
    assert isinstance(outcome, Recorded), outcome
    return outcome


async def refused(by: CommandHandler, command: Command) -> Rejected:
    """What the process answers, which has to refuse it."""
    outcome = await by.handle(command, NOW)
    assert isinstance(outcome, Rejected), outcome
    return outcome


def issue(number: str, **more: object) -> c.Issue:
    """Of the council, due in a month."""
    terms = {"text": "Agree on common rules.", "issuer": COUNCIL, "deadline": IN_A_MONTH}
    return made(c.Issue, number, ISSUER, number=number, **terms, **more)


def made(kind: type[_Kind], about: str, actor: str, /, **said: object) -> _Kind:
    envelope = {
        "command_id": str(uuid4()),
        "actor": actor,
        "instruction": instruction_id(about),
    }
    return kind.model_validate({**envelope, **said})
