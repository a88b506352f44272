"""A sheet is read as the same table would be from CSV; what cannot be read is named by its cell."""

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from eventstore.memory import MemoryEventStore
from importing import package
from importing.columns import REQUIRED
from importing.measures import plan_measures, run_plan
from importing.problems import Problem
from importing.table import Table, read_table
from tests.importing.rows import row
from tests.importing.sheets import Cell, as_workbook, drawn, new_workbook, with_part, workbook
from tests.programmes import (
    EXAMPLE_DIRECTORY,
    EXAMPLE_MEASURES,
    NOW,
    REGISTRAR,
    import_rows,
    numbers,
    read_rows,
    set_up,
    to_csv,
)

_SHEET = "xl/worksheets/sheet1.xml"
_HEADER: tuple[Cell, ...] = REQUIRED


def _texts(table: Table) -> list[str]:
    assert table.file_problems == ()
    return [row.cells["text"] for row in table.rows]


def _reason(table: Table) -> str:
    (problem,) = table.file_problems
    assert table.rows == ()
    return problem.reason


async def _events(content: bytes) -> list[tuple[object, ...]]:
    store = MemoryEventStore()
    handler = await set_up(store, EXAMPLE_DIRECTORY.read_bytes())
    plan = await plan_measures(
        content, "programme", store=store, handler=handler, registrar=REGISTRAR, at=NOW
    )
    assert plan.problems == ()
    await run_plan(plan, handler=handler, at=NOW)
    stored = await store.read_streams(numbers(read_rows(EXAMPLE_MEASURES)))
    return [(e.stream_id, e.version, e.type, e.occurred_at, e.command_id, e.body) for e in stored]


async def test_the_example_programme_leads_to_the_same_events_from_a_sheet() -> None:
    content = EXAMPLE_MEASURES.read_bytes()
    from_sheet = await _events(as_workbook(content))
    assert len(from_sheet) > 1817
    assert from_sheet == await _events(content)


def test_values_are_read_as_somebody_would_have_typed_them() -> None:
    rows: list[tuple[Cell, ...]] = [
        _HEADER,
        (17.0, "  Do it. ", "council", date(2024, 6, 28), date(2024, 1, 20)),
        ("007", 12.5, True, None, "2024-01-20"),
    ]
    first, second = read_table(workbook(rows)).rows
    assert first.cells == {
        "number": "17",
        "text": "Do it.",
        "issuer": "council",
        "deadline": "2024-06-28",
        "issued_on": "2024-01-20",
    }
    assert second.cells["number"] == "007"
    assert (second.cells["text"], second.cells["issuer"]) == ("12.5", "true")
    assert second.cells["deadline"] == ""


async def test_a_problem_is_named_by_its_cell() -> None:
    store = MemoryEventStore()
    handler = await set_up(store)
    bad = row("N-2", lead="nobody", deadline="2024-06-28T10:00")
    plan = await plan_measures(
        as_workbook(to_csv([row(), bad])),
        "f.xlsx",
        store=store,
        handler=handler,
        registrar=REGISTRAR,
        at=NOW,
    )
    assert [(p.line, p.column, p.cell) for p in plan.problems] == [
        (3, "deadline", "D3"),
        (3, "lead", "M3"),
    ]
    assert str(plan.problems[1]).startswith("line 3, lead (M3): no body nobody is known")


def test_a_table_may_stand_anywhere_on_its_sheet() -> None:
    def draw(sheet: Any, _: Any) -> None:
        for line, cells in ((4, _HEADER), (6, ("1", "Do it.", "council", "x", "y"))):
            for place, cell in enumerate(cells, start=2):
                sheet.write(line, place, cell)

    table = read_table(drawn(draw))
    assert _texts(table) == ["Do it."]
    assert table.rows[0].line == 7
    located = table.headings.locate(Problem(line=7, column="deadline", reason="?"))
    assert located.cell == "F7"


def test_a_column_with_no_heading_is_a_problem_only_if_something_stands_in_it() -> None:
    rows: list[tuple[Cell, ...]] = [
        (*_HEADER, None, None, "colour"),
        ("1", "a", "b", "c", "d", None, "lost", "red"),
    ]
    assert [(p.cell, p.column) for p in read_table(workbook(rows)).file_problems] == [
        ("G1", None),
        ("H1", "colour"),
    ]


def test_the_first_sheet_that_shows_is_read_or_the_one_that_is_named() -> None:
    content = io.BytesIO()
    with new_workbook(content) as book:
        for name in ("Справочник", "План", "Факт"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, _HEADER)
            sheet.write_row(1, 0, ("1", name, "a", "b", "c"))
        book.worksheets()[1].activate()
        book.worksheets()[0].hide()
    found = content.getvalue()
    assert _texts(read_table(found)) == ["План"]
    assert _texts(read_table(found, sheet="Факт")) == ["Факт"]
    assert _texts(read_table(found, sheet="Справочник")) == ["Справочник"]
    assert "it has no sheet Итог; name one of: Справочник, План, Факт" in _reason(
        read_table(found, sheet="Итог")
    )
    assert "leave --sheet out" in _reason(read_table(to_csv([row()]), sheet="План"))


def test_hidden_rows_count_and_a_cell_merged_downwards_holds_for_each_of_its_rows() -> None:
    def draw(sheet: Any, _: Any) -> None:
        sheet.write_row(0, 0, _HEADER)
        for line in range(1, 5):
            sheet.write_row(line, 0, (str(line), f"text {line}", "", "", "c"))
        sheet.merge_range(1, 2, 3, 2, "council")
        sheet.merge_range(4, 2, 4, 4, "section")
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column(1, 1, None, None, {"hidden": True})

    table = read_table(drawn(draw))
    assert _texts(table) == ["text 1", "text 2", "text 3", "text 4"]
    assert [r.cells["issuer"] for r in table.rows] == ["council"] * 3 + ["section"]
    assert [r.cells["deadline"] for r in table.rows] == [""] * 4


async def test_formulas_give_their_last_value_and_without_one_the_cell_is_named() -> None:
    def draw(sheet: Any, _: Any) -> None:
        sheet.write_row(0, 0, _HEADER)
        sheet.write_row(1, 1, ("", "council", "2024-06-28", "2024-01-20"))
        sheet.write_formula(1, 0, "=3+4", None, 7)
        sheet.write_formula(1, 1, '="Do "&"it."', None, "Do it.")
        sheet.write_row(2, 0, ("8", "", "council", "2024-06-28", ""))
        sheet.write_formula(2, 1, "=NA()", None, "#N/A")
        sheet.write_formula(2, 4, "=TODAY()")

    never_computed = b"<f>TODAY()</f><v>0</v>", b"<f>TODAY()</f>"
    content = with_part(drawn(draw), _SHEET, lambda part: part.replace(*never_computed))
    store = MemoryEventStore()
    handler = await set_up(store)
    plan = await plan_measures(
        content, "f.xlsx", store=store, handler=handler, registrar=REGISTRAR, at=NOW
    )
    assert [len(r.facts) for r in plan.rows] == [1, 0]
    assert [(p.cell, p.reason.partition(":")[0].partition(";")[0]) for p in plan.problems] == [
        ("B3", "the cell holds an error of the spreadsheet"),
        ("E3", "the formula has no value"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04" + b"x" * 200, "it is no whole .xlsx file"),
        (workbook([_HEADER])[:-300], "it is no whole .xlsx file"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000),
            "has a password or is of the old format",
        ),
        (with_part(workbook([_HEADER]), _SHEET, lambda part: part[:-30]), "is broken"),
        (
            with_part(workbook([_HEADER]), "xl/workbook.xml", lambda _: b"<x/>"),
            "Cannot detect file format; save it as .xlsx again",
        ),
    ],
    ids=["garbage", "cut short", "password", "broken sheet", "no sheets"],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes, said: str) -> None:
    assert said in _reason(read_table(content))


def test_a_folder_of_files_is_no_workbook() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as folder:
        folder.writestr("letter.txt", "Dear council")
    assert "the workbook cannot be read" in _reason(read_table(content.getvalue()))


def test_a_damaged_part_is_found_by_its_checksum() -> None:
    content = workbook([_HEADER, ("1", "Do it.", "a", "b", "c")])
    middle = content.index(b"xl/worksheets/sheet1.xml") + 60
    damaged = content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]
    assert "cannot be read" in _reason(read_table(damaged))


def test_two_cells_in_opposite_corners_do_not_fill_the_memory() -> None:
    def draw(sheet: Any, _: Any) -> None:
        sheet.write(0, 0, "number")
        sheet.write(1_048_575, 16_383, "far away")

    assert "spans 1048576 rows and 16384 columns" in _reason(read_table(drawn(draw)))


def test_formatted_cells_with_nothing_in_them_do_not_count() -> None:
    def draw(sheet: Any, bold: Any) -> None:
        sheet.write_row(0, 0, _HEADER)
        sheet.write_row(1, 0, ("1", "Do it.", "a", "b", "c"))
        sheet.write_blank(1_048_575, 16_383, None, bold)

    assert _texts(read_table(drawn(draw))) == ["Do it."]


def test_a_bomb_is_not_unpacked() -> None:
    def blanks(part: bytes) -> bytes:
        return part.replace(b"<sheetData>", b"<sheetData>" + b" " * package.LARGEST_PACKAGE)

    bomb = with_part(workbook([_HEADER]), _SHEET, blanks)
    assert len(bomb) < 200_000
    assert "it unpacks to more than 64 MiB" in _reason(read_table(bomb))


@pytest.mark.parametrize("entity", ['"x"', 'SYSTEM "{file}"', 'PUBLIC "-" "{file}"'])
def test_no_entity_is_looked_up(tmp_path: Path, entity: str) -> None:
    file = tmp_path / "elsewhere"
    file.write_text("of another file")
    declared = f"?><!DOCTYPE x [<!ENTITY e {entity.format(file=file.as_uri())}>]>"

    def declaring(part: bytes) -> bytes:
        text = part.decode()
        assert "Do it." in text
        return text.replace("?>", declared, 1).replace("Do it.", "&e;").encode()

    content = workbook([_HEADER, ("1", "Do it.", "a", "b", "c")])
    table = read_table(with_part(content, "xl/sharedStrings.xml", declaring))
    assert "cannot be read" in _reason(table)
    assert "of another file" not in repr(table)


async def test_a_sheet_and_a_csv_file_know_each_others_facts() -> None:
    store = MemoryEventStore()
    handler = await set_up(store)
    await import_rows(store, handler, [row()])
    plan = await plan_measures(
        as_workbook(to_csv([row()])),
        "f.xlsx",
        store=store,
        handler=handler,
        registrar=REGISTRAR,
        at=NOW,
    )
    assert [(r.known, r.facts, r.problems) for r in plan.rows] == [(11, (), ())]
