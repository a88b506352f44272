"""The register as people see it: what is theirs, filtered and searched in both languages, and views that they keep."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.web.bureau import CONTROL, COUNCIL, MINISTRY, Bureau
from tests.web.console.pages import Element, Page, read, submit, visit
from web.console.drawing import Drawing
from web.console.register_filters import RegisterChoices

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _issued(desk: Bureau, word: str, count: int = 1, **said: Any) -> list[str]:
    numbers = sorted(f"R-{uuid4()}" for _ in range(count))
    for number in numbers:
        await desk.issued(number, text=f"Подготовить {word}, prepare {word}", **said)
    return numbers


async def _register(desk: Bureau, person: str, *, language: str = "en", **asked: Any) -> Page:
    seen = {"at_least": await desk.store.head(), **asked}
    return await visit(desk, person, "/instructions", language=language, params=seen)


def _rows(page: Page) -> list[str]:
    return [link.text for link in page.main.one("section", id="lines").all("a", data_row="")]


def _chips(page: Page) -> dict[str, str]:
    [chips] = [
        one for one in page.main.all("ul") if one.attributes.get("aria-label") == "Filters set"
    ]
    links = (link for link in chips.all("a") if "take this filter off" in link.text)
    return {link.text.split(" ✕")[0]: link["href"] for link in links}


async def test_a_row_says_how_it_stands_and_leads_to_the_instruction(desk: Bureau) -> None:
    word = f"w{uuid4().hex}"
    [number] = await _issued(desk, word)
    await desk.done("p-issuer", number, "Assign", lead=MINISTRY)
    page = await _register(desk, "p-issuer", q=word)
    [row] = page.main.one("tbody").all("tr")
    assert row.one("a").attributes["href"] == f"/instructions/{number}"
    cells = [cell.text for cell in row.all("td")]
    assert cells[1].startswith(f"Подготовить {word}")
    assert cells[2:] == ["Assigned", MINISTRY.title(), "31 Mar 2099", "0"]
    assert "1 instruction" in page.main.text
    russian = await _register(desk, "p-issuer", q=word, language="ru")
    assert "1 поручение" in russian.main.text
    assert "Назначен исполнитель" in russian.main.text


async def test_nobody_sees_what_is_not_theirs(desk: Bureau) -> None:
    word = f"w{uuid4().hex}"
    [number] = await _issued(desk, word)
    for person in ("p-issuer", "p-operator", "p-controller", "p-auditor", "p-registrar"):
        assert _rows(await _register(desk, person, q=word)) == [number], person
    for person in ("p-lead", "p-stranger", "p-other-operator", "p-nobody"):
        page = await _register(desk, person, q=word)
        assert (page.status, _rows(page)) == (200, []), person
        assert "Nothing here is for you" in page.main.text


@pytest.mark.parametrize("words", ["подготовил {}", "PREPARED {}"])
async def test_words_are_found_in_whatever_form_of_both_languages(desk: Bureau, words: str) -> None:
    word = f"w{uuid4().hex}"
    [number] = await _issued(desk, word)
    assert _rows(await _register(desk, "p-issuer", q=words.format(word))) == [number]


async def test_filters_hold_together_and_each_can_be_taken_off(desk: Bureau) -> None:
    word = f"w{uuid4().hex}"
    one, other = await _issued(desk, word, 2)
    await desk.done("p-issuer", one, "Assign", lead=MINISTRY)
    asked = {"q": word, "lead": MINISTRY, "phase": "Assigned", "issuer": COUNCIL}
    page = await _register(desk, "p-issuer", **asked, controller=CONTROL)
    assert _rows(page) == [one]
    chips = _chips(page)
    assert list(chips) == [
        "State: Assigned",
        f"Lead assignee: {MINISTRY.title()}",
        f"Issuer: {COUNCIL.title()}",
        f"Controller: {CONTROL.title()}",
        f"Number or words: {word}",
    ]
    off = next(href for name, href in chips.items() if name.startswith("Lead"))
    assert parse_qs(urlsplit(off).query) == {
        "q": [word],
        "phase": ["Assigned"],
        "issuer": [COUNCIL],
        "controller": [CONTROL],
    }
    assert _rows(await _register(desk, "p-issuer", q=word, phase="Issued")) == [other]
    assert _rows(await _register(desk, "p-issuer", q=word, late="true")) == []


async def test_a_form_with_nothing_chosen_asks_for_all(desk: Bureau) -> None:
    word = f"w{uuid4().hex}"
    numbers = await _issued(desk, word, 2)
    names = ("programme", "phase", "lead", "issuer", "controller", "sector", "source")
    page = await _register(desk, "p-issuer", q=word, **dict.fromkeys(names, ""))
    assert _rows(page) == numbers
    assert (await _register(desk, "p-issuer", phase="Nonsense")).status == 422
    assert (await _register(desk, "p-issuer", colour="red")).status == 422


async def test_pages_make_the_whole_and_keep_the_filters(desk: Bureau) -> None:
    word = f"w{uuid4().hex}"
    numbers = await _issued(desk, word, 51)
    first = await _register(desk, "p-issuer", q=word)
    assert _rows(first) == numbers[:50]
    assert "51 instructions" in first.main.text
    following = first.main.one("a", rel="next")["href"]
    assert first.main.one("a", rel="next")["data-key"] in first.keys_listed
    second = await visit(desk, "p-issuer", following)
    assert _rows(second) == numbers[50:]
    assert "51 instructions" in second.main.text
    assert not list(second.main.all("a", rel="next"))


async def test_exports_are_of_what_is_chosen(desk: Bureau) -> None:
    word = f"w{uuid4().hex}"
    [number] = await _issued(desk, word)
    page = await _register(desk, "p-issuer", q=word)
    links = {link.text: link["href"] for link in page.main.all("a", download="")}
    assert set(links) == {"Excel", "CSV", "JSON Lines", "OCEL 2.0 (JSON)", "OCEL 2.0 (SQLite)"}
    lines = await visit(desk, "p-issuer", links["JSON Lines"])
    assert lines.status == 200
    assert number in lines.text


async def test_only_who_commands_something_chooses_rows_for_it(desk: Bureau) -> None:
    word = f"w{uuid4().hex}"
    [number] = await _issued(desk, word)
    page = await _register(desk, "p-issuer", q=word)
    box = page.main.one("input", name="number")
    assert (box["value"], box["form"]) == (number, "chosen")
    assert page.main.one("form", id="chosen")["action"] == "/bulk"
    [every] = [a for a in page.main.all("a") if a.attributes["href"].startswith("/bulk?")]
    assert parse_qs(urlsplit(every["href"]).query) == {"q": [word]}
    assert [a for a in page.main.all("a") if a["href"] == "/issue"]
    empty = await _register(desk, "p-issuer", q=f"w{uuid4().hex}")
    assert empty.main.one("form", id="chosen")  # rows may come while it is looked at
    auditor = await _register(desk, "p-auditor", q=word)
    assert _rows(auditor) == [number]
    assert not list(auditor.main.all("input", name="number"))
    assert not list(auditor.main.all("form", id="chosen"))
    assert not [a for a in auditor.main.all("a") if a["href"] == "/issue"]


def _views(page: Page) -> dict[str, Element]:
    found = [
        one for one in page.main.all("nav") if one.attributes.get("aria-label") == "Views kept"
    ]
    return {link.text: link for nav in found for link in nav.all("a")}


async def test_a_view_is_kept_for_whoever_keeps_it_and_can_be_deleted(desk: Bureau) -> None:
    name, asked = f"Late & <urgent> {uuid4()}", {"q": f"w{uuid4().hex}", "late": "true"}
    page = await _register(desk, "p-issuer", **asked)
    fields = page.fields("SaveView") | {"name": f" {name} "}
    kept = await submit(desk, "p-issuer", page.form("SaveView")["action"], fields)
    assert kept.status == 303
    shown = await visit(desk, "p-issuer", kept.headers["location"])
    assert "Recorded." in shown.main.text
    view = _views(shown)[name]
    assert view["aria-current"] == "page"
    assert parse_qs(urlsplit(view["href"]).query) == {"q": [asked["q"]], "late": ["true"]}
    assert not list(shown.main.all("form", id="form-SaveView")), "it is kept already"
    assert name in _views(await _register(desk, "p-issuer"))
    assert name not in _views(await _register(desk, "p-operator"))

    [deleting] = [
        one for one in shown.main.all("form") if list(one.all("input", value="DeleteView"))
    ]
    sent = {one["name"]: one["value"] for one in deleting.all("input")}
    assert (await submit(desk, "p-operator", deleting["action"], sent)).status == 404
    assert (await submit(desk, "p-issuer", deleting["action"], sent)).status == 303
    assert name not in _views(await _register(desk, "p-issuer"))


async def test_a_view_is_refused_beside_its_name(desk: Bureau) -> None:
    person, _ = await desk.newcomer()
    page = await _register(desk, person, late="true")
    action, fields = page.form("SaveView")["action"], page.fields("SaveView")
    assert (await submit(desk, person, action, fields | {"name": "Late"})).status == 303
    for name, said in (
        ("Late", "is that of another view of yours"),
        ("", "is a text of 1 to 100 characters"),
        ("x" * 101, "is a text of 1 to 100 characters"),
    ):
        refused = await submit(desk, person, action, fields | {"name": name})
        assert refused.status == 422
        field = refused.form("SaveView").one("input", name="name")
        assert (field["aria-invalid"], field["value"]) == ("true", name)
        assert said in refused.main.one("p", id="f-SaveView-name-errors").text
        assert list(_chips(refused)) == ["only behind schedule"]


async def test_there_is_room_for_fifty_views(desk: Bureau) -> None:
    person, _ = await desk.newcomer()
    page = await _register(desk, person, late="true")
    action, fields = page.form("SaveView")["action"], page.fields("SaveView")
    for n in range(50):
        answer = await submit(desk, person, action, fields | {"name": f"View {n}"})
        assert answer.status == 303
    refused = await submit(desk, person, action, fields | {"name": "One more"})
    assert refused.status == 422
    assert "50 are kept" in refused.main.one("p", id="f-SaveView-name-errors").text


@pytest.mark.parametrize("by", ["occurred", "recorded"])
async def test_as_of_another_moment_it_shows_how_they_stood(desk: Bureau, by: str) -> None:
    word = f"w{uuid4().hex}"
    before = datetime.now(UTC)
    [number] = await _issued(desk, word)
    then = datetime.now(UTC)
    await desk.done("p-issuer", number, "Assign", lead=MINISTRY)

    async def as_of(moment: datetime, **asked: str) -> Page:
        told = {"q": word, "as_of": moment.isoformat(), "by": by}
        return await _register(desk, "p-issuer", **told, **asked)

    assert _rows(await as_of(before)) == []
    page = await as_of(then)
    assert _rows(page) == [number]
    row = page.main.one("tbody").one("tr")
    assert "Issued" in row.text
    assert MINISTRY.title() not in row.text
    assert "Not now:" in page.one("div", id="then").text
    assert "are those of then" in page.text
    assert "1 instruction" in page.main.text
    assert not list(page.main.all("input", name="number")), "what is done is done now"
    assert row.one("a")["href"].startswith(f"/instructions/{number}?as_of=")
    assert _rows(await as_of(then, phase="Assigned")) == []
    assert _rows(await as_of(then, phase="Issued")) == [number]
    assert _rows(await as_of(datetime.now(UTC), phase="Assigned", lead=MINISTRY)) == [number]
    exports = [link["href"] for link in page.main.all("a", download="")]
    assert all(("as_recorded=" in href) == (by == "recorded") for href in exports)


async def test_bodies_are_found_by_their_names_too(desk: Bureau) -> None:
    word = f"w{uuid4().hex}"
    one, _ = await _issued(desk, word, 2)
    await desk.done("p-issuer", one, "Assign", lead=MINISTRY)
    page = await _register(desk, "p-issuer", q=word, lead=MINISTRY.title())
    assert _rows(page) == [one]
    assert f"Lead assignee: {MINISTRY.title()}" in _chips(page)
    [every] = [a for a in page.main.all("a") if a.attributes["href"].startswith("/bulk?")]
    assert parse_qs(urlsplit(every["href"]).query)["lead"] == [MINISTRY]
    assert _rows(await _register(desk, "p-issuer", q=word, lead="Nobody")) == []


async def test_a_filter_keeps_what_is_chosen_though_it_is_not_offered(desk: Bureau) -> None:
    chosen = {"programme": "of-old", "lead": "of-old"}
    page = await _register(desk, "p-issuer", **chosen)
    for name in chosen:
        options = page.main.one("select", name=name).all("option")
        assert [one["value"] for one in options if "selected" in one.attributes] == ["of-old"]


_OF_THE_REGISTER = """
{% import "filters.html" as filters with context %}{{ filters.bodies("lead", "issuer") }}
"""
_OF_LISTS = """
{% import "worklist.html" as worklist with context %}{% call worklist.filters("/late") %}{% endcall %}
"""


@pytest.mark.parametrize(("count", "tag"), [(100, "select"), (101, "input")])
@pytest.mark.parametrize(
    ("template", "name"),
    [(_OF_THE_REGISTER, "lead"), (_OF_LISTS, "body")],
    ids=["register", "operators' lists"],
)
async def test_many_bodies_are_one_list_for_all_fields(
    template: str, name: str, count: int, tag: str
) -> None:
    bodies = [(f"b-{n}", f"Body {n}") for n in range(count)]
    choices = RegisterChoices(programmes=(), bodies=bodies, phases=(), sources=(), sectors=())
    text = (
        Drawing.open()
        .environment.from_string(template)
        .render(
            {
                "_": str,
                "names": {"lead": "Lead", "issuer": "Issuer"},
                "asked": dict.fromkeys(("programme", "sector", "controller"))
                | {name: "b-7", "issuer": "b-9"},
                "body": dict(bodies).get,
                "choices": choices,
                "visit": SimpleNamespace(is_now=True, asked_beside=()),
            }
        )
    )
    page = read(httpx.Response(200, text=text))
    lead = page.one(tag, name=name)
    assert page.one(tag, name="issuer")
    if tag == "select":
        assert [one["value"] for one in lead.all("option") if "selected" in one.attributes] == [
            "b-7"
        ]
    else:
        assert (lead["value"], lead["list"]) == ("Body 7", "filter-bodies")
        assert len(list(page.one("datalist", id="filter-bodies").all("option"))) == count
