"""Exporting as a user does it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Remit

PROGRAMME = "union-2024-2026"

pytestmark = pytest.mark.usefixtures("here")


def test_the_whole_log_is_exported_in_order(remit: Remit, tmp_path: Path) -> None:
    output = tmp_path / "log.jsonl"
    told = remit("export", "--all", "--format", "jsonl", "-o", str(output), "--json")
    assert told.code == 0, told.out
    lines = output.read_text(encoding="utf-8").splitlines()
    positions = [json.loads(line)["position"] for line in lines]
    assert positions == list(range(1, told.json["until_position"] + 1))
    assert told.json["events"] == len(lines)


def test_a_programme_is_exported_for_process_mining(remit: Remit, tmp_path: Path) -> None:
    files = tmp_path / "log.json", tmp_path / "log.sqlite"
    told = [
        remit("export", PROGRAMME, "--format", format_, "-o", str(file), "--json").json
        for format_, file in zip(("ocel-json", "ocel-sqlite"), files, strict=True)
    ]
    made = json.loads(files[0].read_text(encoding="utf-8"))
    measures = [one for one in made["objects"] if one["type"] == "instruction"]
    assert len(measures) >= 310
    with closing(sqlite3.connect(files[1])) as database:
        assert database.execute("select count(*) from event").fetchone()[0] == told[1]["events"]
    assert told[0]["events"] == len(made["events"])


def test_one_instruction_is_exported_as_tables(remit: Remit, tmp_path: Path) -> None:
    """One that is closed: into others the machinery records what falls due, whenever that is."""
    output = tmp_path / "one.csv"
    number = remit("list", "--phase", "Completed", "--limit", "1", "--json").json[0]["number"]
    told = remit("export", number, "--format", "csv", "-o", str(output), "--json").json
    assert told["files"] == [str(output), str(tmp_path / "one-register.csv")]
    assert told["instructions"] == 1
    events = remit("history", number, "--json").json
    assert told["events"] == len(events)
    shown = remit("export", number, "--format", "xlsx", "-o", str(tmp_path / "one.xlsx"))
    assert (shown.code, f"{len(events)} events" in shown.words) == (0, True)


def test_as_recorded_is_what_the_log_held(remit: Remit, tmp_path: Path) -> None:
    output = ("--format", "jsonl", "-o", str(tmp_path / "then.jsonl"))
    told = remit("export", PROGRAMME, *output, "--as-recorded", "2020-01-01", "--json")
    assert told.json["events"] == 0


def test_what_makes_no_sense_is_refused(remit: Remit, tmp_path: Path) -> None:
    output = ("--format", "jsonl", "-o", str(tmp_path / "log.jsonl"))
    assert remit("export", *output).code == 2
    assert remit("export", PROGRAMME, "--all", *output).code == 2
    unknown = remit("export", "nonesuch", *output)
    assert (unknown.code, unknown.err.split()[0]) == (3, "not-issued")
    assert remit("export", PROGRAMME, "--kind", "instruction", *output).code == 3
    assert remit("export", "--all", "--kind", "programme", *output).code == 2
    (tmp_path / "log.jsonl").write_text("mine")
    there = remit("export", PROGRAMME, *output)
    assert (there.code, "is there already" in there.words) == (2, True)
    nowhere = remit("export", PROGRAMME, "--format", "csv", "-o", str(tmp_path / "no" / "x.csv"))
    assert (nowhere.code, "cannot be written" in nowhere.words) == (2, True)
