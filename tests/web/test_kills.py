"""A web that is killed while clients send commands; `python -m bench web-kills` does it to the worker as well, and more often."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bench.deployed import WebProcess
from bench.web.ground import free_port
from bench.web.killing import kill_while_commanding
from tests.web.bureau import Bureau

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def web(desk: Bureau) -> AsyncIterator[tuple[WebProcess, str]]:
    """A process of its own, beside the one that the bureau has, before the same worker; and its URL."""
    port = free_port()
    settings = {
        "REMIT_DATABASE_URL": desk.settings.database_url,
        "REMIT_TEMPORAL_ADDRESS": desk.settings.temporal_address,
        "REMIT_TEMPORAL_TASK_QUEUE": desk.settings.temporal_task_queue,
        "REMIT_IDENTITY_KEY_FILE": str(desk.settings.identity_key_file),
        "REMIT_WEB_PORT": str(port),
    }
    async with WebProcess(settings) as process:
        yield process, f"http://127.0.0.1:{port}"


async def test_each_acknowledged_command_is_recorded_exactly_once(
    desk: Bureau, web: tuple[WebProcess, str]
) -> None:
    process, url = web
    found = await kill_while_commanding(
        url=url,
        token=await desk.token("p-issuer"),
        store=desk.store,
        processes={"web": process},
        kills=2,
        clients=4,
        seed=1,
    )
    assert found.kills == {"web": 2}
    assert found.acknowledged >= 8
    assert found.each_once, found
