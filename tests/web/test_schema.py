"""The API against its own document: schemathesis asks whatever that allows, and what it does not, as one role after another."""

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.web.bureau import API, Bureau

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

_CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,missing_required_header,unsupported_method,"
    "allow_header_conformance,ignored_auth"
)
_ROLES = {
    "issuer": "p-issuer",
    "controller": "p-controller",
    "assignee": "p-lead",
    "operator": "p-operator",
    "auditor": "p-auditor",
    "administrator": "p-administrator",
    "stranger": "p-stranger",
}
_SECONDS = os.environ.get("SCHEMA_SECONDS")
"""For each role; `make schema` gives more. Without it one role has time for all phases, the others for the first."""
_LEAST: Mapping[str, int] = {"issuer": 40}
"""Operations that a role is to have asked; any other ten."""


@pytest.mark.parametrize("role", _ROLES)
async def test_nothing_that_is_asked_leaves_the_document(
    own_desk: Bureau, role: str, tmp_path: Path
) -> None:
    token = await own_desk.token(_ROLES[role])
    await _something_of_each(own_desk, role)
    seconds, tested = int(_SECONDS or (12 if role == "issuer" else 3)), 0
    for longer in (1, 2, 4, 8):  # until enough was asked, however slow the machine
        tested = await _tested(own_desk, token, longer * seconds, tmp_path)
        if tested >= _LEAST.get(role, 10):
            break
    assert tested >= _LEAST.get(role, 10)


async def _tested(desk: Bureau, token: str, seconds: int, folder: Path) -> int:
    """Ask for so many seconds; answers how many operations were."""
    asking = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("st"),
        "run",
        f"{desk.url}{API}/openapi.json",
        "--header",
        f"Authorization: Bearer {token}",
        "--phases=examples,coverage,fuzzing,stateful",
        f"--checks={_CHECKS}",
        f"--max-time={seconds}",
        "--max-examples=10",
        "--exclude-operation-id=follow_feed",  # it has no end: test_feed.py reads it
        "--continue-on-failure",
        "--no-color",
        "--seed=1",
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "COLUMNS": "120"},
    )
    told, _ = await asking.communicate()
    assert asking.returncode == 0, told.decode().partition("FAILURES")[2][:12_000]
    tested = re.search(r"Tested: (\d+)", told.decode())
    assert tested is not None, told.decode()
    return int(tested[1])


async def _something_of_each(desk: Bureau, role: str) -> None:
    """So that lists are not empty: what they name is asked next, by the document's links."""
    await desk.issued(f"S-{role}")
    await desk.done("p-issuer", f"S-{role}", "Assign", lead="ministry")
    for path, body in (
        (
            "/programmes",
            {
                "type": "AdoptProgramme",
                "programme": f"s-{role}",
                "title": "Schemas",
                "body": "council",
                "period_start": "2026-01-01",
                "period_end": "2099-12-31",
            },
        ),
        (
            "/recurrences",
            {
                "type": "StartRecurrence",
                "recurrence": f"s-{role}",
                "title": "Quarterly",
                "rule": "FREQ=MONTHLY;INTERVAL=3",
                "first_day": "2098-01-01",
                "number": f"S-{role}-{{n}}",
                "text": "Report.",
                "issuer": "council",
                "lead": "ministry",
            },
        ),
    ):
        answer = await desk.ask("p-issuer", "POST", path, json=body)
        assert answer.status_code == 201, answer.text
