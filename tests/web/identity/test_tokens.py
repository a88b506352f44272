"""Programs show a token: one of ours, or one that the issuer signed; and everything that must not be taken for one."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter, is_str

from domain.directory.commands import ErasePerson
from domain.outcomes import Recorded
from tests import staging as s
from tests.web.identity.conftest import AUDIENCE, STRANGER, Premises
from web.identity.code_flow import Client, CodeFlow
from web.identity.issuer import Issuer
from web.problems import Problem
from web.serving import listen, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

_NOW = int(time.time())
_A_DAY = timedelta(days=1)


def _refused(answer: httpx.Response) -> bool:
    told = answer.headers.get("www-authenticate", "")
    right = answer.status_code == 401 and answer.json()["code"] == "not-signed-in"
    return right and told == 'Bearer realm="remit", error="invalid_token"'


async def test_an_api_token_says_whose_it_is_and_what_it_is_for(premises: Premises) -> None:
    token = await premises.tokens.create(
        s.LEAD, label="x", scopes={"read", "command"}, expires_at=datetime.now(UTC) + _A_DAY
    )
    for method in ("GET", "POST"):
        who = (await premises.shown(token, method)).json()
        assert (who["person"], who["method"]) == (s.LEAD, "api-token")
        assert who["scopes"] == ["command", "read"]
    await premises.tokens.revoke(token.split("_")[1])
    assert _refused(await premises.shown(token))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Basic cDpw",
        "Bearer remit_",
        "Bearer a b",
        "Bearer x",
        "remit_x",
        "é",
    ],
)
async def test_what_is_no_token_is_refused(premises: Premises, header: str) -> None:
    async with premises.browser() as program:
        answer = await program.get("/who", headers={b"authorization": header.encode()})
    assert _refused(answer)


async def test_a_token_of_whom_the_directory_does_not_know_is_refused(premises: Premises) -> None:
    token = await premises.tokens.create(
        STRANGER, label="x", scopes={"read"}, expires_at=datetime.now(UTC) + _A_DAY
    )
    assert _refused(await premises.shown(token))
    assert _refused(await premises.shown(await premises.service_token(STRANGER)))


async def test_who_is_erased_comes_in_by_nothing(premises: Premises) -> None:
    service = await premises.service_token(s.OPERATOR)
    own = await premises.tokens.create(
        s.OPERATOR, label="x", scopes={"read"}, expires_at=datetime.now(UTC) + _A_DAY
    )
    async with premises.browser() as browser:
        await premises.sign_in(browser, s.OPERATOR)
        erase = ErasePerson(
            command_id="erase-operator", actor="set-up", person=s.OPERATOR, reason="They asked."
        )
        assert isinstance(await premises.handler.handle(erase, datetime.now(UTC)), Recorded)
        for token in (service, own):
            assert _refused(await premises.shown(token))
        assert _refused(await browser.get("/who"))
        again = await browser.get(await premises.chosen(browser, s.OPERATOR))
        assert again.json()["code"] == "forbidden"


async def test_a_token_of_the_issuer_says_who_and_what_for(premises: Premises) -> None:
    who = (
        await premises.shown(await premises.service_token(s.LEAD, "openid read x"), "POST")
    ).json()
    assert (who["person"], who["method"], who["scopes"]) == (s.LEAD, "bearer", ["read"])
    listed = premises.signing.sign(sub=s.LEAD, aud=["other", AUDIENCE], scp=["audit", 1])
    assert (await premises.shown(listed)).json()["scopes"] == ["audit"]
    assert (await premises.shown(premises.signing.sign(sub=s.LEAD, aud=AUDIENCE))).json()[
        "scopes"
    ] == []


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": None},
        {"aud": []},
        {"iss": "https://elsewhere.example.org"},
        {"iss": None},
        {"exp": timedelta(minutes=-1)},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"nbf": timedelta(hours=1)},
        {"iat": timedelta(hours=1)},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": ["p-lead"]},
        {"sub": "p lead"},
        {"nonce": "of an ID token"},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_here_and_now_is_refused(
    premises: Premises, claims: dict[str, Any]
) -> None:
    usual = {"sub": s.LEAD, "aud": AUDIENCE}
    assert (await premises.shown(premises.signing.sign(**usual))).status_code == 200
    # A moment is given from now on: a number of now would be another name of the test in each process.
    said = {
        name: int(time.time() + one.total_seconds()) if isinstance(one, timedelta) else one
        for name, one in claims.items()
    }
    assert _refused(await premises.shown(premises.signing.sign(**{**usual, **said})))


async def test_clocks_may_differ_a_little(premises: Premises) -> None:
    told = {"exp": int(time.time()) - 5, "nbf": int(time.time()) + 5}
    token = premises.signing.sign(sub=s.LEAD, aud=AUDIENCE, **told)
    assert (await premises.shown(token)).status_code == 200


def _claims(issuer: str) -> dict[str, Any]:
    return {"iss": issuer, "sub": s.LEAD, "aud": AUDIENCE, "exp": _NOW + 3600}


def _part(value: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _unsigned(issuer: str, kid: str, public: ECKey) -> str:
    del public
    return f"{_part({'alg': 'none', 'kid': kid})}.{_part(_claims(issuer))}."


def _by_the_public_key(issuer: str, kid: str, public: ECKey) -> str:
    """What is public, taken for a secret that both know."""
    signed = f"{_part({'alg': 'HS256', 'kid': kid})}.{_part(_claims(issuer))}"
    code = hmac.digest(public.as_pem(private=False), signed.encode(), hashlib.sha256)
    return f"{signed}.{_encoded(code)}"


def _by_another_key(issuer: str, kid: str, public: ECKey) -> str:
    del public
    return jwt.encode({"alg": "ES256", "kid": kid}, _claims(issuer), ECKey.generate_key("P-256"))


def _brings_its_own_key(issuer: str, kid: str, public: ECKey) -> str:
    del public
    own = ECKey.generate_key("P-256", {"kid": kid})
    header = {"alg": "ES256", "kid": kid, "jwk": own.as_dict(private=False)}
    return jwt.encode(header, _claims(issuer), own)


@pytest.mark.parametrize(
    "forge",
    [
        _unsigned,
        _by_the_public_key,
        _by_another_key,
        _brings_its_own_key,
    ],
)
async def test_what_the_issuer_did_not_sign_is_refused(
    premises: Premises, forge: Callable[[str, str, ECKey], str]
) -> None:
    [told] = premises.signing.public()["keys"]
    forged = forge(premises.issuer, told["kid"], ECKey.import_key(told))
    assert _refused(await premises.shown(forged))


async def test_a_token_that_was_altered_is_refused(premises: Premises) -> None:
    token = await premises.service_token(s.LEAD)
    header, body, signature = token.split(".")
    other = _part({**_claims(premises.issuer), "sub": s.ISSUER})
    bad = [
        f"{header}.{other}.{signature}",
        f"{header}.{body}.",
        f"{header}.{body}",
        token + "A" * 4,
    ]
    bad += [f"{header}.{body}.{'A' * 86}", "a.b.c", "..", "x" * 20_000]
    for one in bad:
        assert _refused(await premises.shown(one))


async def test_keys_are_rotated(premises: Premises) -> None:
    before = await premises.service_token(s.LEAD)
    assert (await premises.shown(before)).status_code == 200
    async with premises.browser() as anybody:
        assert (await anybody.post(f"{premises.issuer}/rotate")).status_code == 204
    assert (await premises.shown(before)).status_code == 200, "it is known by the key that is kept"
    after = await premises.service_token(s.LEAD)
    assert (await premises.shown(after)).status_code == 200
    assert _refused(await premises.shown(before))


class _Standing:
    """An issuer that has these keys, and counts how often it is asked for them."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.app = FastAPI()
        self.url = ""

        @self.app.get("/.well-known/openid-configuration")
        async def discovery() -> Mapping[str, str]:
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            return {"issuer": self.url} | {name: f"{self.url}/{name}" for name in names}

        @self.app.get("/jwks_uri")
        async def jwks() -> Mapping[str, Any]:
            self.asked += 1
            odd: list[dict[str, Any]] = [{"kty": "post-quantum"}, {"kty": "RSA", "n": "x"}, {}]
            return {"keys": odd + [key.as_dict(private=key.key_type == "oct") for key in self.keys]}

    @asynccontextmanager
    async def running(self, client: httpx.AsyncClient, pause: float) -> AsyncGenerator[Issuer]:
        async with serving(self.app, listen("127.0.0.1", 0)) as self.url:
            yield Issuer(self.url, client, pause=pause)

    def token(self, algorithm: str, key: Key) -> str:
        header = {"alg": algorithm, "kid": key.kid}
        return jwt.encode(header, _claims(self.url), key, algorithms=[algorithm])


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # many issuers have no other name for it
async def test_every_algorithm_that_proves_something_is_taken_and_no_other() -> None:
    rsa, ec, okp = [
        RSAKey.generate_key(2048, auto_kid=True),
        ECKey.generate_key("P-256", auto_kid=True),
        OKPKey.generate_key("Ed25519", auto_kid=True),
    ]
    secret = OctKey.generate_key(256, auto_kid=True)
    at = _Standing([rsa, ec, okp, secret])
    async with httpx.AsyncClient(trust_env=False) as client, at.running(client, 0) as issuer:
        for algorithm, key in (
            ("RS256", rsa), ("PS256", rsa), ("ES256", ec), ("EdDSA", okp), ("Ed25519", okp),
        ):  # fmt: skip
            claims = await issuer.access_claims(at.token(algorithm, key), audience=AUDIENCE)
            assert claims["sub"] == s.LEAD
        for algorithm, key in (("HS256", secret), ("RS512", rsa)):
            with pytest.raises(Problem) as refused:
                await issuer.access_claims(at.token(algorithm, key), audience=AUDIENCE)
            assert refused.value.code == "not-signed-in"


@pytest.mark.filterwarnings("ignore:Key size")  # the library takes it all the same
async def test_a_key_that_is_too_short_proves_nothing() -> None:
    short = RSAKey.generate_key(1024, auto_kid=True)
    at = _Standing([short])
    async with httpx.AsyncClient(trust_env=False) as client, at.running(client, 0) as issuer:
        with pytest.raises(Problem) as refused:
            await issuer.access_claims(at.token("RS256", short), audience=AUDIENCE)
        assert refused.value.code == "not-signed-in"


@pytest.mark.parametrize(
    ("typ", "is_access", "is_id"),
    [
        ("JWT", True, True),
        ("at+jwt", True, False),
        ("application/at+jwt", True, False),
        ("logout+jwt", False, False),
        ("secevent+jwt", False, False),
    ],
)
async def test_a_token_that_calls_itself_something_else_is_not_taken(
    typ: str, is_access: bool, is_id: bool
) -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    at = _Standing([key])
    async with httpx.AsyncClient(trust_env=False) as client, at.running(client, 0) as issuer:

        async def taken(told: Awaitable[Mapping[str, Any]]) -> bool:
            try:
                return (await told)["sub"] == s.LEAD
            except Problem as problem:
                return problem.code != "not-signed-in"

        def signed(**more: Any) -> str:
            header = {"alg": "ES256", "kid": key.kid, "typ": typ}
            return jwt.encode(header, {**_claims(at.url), **more}, key)

        assert await taken(issuer.access_claims(signed(), audience=AUDIENCE)) == is_access
        id_token = signed(aud="remit", nonce="n", iat=_NOW)
        assert await taken(issuer.id_claims(id_token, client_id="remit", nonce="n")) == is_id


async def test_what_a_token_says_is_critical_is_heeded() -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    at = _Standing([key])
    with_x = JWSRegistry({"x": HeaderParameter("unheard of", is_str)})
    async with httpx.AsyncClient(trust_env=False) as client, at.running(client, 0) as issuer:

        async def shown(**header: Any) -> str:
            told = {"alg": "ES256", "kid": key.kid, "x": "y", **header}
            claims = json.dumps(_claims(at.url))
            token = jws.serialize_compact(told, claims, key, registry=with_x)
            return (await issuer.access_claims(token, audience=AUDIENCE))["sub"]

        assert await shown() == s.LEAD
        with pytest.raises(Problem) as refused:
            await shown(crit=["x"])
        assert refused.value.code == "not-signed-in"


async def test_unknown_keys_do_not_make_the_issuer_be_asked_again_and_again() -> None:
    known, unknown = [ECKey.generate_key("P-256", auto_kid=True) for _ in range(2)]
    at = _Standing([known])
    async with httpx.AsyncClient(trust_env=False) as client, at.running(client, 3600) as issuer:

        async def shown(key: ECKey) -> str:
            try:
                await issuer.access_claims(at.token("ES256", key), audience=AUDIENCE)
            except Problem as problem:
                return problem.code
            return "accepted"

        outcomes = await asyncio.gather(*(shown(key) for key in [known, unknown] * 20))
        assert outcomes == ["accepted", "not-signed-in"] * 20
        assert at.asked == 1


async def test_an_issuer_that_is_away_keeps_nobody_out_whose_key_is_known() -> None:
    known, unknown = [ECKey.generate_key("P-256", auto_kid=True) for _ in range(2)]
    at = _Standing([known])
    async with httpx.AsyncClient(trust_env=False) as client:
        async with at.running(client, 0) as issuer:
            await issuer.access_claims(at.token("ES256", known), audience=AUDIENCE)
        claims = await issuer.access_claims(at.token("ES256", known), audience=AUDIENCE)
        assert claims["sub"] == s.LEAD
        with pytest.raises(Problem) as refused:
            await issuer.access_claims(at.token("ES256", unknown), audience=AUDIENCE)
        assert refused.value.code == "not-signed-in"
        for never_asked in (Issuer(at.url, client), Issuer(f"{at.url}/elsewhere", client)):
            with pytest.raises(Problem) as away:
                await never_asked.access_claims(at.token("ES256", known), audience=AUDIENCE)
            assert (away.value.code, away.value.status) == ("out-of-reach", 503)


async def test_nobody_signs_in_at_an_issuer_that_is_away() -> None:
    """Neither when the browser is to be sent there, nor when it is back."""
    at = _Standing([ECKey.generate_key("P-256", auto_kid=True)])
    async with httpx.AsyncClient(trust_env=False) as client:
        async with at.running(client, 0) as issuer:
            flow = CodeFlow(issuer, Client(id="remit"), redirect_uri="http://127.0.0.1/back")
            url, kept = await flow.begin("/")
            assert url.startswith(f"{at.url}/authorization_endpoint?")
        for attempt in (
            flow.finish(kept, {"state": kept.state, "code": "c"}),
            CodeFlow(Issuer(at.url, client), Client(id="remit"), redirect_uri="x").begin("/"),
        ):
            with pytest.raises(Problem) as away:
                await attempt
            assert (away.value.code, away.value.status) == ("out-of-reach", 503)


async def test_an_issuer_that_calls_itself_otherwise_is_not_believed() -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    at = _Standing([key])
    async with httpx.AsyncClient(trust_env=False) as client, at.running(client, 0) as issuer:
        at.url = at.url.replace("127.0.0.1", "localhost")
        with pytest.raises(Problem) as away:
            await issuer.discovery()
        assert away.value.code == "out-of-reach"
        for elsewhere in ("http://issuer.example.org", "ftp://127.0.0.1", "http://localhost.x"):
            with pytest.raises(ValueError, match="https"):
                Issuer(elsewhere, client)
