"""`remit doctor` finds what is wrong, says what to do, and gives no secret away."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from starlette.applications import Starlette
from temporalio.service import RPCError
from temporalio.worker import Worker

from audit.keeper import Keeper
from audit.keys import make_key
from audit.notes import Signer
from cli.checks import machine
from cli.checks.checkpoints import checkpoints
from cli.checks.database import clock, database, projections
from cli.checks.diagnosis import (
    Diagnosis,
    carried_out,
    failed,
    ok,
    without_secrets,
)
from cli.checks.services import evidence, mail, web
from cli.checks.temporal import temporal
from cli.devstack import EmbeddedTemporal
from eventstore.postgres import PostgresEventStore
from monitoring.standing import Backlog, Standing
from readmodels.checkpoints import ConsumerLag
from readmodels.projector import open_projection_pool
from settings import Settings, secrets_of
from tests.cli.conftest import Remit
from tests.eventstore.appends import append, notice, write
from tests.notifications.mail_server import mail_server
from web.serving import listen, serving
from worker import outside_of
from workflows.client import connect
from workflows.digests import DIGESTS_SCHEDULE
from workflows.postman import POSTMAN_SCHEDULE
from workflows.watchdog import WATCHDOG_SCHEDULE, WatchdogWorkflow, schedule_watchdog

_WAY_OUT = "start it"
_MIGRATIONS = "public._pogo_migration"
_OUT_OF_REACH = "postgresql://nobody:hunter2@127.0.0.1:1/x"


def _settings(**given: object) -> Settings:
    return Settings.model_validate({"database_url": _OUT_OF_REACH} | given)


def _by_name(diagnoses: Sequence[Diagnosis]) -> dict[str, Diagnosis]:
    assert all(f.way_out for f in diagnoses if f.status != "ok")
    return {f.name: f for f in diagnoses}


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """To a log with nothing in it."""
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


def test_with_nothing_running_the_machine_is_looked_at_and_the_way_to_start_is_told(
    remit: Remit, tmp_path: Path
) -> None:
    told = remit("doctor", "--data", str(tmp_path), "--json")
    assert told.code == 6
    checks = {check["name"]: check for check in told.json["checks"]}
    assert checks["servers"]["status"] == "failed"
    assert checks["servers"]["message"] == f"no Remit runs in {tmp_path}"
    assert "start one with `remit up`" in checks["servers"]["way_out"]
    assert checks["python"]["status"] == checks["time zones"]["status"] == "ok"
    assert checks["packages"] == {
        "name": "packages",
        "status": "ok",
        "message": checks["packages"]["message"],
        "way_out": None,
    }
    assert checks["embedded PostgreSQL"]["message"].startswith("postgres (PostgreSQL) ")
    assert checks["embedded Temporal"]["message"].startswith("temporal version ")
    assert told.json["error"]["code"] == "unwell"
    text = remit("doctor", "--data", str(tmp_path))
    assert text.code == 6
    assert "unwell: " in text.err
    assert "start one with `remit up`" in text.words


def test_servers_that_are_gone_are_told_of_each_and_no_secret_is_shown(
    remit: Remit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = {"database_url": _OUT_OF_REACH, "temporal_address": "127.0.0.1:1"}
    (tmp_path / "stack.json").write_text(json.dumps(word))
    monkeypatch.setenv("REMIT_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("REMIT_SMTP_PORT", "1")
    monkeypatch.setenv("REMIT_SMTP_PASSWORD", "swordfish")
    told = remit("doctor", "--data", str(tmp_path), "--json")
    assert told.code == 6
    checks = {check["name"]: check for check in told.json["checks"]}
    for name in ("PostgreSQL", "Temporal", "mail"):
        assert checks[name]["status"] == "failed"
        assert checks[name]["way_out"]
    assert "schema" not in checks
    assert "worker" not in checks
    assert "hunter2" not in told.out
    assert "swordfish" not in told.out


async def test_a_check_that_hangs_or_breaks_is_a_finding() -> None:
    async def hang() -> Diagnosis:
        await asyncio.Event().wait()
        raise AssertionError

    async def break_off() -> Diagnosis:
        raise KeyError("what")

    async def fine() -> Diagnosis:
        return ok("fine", "yes")

    checks = {"hangs": hang(), "breaks": break_off(), "fine": fine()}
    found = await carried_out(checks, patience=0.05)
    assert [(f.name, f.status) for f in found] == [
        ("hangs", "failed"),
        ("breaks", "failed"),
        ("fine", "ok"),
    ]
    assert found[0].message == "no answer within 0.05 s"


def test_secrets_are_struck_out_of_whatever_servers_say() -> None:
    settings = _settings(
        database_url="postgresql://u:p%40ss-word@h/x?sslpassword=key-word",
        smtp_password="swordfish",
        temporal_api_key="token",
    )
    said = failed("x", "p@ss-word p%40ss-word key-word swordfish token", "not swordfish")
    (found,) = without_secrets([said], secrets_of(settings))
    assert (found.message, found.way_out) == ("*** *** *** *** ***", "not ***")


def test_packages_are_held_against_what_is_declared() -> None:
    assert machine.packages().status == "ok"
    assert machine.packages("no-such-distribution").status == "failed"


def test_a_folder_that_cannot_hold_the_data_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert machine.data_folder(tmp_path / "file" / "below").status == "failed"


async def test_a_database_without_a_schema_is_to_be_migrated(empty_database_url: str) -> None:
    found = _by_name(await database(empty_database_url, way_out=_WAY_OUT))
    assert found["PostgreSQL"].status == found["database clock"].status == "ok"
    assert found["schema"] == failed(
        "schema", "this database has none", "`remit migrate` brings it up to date"
    )
    assert "notices" not in found


async def test_an_empty_log_is_well(
    database_url: str, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    del connection
    found = await database(database_url, way_out=_WAY_OUT)
    assert [(f.name, f.status) for f in found] == [
        (name, "ok")
        for name in (
            "PostgreSQL",
            "database clock",
            "schema",
            "roles",
            "projections",
            "due moments",
            "notices",
        )
    ]


async def test_migrations_that_are_missing_or_of_a_newer_remit_are_named(
    database_url: str, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    rename = "update public._pogo_migration set migration_id = $1 where migration_id = $2"
    await connection.execute(rename, "9999_future", "0006_register")
    found = _by_name(await database(database_url, way_out=_WAY_OUT))
    assert (found["schema"].status, found["schema"].message) == (
        "failed",
        "not applied: 0006_register",
    )
    await connection.execute(
        "insert into public._pogo_migration select (jsonb_populate_record("
        "m, jsonb_build_object('migration_id', '0006_register', 'migration_hash', 'x'))).* "
        "from public._pogo_migration m where migration_id = '9999_future'"
    )
    found = _by_name(await database(database_url, way_out=_WAY_OUT))
    assert found["schema"].status == "warning"
    assert "9999_future" in found["schema"].message


async def test_a_login_that_lacks_a_role_is_told_which_grant(
    database_url: str, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    login = f"login-{uuid4()}"
    await connection.execute(f'create role "{login}" login')
    await connection.execute(f'grant remit_projector to "{login}"')
    try:
        url = database_url.replace("//postgres@", f"//{login}@")
        found = _by_name(await database(url, way_out=_WAY_OUT))
        assert found["roles"].status == "failed"
        assert found["roles"].way_out == (
            f'as owner: grant remit_appender to "{login}"; grant remit_auditor to "{login}"'
        )
        assert "notices" not in found
        await connection.execute(f'grant remit_appender, remit_auditor to "{login}"')
        found = _by_name(await database(url, way_out=_WAY_OUT))
        assert found["schema"].way_out == f'as owner: grant select on {_MIGRATIONS} to "{login}"'
        await connection.execute(f'grant select on {_MIGRATIONS} to "{login}"')
        found = _by_name(await database(url, way_out=_WAY_OUT))
        assert {f.status for f in found.values()} == {"ok"}
    finally:
        await connection.execute(f'drop owned by "{login}"')
        await connection.execute(f'drop role "{login}"')


async def test_a_wrong_login_is_refused_not_out_of_reach(database_url: str) -> None:
    url = database_url.replace("//postgres@", "//nobody-of-that-name@")
    (found,) = await database(url, way_out=_WAY_OUT)
    assert found.status == "failed"
    assert found.message.startswith("refuses: ")


async def test_what_the_log_waits_for_is_told(
    database_url: str, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    async with PostgresEventStore.open(database_url) as store:
        await store.append(append("c1", write(next_wake=an_hour_ago, notices=[notice(1)])))
    found = _by_name(await database(database_url, way_out=_WAY_OUT))
    assert found["due moments"].status == "failed"
    assert found["due moments"].message.startswith("1 instructions and recurrences are past")
    assert found["projections"].message.endswith(", at most 1 events behind")
    assert found["projections"].status == found["notices"].status == "ok"

    await connection.execute("alter table remit.events disable trigger all")
    await connection.execute(
        "update remit.events set recorded_at = recorded_at - interval '1 hour'"
    )
    await connection.execute("insert into remit.checkpoints values ('register', 1, 1)")
    found = _by_name(await database(database_url, way_out=_WAY_OUT))
    assert found["notices"].status == "warning"
    assert found["notices"].message.startswith("1 undelivered, the oldest for 1:00:0")
    assert found["projections"].status == "warning"
    assert "periods is 1 events behind, since 1:00:0" in found["projections"].message
    assert "register" not in found["projections"].message


def test_a_read_model_of_an_epoch_that_is_over_is_told() -> None:
    nothing = Backlog(count=0, seconds=0)
    lag = ConsumerLag(
        projection="register", position=9, head=9, lag=0, seconds=0, epoch_over=True, leader=None
    )
    found = Standing(
        position=9,
        lags=[lag],
        unsent=nothing,
        overdue=nothing,
        uncovered=nothing,
        checkpoint_age=None,
    )
    assert projections(found).message == "register is 0 events behind, since 0:00:00"
    well = replace(found, lags=[replace(lag, epoch_over=False)])
    assert projections(well) == ok("projections", "1, at most 0 events behind")


async def test_a_clock_apart_is_told(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    assert (await clock(connection)).status == "ok"
    await connection.execute("create schema ahead")
    await connection.execute(
        "create function ahead.clock_timestamp() returns timestamptz language sql"
        " as $$ select pg_catalog.clock_timestamp() + interval '10 s' $$"
    )
    await connection.execute("set search_path = ahead, pg_catalog")
    found = await clock(connection)
    assert found.status == "warning"
    assert found.message.startswith(("9.", "10."))


async def test_temporal_without_a_worker_or_a_watchdog(temporal_server: EmbeddedTemporal) -> None:
    client = await connect(temporal_server.address)
    for left_by_others in (WATCHDOG_SCHEDULE, POSTMAN_SCHEDULE, DIGESTS_SCHEDULE):
        with suppress(RPCError):
            await client.get_schedule_handle(left_by_others).delete()
    queue = f"remit-{uuid4()}"
    settings = _settings(temporal_address=temporal_server.address, temporal_task_queue=queue)
    found = _by_name(await temporal(settings, way_out=_WAY_OUT))
    assert found["Temporal"].status == found["namespace"].status == "ok"
    assert found["worker"].message == f"none polls the task queue {queue}"
    assert found["deliveries"].message == f"none polls the task queue {queue}-deliveries"

    handle = client.get_schedule_handle(WATCHDOG_SCHEDULE)
    await schedule_watchdog(client, queue)
    try:
        await handle.pause()
        found = _by_name(await temporal(settings, way_out=_WAY_OUT))
        assert found["watchdog"].message == "its schedule is paused"
        await handle.unpause()
        found = _by_name(await temporal(settings, way_out=_WAY_OUT))
        assert found["watchdog"].status == "ok"
    finally:
        await handle.delete()
    found = _by_name(await temporal(settings, way_out=_WAY_OUT))
    for each in ("watchdog", "postman", "digests"):
        assert found[each].message == "its schedule is not there"


async def test_a_worker_of_workflows_only_is_none(temporal_server: EmbeddedTemporal) -> None:
    queue = f"remit-{uuid4()}"
    settings = _settings(temporal_address=temporal_server.address, temporal_task_queue=queue)
    client = await connect(temporal_server.address)
    async with Worker(client, task_queue=queue, workflows=[WatchdogWorkflow]):
        found = _by_name(await temporal(settings, way_out=_WAY_OUT))
    assert found["worker"].status == "failed"


async def test_a_namespace_that_is_not_there(temporal_server: EmbeddedTemporal) -> None:
    settings = _settings(temporal_address=temporal_server.address, temporal_namespace="elsewhere")
    found = _by_name(await temporal(settings, way_out=_WAY_OUT))
    assert found["namespace"].status == "failed"
    assert "create -n elsewhere" in (found["namespace"].way_out or "")


async def test_the_mail_server_is_greeted_and_sent_nothing() -> None:
    assert (await mail(_settings())).status == "ok"
    async with mail_server() as server:
        there = {"smtp_host": "127.0.0.1", "smtp_port": server.port}
        unencrypted = await mail(_settings(**there))
        assert unencrypted.message.endswith("does not offer STARTTLS")
        assert (await mail(_settings(**there, smtp_starttls=False))).status == "ok"
        account = {"smtp_username": "u", "smtp_password": "hunter2", "smtp_starttls": False}
        assert (await mail(_settings(**there, **account))).status == "failed"
    assert server.received == []


async def test_the_store_of_evidence_must_take_something(tmp_path: Path) -> None:
    assert (await evidence(_settings())).status == "ok"
    assert (await evidence(_settings(evidence_url=tmp_path.as_uri()))).status == "ok"
    missing = await evidence(_settings(evidence_url=(tmp_path / "no").as_uri()))
    assert missing.status == "failed"


async def test_the_web_must_answer_where_people_reach_it() -> None:
    assert (await web(_settings())).message.startswith("not set (REMIT_WEB_URL)")
    gone = await web(_settings(web_url="http://127.0.0.1:1"))
    assert (gone.status, "REMIT_WEB_URL" in (gone.way_out or "")) == ("failed", True)
    nothing_there = Starlette()
    async with serving(nothing_there, listen("127.0.0.1", 0)) as url:
        other = await web(_settings(web_url=url))
    assert (other.status, other.message) == ("failed", f"{url} answers 404")


async def test_checkpoints_need_a_key_and_a_place_outside(
    database_url: str, connection: "asyncpg.Connection[asyncpg.Record]", tmp_path: Path
) -> None:
    del connection
    assert (await checkpoints(_settings())).message.startswith("not set (REMIT_AUDIT_KEY_FILE)")
    key, place = tmp_path / "key", tmp_path / "outside"
    place.mkdir()

    def here(**given: object) -> Settings:
        return _settings(database_url=database_url, audit_url=place.as_uri(), **given)

    keyless = await checkpoints(here())
    assert (keyless.status, "no key to read them with" in keyless.message) == ("warning", True)
    unreadable = await checkpoints(here(audit_key_file=key))
    assert (unreadable.status, str(key) in unreadable.message) == ("failed", True)
    signer = make_key(key, "remit.example/log")
    other = Signer.new("remit.example/log").verifier.text
    differs = await checkpoints(here(audit_key_file=key, audit_public_key=other))
    assert (differs.status, "is not the one that" in differs.message) == ("failed", True)
    alone = await checkpoints(_settings(database_url=database_url, audit_key_file=key))
    assert (alone.status, "only in the database" in alone.message) == ("warning", True)
    assert (await checkpoints(here(audit_public_key=signer.verifier.text))).message == (
        "none is outside; 0 events are newer"
    )
    place.rename(tmp_path / "gone")
    gone = await checkpoints(here(audit_key_file=key))
    assert (gone.status, "REMIT_AUDIT_URL" in (gone.way_out or "")) == ("failed", True)


async def test_checkpoints_are_told_by_number_and_age_and_must_keep_up(
    database_url: str, connection: "asyncpg.Connection[asyncpg.Record]", tmp_path: Path
) -> None:
    signer = make_key(tmp_path / "key", "remit.example/log")
    settings = _settings(
        database_url=database_url,
        audit_url=tmp_path.as_uri(),
        audit_key_file=tmp_path / "key",
    )
    outside = outside_of(settings)
    async with (
        PostgresEventStore.open(database_url) as store,
        open_projection_pool(database_url, pool_size=1) as pool,
    ):
        await store.append(append("c1", write()))
        assert "none is outside; 1 events are newer" in (await checkpoints(settings)).message
        await Keeper(pool, signer, outside).keep()
        kept = await checkpoints(settings)
        assert kept.status == "ok"
        assert kept.message.startswith("number 1 is outside, over 1 events, 0:00:0")
        assert kept.message.endswith(" old; 0 events are newer")

        await store.append(append("c2", write("instruction-2"), request="other"))
        assert (await checkpoints(settings)).status == "ok"
        await connection.execute("alter table remit.events disable trigger all")
        await connection.execute(
            "update remit.events set recorded_at = recorded_at - interval '1 hour' where position = 2"
        )
        late = await checkpoints(settings)
        assert (late.status, "1 events are newer, the oldest for 1:00:0" in late.message) == (
            "warning",
            True,
        )
        await connection.execute("update remit.counter set position = 0")
        cut = await checkpoints(settings)
        assert (cut.status, "the log has 1 events less" in cut.message) == ("failed", True)
    elsewhere = await checkpoints(settings.model_copy(update={"database_url": _OUT_OF_REACH}))
    assert (elsewhere.status, "could not be asked" in elsewhere.message) == ("ok", True)
    (tmp_path / "checkpoint").write_text("forged")
    assert (await checkpoints(settings)).status == "failed"
