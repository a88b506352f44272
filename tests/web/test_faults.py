"""A server behind the web is away: what cannot be answered says so, what may be recorded is recorded once."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from domain.identifiers import instruction_id
from tests.web.bureau import Bureau, bureau

_SOON = timedelta(seconds=2)


def _says_to_come_again(answer: httpx.Response, *codes: str) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] in codes
    assert int(answer.headers["retry-after"]) > 0
    assert "task queue" not in answer.json()["detail"], "how it is built is nobody's business"


async def _until_recorded(desk: Bureau, number: str, key: str) -> httpx.Response:
    """As a client does: the same again, under the same key, for as long as it is told to come again."""
    while True:
        answer = await desk.command("p-issuer", number, "Comment", text="once", key=key)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.2)


async def _times_recorded(desk: Bureau, number: str) -> int:
    stored = await desk.store.read_stream(instruction_id(number))
    return sum(event.type == "Commented" for event in stored)


@pytest.mark.timeout(240)
async def test_what_is_sent_while_a_server_is_away_is_told_so_and_recorded_once(
    server_dir: Path, tmp_path: Path
) -> None:
    postgres = EmbeddedPostgres(server_dir / "faulty-postgres")
    with (
        EmbeddedTemporal(server_dir / "faulty-temporal", headless=True) as temporal,
        postgres,
    ):
        url, number = postgres.database_url, f"N-{uuid4()}"
        async with bureau(url, temporal.address, tmp_path, patience=_SOON) as desk:
            await desk.issued(number)

            key = str(uuid4())
            temporal.stop()
            away = await desk.command("p-issuer", number, "Comment", text="once", key=key)
            _says_to_come_again(away, "outcome-unknown", "out-of-reach")
            read = await desk.get("p-issuer", f"/instructions/{number}")
            assert read.status_code == 200, "reading does not need Temporal"
            temporal.start()
            assert (await _until_recorded(desk, number, key)).status_code == 200
            assert await _times_recorded(desk, number) == 1

            key = str(uuid4())
            postgres.__exit__()
            for path in ("/instructions", f"/instructions/{number}", "/me"):
                _says_to_come_again(
                    await desk.client.get(f"/api/v1{path}", headers=await _known(desk)),
                    "out-of-reach",
                )
            away = await desk.command("p-issuer", number, "Comment", text="once", key=key)
            _says_to_come_again(away, "outcome-unknown", "out-of-reach")
            postgres.__enter__()
            assert (await _until_recorded(desk, number, key)).status_code == 200
            assert await _times_recorded(desk, number) == 2


async def _known(desk: Bureau) -> dict[str, str]:
    return {"authorization": f"Bearer {await desk.token('p-issuer')}"}
