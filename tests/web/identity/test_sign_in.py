"""People sign in by a browser: the code flow end to end, and everything that must not get through."""

import hashlib
import json
from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
import pytest
from itsdangerous import URLSafeTimedSerializer
from starlette.responses import Response
from starlette.types import Scope

from access.sessions import id_of
from tests import staging as s
from tests.web.identity.conftest import AUDIENCE, CLIENT, SIGNING_KEY, STRANGER, Premises
from web.hardening.limits import Limits, Rate
from web.hardening.rates import Rates
from web.identity.cookies import Cookies, SignInOnItsWay, signing_key
from web.identity.csrf import masked
from web.identity.issuer import Issuer
from web.identity.sign_in import local
from web.problems import Problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

_SIGN_IN = "remit-sign-in"


def _with(url: str, **changes: str | None) -> str:
    """With other parameters; None leaves one out."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | changes
    told = {name: value for name, value in query.items() if value is not None}
    return urlunsplit(parts._replace(query=urlencode(told)))


def _altered(browser: httpx.AsyncClient, **changes: str) -> None:
    """What the browser keeps of its sign-in, as if this had been kept; signed as it must be."""
    serializer = URLSafeTimedSerializer(
        SIGNING_KEY, salt="remit.sign-in", signer_kwargs={"digest_method": hashlib.sha256}
    )
    kept = serializer.loads(browser.cookies[_SIGN_IN])
    signed = serializer.dumps({**kept, **changes})
    browser.cookies.delete(_SIGN_IN)
    browser.cookies.set(_SIGN_IN, signed)


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_person_signs_in_and_goes_on_where_they_were(premises: Premises) -> None:
    async with premises.browser() as browser:
        assert _code(await browser.get("/who")) == (401, "not-signed-in")
        back = await browser.get(await premises.chosen(browser, s.LEAD, "/instructions?late=1"))
        assert (back.status_code, back.headers["location"]) == (303, "/instructions?late=1")
        set_by = SimpleCookie("; ".join(back.headers.get_list("set-cookie")))
        assert set_by["remit"]["httponly"]
        assert _SIGN_IN not in browser.cookies
        who = (await browser.get("/who")).json()
        assert (who["person"], who["method"]) == (s.LEAD, "session")
        assert who["scopes"] == ["admin", "audit", "command", "read"]


async def test_what_the_issuer_is_asked_for_has_state_nonce_and_pkce(premises: Premises) -> None:
    async with premises.browser() as browser:
        one, other = [
            dict(parse_qsl(urlsplit((await browser.get("/login")).headers["location"]).query))
            for _ in range(2)
        ]
    assert one["code_challenge_method"] == "S256"
    assert one["redirect_uri"] == f"{premises.url}/login/callback"
    for name in ("state", "nonce", "code_challenge"):
        assert len(one[name]) == 43
        assert one[name] != other[name]


@pytest.mark.parametrize("changes", [{"state": "other"}, {"state": None}, {"state": ""}])
async def test_an_answer_to_a_sign_in_that_began_elsewhere_is_none(
    premises: Premises, changes: dict[str, str | None]
) -> None:
    async with premises.browser() as browser:
        url = _with(await premises.chosen(browser, s.LEAD), **changes)
        assert _code(await browser.get(url)) == (403, "csrf")
        assert _code(await browser.get("/who")) == (401, "not-signed-in")


async def test_a_browser_that_began_nothing_is_not_signed_in_by_anothers_answer(
    premises: Premises,
) -> None:
    async with premises.browser() as mine, premises.browser() as theirs:
        url = await premises.chosen(mine, s.LEAD)
        assert _code(await theirs.get(url)) == (403, "csrf")
        theirs.cookies.set(_SIGN_IN, mine.cookies[_SIGN_IN][:-1])
        assert _code(await theirs.get(url)) == (403, "csrf")


async def test_an_answer_is_good_once(premises: Premises) -> None:
    async with premises.browser() as browser:
        url = await premises.chosen(browser, s.LEAD)
        kept = browser.cookies[_SIGN_IN]
        assert (await browser.get(url)).status_code == 303
        assert _code(await browser.get(url)) == (403, "csrf")
        browser.cookies.set(_SIGN_IN, kept)
        assert _code(await browser.get(url)) == (401, "not-signed-in")


@pytest.mark.parametrize("what", ["nonce", "verifier"])
async def test_another_nonce_or_verifier_than_was_sent_does_not_get_in(
    premises: Premises, what: str
) -> None:
    async with premises.browser() as browser:
        url = await premises.chosen(browser, s.LEAD)
        _altered(browser, **{what: "x" * 43})
        assert _code(await browser.get(url)) == (401, "not-signed-in")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example.org"},
        {"iss": None},
        {"code": "x" * 43},
        {"code": None, "error": "access_denied"},
        {"code": None, "error": "<script>"},
        {"code": None},
    ],
)
async def test_another_answer_than_the_issuers_does_not_get_in(
    premises: Premises, changes: dict[str, str | None]
) -> None:
    async with premises.browser() as browser:
        answer = await browser.get(_with(await premises.chosen(browser, s.LEAD), **changes))
        assert _code(answer) == (401, "not-signed-in")
        assert "script" not in answer.text
        assert "remit" not in browser.cookies


async def test_whom_the_directory_does_not_know_gets_no_session(premises: Premises) -> None:
    async with premises.browser() as browser:
        answer = await browser.get(await premises.chosen(browser, STRANGER))
        assert _code(answer) == (403, "forbidden")
        assert "remit" not in browser.cookies
    assert premises.app.state.refused[-1] == (STRANGER, "oidc"), "so it is noted whom it named"


async def test_sign_ins_that_fail_are_counted_and_close_the_way_in(premises: Premises) -> None:
    failures = Rate(requests=2, seconds=300)
    rates = Rates(Limits(failures=failures, sign_in_paths=("/login",)))
    asked: Scope = {"path": "/login", "headers": [], "client": ("127.0.0.1", 1)}
    before, premises.app.state.rates = premises.app.state.rates, rates
    try:
        async with premises.browser() as browser:
            await premises.sign_in(browser, s.LEAD)
            assert _code(await browser.get("/login/callback?state=x")) == (403, "csrf")
            await rates.of_address(asked)
            back = await premises.chosen(browser, STRANGER)
            assert _code(await browser.get(back)) == (403, "forbidden")
    finally:
        premises.app.state.rates = before
    with pytest.raises(Problem) as refused:
        await rates.of_address(asked)
    assert refused.value.code == "too-many-requests"


async def test_signing_in_again_ends_the_session_before(premises: Premises) -> None:
    async with premises.browser() as browser:
        await premises.sign_in(browser, s.LEAD)
        before = browser.cookies["remit"]
        await premises.sign_in(browser, s.ISSUER)
        assert browser.cookies["remit"] != before
        assert (await browser.get("/who")).json()["person"] == s.ISSUER
        assert await premises.sessions.find(before) is None
    [ended] = await premises.as_superuser(
        "select person_id, route from remit.access_log"
        " where subject = $1 and outcome = 'signed-out'",
        id_of(before),
    )
    assert tuple(ended) == (s.LEAD, "/login/callback")


async def test_who_signs_out_is_out_at_once(premises: Premises) -> None:
    async with premises.browser() as browser:
        token = await premises.sign_in(browser, s.LEAD)
        secret = browser.cookies["remit"]
        assert _code(await browser.post("/logout")) == (403, "csrf")
        assert await premises.sessions.find(secret) is not None
        ended = await browser.post(
            "/logout", data={"csrf_token": token}, headers={"origin": premises.url}
        )
        assert (ended.status_code, ended.headers["location"]) == (303, "/signed-out")
        assert "remit" not in browser.cookies
        browser.cookies.set("remit", secret)
        assert _code(await browser.get("/who")) == (401, "not-signed-in")
        assert ended.headers["clear-site-data"] == '"cache", "storage"'
        out_already = await browser.post("/logout", headers={"origin": premises.url})
        assert out_already.status_code == 303


async def test_no_other_site_signs_anybody_out(premises: Premises) -> None:
    """A browser sends it no cookie, and would do what the answer says all the same."""
    async with premises.browser() as browser:
        for headers in ({"origin": _THERE}, {"sec-fetch-site": "cross-site"}, {}):
            answer = await browser.post("/logout", headers=headers)
            assert _code(answer) == (403, "csrf")
            assert not {"set-cookie", "clear-site-data"} & set(answer.headers)


async def test_who_came_in_and_who_left_stands_in_the_log_of_access(premises: Premises) -> None:
    async with premises.browser() as browser:
        token = await premises.sign_in(browser, s.ISSUER)
        session = id_of(browser.cookies["remit"])
        headers = {"origin": premises.url, "x-csrf-token": token}
        await browser.post("/logout", headers=headers)
        await browser.post("/logout", headers=headers)
    rows = await premises.as_superuser(
        "select outcome, person_id, how, route, host(remote_address) as address"
        " from remit.access_log where subject = $1 order by id",
        session,
    )
    assert [tuple(row) for row in rows] == [
        ("signed-in", s.ISSUER, "oidc", "/login/callback", "127.0.0.1"),
        ("signed-out", s.ISSUER, "session", "/logout", "127.0.0.1"),
    ]


@pytest.mark.parametrize("column", ["expires_at", "last_seen_at"])
async def test_a_session_that_is_over_counts_for_nothing(premises: Premises, column: str) -> None:
    async with premises.browser() as browser:
        await premises.sign_in(browser, s.LEAD)
        await premises.as_superuser(
            f"update remit.sessions set {column} = {column} - interval '1d'"
        )
        assert _code(await browser.get("/who")) == (401, "not-signed-in")
        await premises.sign_in(browser, s.LEAD)


_HERE, _THERE = "{here}", "https://elsewhere.example.org"


@pytest.mark.parametrize(
    ("headers", "gets_through"),
    [
        ({"origin": _HERE}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"origin": _HERE, "sec-fetch-site": "same-origin"}, True),
        ({}, False),
        ({"origin": _THERE}, False),
        ({"origin": "null"}, False),
        ({"origin": _HERE + ".example.org"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": _HERE, "sec-fetch-site": "cross-site"}, False),
        ({"origin": _THERE, "sec-fetch-site": "same-origin"}, False),
    ],
)
async def test_a_change_has_to_come_from_a_page_of_ours(
    premises: Premises, headers: dict[str, str], gets_through: bool
) -> None:
    told = {name: value.replace(_HERE, premises.url) for name, value in headers.items()}
    async with premises.browser() as browser:
        token = await premises.sign_in(browser, s.LEAD)
        with_token = await browser.post("/who", headers={**told, "x-csrf-token": token})
        assert with_token.status_code == (200 if gets_through else 403)
        assert _code(await browser.post("/who", headers=told)) == (403, "csrf")


async def test_the_token_comes_in_the_header_or_the_form_and_is_the_sessions_own(
    premises: Premises,
) -> None:
    here = {"origin": premises.url}
    async with premises.browser() as browser, premises.browser() as other:
        token = await premises.sign_in(browser, s.LEAD)
        anothers = await premises.sign_in(other, s.LEAD)
        sent = await browser.post("/who", data={"csrf_token": token, "text": "x"}, headers=here)
        assert sent.json()["form"] == ["csrf_token", "text"]
        files = {"file": ("a.txt", b"x"), "csrf_token": (None, token)}
        sent = await browser.post("/who", files=files, headers=here)
        assert sent.json()["form"] == ["csrf_token", "file"]
        once, again = masked(token), masked(token)
        assert token not in once
        assert once != again
        for good in (once, again):
            sent = await browser.post("/who", data={"csrf_token": good}, headers=here)
            assert sent.status_code == 200
        for bad in (anothers, masked(anothers), once[:-2], "", token[:-1], token + "é"):
            sent = await browser.post("/who", data={"csrf_token": bad}, headers=here)
            assert _code(sent) == (403, "csrf")
        assert _code(await browser.post("/who", json={"csrf_token": token}, headers=here)) == (
            403,
            "csrf",
        )
        assert browser.cookies["remit"] != token


async def test_a_token_in_the_header_counts_more_than_the_cookie(premises: Premises) -> None:
    service = {"authorization": f"Bearer {await premises.service_token(s.OPERATOR)}"}
    async with premises.browser() as browser:
        await premises.sign_in(browser, s.LEAD)
        assert (await browser.post("/who", headers=service)).json()["person"] == s.OPERATOR
        bad = await browser.get("/who", headers={"authorization": "Bearer x"})
        assert _code(bad) == (401, "not-signed-in")


@pytest.mark.parametrize(
    "path",
    [
        "//elsewhere.example.org",
        "/\\elsewhere.example.org",
        "\\\\elsewhere.example.org",
        "https://elsewhere.example.org",
        "https:elsewhere.example.org",
        "/\t/elsewhere.example.org",
        "\n//elsewhere.example.org",
        "/\n/elsewhere.example.org",
        "///elsewhere.example.org",
        "javascript:alert(1)",
        "elsewhere",
        "",
        "/a\r\nset-cookie: x",
        "/\u2028/elsewhere.example.org",
        "/" + "x" * 2001,
    ],
)
async def test_signing_in_leads_nowhere_else(premises: Premises, path: str) -> None:
    assert local(path) == "/"
    async with premises.browser() as browser:
        back = await browser.get(await premises.chosen(browser, s.LEAD, path))
        assert back.headers["location"] == "/"


@pytest.mark.parametrize("path", ["/", "/a/b?c=d&e=%2F%2Fx#f", "/a//b", "/%5C"])
async def test_a_local_path_is_kept(path: str) -> None:
    assert local(path) == path


async def test_by_https_cookies_are_of_this_host_alone() -> None:
    cookies, response = Cookies("https://remit.example.org", signing_key=SIGNING_KEY), Response()
    cookies.keep_session(response, "secret", seconds=60)
    kept = SignInOnItsWay(state="s" * 43, nonce="n" * 43, verifier="v" * 43, then="/" + "x" * 1999)
    cookies.keep_sign_in(response, kept)
    session, sign_in = response.headers.getlist("set-cookie")
    attributes = "Path=/; SameSite=lax; Secure"
    assert session == f"__Host-remit=secret; HttpOnly; Max-Age=60; {attributes}"
    name, _, rest = sign_in.partition("=")
    assert name == "__Host-remit-sign-in"
    assert rest.endswith(f"; HttpOnly; Max-Age=600; {attributes}")
    assert len(sign_in.partition(";")[0]) <= 4096, "else no browser keeps it"


@pytest.mark.parametrize(
    "origin", ["http://remit.example.org", "http://127.0.0.1.example.org", "http://localhost@x/"]
)
async def test_nobody_signs_in_where_others_could_read_along(origin: str) -> None:
    with pytest.raises(ValueError, match="TLS"):
        Cookies(origin, signing_key=SIGNING_KEY)


async def test_the_key_of_cookies_comes_from_a_file_or_is_made(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    file = tmp_path_factory.mktemp("key") / "key"
    file.write_bytes(SIGNING_KEY + b"\n")
    assert signing_key(file) == SIGNING_KEY
    assert signing_key(None) != signing_key(None)
    file.write_bytes(b"short")
    with pytest.raises(ValueError, match="openssl"):
        signing_key(file)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "other"},
        {"aud": AUDIENCE},
        {"aud": [CLIENT, "other"]},
        {"aud": [CLIENT, "other"], "azp": "other"},
        {"aud": "other", "azp": CLIENT},
        {"azp": "other"},
        {"aud": None},
        {"iss": "https://elsewhere.example.org"},
        {"nonce": "other"},
        {"nonce": None},
        {"exp": 1_600_000_000},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"iat": None},
        {"nbf": 4_000_000_000},
        {"sub": None},
    ],
    ids=json.dumps,
)
async def test_an_id_token_has_to_be_for_this_sign_in(
    premises: Premises, claims: dict[str, Any]
) -> None:
    async def accepted(**claims: Any) -> Mapping[str, Any]:
        told = {"sub": s.LEAD, "aud": CLIENT, "nonce": "n", **claims}
        token = premises.signing.sign(**told)
        return await issuer.id_claims(token, client_id=CLIENT, nonce="n")

    async with premises.browser() as client:
        issuer = Issuer(premises.issuer, client, pause=0)
        assert (await accepted(aud=[CLIENT]))["sub"] == s.LEAD
        assert (await accepted(aud=[CLIENT, "other"], azp=CLIENT))["sub"] == s.LEAD
        with pytest.raises(Problem) as refused:
            await accepted(**claims)
        assert refused.value.code == "not-signed-in"
