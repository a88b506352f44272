"""What all pages have in common."""

import re
from collections.abc import Sequence
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from tests.web.bureau import Bureau
from tests.web.console.pages import read, submit, submit_with, visit, visit_with

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_page_loads_only_what_is_ours_and_holds_no_script_or_style(desk: Bureau) -> None:
    page = await visit(desk, "p-issuer", "/")
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert all(script["src"].startswith("/assets/") for script in page.all("script"))
    assert not [one for one in page.all() if "style" in one.attributes or one.tag == "style"]
    assert not [
        name for one in page.all() for name in one.attributes if re.fullmatch(r"on[a-z]+", name)
    ]


async def test_what_pages_load_is_kept_by_browsers_and_changes_its_name_with_its_content(
    desk: Bureau,
) -> None:
    page = await visit(desk, "p-issuer", "/")
    for address in [one["src"] for one in page.all("script")] + [
        page.one("link", rel="stylesheet")["href"]
    ]:
        found = await desk.client.get(address)
        assert found.status_code == 200
        assert "immutable" in found.headers["cache-control"]
    assert (await desk.client.get("/assets/000000000000-console.css")).status_code == 404


async def test_the_first_page_with_all_it_loads_is_small(desk: Bureau) -> None:
    """Issue 7: under 100 KB, compressed."""
    headers = {"authorization": f"Bearer {await desk.token('p-issuer')}", "accept": "text/html"}
    page = read(await desk.client.get("/", headers=headers))
    loaded = [one["src"] for one in page.all("script")]
    loaded.append(page.one("link", rel="stylesheet")["href"])
    sizes = [await _bytes_on_the_wire(desk, path, headers) for path in ("/", *loaded)]
    assert sum(sizes) < 100_000, sizes


async def _bytes_on_the_wire(desk: Bureau, path: str, headers: dict[str, str]) -> int:
    async with desk.client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        return len(b"".join([part async for part in answer.aiter_raw()]))


async def test_the_language_is_the_chosen_one_else_the_browsers(desk: Bureau) -> None:
    assert (await visit(desk, "p-issuer", "/", language="ru")).one("html")["lang"] == "ru"
    chosen = await submit(
        desk, "p-issuer", "/preferences", {"language": "ru", "next": "/instructions?q=a"}
    )
    assert (chosen.status, chosen.headers["location"]) == (303, "/instructions?q=a")
    assert "remit-language=ru" in chosen.headers["set-cookie"]
    cookies = {"cookie": "remit-language=ru; remit-theme=dark"}
    headers = {"authorization": f"Bearer {await desk.token('p-issuer')}", "accept": "text/html"}
    page = read(await desk.client.get("/", headers=headers | cookies))
    assert (page.one("html")["lang"], page.one("html")["data-theme"]) == ("ru", "dark")


async def test_choosing_a_language_comes_back_to_any_number(desk: Bureau) -> None:
    number = f"ЮГ 7% {uuid4().hex[:6]}?"
    await desk.issued(number)
    address = f"/instructions/{quote(number, safe='')}"
    page = await visit(desk, "p-issuer", f"{address}?as_of=2098-01-01")
    back = page.one("input", name="next")["value"]
    assert back == f"{address}?as_of=2098-01-01"
    chosen = await submit(desk, "p-issuer", "/preferences", {"language": "ru", "next": back})
    assert chosen.headers["location"] == back
    assert page.one(id="then").one("a")["href"] == address
    there = await visit(desk, "p-issuer", address)
    assert there.main.one("h1").text == number


async def test_from_an_address_too_long_to_come_back_to_they_lead_to_the_beginning(
    desk: Bureau,
) -> None:
    numbers = [f"Поручение № {n}" for n in range(50)]
    page = await visit(desk, "p-issuer", "/bulk", params={"number": numbers})
    back = page.one("input", name="next")["value"]
    assert len(back) > 2000
    chosen = await submit(desk, "p-issuer", "/preferences", {"language": "ru", "next": back})
    assert (chosen.status, chosen.headers["location"]) == (303, "/")
    assert "remit-language=ru" in chosen.headers["set-cookie"]


async def test_preferences_lead_nowhere_else(desk: Bureau) -> None:
    page = await submit(
        desk, "p-issuer", "/preferences", {"theme": "dark", "next": "//evil.example"}
    )
    assert page.headers["location"] == "/"


@pytest.mark.parametrize(
    ("as_of", "told"),
    [
        ("2026-03-31", "as of 31 Mar 2026, 23:59 (UTC), by what had happened by then"),
        ("2026-03-31T18:00", "as of 31 Mar 2026, 18:00 (UTC), by what had happened by then"),
        (
            "2026-03-31T18:00:00+03:00",
            "as of 31 Mar 2026, 15:00 (UTC), by what had happened by then",
        ),
    ],
)
async def test_another_moment_than_now_is_plainly_marked_and_goes_with_links(
    desk: Bureau, as_of: str, told: str
) -> None:
    page = await visit(desk, "p-issuer", "/", params={"as_of": as_of})
    assert told in page.one(id="then").text
    assert "data-feed" not in page.one("body").attributes
    (register,) = [one for one in page.all("a") if one.text == "Register"]
    assert "as_of=2026-03-31" in register["href"]


async def test_a_moment_is_asked_again_to_the_second(desk: Bureau) -> None:
    page = await visit(desk, "p-issuer", "/", params={"as_of": "2026-03-31T18:00:07"})
    assert page.one("input", id="as-of")["value"] == "2026-03-31T18:00:07"


@pytest.mark.parametrize(
    "as_of", ["soon", "2026-02-30", "2026-03-31T25:00", "99999-01-01", "\u0660"]
)
async def test_a_moment_that_is_none_is_refused(desk: Bureau, as_of: str) -> None:
    page = await visit(desk, "p-issuer", "/", params={"as_of": as_of})
    assert page.status == 422
    assert "as_of" in page.main.text


async def test_a_problem_is_a_page_for_people_and_json_for_programs(desk: Bureau) -> None:
    page = await visit(desk, "p-issuer", f"/instructions/{uuid4()}", language="ru")
    assert page.status == 404
    assert page.one("h1").text == "Ничего не найдено"
    token = {"authorization": f"Bearer {await desk.token('p-issuer')}"}
    told = await desk.client.get(f"/instructions/{uuid4()}", headers=token)
    assert told.headers["content-type"] == "application/problem+json"


async def test_an_unknown_parameter_is_refused(desk: Bureau) -> None:
    assert (await visit(desk, "p-issuer", "/instructions?lat=true")).status == 422


async def test_where_nobody_signs_in_by_a_browser_whoever_is_nobody_is_told_so(
    desk: Bureau,
) -> None:
    page = read(await desk.client.get("/", headers={"accept": "text/html"}))
    assert page.status == 401


async def test_nobody_learns_of_what_is_not_for_them(desk: Bureau) -> None:
    number = f"F-{uuid4()}"
    await desk.issued(number)
    for person, status in (("p-issuer", 200), ("p-stranger", 404)):
        assert (await visit(desk, person, f"/instructions/{number}")).status == status
    register = await visit(desk, "p-stranger", "/instructions", params={"q": number})
    assert number not in [link.text for link in register.main.all("a")]


async def test_the_api_is_not_compressed_and_pages_are(desk: Bureau) -> None:
    token = {"authorization": f"Bearer {await desk.token('p-issuer')}", "accept-encoding": "gzip"}
    api: httpx.Response = await desk.client.get("/api/v1/openapi.json", headers=token)
    assert "content-encoding" not in api.headers
    page = await desk.client.get("/", headers=token | {"accept": "text/html"})
    assert page.headers["content-encoding"] == "gzip"


async def test_a_token_that_is_not_for_reading_shows_no_page(desk: Bureau) -> None:
    """What is answered to a form, or to an auditor, has on it what is there to be read."""
    assert (await visit_with(desk, "p-auditor", "/audit", "audit")).status == 403
    path = "/setup/preferences"
    assert (await submit_with(desk, "p-region", path, {}, "command")).status == 403
    assert (await submit_with(desk, "p-region", path, {}, "read")).status == 403
    answer = await submit_with(desk, "p-region", path, {}, "read", "command")
    assert answer.status == 422  # that is no form of the page
    assert (await visit_with(desk, "p-auditor", "/audit", "read", "audit")).status == 200


@pytest.mark.parametrize(
    ("person", "path", "among"),
    [
        ("p-issuer", "/", {"g o", "d", "/"}),
        ("p-issuer", "/instructions", {"f", "i"}),
        ("p-issuer", "/instructions/{number}", {"h", "r"}),
        ("p-issuer", "/calendar", {"n", "p"}),
        ("p-operator", "/late", set[str]()),
        ("p-auditor", "/audit", {"f"}),
        ("p-auditor", "/audit/access", {"f"}),
        ("p-auditor", "/instructions/{number}/replay", {"p"}),
    ],
)
async def test_every_key_that_does_something_is_listed_under_the_question_mark(
    desk: Bureau, person: str, path: str, among: set[str]
) -> None:
    number = f"F-{uuid4()}"
    await desk.issued(number)
    page = await visit(desk, person, path.format(number=number))
    keys = {one["data-key"] for one in page.all() if "data-key" in one.attributes}
    assert among <= keys
    assert keys <= page.keys_listed


@pytest.mark.parametrize(
    ("person", "paths"),
    [
        ("p-operator", ("/instructions", "/late", "/escalations")),
        ("p-lead", ("/setup/directory", "/setup/directory/persons", "/setup/absences")),
        ("p-administrator", ("/setup/tokens",)),
        ("p-auditor", ("/audit", "/audit/checkpoints", "/audit/bundles", "/audit/access")),
    ],
)
async def test_what_a_page_asks_for_is_as_of_the_same_moment(
    desk: Bureau, person: str, paths: Sequence[str]
) -> None:
    for path in paths:
        page = await visit(desk, person, f"{path}?as_of=2098-01-01&by=recorded")
        asking = [one for one in page.main.all("form") if one.attributes["method"] == "get"]
        asking = [one for one in asking if one.attributes.get("action") != "/bulk"]  # done is now
        assert asking, path
        for form in asking:
            hidden = {one["name"]: one["value"] for one in form.all("input", type="hidden")}
            assert (hidden.get("as_of"), hidden.get("by")) == ("2098-01-01", "recorded"), path
