"""New files are whole or not there, take nobody's place, and are as readable as the umask says."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.new_files import CannotWrite, new_files, writing


@pytest.fixture
def _others_may_read() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def _texts(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


@pytest.mark.usefixtures("_others_may_read")
def test_a_new_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    with new_files(tmp_path / "new") as (part,):
        part.write_text("whole")
    assert _texts(tmp_path) == {"new": "whole"}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o644


def test_a_file_that_appears_meanwhile_is_left_as_it_is_and_a_pair_is_not_torn(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with pytest.raises(CannotWrite, match="second is there already"), new_files(first, second):
        second.write_text("somebody else's")
    assert _texts(tmp_path) == {"second": "somebody else's"}


def test_what_is_there_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    with pytest.raises(CannotWrite, match="name a new file"), new_files(tmp_path / "there"):
        pytest.fail("nothing is to be written")
    with pytest.raises(CannotWrite, match="No such file"), new_files(tmp_path / "no" / "file"):
        pytest.fail("nothing is to be written")
    assert _texts(tmp_path) == {"there": "mine"}


def test_a_failure_leaves_nothing_and_says_what_it_was(tmp_path: Path) -> None:
    output = tmp_path / "new"

    def fill() -> None:
        with new_files(output) as (part,), writing(output):
            part.write_text("half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(CannotWrite, match="new cannot be written: No space left on device"):
        fill()
    assert _texts(tmp_path) == {}


def test_a_file_system_without_hard_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    with new_files(tmp_path / "new") as (part,):
        part.write_text("whole")
    with pytest.raises(CannotWrite), new_files(tmp_path / "late"):
        (tmp_path / "late").write_text("somebody else's")
    assert _texts(tmp_path) == {"new": "whole", "late": "somebody else's"}
