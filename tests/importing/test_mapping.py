"""A foreign table through a mapping file: what it becomes, and problems in the words of its reader."""

import csv
import io

import pytest

from eventstore.memory import MemoryEventStore
from importing.mapping import BadMappingFile, MeasureMapping, read_mapping
from importing.measures import plan_measures, run_plan
from importing.planning import Plan
from importing.table import read_table
from tests.importing.rows import row_until
from tests.importing.sheets import as_workbook, workbook
from tests.programmes import (
    EXAMPLE_DIRECTORY,
    EXAMPLES,
    NOW,
    REGISTRAR,
    import_rows,
    set_up,
)

_PLAN = EXAMPLES / "plan-in-russian.csv"
_PLAN_MAPPING = EXAMPLES / "plan-in-russian.toml"

_MAPPING = """
date_formats = ["%d.%m.%Y", "%d.%m.%y"]
list_separators = [",", "\\n"]
ignore = ["Примечание"]

[columns]
"№ п/п" = "number"
"Мероприятие" = "text"
"Срок исполнения" = "deadline"
"Поручено" = "issued_on"
"Ответственный" = "lead"
"Соисполнители" = "co_assignees"
"Назначено" = "assigned_on"
"Ход" = "progress"
"Основание" = "source_kind"

[constants]
issuer = "council"
controller = "control"
programme = "small-programme"
sector = "transport"
source_number = 12
source_date = 2024-01-15

[prefixes]
number = "N-"

[values.source_kind]
"Решение" = "decision"

[bodies]
"Министерство" = "ministry"
"Область" = "region"
"Новый орган" = "new-body"
"""
_GOOD = {
    "№ п/п": "1",
    "Мероприятие": "Do it.",
    "Срок исполнения": "28.06.2024",
    "Поручено": "20.01.24",
    "Ответственный": "Министерство",
    "Соисполнители": "Область",
    "Назначено": "2024-01-20",
    "Ход": "01.03.2024:40, 02.05.2024: 70 %",
    "Основание": "Решение",
    "Примечание": "what is ignored",
}


def _mapping(*changes: tuple[str, str]) -> MeasureMapping:
    text = _MAPPING
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return read_mapping(text.encode())


def _file(*rows: dict[str, str], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, _GOOD, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


async def _plan(content: bytes, mapping: MeasureMapping) -> tuple[MemoryEventStore, Plan]:
    store = MemoryEventStore()
    handler = await set_up(store)
    plan = await plan_measures(
        content,
        "f.csv",
        store=store,
        handler=handler,
        registrar=REGISTRAR,
        at=NOW,
        mapping=mapping,
    )
    return store, plan


async def _problems(
    mapping: MeasureMapping, *rows: dict[str, str]
) -> list[tuple[int, str | None, str]]:
    _, plan = await _plan(_file(*rows), mapping)
    return [(p.line, p.column, p.reason) for p in plan.problems]


@pytest.mark.parametrize("delimiter", [",", ";"])
async def test_it_becomes_the_measure_that_remits_own_columns_would_have_given(
    delimiter: str,
) -> None:
    own = row_until("extension_requested_on", acknowledged_on="")
    store = MemoryEventStore()
    handler = await set_up(store)
    await import_rows(store, handler, [own])
    plan = await plan_measures(
        _file(_GOOD, delimiter=delimiter),
        "f.csv",
        store=store,
        handler=handler,
        registrar=REGISTRAR,
        at=NOW,
        mapping=_mapping(),
    )
    assert [(r.known, r.facts, r.problems) for r in plan.rows] == [(4, (), ())]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_the_example_plan_is_imported_whole(form: str) -> None:
    content = _PLAN.read_bytes()
    if form == "xlsx":
        content = as_workbook(content, delimiter=";", date_format="%d.%m.%Y")
    store = MemoryEventStore()
    handler = await set_up(store, EXAMPLE_DIRECTORY.read_bytes())
    plan = await plan_measures(
        content,
        _PLAN.name,
        store=store,
        handler=handler,
        registrar=REGISTRAR,
        at=NOW,
        mapping=read_mapping(_PLAN_MAPPING.read_bytes()),
    )
    assert plan.problems == ()
    assert plan.passed_over == (5, 9, 12, 16)
    result = await run_plan(plan, handler=handler, at=NOW)
    assert (result.instructions_new, result.commands_recorded) == (8, 39)
    assert result.passed_over == plan.passed_over


async def test_problems_are_told_in_the_words_of_the_file() -> None:
    found = await _problems(
        _mapping(),
        _GOOD | {"№ п/п": "1", "Срок исполнения": "31.02.2025"},
        _GOOD | {"№ п/п": "2", "Ответственный": "Министерсво"},
        _GOOD | {"№ п/п": "3", "Соисполнители": "Область, Ведомство"},
        _GOOD | {"№ п/п": "4", "Основание": "Слух"},
        _GOOD | {"№ п/п": "5", "Назначено": ""},
        _GOOD | {"№ п/п": "6", "Назначено": "19.01.2024"},
        _GOOD | {"№ п/п": "7", "Ход": "1 марта:40"},
        _GOOD | {"№ п/п": "8", "Мероприятие": ""},
        _GOOD | {"№ п/п": "9", "Ответственный": "Новый орган"},
    )
    assert found[:4] == [
        (2, "Срок исполнения", "'31.02.2025' is no date of a calendar; write it as 31.03.2025"),
        (
            3,
            "Ответственный",
            "'Министерсво' does not stand under [bodies] of the mapping; "
            "did you mean 'Министерство'?",
        ),
        (4, "Соисполнители", "'Ведомство' does not stand under [bodies] of the mapping; add it"),
        (
            5,
            "Основание",
            "'Слух' does not stand under [values.source_kind] of the mapping; add it",
        ),
    ]
    rest = [(line, column) for line, column, _ in found[4:]]
    assert rest == [
        *[(6, "Назначено")] * 2,
        (6, "Ход"),
        (7, "Назначено"),
        (8, "Ход"),
        (9, "Мероприятие"),
        (10, "Ответственный"),
    ]
    reasons = [reason for _, _, reason in found]
    assert "it needs Назначено, which is empty" in reasons
    assert "2024-01-19 lies before Поручено (2024-01-20)" in reasons


async def test_of_a_sheet_they_name_the_cell_as_well() -> None:
    rows = [list(_GOOD), list((_GOOD | {"Срок исполнения": "soon"}).values())]
    _, plan = await _plan(workbook(rows), _mapping())
    assert [(p.cell, p.column) for p in plan.problems] == [("C2", "Срок исполнения")]


async def test_a_bad_constant_is_blamed_on_the_mapping() -> None:
    found = await _problems(_mapping(('issuer = "council"', 'issuer = "cuoncil"')), _GOOD)
    assert [column for _, column, _ in found] == ["constants.issuer of the mapping"]


async def test_every_heading_is_mapped_ignored_or_a_problem() -> None:
    mapping = _mapping(('ignore = ["Примечание"]\n', ""), ('"Ход" =', '"Ходы" ='))
    found = await _problems(mapping, _GOOD)
    assert [(line, column) for line, column, _ in found] == [
        (1, "Ход"),
        (1, "Примечание"),
        (1, "Ходы"),
    ]
    assert found[0][2] == (
        "unknown column; put it under [columns] or ignore of the mapping; or did you mean Ходы?"
    )
    assert found[2][2] == "the column is missing"


def test_line_breaks_and_repeated_blanks_in_a_heading_do_not_count() -> None:
    rows = [
        ["Срок\n исполнения " if c == "Срок исполнения" else c for c in _GOOD],
        [*_GOOD.values()],
    ]
    table = read_table(workbook(rows), _mapping())
    assert table.file_problems == ()
    assert table.rows[0].cells["deadline"] == "2024-06-28"


def test_rows_above_the_header_and_those_that_are_skipped_are_no_measures() -> None:
    mapping = _mapping(
        (
            "ignore =",
            'header_row = 3\nskip_rows = [4]\nskip_rows_without = ["Мероприятие"]\nignore =',
        )
    )
    numbered = [str(n) for n in range(1, len(_GOOD) + 1)]
    title, section = ["Plan", *[""] * 9], ["Section I", *[""] * 9]
    rows = [title, title, list(_GOOD), numbered, section, list(_GOOD.values()), section]
    table = read_table(workbook(rows), mapping)
    assert table.file_problems == ()
    assert [row.line for row in table.rows] == [6]
    assert table.passed_over == (5, 7)
    short = read_table(workbook(rows[:2]), mapping)
    assert [(p.line, p.reason[:14]) for p in short.file_problems] == [(3, "row 3 is blank")]


def test_an_old_encoding_and_a_sheet_can_be_named() -> None:
    mapping = _mapping(
        ("ignore =", 'encoding = "cp1251"\ndelimiter = "|"\nsheet = "План"\nignore =')
    )
    content = _file(_GOOD, delimiter="|").decode().encode("cp1251")
    assert [row.cells["lead"] for row in read_table(content, mapping).rows] == ["ministry"]
    book = workbook([["x"]], [list(_GOOD), list(_GOOD.values())], names=["Титул", "План"])
    assert len(read_table(book, mapping).rows) == 1
    assert read_table(book, mapping, "Титул").rows == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"Ход" = "progress"',
            '"Ход" = "progres"',
            "columns.Ход: Remit has no column progres; did",
        ),
        ('"Ход" = "progress"', '"Ход" = "text"', "columns: two headings become text; keep one"),
        ('"Ход" = "progress"', '"Ход" = 3', "columns.Ход: Input should be a valid string"),
        ('sector = "tr', 'sectr = "tr', "constants.sectr: Remit has no column sectr; did"),
        ('sector = "tr', 'lead = "tr', "constants.lead: a heading becomes it already; keep one"),
        ('issuer = "council"\n', "", "columns: nothing becomes issuer; map a heading or set"),
        ('["Примечание"]', '["Ход"]', "ignore: Ход is mapped as well; keep one"),
        ("ignore =", 'skip_rows_without = ["Цвет"]\nignore =', "skip_rows_without: Цвет stands"),
        ('"%d.%m.%Y", ', '"%d %B %Y", ', "date_formats.0: it may have %d, %m, %Y and %y; names"),
        ('"%d.%m.%Y", ', '"%d.%m", ', "date_formats.0: it must hold day, month and year"),
        ("ignore =", 'encoding = "rot13"\nignore =', "encoding: rot13 is no encoding of texts"),
        ("ignore =", "header_row = 0\nignore =", "header_row: Input should be greater than"),
        ("ignore =", "colour = 1\nignore =", "colour: Extra inputs are not permitted"),
        ("[prefixes]\nnumber", "[prefixes]\nsector", "prefixes.sector: no heading becomes sector"),
        ("[values.source_kind]", "[values.lead]", "values.lead: names of bodies belong to bodies"),
        (
            "[prefixes]",
            '[copies]\nlead = "text"\n[prefixes]',
            "copies.lead: it has a value already",
        ),
        ("[prefixes]", "[prefixes", "Expected ']' at the end of a table declaration"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_named_by_its_key(old: str, new: str, said: str) -> None:
    with pytest.raises(BadMappingFile) as raised:
        _mapping((old, new))
    assert said in str(raised.value)
