"""Sessions of browsers: listed and ended, and kept open by what people do and by nothing else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote, urlsplit

import asyncpg
import httpx
import pytest
import pytest_asyncio

from access.pool import open_access_pool
from access.sessions import Sessions, id_of
from cli.signing_in import sessions_of
from cli.web_services import open_web, patience_of
from tests.staging import TZDATA
from tests.web.bureau import API, Bureau
from web.identity.csrf import token_of
from web.identity.sign_in import local
from web.live.stream import Rhythm
from web.serving import listen, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")

_BRISK = Rhythm(heartbeat=0.1, look=0.1, retry=0.1)


@dataclass(frozen=True)
class _Door:
    """A web of the bureau where people sign in by a browser; the issuer is asked for nothing."""

    desk: Bureau
    url: str
    sessions: Sessions

    def browser(self, secret: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url + API,
            cookies={"remit": secret},
            headers={"origin": self.url, "x-csrf-token": token_of(secret)},
            trust_env=False,
            timeout=60,
        )

    async def seen(self, secret: str, minutes_ago: int | None = None) -> datetime:
        """When it was last; set back first, if told so."""
        connection = await asyncpg.connect(self.desk.settings.database_url)
        try:
            if minutes_ago is not None:
                await connection.execute(
                    "update remit.sessions set last_seen_at = clock_timestamp() - $2::interval"
                    " where substring(encode(session_hash, 'hex') for 12) = $1",
                    id_of(secret),
                    timedelta(minutes=minutes_ago),
                )
            return await connection.fetchval(
                "select last_seen_at from remit.sessions"
                " where substring(encode(session_hash, 'hex') for 12) = $1",
                id_of(secret),
            )
        finally:
            await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(desk: Bureau) -> AsyncIterator[_Door]:
    listener = listen("127.0.0.1", 0)
    settings = desk.settings.model_copy(
        update={
            "oidc_issuer": "https://id.example.org",
            "web_url": f"http://127.0.0.1:{listener.getsockname()[1]}",
        }
    )
    async with (
        open_access_pool(settings.database_url) as pool,
        open_web(
            settings,
            tzdata=TZDATA,
            telling=None,
            patience=patience_of(desk.settings),
            rhythm=_BRISK,
        ) as app,
        serving(app, listener) as url,
    ):
        yield _Door(desk, url, sessions_of(settings, pool))


async def test_people_see_and_end_their_own_sessions(door: _Door) -> None:
    here, there, others = [
        await door.sessions.create(person) for person in ("p-lead", "p-lead", "p-region")
    ]
    async with door.browser(here) as browser:
        listed = (await browser.get("/sessions")).json()["items"]
        assert {one["id"]: one["this"] for one in listed} == {
            id_of(here): True,
            id_of(there): False,
        }
        assert {one["person"] for one in listed} == {"p-lead"}
        for params in ({"person": "p-region"}, {"person": "p-none"}):
            for method in ("GET", "DELETE"):
                refused = await browser.request(method, "/sessions", params=params)
                assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        everybody = await browser.delete("/sessions", params={"everybody": "true"})
        assert (everybody.status_code, everybody.json()["code"]) == (403, "forbidden")
        for not_theirs in (id_of(others), "0" * 12):
            assert (await browser.delete(f"/sessions/{not_theirs}")).status_code == 404
        asked = {"outcome": "refused", "person": "p-lead", "limit": 2}
        noted = await door.desk.get("p-auditor", "/audit/access-log", params=asked)
        [last, _] = noted.json()["items"]
        assert (last["subject"], last["code"]) == (id_of(others), "not-found")
        assert (await browser.delete(f"/sessions/{id_of(there)}")).status_code == 204
        assert await door.sessions.find(there) is None
        again = await door.sessions.create("p-lead")
        ended = (await browser.delete("/sessions")).json()["ended"]
        assert set(ended) == {id_of(here), id_of(again)}
        assert (await browser.get("/sessions")).status_code == 401
    assert await door.sessions.find(others) is not None
    log = await door.desk.get(
        "p-auditor", "/audit/access-log", params={"outcome": "signed-out", "person": "p-lead"}
    )
    told = [one["subject"] for one in log.json()["items"] if one["how"] == "session"]
    assert sorted(told) == sorted(map(id_of, (here, there, again)))


async def test_administrators_sign_out_whom_they_must(door: _Door) -> None:
    one, two, other = [
        await door.sessions.create(person) for person in ("p-agency", "p-agency", "p-stranger")
    ]
    asked = {"person": "p-agency"}
    told = (await door.desk.get("p-administrator", "/sessions", params=asked)).json()["items"]
    assert {line["id"] for line in told} == {id_of(one), id_of(two)}
    everybody = (await door.desk.get("p-administrator", "/sessions")).json()["items"]
    assert {"p-agency", "p-stranger"} <= {line["person"] for line in everybody}
    path = f"/sessions/{id_of(one)}"
    assert (await door.desk.ask("p-administrator", "DELETE", path)).status_code == 204
    ended = await door.desk.ask("p-administrator", "DELETE", "/sessions", params=asked)
    assert ended.json() == {"ended": [id_of(two)]}
    assert await door.sessions.find(other) is not None
    both = {"person": "p-stranger", "everybody": "true"}
    odd = await door.desk.ask("p-administrator", "DELETE", "/sessions", params=both)
    assert (odd.status_code, odd.json()["code"]) == (422, "validation")
    all_of_them = {"everybody": "true"}
    ended = await door.desk.ask("p-administrator", "DELETE", "/sessions", params=all_of_them)
    assert id_of(other) in ended.json()["ended"]
    assert await door.sessions.all() == []


async def test_an_open_feed_keeps_no_session_open(door: _Door) -> None:
    secret = await door.sessions.create("p-controller")
    before = await door.seen(secret, minutes_ago=50)
    async with door.browser(secret) as browser:
        async with browser.stream("GET", "/feed") as answer:
            assert answer.status_code == 200
            lines = answer.aiter_lines()
            comments = 0
            while comments < 5:  # more beats than it takes until it is looked
                comments += (await anext(lines)).startswith(":")
            assert await door.seen(secret) == before
            await door.seen(secret, minutes_ago=61)
            rest = [line async for line in lines]
            assert 'data: {"why":"signed-out"}' in rest
        assert (await browser.get("/feed")).status_code == 401
    again = await door.sessions.create("p-controller")
    before = await door.seen(again, minutes_ago=50)
    async with door.browser(again) as browser:
        assert (await browser.get("/me")).status_code == 200
    assert await door.seen(again) > before


async def test_a_page_that_draws_itself_anew_keeps_no_session_open(door: _Door) -> None:
    secret = await door.sessions.create("p-controller")
    before = await door.seen(secret, minutes_ago=50)
    page, by_itself = {"accept": "text/html"}, {"accept": "text/html", "remit-redraw": "true"}
    async with door.browser(secret) as browser:
        assert (await browser.get(f"{door.url}/late", headers=by_itself)).status_code == 200
        assert await door.seen(secret) == before
        assert (await browser.get(f"{door.url}/late", headers=page)).status_code == 200
        assert await door.seen(secret) > before
        await door.seen(secret, minutes_ago=61)
        over = await browser.get(f"{door.url}/late", headers=by_itself)
        assert over.status_code == 401  # what a page asks for by itself begins no signing in
        assert (await browser.get(f"{door.url}/late", headers=page)).status_code == 303


async def test_signing_in_comes_back_to_any_number(door: _Door) -> None:
    address = f"/instructions/{quote('ЮГ 7%?', safe='')}?as_of=2098-01-01"
    async with httpx.AsyncClient(base_url=door.url, trust_env=False) as nobody:
        sent = await nobody.get(address, headers={"accept": "text/html"})
    assert sent.status_code == 303
    login = urlsplit(sent.headers["location"])
    assert (login.path, parse_qs(login.query)["next"]) == ("/login", [address])
    assert local(address) == address


async def test_a_session_may_make_a_token_that_outlives_it(door: _Door) -> None:
    until = (datetime.now(UTC) + timedelta(days=90)).isoformat()
    said = {"label": "from a browser", "scopes": ["read"], "expires_at": until}
    async with door.browser(await door.sessions.create("p-region")) as browser:
        made = await browser.post("/tokens", json=said)
    assert made.status_code == 201, made.text


async def test_a_page_learns_the_token_that_its_changes_need_and_nobody_who_shows_a_token_does(
    door: _Door,
) -> None:
    assert (await door.desk.get("p-agency", "/me")).json()["csrf_token"] is None
    async with door.browser(await door.sessions.create("p-agency")) as browser:
        del browser.headers["x-csrf-token"]
        refused = await browser.delete("/sessions")
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
        told = (await browser.get("/me")).json()["csrf_token"]
        done = await browser.delete("/sessions", headers={"x-csrf-token": told})
        assert done.status_code == 200
    asked = {"outcome": "refused", "person": "p-agency", "limit": 1}
    noted = await door.desk.get("p-auditor", "/audit/access-log", params=asked)
    [line] = noted.json()["items"]
    assert (line["code"], line["how"]) == ("csrf", "session")


async def _attached(door: _Door, content: bytes, kind: str) -> str:
    """What is answered to a form with a file: how the session's token is known, of an instruction that there is not."""
    secret = await door.sessions.create("p-lead")
    async with door.browser(secret) as browser:
        del browser.headers["x-csrf-token"]
        token = _part("csrf_token", token_of(secret).encode())
        answer = await browser.post(
            f"{door.url}/instructions/NONE/evidence",
            content=token + content + b"--b--\r\n",
            headers={"content-type": f"multipart/form-data; boundary=b{kind}"},
        )
    return answer.json()["code"]


def _part(name: str, value: bytes, file: str = "") -> bytes:
    named = f'; filename="{file}"' if file else ""
    head = f'--b\r\ncontent-disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + value + b"\r\n"


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (_part("file", b"x" * (2 << 20), "a.pdf"), "", "not-found"),
        (b"".join(_part(f"f{n}", b"x") for n in range(50)), "", "bad-request"),
        (_part("text", b"x" * (129 << 10)), "", "bad-request"),
        (_part("file", b"x", "a.pdf") + _part("file", b"x", "b.pdf"), "", "bad-request"),
        (_part("text", b"a\0b"), "", "bad-request"),
        (_part("text", b"+2AA-"), "; charset=utf-7", "bad-request"),
    ],
    ids=["as it is meant", "fields", "length", "files", "NUL", "half a character"],
)
async def test_a_form_with_a_file_is_held_to_its_limits_while_its_sender_is_found_out(
    door: _Door, content: bytes, kind: str, code: str
) -> None:
    assert await _attached(door, content, kind) == code
