"""Files of secret keys: made for one user, changed at once, and never shown."""

import base64
import stat
from pathlib import Path

import pytest

from activities.keyring import BadKeyFile, SecretKey, add_key, make_keys, read_keys, use_key

_TEXT = base64.b64encode(b"k" * 32).decode()


def test_a_key_is_made_for_this_user_only_and_no_file_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    made = make_keys(file)
    assert read_keys(file) == (made,)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(BadKeyFile, match="is there already"):
        make_keys(file)
    assert read_keys(file) == (made,)
    with pytest.raises(BadKeyFile, match="cannot be written"):
        make_keys(tmp_path / "nowhere" / "keys")


def test_a_key_is_added_last_and_then_put_in_use(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    first = make_keys(file)
    second = add_key(file)
    assert read_keys(file) == (first, second)
    use_key(file, second.id)
    assert read_keys(file) == (second, first)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]
    with pytest.raises(BadKeyFile, match="holds no key other"):
        use_key(file, "other")


def test_what_stands_around_the_keys_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# ours\n\n  a   {_TEXT}\r\nb {_TEXT}")
    keys = read_keys(file)
    assert [key.id for key in keys] == ["a", "b"]
    assert {key.secret for key in keys} == {b"k" * 32}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no key: `remit keys make`"),
        ("# nothing\n", "holds no key"),
        (f"{_TEXT}\n", "line 1: it should read `id base64`"),
        (f"a {_TEXT}\nb ключ\n", "it is no text of lines"),
        (f"a {_TEXT}\nb {_TEXT[:-2]}\n", "line 2: what stands after b is not base64"),
        (f"a {base64.b64encode(b'short').decode()}\n", "32 bytes or more, not 5"),
        (f"a {_TEXT}\na {_TEXT}\n", "two keys of one id"),
    ],
)
def test_a_file_that_holds_no_keys_says_what_is_wrong_and_nothing_of_the_keys(
    tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "keys"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadKeyFile, match=says) as refused:
        read_keys(file)
    assert _TEXT[:8] not in str(refused.value)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadKeyFile, match="cannot be read: No such file"):
        read_keys(tmp_path / "keys")
    with pytest.raises(BadKeyFile, match="cannot be read: Is a directory"):
        read_keys(tmp_path)


def test_a_key_is_shown_by_its_id_alone() -> None:
    assert repr(SecretKey(id="a", secret=b"k" * 32)) == "SecretKey(id='a')"
