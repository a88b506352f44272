"""What benchmarks measured, as it is shown. What they measure is in bench/."""

from pathlib import Path

import pytest

from bench.web.table import main


def test_tables_are_made_of_a_file_of_figures_and_without_one_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = tmp_path / "web.json"
    for arguments in ([], [str(figures)]):
        with pytest.raises(SystemExit, match="name the file of figures"):
            main(arguments)
    figures.write_text('{"web-kills": {"lines": [{"what": "lost", "value": 0}]}}')
    main([str(figures)])
    assert "| lost | 0 |" in capsys.readouterr().out
