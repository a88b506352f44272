"""docs/import.md describes what there is."""

from pathlib import Path

import pytest

from importing.columns import COLUMNS
from importing.directory_file import DirectoryFile
from importing.mapping import MeasureMapping

_TEXT = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_is_described(column: str) -> None:
    assert f"\n| `{column}` |" in _TEXT


@pytest.mark.parametrize("table", DirectoryFile.model_fields)
def test_every_table_of_the_directory_is_described(table: str) -> None:
    assert f"- **{table}**" in _TEXT


@pytest.mark.parametrize("key", MeasureMapping.model_fields)
def test_every_key_of_a_mapping_is_described(key: str) -> None:
    rows = [line.split("|")[1] for line in _TEXT.splitlines() if line.startswith("| `")]
    assert any(f"`{key}`" in cell for cell in rows)
