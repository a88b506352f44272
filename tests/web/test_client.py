"""The client in Python, against the real API."""

from datetime import date
from uuid import uuid4

import pytest

from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from tests.web.bureau import CONTROL, COUNCIL, MINISTRY, Bureau
from web.client import NotAnswered, Refused, RemitClient, new_key

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_program_issues_lists_and_reads_what_became_of_it(desk: Bureau) -> None:
    prefix = str(uuid4())
    async with RemitClient(desk.url, await desk.token("p-issuer")) as remit:
        *_, done = [await remit.send(_issue(f"{prefix}/{n}")) for n in range(3)]
        found = [
            line.number
            async for line in remit.instructions(q=f"{prefix}/", limit=2, at_least=done.position)
        ]
        assert found == [f"{prefix}/{n}" for n in range(3)]
        told = await remit.instruction(instruction_id(found[0]))
        assert (told.phase, told.number) == ("Issued", found[0])
        assign = c.Assign(
            command_id=new_key(), actor="p-issuer", instruction=told.id, lead=MINISTRY
        )
        first, again = await remit.send(assign), await remit.send(assign)
        assert first.version == again.version
        types = [event.type async for event in remit.events(told.id)]
        assert types.count("InstructionAssigned") == 1


async def test_a_refusal_is_raised_with_its_code(desk: Bureau) -> None:
    number = str(uuid4())
    async with RemitClient(desk.url, await desk.token("p-lead"), language="ru") as remit:
        with pytest.raises(Refused) as refused:
            await remit.send(_issue(number))
    assert refused.value.problem.code == "not-authorised"
    assert refused.value.problem.title == "У Вас нет на это полномочий"


async def test_where_nobody_answers_it_says_so_in_the_end(desk: Bureau) -> None:
    async with RemitClient("http://127.0.0.1:9", await desk.token("p-lead"), patience=0.1) as remit:
        with pytest.raises(NotAnswered, match="ConnectError"):
            await remit.instruction("N-1")


def _issue(number: str) -> c.Issue:
    return c.Issue(
        command_id=new_key(),
        actor="p-issuer",
        instruction=instruction_id(number),
        number=number,
        text="Do it.",
        issuer=COUNCIL,
        controller=CONTROL,
        deadline=DeadlineRequest(on=date(2099, 3, 31)),
    )
