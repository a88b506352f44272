"""pm4py, in an environment of its own, reads both OCEL files and finds in them what we put there."""

import json
import subprocess
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.audit.exported import export_all, log_of_everything

_ROOT = Path(__file__).parent.parent.parent
_PYTHON = _ROOT / ".venv-ocel" / "bin" / "python"
_CONSTRAINTS = 24
"""Of OCEL 2.0's relational schema, as pm4py checks them."""


async def test_pm4py_reads_back_what_was_exported(tmp_path: Path) -> None:
    if not _PYTHON.exists():
        pytest.skip("there is no .venv-ocel: make test makes it")
    store = await log_of_everything()
    files = tmp_path / "log.json", tmp_path / "log.sqlite"
    counts = await export_all(store, "ocel-json", files[0])
    assert counts == await export_all(store, "ocel-sqlite", files[1])
    made = json.loads(files[0].read_text(encoding="utf-8"))

    found = _read_back(*files)
    assert found["constraints_unsatisfied"] == []
    assert found["constraints_satisfied"] == _CONSTRAINTS
    relations = [
        [one["id"], relation["objectId"], relation["qualifier"]]
        for one in made["events"]
        for relation in one["relationships"]
    ]
    assert found["sqlite"]["relations"] == sorted(relations)
    # Of an event's several relations to one object pm4py keeps one, when it reads JSON.
    pairs = {(event, object_) for event, object_, _ in relations}
    assert [(event, object_) for event, object_, _ in found["json"]["relations"]] == sorted(pairs)
    for form, related in (("json", len(pairs)), ("sqlite", len(relations))):
        read: dict[str, Any] = found[form]
        assert {name: read[name] for name in counts} == {**counts, "event_to_object": related}
        assert read["event_types"] == Counter(one["type"] for one in made["events"])
        assert read["object_types"] == Counter(one["type"] for one in made["objects"])
        times = {id_: datetime.fromisoformat(time) for id_, time in read["times"].items()}
        assert times == {one["id"]: datetime.fromisoformat(one["time"]) for one in made["events"]}


def _read_back(json_file: Path, sqlite_file: Path) -> dict[str, Any]:
    script = Path(__file__).parent / "ocel_read_back.py"
    done = subprocess.run(
        [_PYTHON, script, json_file, sqlite_file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
