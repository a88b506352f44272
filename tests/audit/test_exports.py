"""Exports hold what the log holds, in each format; nothing half-written stays, nothing is run."""

import csv
import io
import json
import sqlite3
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, cast, get_args

import pytest
from python_calamine import CalamineWorkbook

from audit.exports.export import Format, export, files_of
from audit.exports.ocel_object import OBJECT_TYPES
from audit.exports.reading import Exported, Selection, read
from audit.exports.rows import EVENT_COLUMNS, REGISTER_COLUMNS
from audit.exports.terms import attribute_types, ocel_event
from audit.new_files import CannotWrite
from domain.identifiers import DIRECTORY_STREAM
from eventstore.codec import AnyEvent
from eventstore.memory import MemoryEventStore
from eventstore.protocol import StoredEvent
from tests.audit.exported import (
    AT,
    ONE,
    OTHER,
    another,
    export_all,
    log_of_everything,
    pages,
    recorded,
)
from tests.audit.full_disk import no_room_left
from tests.golden_events import EXAMPLES

_PYTHON_TYPES: dict[str, type] = {
    "string": str,
    "time": str,
    "integer": int,
    "float": float,
    "boolean": bool,
}


@pytest.fixture
async def log() -> MemoryEventStore:
    return await log_of_everything()


def _sheets(file: Path) -> list[list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(file.read_bytes()))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def _names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


async def _ocel(log: MemoryEventStore, folder: Path) -> dict[str, Any]:
    await export_all(log, "ocel-json", folder / "log.json")
    return json.loads((folder / "log.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_attributes_of_an_event_are_of_the_types_declared(event: AnyEvent) -> None:
    stored = StoredEvent(
        position=7,
        stream_id=ONE,
        version=1,
        type=event.type,
        occurred_at=AT,
        recorded_at=AT,
        actor=event.by.actor,
        command_id="c",
        body=b"",
    )
    types = attribute_types(type(event))
    for name, value in ocel_event(stored, event).attributes.items():
        assert type(value) is _PYTHON_TYPES[types[name]], (name, value)


async def test_everything_that_ocel_json_names_is_there(
    log: MemoryEventStore, tmp_path: Path
) -> None:
    made = await _ocel(log, tmp_path)
    assert len(made["events"]) == await log.head()
    events, objects = ([one["id"] for one in made[kind]] for kind in ("events", "objects"))
    assert len(set(events)) == len(events)
    assert len(set(objects)) == len(objects)
    for one in (*made["events"], *made["objects"]):
        for relation in one["relationships"]:
            assert relation["objectId"] in objects
            assert relation["qualifier"]
    for kind, types in (("events", "eventTypes"), ("objects", "objectTypes")):
        declared = {
            one["name"]: {of["name"]: of["type"] for of in one["attributes"]} for one in made[types]
        }
        for one in made[kind]:
            for attribute in one["attributes"]:
                type_ = declared[one["type"]][attribute["name"]]
                assert type(attribute["value"]) is _PYTHON_TYPES[type_]


async def test_who_does_what_to_whom_is_a_qualified_relation(
    log: MemoryEventStore, tmp_path: Path
) -> None:
    made = await _ocel(log, tmp_path)
    assigned = next(one for one in made["events"] if one["type"] == "InstructionAssigned")
    roles = {(r["qualifier"], r["objectId"].partition(":")[0]) for r in assigned["relationships"]}
    assert {
        ("instruction", ONE),
        ("lead", "body"),
        ("co-assignee", "body"),
        ("actor", "person"),
        ("on behalf of", "body"),
        ("told", "person"),
    } <= roles
    by_id = {one["id"]: one for one in made["objects"]}
    part = {(r["qualifier"], r["objectId"]) for r in by_id[OTHER]["relationships"]}
    assert ("part of", ONE) in part
    assert ("led by", "body:second-lead") in part
    types = Counter(one["type"] for one in made["objects"])
    assert set(types) == set(OBJECT_TYPES)


async def test_an_objects_attributes_change_with_time(
    log: MemoryEventStore, tmp_path: Path
) -> None:
    made = await _ocel(log, tmp_path)
    (other,) = [one for one in made["objects"] if one["id"] == OTHER]
    leads = [(a["time"][:10], a["value"]) for a in other["attributes"] if a["name"] == "lead"]
    assert leads == [("2026-03-03", "first-lead"), ("2026-03-04", "second-lead")]


async def test_sqlite_holds_what_json_holds(log: MemoryEventStore, tmp_path: Path) -> None:
    counts = await export_all(log, "ocel-sqlite", tmp_path / "log.sqlite")
    assert counts == await export_all(log, "ocel-json", tmp_path / "again.json")
    made = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
    database = sqlite3.connect(tmp_path / "log.sqlite")
    try:
        assert database.execute("pragma foreign_key_check").fetchall() == []
        assert set(database.execute("select * from event_object")) == {
            (one["id"], relation["objectId"], relation["qualifier"])
            for one in made["events"]
            for relation in one["relationships"]
        }
        assert set(database.execute("select * from object_object")) == {
            (one["id"], relation["objectId"], relation["qualifier"])
            for one in made["objects"]
            for relation in one["relationships"]
        }
        changes = database.execute(
            "select ocel_time, lead from object_Instruction"
            " where ocel_id = ? and ocel_changed_field = 'lead' order by ocel_time",
            (OTHER,),
        ).fetchall()
        assert [lead for _, lead in changes] == ["first-lead", "second-lead"]
        types = dict(database.execute("select ocel_type, count(*) from event group by 1"))
        assert types == Counter(one["type"] for one in made["events"])
        late = database.execute("select typeof(late) from event_ReminderDue").fetchone()
        assert late == ("integer",)
    finally:
        database.close()


async def test_json_lines_are_the_logs_own_bytes(log: MemoryEventStore, tmp_path: Path) -> None:
    counts = await export_all(log, "jsonl", tmp_path / "log.jsonl")
    lines = (tmp_path / "log.jsonl").read_bytes().splitlines()
    stored = [event async for batch in log.read_all() for event in batch]
    assert counts == {"events": len(stored)}
    for line, event in zip(lines, stored, strict=True):
        assert line.endswith(b',"body":' + event.body + b"}")
        head = json.loads(line)
        assert (head["position"], head["stream_id"], head["version"], head["command_id"]) == (
            event.position,
            event.stream_id,
            event.version,
            event.command_id,
        )


async def test_csv_has_all_events_and_the_register_and_no_formula(
    log: MemoryEventStore, tmp_path: Path
) -> None:
    counts = await export_all(log, "csv", tmp_path / "log.csv")
    events, register = (
        list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        for file in (tmp_path / "log.csv", tmp_path / "log-register.csv")
    )
    assert tuple(events[0]) == EVENT_COLUMNS
    assert tuple(register[0]) == REGISTER_COLUMNS
    assert counts == {"events": len(events), "instructions": 2}
    assert len(events) == await log.head()
    row = register[1]
    assert (row["number"], row["text"]) == ("'=HYPERLINK(1)", "'@SUM(A1:A9)")
    assert (row["lead"], row["phase"], row["behind_schedule"]) == (
        "second-lead",
        "Assigned",
        "true",
    )
    for line in (*events, *register):
        assert not [cell for cell in line.values() if cell.startswith(("=", "+", "-", "@"))]


async def test_a_workbook_has_both_sheets_and_no_formula(
    log: MemoryEventStore, tmp_path: Path
) -> None:
    await export_all(log, "xlsx", tmp_path / "log.xlsx")
    events, register = _sheets(tmp_path / "log.xlsx")
    assert (tuple(events[0]), tuple(register[0])) == (EVENT_COLUMNS, REGISTER_COLUMNS)
    assert len(events) - 1 == await log.head()
    assert register[2][:2] == ["=HYPERLINK(1)", "@SUM(A1:A9)"]
    with zipfile.ZipFile(tmp_path / "log.xlsx") as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name]
    assert len(sheets) == 2
    assert not [sheet for sheet in sheets if b"<f>" in sheet]


async def test_a_text_too_long_for_a_cell_is_cut_where_it_shows(tmp_path: Path) -> None:
    store = MemoryEventStore()
    await recorded(store, ONE, another("long", "x" * 40_000))
    await export_all(store, "xlsx", tmp_path / "log.xlsx")
    _, register = _sheets(tmp_path / "log.xlsx")
    text = cast(str, register[1][1])
    assert (len(text), text[-2:]) == (32_767, "x…")


async def test_a_stream_that_only_explains_lends_names_but_no_events(
    log: MemoryEventStore, tmp_path: Path
) -> None:
    selection = Selection(
        pages=pages(OTHER),
        others=(),
        context=(DIRECTORY_STREAM,),
        until_position=await log.head(),
    )
    output = tmp_path / "one.json"
    counts = await export(log, selection, "ocel-json", output, at=AT, progress=lambda _: None)
    made = json.loads(output.read_text(encoding="utf-8"))
    assert counts["events"] == len(made["events"]) == 3
    named = {one["id"] for one in made["objects"] if one["type"] == "body" and one["attributes"]}
    assert named, "the directory says what bodies are called"
    assert ONE in {one["id"] for one in made["objects"]}, "spoken of, though not exported"


async def test_only_what_belonged_to_the_programme_by_then_is_read() -> None:
    store = MemoryEventStore()
    await recorded(store, ONE, another("one"))
    moved = next(event for event in EXAMPLES if event.type == "CarriedOver")
    before = await store.head()
    await recorded(store, ONE, [moved], version=3)

    async def found(programme: str, until: int) -> list[Exported]:
        selection = Selection(
            pages=pages(ONE),
            others=(),
            context=(),
            until_position=until,
            programme=programme,
        )
        return [exported async for exported in read(store, selection)]

    assert await found("programme-2027-30", before) == []
    (then,) = await found("programme-2024-26", before)
    assert len(then.stored) == before
    (now,) = await found("programme-2027-30", before + 1)
    assert now.stored[-1].type == "CarriedOver"


@pytest.mark.parametrize("format_", get_args(Format))
async def test_what_fails_leaves_nothing_behind(format_: Format, tmp_path: Path) -> None:
    store = await log_of_everything()

    def fail(_: int) -> None:
        raise KeyboardInterrupt

    selection = Selection(
        pages=pages(ONE), others=(), context=(), until_position=await store.head()
    )
    with pytest.raises(KeyboardInterrupt):
        await export(store, selection, format_, tmp_path / "log", at=AT, progress=fail)
    assert _names(tmp_path) == []


@pytest.mark.parametrize("format_", get_args(Format))
async def test_a_full_disk_is_told_as_that_and_leaves_nothing_behind(
    format_: Format, tmp_path: Path
) -> None:
    store = await log_of_everything()
    with no_room_left(), pytest.raises(CannotWrite, match="log cannot be written"):
        await export_all(store, format_, tmp_path / "log")
    assert _names(tmp_path) == []


@pytest.mark.parametrize("format_", get_args(Format))
async def test_a_log_that_is_lost_is_not_blamed_on_the_file(
    format_: Format, tmp_path: Path
) -> None:
    class Lost(MemoryEventStore):
        def read_all(self, **_: object) -> AsyncIterator[Sequence[StoredEvent]]:
            raise ConnectionResetError

        async def read_streams(self, *_: object, **__: object) -> Sequence[StoredEvent]:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await export_all(Lost(), format_, tmp_path / "log")
    assert _names(tmp_path) == []


@pytest.mark.parametrize("format_", get_args(Format))
async def test_nothing_is_written_over(format_: Format, tmp_path: Path) -> None:
    store = await log_of_everything()
    last = files_of(format_, tmp_path / "log.x")[-1]
    last.write_text("mine")
    with pytest.raises(CannotWrite, match="is there already"):
        await export_all(store, format_, tmp_path / "log.x")
    assert _names(tmp_path) == [last.name]
    assert last.read_text() == "mine"
