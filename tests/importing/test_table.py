"""Bytes to rows: encodings, delimiters, and the physical lines that problems are named by."""

import pytest

from importing.columns import COLUMNS, MOST_COLUMNS, REQUIRED
from importing.table import Table, read_table
from tests.importing.rows import row
from tests.importing.sheets import workbook
from tests.programmes import to_csv

_HEADER = ",".join(REQUIRED)


def _problems(table: Table) -> list[tuple[int, str | None]]:
    return [(p.line, p.column) for p in (*table.file_problems, *table.row_problems)]


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "byte order mark"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_a_file_reads_the_same_however_it_was_saved(
    delimiter: str, mark: bytes, line_end: bytes
) -> None:
    full = row(text='Build; test, and "open"\nСтанция', co_assignees="region;control")
    content = to_csv([full], delimiter=delimiter).replace(b"\r\n", b"\n").replace(b"\n", line_end)
    table = read_table(mark + content)
    assert _problems(table) == []
    (read,) = table.rows
    text = read.cells["text"].replace("\r\n", "\n")
    assert dict(read.cells, text=text) == dict.fromkeys(COLUMNS, "") | full


def test_a_text_full_of_semicolons_does_not_mislead_about_the_delimiter() -> None:
    table = read_table(f"{_HEADER}\n1,a;b;c;d;e;f;g;h,council,2024-01-01,2024-01-01\n".encode())
    assert table.rows[0].cells["text"] == "a;b;c;d;e;f;g;h"


def test_a_line_is_the_physical_one_whatever_lies_within_quotes() -> None:
    content = f'{_HEADER}\n1,"a\n\nb",c,d,e\n\n2,"x\ny",c,d,e\n3,x,c,d,e,f\n'
    table = read_table(content.encode())
    assert [r.line for r in table.rows] == [2, 6]
    assert _problems(table) == [(8, None)]


def test_columns_that_are_unknown_twice_or_missing_are_named() -> None:
    table = read_table(b"number,text,Issued_on,issuer,issuer,deadline,acepted_on\n")
    assert [(p.column, p.reason) for p in table.file_problems] == [
        ("Issued_on", "unknown column; did you mean issued_on?"),
        ("issuer", "the column stands there twice"),
        ("acepted_on", "unknown column; did you mean accepted_on?"),
        ("issued_on", "the column is missing"),
    ]


def test_a_file_of_too_many_columns_is_refused_before_they_are_compared() -> None:
    width = MOST_COLUMNS - len(REQUIRED)
    table = read_table((_HEADER + "".join(f",x{n}" for n in range(width))).encode())
    assert {p.reason for p in table.file_problems} == {
        "unknown column; docs/import.md lists the columns"
    }
    [problem] = read_table((_HEADER + "," * (width + 1)).encode()).file_problems
    assert (problem.line, "201 columns, and 200 are taken" in problem.reason) == (1, True)


def test_a_sheet_may_be_wider_than_its_headings() -> None:
    wide = [list(REQUIRED), ["1", "a", "b", "c", "d", *([""] * MOST_COLUMNS), "a note"]]
    [problem] = read_table(workbook(wide)).file_problems
    assert problem.reason == "the column has no heading"


def test_what_is_not_utf8_is_named_by_line() -> None:
    table = read_table(f"{_HEADER}\n1,a,b,c,d\n".encode() + "2,приказ".encode("cp1251"))
    assert _problems(table) == [(3, None)]
    assert "not UTF-8" in table.file_problems[0].reason


def test_a_quote_never_closed_is_named_by_the_line_it_begins_on() -> None:
    table = read_table(f'{_HEADER}\n1,a,b,c,d\n2,"never closed,b,c,d\n3,a,b,c,d\n'.encode())
    assert _problems(table) == [(3, None)]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_header(content: bytes) -> None:
    assert _problems(read_table(content)) == [(1, None)]


def test_rows_of_blank_cells_are_passed_over() -> None:
    assert read_table(f"{_HEADER}\n,,,,\n  ,,,,\n".encode()).rows == ()


def test_a_nul_character_is_refused() -> None:
    assert _problems(read_table(f"{_HEADER}\n1,a\0b,c,d,e\n".encode())) == [(2, None)]
