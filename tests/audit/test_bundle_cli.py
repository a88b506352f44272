"""`remit audit bundle` on a database: from the key and the checkpoint to the verdict of the unzipped verify.py."""

import asyncio
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from cli import main
from domain.identifiers import instruction_id
from domain.programme.report import percent
from eventstore.persons import PostgresPersonStore
from eventstore.postgres import PostgresEventStore
from tests.audit.bundles import verify_elsewhere
from tests.audit.full_disk import no_room_left
from tests.cli.up import Answer
from tests.importing.rows import row, row_until
from tests.programmes import PROGRAMME, REGISTRAR, Row, import_rows, set_up

Remit = Callable[..., Answer]

FIRST = (row("N-1"), row_until("extension_requested_on", "N-2"))
LATER = (row_until("returned_on", "N-3"),)


@pytest.fixture
async def database(database_url: str) -> str:
    """A log with two measures in it."""
    await _enter(database_url, *FIRST)
    return database_url


async def _enter(url: str, *rows: Row) -> None:
    async with (
        PostgresEventStore.open(url) as store,
        PostgresPersonStore.open(url) as persons,
    ):
        handler = await set_up(store, persons=persons)
        assert (await import_rows(store, handler, rows)).problems == ()


@dataclass(frozen=True, kw_only=True)
class Office:
    """Where the log's key is, with a folder for what is made."""

    url: str
    folder: Path
    remit: Remit

    def bundle(self, subject: str, name: str, *arguments: str) -> dict[str, object]:
        file = str(self.folder / name)
        answer = self.remit("audit", "bundle", subject, "-o", file, "--json", *arguments)
        assert answer.code == 0, answer.words
        return answer.json

    def unzipped(self, name: str) -> dict[str, bytes]:
        with zipfile.ZipFile(self.folder / name) as archive:
            return {one: archive.read(one) for one in archive.namelist()}


@pytest.fixture
def office(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Office:
    def remit(*arguments: str) -> Answer:
        capsys.readouterr()
        code = main.run(arguments)
        written = capsys.readouterr()
        return Answer(code=code, out=written.out, err=written.err)

    monkeypatch.setenv("REMIT_DATABASE_URL", database)
    key = tmp_path / "key"
    assert remit("audit", "key", str(key), "--name", "remit/office").code == 0
    monkeypatch.setenv("REMIT_AUDIT_KEY_FILE", str(key))
    return Office(url=database, folder=tmp_path, remit=remit)


def test_a_programme_and_a_measure_from_the_log_to_the_verdict(
    office: Office, tmp_path: Path
) -> None:
    early = office.remit("audit", "bundle", PROGRAMME, "-o", str(tmp_path / "early.zip"))
    assert early.code == 3
    assert "`remit audit checkpoint` signs the log as it is now" in early.words
    assert not (tmp_path / "early.zip").exists()

    signed = office.remit("audit", "checkpoint", "--json").json
    asyncio.run(_enter(office.url, *LATER))
    made = office.bundle(PROGRAMME, "first.zip")
    assert made["ends_signed"]
    assert made["not_covered"], "the third measure came after the checkpoint"
    files = office.unzipped("first.zip")
    figures = json.loads(files["report.json"])["figures"]
    assert (figures["total"], figures["implemented"]) == (2, 1)
    key = files["key"].decode().strip()
    (tmp_path / "held").write_text(signed["note"])
    verdict = verify_elsewhere(
        files, tmp_path / "a", "--key", key, "--checkpoint", str(tmp_path / "held")
    )
    assert verdict.code == 0, verdict.text
    assert f"implemented 1 of 2 ({percent(1, 2)})" in verdict.text

    assert office.remit("audit", "checkpoint").code == 0
    held = str(signed["checkpoint"]["size"])
    made = office.bundle(PROGRAMME, "second.zip", "--held", held, "--openings")
    assert made["not_covered"] == []
    assert made["persons_disclosed"]
    files = office.unzipped("second.zip")
    report = office.remit("report", PROGRAMME, "--as-recorded", made_at(made), "--json").json
    ours = json.loads(files["report.json"])
    for name in ("implemented_line", "behind_schedule_line", "execution_discipline"):
        assert ours[name] == report[name]
    verdict = verify_elsewhere(
        files, tmp_path / "b", "--key", key, "--checkpoint", str(tmp_path / "held")
    )
    assert verdict.code == 0, verdict.text
    assert f"{REGISTRAR}: Registrar 1" in verdict.text

    made = office.bundle("N-2", "measure.zip", "--checkpoint", held)
    assert (made["kind"], made["not_covered"]) == ("instruction", [])
    verdict = verify_elsewhere(office.unzipped("measure.zip"), tmp_path / "c")
    assert verdict.code == 0, verdict.text


def made_at(made: dict[str, object]) -> str:
    checkpoint = made["checkpoint"]
    assert isinstance(checkpoint, dict)
    return str(checkpoint["time"])  # pyright: ignore[reportUnknownArgumentType]


def test_a_log_that_was_altered_gives_no_bundle(office: Office, tmp_path: Path) -> None:
    assert office.remit("audit", "checkpoint").code == 0
    asyncio.run(_alter(office.url))
    refused = office.remit("audit", "bundle", "N-1", "-o", str(tmp_path / "bundle.zip"))
    assert refused.code == 7
    assert "the event is not the one that the log has there" in refused.words
    assert not (tmp_path / "bundle.zip").exists()


_SOMEBODY_ELSE = "update remit.events set actor = 'p-0001' where type = 'InstructionAssigned'"


async def _alter(url: str, statement: str = _SOMEBODY_ELSE) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("alter table remit.events disable trigger all")
        assert await connection.execute(statement) != "UPDATE 0"
    finally:
        await connection.close()


def test_the_read_models_hide_no_measure(office: Office) -> None:
    assert office.remit("audit", "checkpoint").code == 0
    assert office.remit("list", "--json").code == 0
    asyncio.run(_alter(office.url, "delete from readmodel.register where number = 'N-2'"))
    office.bundle(PROGRAMME, "bundle.zip")
    report = json.loads(office.unzipped("bundle.zip")["report.json"])
    assert [measure["number"] for measure in report["measures"]] == ["N-1", "N-2"]


_TO_ANOTHER = f"""
    body = convert_to(replace(
        convert_from(body, 'UTF8'), '"programme":"{PROGRAMME}"', '"programme":"another"'
    ), 'UTF8')
"""


@pytest.mark.parametrize("change", ["type = 'Commented'", _TO_ANOTHER])
def test_a_measure_that_was_altered_out_of_its_programme_is_not_signed_away(
    office: Office, tmp_path: Path, change: str
) -> None:
    """Of what is in the bundle each event is proved; this is not in it."""
    assert office.remit("audit", "checkpoint").code == 0
    founding = f"stream_id = '{instruction_id('N-2')}' and version = 1"
    asyncio.run(_alter(office.url, f"update remit.events set {change} where {founding}"))
    refused = office.remit("audit", "bundle", PROGRAMME, "-o", str(tmp_path / "bundle.zip"))
    assert refused.code == 7
    assert "measures may be missing" in refused.words
    assert not (tmp_path / "bundle.zip").exists()


def test_it_says_what_is_wrong(office: Office, tmp_path: Path) -> None:
    assert office.remit("audit", "checkpoint").code == 0
    there = tmp_path / "there.zip"
    there.write_bytes(b"x")
    taken = office.remit("audit", "bundle", "N-1", "-o", str(there))
    assert (taken.code, "name a new file" in taken.words) == (2, True)
    unknown = office.remit("audit", "bundle", "N-9", "-o", str(tmp_path / "new.zip"))
    assert (unknown.code, "no instruction or programme N-9" in unknown.words) == (3, True)
    none = office.remit(
        "audit", "bundle", "N-1", "-o", str(tmp_path / "n.zip"), "--checkpoint", "7"
    )
    assert (none.code, "no checkpoint over 7 events was signed" in none.words) == (3, True)
    assert "leave --checkpoint out" in none.words


def test_a_full_disk_leaves_no_half_of_a_bundle(office: Office, tmp_path: Path) -> None:
    assert office.remit("audit", "checkpoint").code == 0
    before = sorted(tmp_path.iterdir())
    with no_room_left():
        full = office.remit("audit", "bundle", "N-1", "-o", str(tmp_path / "new.zip"))
    assert (full.code, "new.zip cannot be written" in full.words) == (2, True)
    assert sorted(tmp_path.iterdir()) == before
