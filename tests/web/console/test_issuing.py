"""An instruction is issued, or proposed, by a form: by whoever may, once, and what is refused stands beside its field."""

from uuid import uuid4

import pytest

from domain.identifiers import instruction_id
from tests.web.bureau import CONTROL, COUNCIL, Bureau
from tests.web.console.pages import Page, fill, submit, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _issuers(page: Page) -> list[str]:
    select = page.form("form").one("select", name="issuer")
    return [one["value"] for one in select.all("option") if one["value"]]


async def test_what_is_issued_is_as_it_was_entered_and_its_page_is_shown(desk: Bureau) -> None:
    number = f"I-{uuid4()}"
    done = await fill(
        desk,
        "p-issuer",
        "/issue",
        "form",
        {
            "number": number,
            "text": "Подготовить проект",
            "controller": CONTROL,
            "deadline": "2099-05-15",
            "sector": "transport",
            "priority": "high",
            "source.kind": "decision",
            "source.number": "12",
            "source.dated": "2026-03-01",
        },
    )
    assert done.status == 303
    assert done.headers["location"].startswith(f"/instructions/{number}?at_least=")
    page = await visit(desk, "p-issuer", done.headers["location"])
    assert "Recorded." in page.main.text
    told = (await desk.get("p-issuer", f"/instructions/{number}")).json()
    assert (told["phase"], told["text"]) == ("Issued", "Подготовить проект")
    assert (told["issuer"], told["controller"]) == (COUNCIL, CONTROL)
    assert told["deadline"]["on"] == "2099-05-15"
    assert (told["sector"], told["priority"], told["policy"]) == ("transport", "high", "default")
    assert told["source"] == {"kind": "decision", "number": "12", "dated": "2026-03-01"}
    assert told["closes_with"] == "report"


async def test_a_proposal_waits_for_the_issuers_decision(desk: Bureau) -> None:
    number = f"I-{uuid4()}"
    done = await fill(
        desk,
        "p-issuer",
        "/issue",
        "form",
        {"type": "Propose", "number": number, "text": "Consider it", "deadline": "2099-05-15"},
    )
    assert done.status == 303
    told = (await desk.get("p-issuer", f"/instructions/{number}")).json()
    assert (told["phase"], told["controller"]) == ("Proposed", None)


async def test_the_same_form_sent_twice_issues_once(desk: Bureau) -> None:
    page = await visit(desk, "p-issuer", "/issue")
    number = f"I-{uuid4()}"
    fields = page.fields("form") | {"number": number, "text": "Once", "deadline": "2099-05-15"}
    first = await submit(desk, "p-issuer", "/issue", fields)
    second = await submit(desk, "p-issuer", "/issue", fields)
    assert (first.status, second.status) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    stored = await desk.store.read_stream(instruction_id(number))
    assert [one.type for one in stored].count("InstructionIssued") == 1


async def test_what_is_refused_stands_beside_its_field_with_what_was_entered(desk: Bureau) -> None:
    taken = f"I-{uuid4()}"
    await desk.issued(taken)
    whole = {"number": f"I-{uuid4()}", "text": "Do it", "deadline": "2099-05-15"}
    for said, field in (
        ({"number": taken}, "number"),
        ({"number": ""}, "number"),
        ({"text": ""}, "text"),
        ({"deadline": "1999-12-31"}, "deadline"),
        ({"deadline": ""}, "deadline"),
        ({"controller": "nobody-knows"}, "controller"),
        ({"source.kind": "treaty"}, "source.number"),
    ):
        refused = await fill(desk, "p-issuer", "/issue", "form", whole | said)
        assert refused.status in (409, 422), said
        form = refused.form("form")
        id_ = f"f-form-{field.replace('.', '-')}"
        assert form.one("p", id=f"{id_}-errors").text, said
        entered = refused.fields("form")
        assert entered["text"] == (whole | said)["text"]
        assert entered["issuer"] == COUNCIL


async def test_everybody_issues_in_the_name_of_bodies_they_act_for(desk: Bureau) -> None:
    assert _issuers(await visit(desk, "p-issuer", "/issue")) == [COUNCIL]
    for person in ("p-operator", "p-auditor", "p-administrator", "p-nobody"):
        page = await visit(desk, person, "/issue")
        assert page.status == 200
        assert "None of your offices issues instructions." in page.main.text
        assert not list(page.main.all("form", id="form-form")), person
    page = await visit(desk, "p-issuer", "/issue")
    fields = page.fields("form") | {"number": f"I-{uuid4()}", "text": "x", "deadline": "2099-05-15"}
    refused = await submit(desk, "p-region", "/issue", fields)
    assert refused.status == 403


async def test_a_registrar_enters_what_was_issued_earlier(desk: Bureau) -> None:
    page = await visit(desk, "p-registrar", "/issue")
    assert {COUNCIL, CONTROL} < set(_issuers(page))
    number = f"I-{uuid4()}"
    fields = page.fields("form") | {
        "number": number,
        "text": "What was decided",
        "issuer": COUNCIL,
        "deadline": "2099-05-15",
        "backdated.at": "2026-01-15T12:00",
        "backdated.reason": "It came on paper.",
    }
    assert (await submit(desk, "p-registrar", "/issue", fields)).status == 303
    told = (await desk.get("p-registrar", f"/instructions/{number}")).json()
    assert told["issued_at"] == "2026-01-15T12:00:00Z"
    assert "backdated.at" not in (await visit(desk, "p-issuer", "/issue")).fields("form")


async def test_in_russian_the_form_is_russian(desk: Bureau) -> None:
    page = await visit(desk, "p-issuer", "/issue", language="ru")
    assert page.main.one("h1").text == "Выдать поручение"
    labels = {one.text for one in page.form("form").all("label")}
    assert {"Номер *", "Текст *", "Контролёр", "Документ-основание", "Приоритет"} <= labels
