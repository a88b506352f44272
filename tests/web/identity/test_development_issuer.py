"""The issuer for development keeps to its machine, and to the standard."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from domain.directory.state import Directory
from eventstore.persons import MemoryPersonStore, Person
from tests import staging as s
from tests.web.identity.conftest import CLIENT, SECRET, Premises, people
from web.identity.code_flow import s256
from web.identity.development_issuer import (
    NotThisMachine,
    Registered,
    development_issuer,
    people_of,
)
from web.serving import listen

pytestmark = pytest.mark.asyncio(loop_scope="module")

_VERIFIER = "v" * 43


def _asked(premises: Premises, **changes: str) -> dict[str, str]:
    return {
        "client_id": CLIENT,
        "redirect_uri": f"{premises.url}/login/callback",
        "response_type": "code",
        "scope": "openid",
        "state": '"><script>',
        "code_challenge": s256(_VERIFIER),
        "code_challenge_method": "S256",
        **changes,
    }


async def _code(premises: Premises) -> str:
    async with premises.browser() as browser:
        form = {**_asked(premises), "person": s.LEAD}
        chosen = await browser.post(f"{premises.issuer}/authorize", data=form)
    return dict(parse_qsl(urlsplit(chosen.headers["location"]).query))["code"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - that is the question
async def test_it_listens_to_no_other_machine(host: str) -> None:
    registered = Registered(client_id=CLIENT, redirect_uri="http://x", audience="x")
    with listen(host, 0) as listener, pytest.raises(NotThisMachine):
        development_issuer(listener, registered=registered, people=people)


async def test_it_answers_to_its_own_name_alone(premises: Premises) -> None:
    async with premises.browser() as browser:
        answer = await browser.get(f"{premises.issuer}/jwks", headers={"host": "evil.example.org"})
    assert answer.status_code == 421


async def test_it_says_what_it_is_and_shows_whom_one_can_be(premises: Premises) -> None:
    async with premises.browser() as browser:
        page = await browser.get(f"{premises.issuer}/authorize", params=_asked(premises))
    assert "For development only" in page.text
    for person, name in (await people()).items():
        assert f'value="{person}"' in page.text
        assert name.replace("<b>", "&lt;b&gt;") in page.text
    assert "<b>" not in page.text
    assert "<script>" not in page.text


async def test_one_can_be_everybody_of_the_directory_who_is_not_erased(
    premises: Premises,
) -> None:
    persons = MemoryPersonStore()
    directory = await premises.handler.directory()
    known = await people_of(premises.handler.directory, persons)()
    assert list(known) == sorted(directory.channels.keys() - directory.erased)
    assert known[s.LEAD] == s.LEAD, "by the id where no name is kept"
    lead = Person(person_id=s.LEAD, name="Lead", email=None, salt=bytes(32))
    changed = replace(
        directory, commitments={s.LEAD: lead.commitment}, erased=frozenset({s.ISSUER})
    )
    await persons.put(lead)

    async def as_changed() -> Directory:
        return changed

    known = await people_of(as_changed, persons)()
    assert known[s.LEAD] == "Lead"
    assert s.ISSUER not in known


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "other"},
        {"redirect_uri": "https://elsewhere.example.org"},
        {"response_type": "token"},
        {"scope": "email"},
        {"code_challenge_method": "plain"},
        {"person": "nobody"},
    ],
)
async def test_it_sends_nobody_elsewhere(premises: Premises, changes: dict[str, str]) -> None:
    form = {"person": s.LEAD, **_asked(premises, **changes)}
    async with premises.browser() as browser:
        answer = await browser.post(f"{premises.issuer}/authorize", data=form)
        assert (answer.status_code, "location" in answer.headers) == (400, False)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"redirect_uri": "https://elsewhere.example.org"}, "invalid_grant"),
        ({"client_secret": "other"}, "invalid_client"),
        ({"client_id": "other"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_id": "nobody"}, "invalid_client"),
    ],
)
async def test_a_code_is_good_for_who_asked_for_it_and_once(
    premises: Premises, changes: dict[str, str], error: str
) -> None:
    form = {
        "grant_type": "authorization_code",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uri": f"{premises.url}/login/callback",
        "code_verifier": _VERIFIER,
    }
    async with premises.browser() as client:

        async def exchanged(code: str, **changes: str) -> str:
            told = {**form, "code": code, **changes}
            return (await client.post(f"{premises.issuer}/token", data=told)).json().get("error")

        code = await _code(premises)
        assert await exchanged(code, **changes) == error
        code = await _code(premises)
        assert await exchanged(code) is None
        assert await exchanged(code) == "invalid_grant"
