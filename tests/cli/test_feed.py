"""`remit feed` and `remit web`, as a user has them."""

import os
import signal
import subprocess

import httpx
import pytest

from tests.cli.conftest import Remit
from tests.cli.up import REMIT, Running, environment
from tests.programmes import HEAD


def _get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False)


@pytest.mark.usefixtures("here")
def test_an_address_is_made_listed_and_revoked(remit: Remit) -> None:
    made = remit("feed", "create", HEAD, "--language", "ru")
    assert made.code == 0, made.err
    url = made.out.strip()
    answer = _get(url)
    assert answer.status_code == 200
    assert "Сроки поручений" in answer.text

    [listed] = remit("feed", "list", HEAD, "--json").json
    assert (listed["person_id"], listed["language"], listed["revoked_at"]) == (HEAD, "ru", None)
    told = remit("feed", "list")
    assert listed["id"] in told.out
    assert url.rpartition("/")[2].removesuffix(".ics") not in told.words

    revoked = remit("feed", "revoke", listed["id"], "--json")
    assert revoked.json == {"person": HEAD, "revoked": listed["id"]}
    assert _get(url).status_code == 404
    again = remit("feed", "revoke", listed["id"])
    assert (again.code, again.err[:18]) == (3, "unknown (token_id)")


@pytest.mark.usefixtures("here")
def test_nobody_unknown_gets_one(remit: Remit) -> None:
    told = remit("feed", "create", "nobody")
    assert (told.code, told.err[:16]) == (3, "unknown (person)")


def test_the_web_runs_by_itself(remit: Remit, running: Running) -> None:
    made = remit("feed", "create", HEAD, "--data", str(running.folder), "--json")
    web = subprocess.Popen(
        [REMIT, "web", "--data", running.folder],
        env=environment() | {"REMIT_WEB_PORT": "0"},
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert web.stdout is not None
    with web.stdout:
        told = web.stdout.readline().split()
        own = next(word for word in told if word.startswith("http://")).rstrip(";")
        path = made.json["url"].partition("/feeds/")[2]
        assert _get(f"{own}/feeds/{path}").status_code == 200
        taken = subprocess.run(
            [REMIT, "web", "--data", running.folder],
            env=environment() | {"REMIT_WEB_PORT": own.rpartition(":")[2]},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert taken.returncode == 2
        assert "cannot be listened on" in taken.stderr
        os.kill(web.pid, signal.SIGTERM)
        assert web.wait(60) == 0
