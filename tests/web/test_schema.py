"""The API against its own document: schemathesis asks whatever that allows, and what it does not, as one role after another."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.web.bureau import API, Bureau

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900)]

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
_SECONDS = int(os.environ.get("SCHEMA_SECONDS", "10"))


@pytest.mark.parametrize("role", _ROLES)
async def test_nothing_that_is_asked_leaves_the_document(
    desk: Bureau, role: str, tmp_path: Path
) -> None:
    token = await desk.token(_ROLES[role])
    await desk.issued(f"S-{role}")
    asking = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("st"),
        "run",
        f"{desk.url}{API}/openapi.json",
        "--header",
        f"Authorization: Bearer {token}",
        "--phases=examples,coverage,fuzzing,stateful",
        f"--checks={_CHECKS}",
        f"--max-time={_SECONDS}",
        "--max-examples=10",
        "--continue-on-failure",
        "--no-color",
        "--seed=1",
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "COLUMNS": "120"},
    )
    told, _ = await asking.communicate()
    assert asking.returncode == 0, told.decode()[-12_000:]
