"""A bulk on a real log: judged as it would be decided, and the same when it is made again."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from pydantic import ValidationError

from domain.attribution import Identity
from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.instruction.events import DeadlineChanged
from domain.outcomes import Recorded, Rejected
from domain.rejections import Code
from operators.bulk import Bulk, Judged, judge, prepare
from operators.operations import MoveDeadline, Operation, TheSame
from readmodels.worklist import Filter, Worklist
from tests import staging as s
from tests.readmodels.staged import Staged, staged

_NOW = datetime.now(UTC)
_DUE = date(2099, 6, 30)
_NUMBERS = ("B-1", "B-2", "B-3", "B-4")
_A_WEEK_LATER = MoveDeadline(by=timedelta(days=7), reason="The council moved its meeting.")


@dataclass(frozen=True)
class _Desk:
    at: Staged

    async def does(self, number: str, type_: type[c.InstructionCommand], /, **said: object) -> None:
        envelope = {"command_id": str(uuid4()), "instruction": instruction_id(number)}
        command = type_.model_validate({"actor": s.ISSUER, **envelope, **said})
        outcome = await self.at.handler.handle(command, _NOW)
        assert isinstance(outcome, Recorded), outcome

    async def judged(
        self, operation: Operation, *, name: str = "bulk", actor: str = s.ISSUER
    ) -> Sequence[Judged]:
        await self.at.catch_up()
        chosen = await Worklist(self.at.pool).every(Filter(numbers=frozenset(_NUMBERS)), _NOW)
        bulk = Bulk(
            id=name, operation=operation, actor=actor, on_behalf_of=None, identity=Identity()
        )
        prepared = await prepare(self.at.store, bulk, chosen)
        return await judge(self.at.handler, prepared, _NOW)


@pytest.fixture
async def desk(staged_url: str) -> AsyncIterator[_Desk]:
    """Four instructions, of which the third is suspended and the last one cancelled."""
    async with staged(staged_url) as at:
        made = _Desk(at)
        due = {"issuer": s.COUNCIL, "deadline": DeadlineRequest(on=_DUE)}
        for number in _NUMBERS:
            await made.does(number, c.Issue, number=number, text="Do it.", **due)
        await made.does("B-3", c.Suspend, reason="It waits for a treaty.")
        await made.does("B-4", c.Cancel, reason="Overtaken.")
        yield made


def _told(judged: Sequence[Judged]) -> Sequence[str]:
    """The events that would be recorded, or the code of the refusal."""
    return [
        one.verdict.code
        if isinstance(one.verdict, Rejected)
        else " ".join(event.type for event in one.verdict)
        for one in judged
    ]


async def test_each_is_judged_by_the_rules_and_nothing_is_recorded(desk: _Desk) -> None:
    head = await desk.at.store.head()
    judged = await desk.judged(_A_WEEK_LATER)
    refused = Code.NOT_IN_THIS_PHASE.value
    assert [told.split()[0] for told in _told(judged)] == [
        "DeadlineChanged",
        "DeadlineChanged",
        refused,
        refused,
    ]
    assert await desk.at.store.head() == head


async def test_who_may_not_is_refused_for_each(desk: _Desk) -> None:
    judged = await desk.judged(_A_WEEK_LATER, actor=s.LEAD)
    assert _told(judged)[:2] == [Code.NOT_AUTHORISED.value] * 2


async def test_made_again_a_command_is_the_very_same_whatever_happened_since(desk: _Desk) -> None:
    first, *_ = await desk.judged(_A_WEEK_LATER)
    assert isinstance(await desk.at.handler.handle(first.prepared.command, _NOW), Recorded)
    await desk.does(
        "B-1", c.ChangeDeadline, deadline=DeadlineRequest(on=date(2099, 12, 1)), reason="Again."
    )
    again, second, *_ = await desk.judged(_A_WEEK_LATER)
    assert again.prepared.command == first.prepared.command
    assert (again.prepared.recorded, again.verdict) == (True, ())
    assert not second.prepared.recorded
    (changed,) = [event for event in second.verdict if isinstance(event, DeadlineChanged)]
    assert changed.deadline.on == date(2099, 7, 7)


async def test_another_operation_under_the_same_id_is_refused_where_that_was_recorded(
    desk: _Desk,
) -> None:
    first, *_ = await desk.judged(_A_WEEK_LATER)
    await desk.at.handler.handle(first.prepared.command, _NOW)
    a_day = MoveDeadline(by=timedelta(days=1), reason="A day more.")
    told = _told(await desk.judged(a_day))
    assert told[0] == Code.COMMAND_ID_REUSED.value
    assert told[1].startswith("DeadlineChanged")


async def test_what_makes_no_sense_is_said_before_anything_is_judged(desk: _Desk) -> None:
    with pytest.raises(ValidationError, match="to"):
        await desk.judged(TheSame(c.Escalate, {"to": "heaven", "reason": "It is late."}))
