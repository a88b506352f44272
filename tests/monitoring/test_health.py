"""Ready or not, and which server is missing; and figures that nobody can know."""

import math

import asyncpg
import httpx
import pytest
from temporalio.client import Client

from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from monitoring.app import monitoring_app
from monitoring.gauges import Gauges
from monitoring.health import Health
from readmodels.projector import open_projection_pool
from telemetry.metrics import Metrics
from tests.conftest import EMPTY, fresh_database
from workflows.client import connect

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _asked(health: Health) -> tuple[int, dict[str, str]]:
    metrics = Metrics()
    app = monitoring_app(metrics, Gauges(metrics, _nobody(), seconds=0), health)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://remit") as reader:
        assert (await reader.get("/health/live")).status_code == 200
        answer = await reader.get("/health/ready")
    return answer.status_code, answer.json()


def _nobody() -> "asyncpg.Pool[asyncpg.Record]":
    """A pool whose server is not there."""
    return asyncpg.create_pool("postgresql://x:y@127.0.0.1:1/z", min_size=0)


async def test_with_its_servers_it_is_ready(
    pool: "asyncpg.Pool[asyncpg.Record]", temporal_server: EmbeddedTemporal
) -> None:
    client = await connect(temporal_server.address)
    assert await _asked(Health(pool, client)) == (
        200,
        {"database": "ok", "schema": "ok", "temporal": "ok"},
    )


async def test_one_that_does_without_temporal_does_not_ask_it(
    pool: "asyncpg.Pool[asyncpg.Record]",
) -> None:
    assert await _asked(Health(pool, None)) == (200, {"database": "ok", "schema": "ok"})


async def test_without_temporal_it_is_not_ready(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    gone = await Client.connect("127.0.0.1:1", lazy=True)
    assert await _asked(Health(pool, gone)) == (
        503,
        {"database": "ok", "schema": "ok", "temporal": "failed"},
    )


async def test_without_the_database_it_is_not_ready() -> None:
    async with _nobody() as nobody:
        assert await _asked(Health(nobody, None)) == (
            503,
            {"database": "failed", "schema": "failed"},
        )


async def test_without_its_migrations_it_is_not_ready(
    pool: "asyncpg.Pool[asyncpg.Record]", postgres: EmbeddedPostgres
) -> None:
    del pool  # whose migrations made the roles
    async with (
        fresh_database(postgres, EMPTY) as url,
        open_projection_pool(url, pool_size=2, role="remit_auditor") as empty,
    ):
        assert await _asked(Health(empty, None)) == (503, {"database": "ok", "schema": "failed"})


async def test_a_figure_that_is_not_known_is_not_what_it_was(migrated: str) -> None:
    metrics = Metrics()
    value = metrics.registry.get_sample_value
    lag = {"projection": "register"}
    async with open_projection_pool(migrated, pool_size=1, role="remit_auditor") as soon_gone:
        gauges = Gauges(metrics, soon_gone, seconds=0)
        await gauges.refresh()
        assert (value("remit_database_up"), value("remit_notices_unsent")) == (1, 0)
        assert value("remit_projection_lag_seconds", lag) == 0
    await gauges.refresh()
    assert value("remit_database_up") == 0
    assert value("remit_projection_lag_seconds", lag) is None
    unsent = value("remit_notices_unsent")
    assert unsent is not None
    assert math.isnan(unsent)


async def test_the_database_is_not_asked_more_often_than_it_should_be(migrated: str) -> None:
    metrics = Metrics()
    async with open_projection_pool(migrated, pool_size=1, role="remit_auditor") as soon_gone:
        gauges = Gauges(metrics, soon_gone, seconds=3600)
        await gauges.refresh()
    await gauges.refresh()
    assert metrics.registry.get_sample_value("remit_database_up") == 1
