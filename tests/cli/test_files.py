"""Setting up and importing, on the real stack."""

from pathlib import Path
from uuid import uuid4

from tests.cli.conftest import ON_THE_STACK, Remit, Running
from tests.programmes import (
    ADMINISTRATOR,
    EXAMPLE_DIRECTORY,
    EXAMPLE_MEASURES,
    REGISTRAR,
    Row,
    read_rows,
    to_csv,
)

LEAD = "p-0018"

pytestmark = ON_THE_STACK


def _csv(folder: Path, rows: list[Row]) -> Path:
    file = folder / f"{uuid4()}.csv"
    file.write_bytes(to_csv(rows))
    return file


def _new_row(number: str, **changed: str) -> Row:
    """A measure of the example once more, in no programme."""
    known = next(row for row in read_rows(EXAMPLE_MEASURES) if row["number"] == "U-002")
    return known | {"number": number, "programme": "", "sector": ""} | changed


def test_the_example_is_loaded_and_imported(running: Running) -> None:
    assert (running.set_up.code, running.import_.code) == (0, 0), running.import_.err
    assert running.set_up.out == "342 recorded, 0 known already\n"
    rows, facts = 310, 1817
    assert running.import_.out == (
        f"{rows} rows: {rows} new instructions, {facts} facts recorded, 0 known already, "
        "0 rows skipped\n"
    )
    assert "310/310" in running.import_.err, "progress is shown, on the other channel"


def test_loading_and_importing_again_changes_nothing(remit: Remit) -> None:
    again = remit("set-up", str(EXAMPLE_DIRECTORY), "--as", ADMINISTRATOR, "--json")
    assert (again.code, again.json) == (0, {"commands_recorded": 0, "commands_known": 342})
    again = remit("import", str(EXAMPLE_MEASURES), "--as", REGISTRAR, "--json")
    assert again.code == 0
    assert again.json == {
        "rows": 310,
        "instructions_new": 0,
        "commands_recorded": 0,
        "commands_known": 1817,
        "rows_skipped": 0,
        "problems": [],
    }
    assert again.err == "", "no progress beside JSON"


def test_a_bad_file_is_reported_in_full_and_imported_not_at_all(
    remit: Remit, tmp_path: Path, number: str
) -> None:
    rows = [
        _new_row(f"{number}-a"),
        _new_row(f"{number}-b", lead="nobody"),
        _new_row(f"{number}-c", deadline="31.12.2026", text=""),
    ]
    file = _csv(tmp_path, rows)
    told = remit("import", str(file), "--as", REGISTRAR)
    assert told.code == 5
    for row in rows:
        assert remit("show", row["number"]).code == 3
    for line, column in ((3, "lead"), (4, "deadline"), (4, "text")):
        assert any(row.split()[:2] == [str(line), column] for row in told.err.splitlines())
    assert f"bad-file: {file} has 3 problems; nothing was imported" in told.err

    in_json = remit("import", str(file), "--as", REGISTRAR, "--json")
    assert in_json.code == 5
    problems = in_json.json["problems"]
    assert {(p["line"], p["column"]) for p in problems} == {
        (3, "lead"),
        (4, "deadline"),
        (4, "text"),
    }
    assert all(p["reason"] for p in problems)
    assert in_json.json["commands_recorded"] == 0
    assert in_json.json["error"]["code"] == "bad-file"


def test_bad_rows_can_be_skipped(remit: Remit, tmp_path: Path, number: str) -> None:
    good, bad = _new_row(f"{number}-a"), _new_row(f"{number}-b", lead="nobody")
    file = _csv(tmp_path, [good, bad])
    told = remit("import", str(file), "--as", REGISTRAR, "--skip-bad")
    assert told.code == 0
    assert (
        "2 rows: 1 new instructions, 6 facts recorded, 0 known already, 1 rows skipped" in told.out
    )
    assert "no body nobody is known" in told.words
    assert remit("show", f"{number}-a").code == 0
    assert remit("show", f"{number}-b").code == 3


def test_nobody_imports_but_a_registrar(remit: Remit, tmp_path: Path, number: str) -> None:
    file = _csv(tmp_path, [_new_row(number)])
    told = remit("import", str(file), "--as", LEAD)
    assert told.code == 5
    assert "registrar" in told.words
