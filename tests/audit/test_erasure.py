"""Who is erased gets a receipt that holds; what stopped half-way is found, and completed by erasing again."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from audit.erasure import (
    Covering,
    HalfErased,
    NotErased,
    UnknownPerson,
    persons_on_record,
    receipt,
)
from audit.offline import verify
from domain.identifiers import DIRECTORY_STREAM
from eventstore.persons import Person, PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from tests.audit.bundle_story import OFFICER, erase, told
from tests.audit.bundles import SIGNER, SignedLog
from tests.cli.up import REMIT, Answer, environment
from tests.programmes import ADMINISTRATOR, set_up

AT = datetime(2026, 11, 23, tzinfo=UTC)


async def _covering(log: SignedLog, size: int | None = None) -> Covering:
    checkpoint = await log.sign(size)
    tree = await log.tree(checkpoint.checkpoint.size)
    return Covering(checkpoint=checkpoint, tree=tree, verifier=SIGNER.verifier)


async def _receipt(log: SignedLog, covering: Covering | None = None) -> dict[str, Any]:
    given = await receipt(log.store, log.persons, OFFICER, covering, AT)
    return json.loads(json.dumps(given))  # as it is handed over


async def test_the_receipt_proves_the_erasure() -> None:
    log = await told()
    [before] = await persons_on_record(log.store, log.persons, OFFICER)
    await erase(log, OFFICER, AT)
    given = await _receipt(log, await _covering(log))
    assert [one["position"] for one in given["commitments"]] == [before.committed[0].position]
    assert given["erased"]["by"]["actor"] == ADMINISTRATOR
    assert "Officer 7" not in json.dumps(given)
    account = verify.verify_receipt(given, SIGNER.verifier.text)
    assert account.good, account.text()
    assert f"at 2026-11-24T00:00:00.000000Z by {ADMINISTRATOR}" in account.text()


async def test_before_a_checkpoint_covers_it_the_receipt_says_so() -> None:
    log = await told()
    covering = await _covering(log)
    await erase(log, OFFICER, AT)
    for early in (None, covering):
        given = await _receipt(log, early)
        assert given["checkpoint"] is None
        assert "remit audit receipt" in given["way_out"]
        assert not verify.verify_receipt(given).good


async def test_a_receipt_that_was_changed_does_not_hold() -> None:
    log = await told()
    await erase(log, OFFICER, AT)
    given = await _receipt(log, await _covering(log))
    other = {**deepcopy(given), "person": "p-0001"}
    earlier = deepcopy(given)
    earlier["erased"]["occurred_at"] = "2026-01-01T00:00:00.000000Z"
    rewritten = deepcopy(given)
    rewritten["events"][-1]["body"] = rewritten["events"][-1]["body"].replace("wish", "bidding")
    shorter = {**deepcopy(given), "events": given["events"][:-1]}
    for changed in (other, earlier, rewritten, shorter):
        assert changed != given
        assert verify.verify_receipt(changed).failures


async def test_nobody_gets_a_receipt_who_is_not_erased() -> None:
    log = await told()
    with pytest.raises(NotErased, match=f"{OFFICER} is not erased"):
        await _receipt(log)
    with pytest.raises(UnknownPerson, match="p-none"):
        await receipt(log.store, log.persons, "p-none", None, AT)


async def test_an_erasure_that_was_recorded_and_not_done_is_found() -> None:
    log = await told()
    await erase(log, OFFICER, AT)
    await log.persons.put(Person(person_id=OFFICER, name="Officer 7", email=None, salt=b"s" * 32))
    with pytest.raises(HalfErased, match=r"1 name\(s\) of theirs are still kept"):
        await _receipt(log)


async def test_an_erasure_that_was_done_and_not_recorded_is_found() -> None:
    """As after a failover that lost the end of the log."""
    log = await told()
    await log.persons.erase(OFFICER)
    with pytest.raises(HalfErased, match="the log does not say that they were erased"):
        await _receipt(log)
    await erase(log, OFFICER, AT)
    assert (await _receipt(log))["erased"]["position"] == await log.store.head()


async def test_what_is_kept_of_somebody_the_log_does_not_know_is_found() -> None:
    log = await told()
    await log.persons.put(Person(person_id="p-new", name="New", email=None, salt=b"s" * 32))
    found = {one.person: one.standing for one in await persons_on_record(log.store, log.persons)}
    assert found == {
        "p-0001": "kept",
        "p-0002": "kept",
        "p-0004": "kept",
        OFFICER: "kept",
        "p-new": "not-registered",
    }


async def _remit(url: str, *arguments: str) -> Answer:
    process = await asyncio.create_subprocess_exec(
        REMIT,
        *arguments,
        env=_environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Answer(code=process.returncode, out=out.decode(), err=err.decode())


def _environment(url: str) -> Mapping[str, str]:
    return environment() | {"REMIT_DATABASE_URL": url}


_ERASE = (
    "erase-person",
    OFFICER,
    "--reason",
    "At their own wish.",
    "--as",
    ADMINISTRATOR,
    "--json",
)


async def test_killed_between_the_event_and_the_rows_it_is_found_and_completed(
    database_url: str,
) -> None:
    """The rows are locked, so that the process waits just there; then it is killed, connection and all."""
    async with (
        PostgresEventStore.open(database_url) as store,
        PostgresPersonStore.open(database_url) as persons,
    ):
        await set_up(store, persons=persons)
        head = await store.head()
        superuser, locking = [await asyncpg.connect(database_url) for _ in range(2)]
        try:
            async with locking.transaction():
                lock = "select from remit.persons where person_id = $1 for update"
                await locking.execute(lock, OFFICER)
                erasing = await asyncio.create_subprocess_exec(
                    REMIT,
                    *_ERASE,
                    env=_environment(database_url),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                )
                waiting = await _waiting_for_the_lock(superuser, erasing)
                os.kill(erasing.pid, signal.SIGKILL)
                await erasing.wait()
                await superuser.execute("select pg_terminate_backend($1)", waiting)
        finally:
            await locking.close()
            await superuser.close()
        assert await store.head() == head + 1, "the log says that they were erased"
        assert await persons.kept(OFFICER) == {OFFICER: 1}, "and they are not"

        listed = await _remit(database_url, "audit", "receipt", "--json")
        assert listed.code == 5
        [erasure] = listed.json["erasures"]
        assert (erasure["person"], erasure["standing"]) == (OFFICER, "rows-left")
        refused = await _remit(database_url, "audit", "receipt", OFFICER)
        assert refused.code == 5
        assert "erase-person p-0007` again completes it" in refused.words

        completed = await _remit(database_url, *_ERASE)
        assert (completed.code, completed.json["erased"]) == (0, True)
        assert completed.json["receipt"]["erased"]["position"] == head + 1
        assert await persons.kept(OFFICER) == {}
        assert await store.head() == head + 1, "and it is recorded once"

        again = await _remit(database_url, "audit", "receipt", OFFICER)
        assert again.code == 0
        assert again.json["erased"] == completed.json["receipt"]["erased"]
        listed = await _remit(database_url, "audit", "receipt")
        assert (listed.code, "erased" in listed.out) == (0, True)


async def _waiting_for_the_lock(
    superuser: "asyncpg.Connection[asyncpg.Record]", erasing: asyncio.subprocess.Process
) -> int:
    """The backend that waits to delete the person's rows, once there is one."""
    query = """
        select pid from pg_stat_activity
        where wait_event_type = 'Lock' and query like '%delete from remit.persons%'
    """
    async with asyncio.timeout(300):
        while (pid := await superuser.fetchval(query)) is None:
            assert erasing.returncode is None, await erasing.communicate()
            await asyncio.sleep(0.05)
    return pid


async def test_rows_deleted_by_hand_are_found_and_the_erasure_recorded(database_url: str) -> None:
    async with (
        PostgresEventStore.open(database_url) as store,
        PostgresPersonStore.open(database_url) as persons,
    ):
        await set_up(store, persons=persons)
        await persons.erase(OFFICER)
        listed = await _remit(database_url, "audit", "receipt", "--json")
        assert (listed.code, listed.json["erasures"][0]["standing"]) == (5, "not-recorded")
        completed = await _remit(database_url, *_ERASE)
        assert (completed.code, completed.json["erased"]) == (0, False)
        last = (await store.read_stream(DIRECTORY_STREAM))[-1]
        assert last.type == "PersonErased"
        assert completed.json["receipt"]["erased"]["position"] == last.position
