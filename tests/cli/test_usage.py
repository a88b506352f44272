"""Calls that make no sense end with exit code 2 (or 5, or 4), and say what is wrong and the way out."""

import json
import tomllib
from pathlib import Path

import pytest

from cli.directory_record import record
from cli.errors import OutOfReach
from domain.directory.commands import RegisterBody
from eventstore.handle import CommandHandler
from eventstore.memory import MemoryEventStore
from eventstore.protocol import Append, AppendFailed, AppendResult
from tests.cli.conftest import Remit

_ROOT = Path(__file__).parents[2]
_ISSUE = ("issue", "N-1", "--text", "Do it.", "--issuer", "council", "--as", "p-1")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["frobnicate"], 'usage: Unknown command "frobnicate".'),
        (
            ["acknowledge", "N-1"],
            'usage: Command "acknowledge" parameter --as requires an argument.',
        ),
        (
            ["acknowledge", "N-1", "--as", "p 1"],
            "usage: --as: String should match pattern '^[A-Za-z",
        ),
        (["acknowledge", "N-1", "--as", "p-1", "--for", "?"], "usage: --for: String should match"),
        (
            ["acknowledge", "N-1", "--as", "p-1", "--command-id", ""],
            "usage: --command-id: String should match",
        ),
        (["progress", "N-1", "101", "--as", "p-1"], "usage: percent: Input should be less than or"),
        (["progress", "N-1", "much", "--as", "p-1"], 'unable to convert "much" into int'),
        (
            ["comment", "N-1", "--text", "", "--as", "p-1"],
            "usage: text: String should have at least 1",
        ),
        (
            [*_ISSUE, "--deadline", "31.12.2099"],
            "usage: --deadline 31.12.2099 is no date; write 2026-01-31",
        ),
        ([*_ISSUE, "--deadline", "2099-02-30"], "usage: --deadline 2099-02-30 is no date; write"),
        (
            [*_ISSUE, "--deadline", "soon"],
            "usage: --deadline soon is no moment; write 2026-01-31 or 2026",
        ),
        (
            [*_ISSUE, "--deadline", "2099-01-01T09:00"],
            "usage: --deadline 2099-01-01T09:00 lacks its offset; write 2099-01-01T09:00+03:00",
        ),
        (
            [*_ISSUE, "--deadline", "3999-01-01"],
            "usage: --deadline 3999-01-01: a deadline's year must",
        ),
        (
            [*_ISSUE, "--deadline", "2099-01-01", "--source", "decision"],
            "usage: --source decision is not KIND:NUMBER: number: String should have",
        ),
        (
            [*_ISSUE, "--deadline", "2099-01-01", "--source", "rumour:7"],
            "usage: --source rumour:7 is not KIND:NUMBER: kind: Input should be 'decision',",
        ),
        (
            [*_ISSUE, "--deadline", "2099-01-01", "--policy", "nowhere.json"],
            "usage: nowhere.json cannot be read: No such file or directory",
        ),
        (
            [
                "correct",
                "N-1",
                "3",
                "--field",
                "deadline",
                "--value",
                "x",
                "--reason",
                "y",
                "--as",
                "p-1",
            ],
            'Invalid value "deadline" for --field. Choose from: "text", "occurred_at", "on_behalf_of".',
        ),
        (
            ["escalate", "N-1", "--to", "heaven", "--reason", "Late.", "--as", "p-1"],
            "usage: to: String should match pattern '^(lead|controller|issuer|",
        ),
        (
            ["acknowledge-escalation", "N-1", "--until", "2099", "--as", "p-1"],
            "usage: --until 2099 is no",
        ),
        (
            ["approve-extension", "N-1", "--deadline", "", "--as", "p-1"],
            "usage: --deadline  is no moment",
        ),
        (
            ["return", "N-1", "--reason", "No.", "--deadline", "", "--as", "p-1"],
            "--deadline  is no",
        ),
        (["report", "p", "--as-of", ""], "usage: --as-of  is no moment; write"),
        (
            ["show", "N-1", "--as-of", "0001-01-01T00:00+14:00"],
            "usage: --as-of 0001-01-01T00:00+14:00: the year must lie between 1000 and 8999",
        ),
        (["show", "N-1", "--as-of", "yesterday"], "usage: --as-of yesterday is no moment; write"),
        (
            ["show", "N-1", "--as-recorded", "2026-13-01"],
            "usage: --as-recorded 2026-13-01 is no moment",
        ),
        (
            ["list", "--phase", "Lost"],
            'Invalid value "Lost" for --phase. Choose from: "Proposed", ',
        ),
        (["list", "--limit", "0"], 'Invalid value "0" for --limit. Must be >= 1.'),
    ],
)
def test_what_makes_no_sense_is_named_with_the_way_out(
    remit: Remit, arguments: list[str], complaint: str
) -> None:
    answer = remit(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert complaint in answer.err
    in_json = remit(*arguments, "--json")
    assert (in_json.code, in_json.err) == (2, "")
    error = in_json.json["error"]
    assert (error["code"], error["field"]) == ("usage", None)
    assert complaint.removeprefix("usage: ") in error["message"]


def test_an_option_that_only_looks_like_json_is_none(remit: Remit, tmp_path: Path) -> None:
    text = remit("comment", "N-1", "--as", "p-1", "--data", str(tmp_path), "--text=--json")
    assert text.code == 2
    assert (text.out, text.err[:6]) == ("", "usage:")


def test_a_policy_file_that_makes_no_sense_is_explained(remit: Remit, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"id": "mine", "reminders": [{"id": "x", "offset": "P1M"}]}))
    answer = remit(*_ISSUE, "--deadline", "2099-01-01", "--policy", str(file))
    assert answer.code == 5
    assert "reminders[1].offset: years and months have no fixed length" in answer.err
    file.write_text("{")
    assert (
        "it is no YAML or JSON"
        in remit(*_ISSUE, "--deadline", "2099-01-01", "--policy", str(file)).err
    )


@pytest.mark.parametrize("verb", [["acknowledge", "N-1", "--as", "p-1"], ["list"], ["recover"]])
def test_where_no_remit_runs_it_says_how_to_start_one(
    remit: Remit, verb: list[str], tmp_path: Path
) -> None:
    answer = remit(*verb, "--data", str(tmp_path))
    assert answer.code == 2
    assert f"no Remit runs in {tmp_path}: start one with `remit up`" in answer.err


@pytest.mark.parametrize("word", ["", "{", "[]", '"x"'])
def test_word_of_a_stack_that_cannot_be_read_is_no_mystery(
    remit: Remit, tmp_path: Path, word: str
) -> None:
    (tmp_path / "stack.json").write_text(word)
    answer = remit("list", "--data", str(tmp_path))
    assert answer.code == 2
    assert "stack.json" in answer.err


def test_a_file_is_no_data_folder(remit: Remit, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert f"no Remit runs in {file}" in remit("list", "--data", str(file)).err
    up = remit("up", "--data", str(file))
    assert up.code == 2
    assert f"--data {file} cannot hold the data: " in up.err
    assert remit("up", "--data", str(file / "below")).code == 2
    demo = remit("demo", "--data", str(tmp_path))
    assert demo.code == 2
    assert "holds something already: name a new folder" in demo.err


def test_up_takes_no_nonsense(remit: Remit) -> None:
    assert remit("up", "now").code == 2
    assert remit("up", "--forever").code == 2


def test_a_server_that_does_not_answer_is_out_of_reach(
    remit: Remit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMIT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x")
    monkeypatch.setenv("REMIT_TEMPORAL_ADDRESS", "127.0.0.1:1")
    answer = remit("list", "--json")
    assert answer.code == 4
    assert answer.json["error"]["code"] == "out-of-reach"
    assert "the database does not answer" in answer.json["error"]["message"]
    for verb, what in (
        (["acknowledge", "N-1", "--as", "p-1"], "Temporal at 127.0.0.1:1 does not answer"),
        (["worker"], "Temporal at 127.0.0.1:1 does not answer"),
        (["recover"], "the database does not answer"),
        (["migrate"], "the database does not take it"),
    ):
        answer = remit(*verb)
        assert answer.code == 4
        assert answer.err.startswith(f"out-of-reach: {what}: ")


def test_settings_that_make_no_sense_are_named_and_no_secret_is_shown(
    remit: Remit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMIT_SMTP_PORT", "many")
    monkeypatch.setenv("REMIT_SMTP_PASSWORD", "hunter2")
    answer = remit("worker")
    assert answer.code == 2
    assert "REMIT_DATABASE_URL: Field required; REMIT_SMTP_PORT: Input should be" in answer.err
    assert "hunter2" not in answer.err
    monkeypatch.delenv("REMIT_SMTP_PORT")
    for url in ("mysql://localhost/x", "postgresql://login:swordf/ish@localhost/x"):
        monkeypatch.setenv("REMIT_DATABASE_URL", url)
        for verb in (["list"], ["migrate"]):
            answer = remit(*verb)
            assert answer.code == 2
            assert "REMIT_DATABASE_URL makes no sense: it should read postgresql://" in answer.err
            assert "swordf" not in answer.err


def test_an_address_that_is_none_is_named(remit: Remit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x")
    monkeypatch.setenv("REMIT_TEMPORAL_ADDRESS", "temporal:70000")
    for verb in (["acknowledge", "N-1", "--as", "p-1"], ["worker"], ["audit", "completeness"]):
        answer = remit(*verb)
        assert answer.code == 2
        assert "REMIT_TEMPORAL_ADDRESS makes no sense, it should read HOST:PORT" in answer.words
    found = {check["name"]: check for check in remit("doctor", "--json").json["checks"]}
    assert found["Temporal"]["status"] == "failed"
    assert "REMIT_TEMPORAL_ADDRESS" in found["Temporal"]["way_out"]


@pytest.mark.parametrize("verb", [["set-up"], ["import"]])
def test_a_folder_or_a_missing_file_cannot_be_loaded(
    remit: Remit, verb: list[str], tmp_path: Path
) -> None:
    word = {"database_url": "postgresql://nobody@127.0.0.1:1/x"}
    (tmp_path / "stack.json").write_text(json.dumps(word))
    for file, why in ((tmp_path, "Is a directory"), (tmp_path / "no", "No such file or directory")):
        answer = remit(*verb, str(file), "--as", "p-1", "--data", str(tmp_path))
        assert answer.code == 2
        assert f"{file} cannot be read: {why}" in answer.err


def test_a_directory_that_cannot_be_loaded_is_a_bad_file(remit: Remit, tmp_path: Path) -> None:
    file = tmp_path / "directory.toml"
    file.write_text('bodies = [{ id = "a b", name = "x", kind = "council" }]\ncolour = 1\n')
    answer = remit("set-up", str(file), "--as", "p-1")
    assert answer.code == 5
    assert "bodies" in answer.err
    assert "colour: Extra inputs are not permitted; nothing was loaded" in answer.err


def test_help_names_every_exit_code(remit: Remit) -> None:
    answer = remit("--help")
    assert answer.code == 0
    codes = answer.words.partition("Exit codes: ")[2]
    assert [code for code in range(8) if f"{code} " in codes] == list(range(8))


def test_help_begins_with_what_one_needs_first(remit: Remit) -> None:
    told = remit("--help").out
    assert "Start here: `remit demo`" in told
    listed = [
        *("─ Running ─", " demo ", " up ", "─ Filling ─", " set-up ", " import ", "─ Reading ─"),
        *(" propose ", " issue ", " assign ", " acknowledge ", " submit ", " accept ", " reopen "),
        *("─ Programmes ─", " draft-programme ", "─ Evidence ─", "─ Directory ─"),
    ]
    body = told[told.index("─ Running ─") :]
    places = [body.index(word if "─" in word else f"│{word}") for word in listed]
    assert places == sorted(places)


async def test_a_command_whose_outcome_is_unknown_is_named_to_be_sent_again() -> None:
    class Lost(MemoryEventStore):
        async def append(self, append: Append) -> AppendResult:
            del append
            raise AppendFailed

    handler = CommandHandler(Lost(), tzdata="2026a")
    command = RegisterBody(
        command_id="c-17", actor="p-1", body="council", name="Council", body_kind="council"
    )
    with pytest.raises(OutOfReach, match="To send it again: --command-id c-17"):
        await record(handler, command)


def test_the_version_is_that_of_the_package(remit: Remit) -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert remit("--version").out.strip() == project["version"]
