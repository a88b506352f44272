"""The client in Python, against the real API."""

from datetime import date
from uuid import uuid4

import httpx
import pytest

from domain.deadline import DeadlineRequest
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from tests.web.bureau import CONTROL, COUNCIL, MINISTRY, Bureau
from web.api.calendars import PolicyLine
from web.api.programmes import MeetingTold, ProgrammeLine
from web.api.sending import Done
from web.api.tokens import TokenTold
from web.client import NotAnswered, Refused, RemitClient, new_key
from web.problems import Problem, details

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_program_issues_lists_and_reads_what_became_of_it(desk: Bureau) -> None:
    prefix = str(uuid4())
    async with RemitClient(desk.url, await desk.token("p-issuer")) as remit:
        *_, done = [await remit.send(_issue(f"{prefix}/{n}")) for n in range(3)]
        found = [
            line.number
            async for line in remit.instructions(q=f"{prefix}/", limit=2, at_least=done.position)
        ]
        assert found == [f"{prefix}/{n}" for n in range(3)]
        told = await remit.instruction(found[0])
        assert told.id == (await remit.instruction(instruction_id(found[0]))).id
        assert (told.phase, told.number) == ("Issued", found[0])
        assign = c.Assign(
            command_id=new_key(), actor="p-issuer", instruction=told.id, lead=MINISTRY
        )
        first, again = await remit.send(assign), await remit.send(assign)
        assert first.version == again.version
        types = [event.type async for event in remit.events(told.number)]
        assert types.count("InstructionAssigned") == 1


async def test_a_file_is_attached_once_however_often_it_is_sent(desk: Bureau) -> None:
    number, key = str(uuid4()), new_key()
    async with RemitClient(desk.url, await desk.token("p-issuer")) as remit:
        await remit.send(_issue(number))
        content = b"First this, then that."
        await remit.attach(number, "plan.txt", content, key=key)
        attached = await remit.attach(number, "plan.txt", content, key=key)
        types = [event.type async for event in remit.events(number)]
    assert (attached.evidence.name, attached.evidence.size) == ("plan.txt", 22)
    assert types.count("EvidenceAttached") == 1


async def test_other_commands_and_lists_go_the_same_way(desk: Bureau) -> None:
    programme, key = f"P-{uuid4()}", new_key()
    draft = {
        "type": "DraftProgramme",
        "programme": programme,
        "title": "A draft",
        "body": COUNCIL,
        "period_start": "2026-01-01",
        "period_end": "2028-12-31",
    }
    async with RemitClient(desk.url, await desk.token("p-issuer")) as remit:
        first, again = [await remit.post(Done, "/programmes", draft, key=key) for _ in "ab"]
        assert first == again
        close, path = {"type": "CloseProgramme"}, f"/programmes/{programme}/commands"
        with pytest.raises(Refused, match="changed-meanwhile"):
            await remit.post(Done, path, close, key=new_key(), version=first.version + 1)
        asked = {"limit": 1, "at_least": first.position}
        listed = [one.id async for one in remit.all(ProgrammeLine, "/programmes", **asked)]
        assert programme in listed
        for told, whole in (
            (PolicyLine, "/directory/policies"),
            (TokenTold, "/tokens"),
            (MeetingTold, f"/programmes/{programme}/meetings"),
        ):
            assert [one async for one in remit.all(told, whole)] or told is MeetingTold


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


@pytest.mark.parametrize("status", [500, 502, 504, 403])
async def test_what_stands_between_says_nothing_of_a_command(status: int) -> None:
    """As a proxy answers, in a form of its own, each time: the command is sent again under its key, for as long as patience lasts."""
    number, keys = str(uuid4()), list[str]()

    def answered(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        return httpx.Response(status, html="<p>Bad gateway")

    between = httpx.AsyncClient(transport=httpx.MockTransport(answered))
    async with between, RemitClient("http://remit", "t", patience=1.4, client=between) as remit:
        with pytest.raises(NotAnswered, match=f"{status} .*no problem of Remit's"):
            await remit.send(_issue(number))
    assert len(keys) == 2
    assert len(set(keys)) == 1


async def test_a_defect_leaves_a_command_unknown_and_refuses_what_reads() -> None:
    told = details(Problem("internal", "a defect"), "en").model_dump()
    between = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(500, json=told))
    )
    async with between, RemitClient("http://remit", "t", patience=0, client=between) as remit:
        with pytest.raises(NotAnswered, match="internal: a defect"):
            await remit.send(_issue("N-1"))
        with pytest.raises(Refused):
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
