"""Signed notes and checkpoints."""

from pathlib import Path

import pytest

from audit.checkpoint import Checkpoint, read, sign
from audit.keys import make_key, read_key
from audit.new_files import CannotWrite
from audit.notes import BadKey, BadNote, Signer, Verifier

# From the documentation of Go's golang.org/x/mod/sumdb/note.
_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
_SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
_NOTE = f"{_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"


def test_a_note_of_another_program_is_opened_and_signed_the_same() -> None:
    assert Verifier.parse(_VERIFIER).opened(_NOTE) == _TEXT
    signer = Signer.parse(_SIGNER)
    assert signer.verifier.text == _VERIFIER
    assert signer.signed(_TEXT) == _NOTE
    assert signer.text == _SIGNER


@pytest.mark.parametrize(
    "note",
    [
        _NOTE.replace("answer", "Answer"),
        _NOTE.replace("PeterNeumann x08go", "PeterNeumann x18go"),
        _NOTE.replace("— PeterNeumann", "— Peter"),
        _NOTE.replace("ZJkuBS9", "ZJkuBS8"),
        _NOTE.replace("\n\n", "\n"),
        _NOTE.removesuffix("\n"),
        _TEXT,
        "",
    ],
)
def test_another_note_is_not_opened(note: str) -> None:
    with pytest.raises(BadNote):
        Verifier.parse(_VERIFIER).opened(note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a+b",
        _VERIFIER.replace("c74f20a3", "c74f20a4"),
        _VERIFIER[:-4],
        _SIGNER,
        "a b+c74f20a3+AR",
    ],
)
def test_another_key_is_none(text: str) -> None:
    with pytest.raises(BadKey):
        Verifier.parse(text)
    with pytest.raises(BadKey):
        Signer.parse(text.replace("PRIVATE", "PUBLIC"))


def test_a_key_does_not_show_itself() -> None:
    assert _SIGNER.rpartition("+")[2] not in repr(Signer.parse(_SIGNER))


_CHECKPOINT = Checkpoint(
    size=310, root=b"r" * 32, number=7, epoch=1, time="2026-11-24T18:11:44.000000Z"
)


def test_a_checkpoint_is_read_as_it_was_signed() -> None:
    signer = Signer.new("remit.example/log")
    lost = Checkpoint(
        size=300, root=b"s" * 32, number=8, epoch=2, time="t", line=8, after_loss="why so", kept=6
    )
    for checkpoint in (_CHECKPOINT, lost):
        signed = sign(checkpoint, signer)
        assert signed.note.startswith("remit.example/log\n3")
        assert read(signed.note, signer.verifier) == signed


@pytest.mark.parametrize(
    "text",
    [
        "remit.example/log\n310\n",
        "another\n310\ncnJy\nnumber 7\nepoch 1\ntime t\nline 1\n",
        "remit.example/log\n+310\ncnJy\nnumber 7\nepoch 1\ntime t\nline 1\n",
        "remit.example/log\n310\ncnJy\nnumber 7\nnumber 8\nepoch 1\ntime t\nline 1\n",
        "remit.example/log\n310\ncnJy\nnumber 7\nepoch 1\ntime t\nline 1\nmore 1\n",
    ],
)
def test_what_is_signed_but_no_checkpoint_is_refused(text: str) -> None:
    signer = Signer.new("remit.example/log")
    with pytest.raises(BadNote):
        read(signer.signed(text), signer.verifier)


def test_a_key_is_made_once_and_for_one_reader(tmp_path: Path) -> None:
    file = tmp_path / "audit.key"
    made = make_key(file, "remit.example/log")
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_key(file) == made
    with pytest.raises(CannotWrite, match="is there already"):
        make_key(file, "remit.example/log")
    assert read_key(file) == made
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_holds_no_key(tmp_path: Path) -> None:
    with pytest.raises(BadKey, match="cannot be read"):
        read_key(tmp_path / "none")
    (tmp_path / "some").write_bytes(b"\xff")
    (tmp_path / "empty").touch()
    for name in ("some", "empty"):
        with pytest.raises(BadKey, match=name):
            read_key(tmp_path / name)
