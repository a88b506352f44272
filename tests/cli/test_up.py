"""`remit up` and `remit demo`, as processes."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Remit
from tests.cli.up import REMIT, Up, call, environment, processes_of, wait_for_the_end_of_all
from tests.programmes import ADMINISTRATOR, SMALL_DIRECTORY

_EVENT = re.compile(r"^ *\d+ \d\d:\d\d:\d\d (DEMO-\d) (\w+)", re.MULTILINE)


def test_up_survives_a_kill_keeps_its_data_and_ends_cleanly(server_dir: Path, remit: Remit) -> None:
    folder = server_dir / "up"
    file = server_dir / "directory.toml"
    file.write_bytes(SMALL_DIRECTORY)
    set_up = ("set-up", str(file), "--as", ADMINISTRATOR, "--data", str(folder))

    with Up(folder) as up:
        assert up.addresses["data"] == str(folder)
        assert up.addresses["temporal_address"].startswith("127.0.0.1:")
        assert processes_of(folder) or sys.platform != "linux"
        first = call(*set_up)
        assert (first.code, first.out) == (0, "18 recorded, 0 known already\n")
        up.end(signal.SIGKILL)
    if sys.platform == "linux":
        wait_for_the_end_of_all(folder)
        gone = remit("list", "--data", str(folder))
        assert gone.code == 4
        assert "out-of-reach: the database does not answer" in gone.err

    with Up(folder) as up:
        again = remit(*set_up, "--json")
        assert (again.code, again.json) == (0, {"commands_recorded": 0, "commands_known": 18})
        assert up.end(signal.SIGTERM) == 0
    assert not (folder / "stack.json").exists()
    assert processes_of(folder) == []
    ended = remit("list", "--data", str(folder))
    assert ended.code == 2
    assert f"no Remit runs in {folder}" in ended.err


@pytest.mark.timeout(300)
def test_the_demo_shows_it_all() -> None:
    demo = call("demo", timeout=280)
    assert demo.code == 0, demo.err
    assert "implemented 125 of 310 (40 %)" in demo.words
    assert "behind schedule 14 (4.5 %)" in demo.words

    told = _EVENT.findall(demo.out)
    live = [event for number, event in told if number == "DEMO-1"]
    by_itself = ("NotificationDelivered", "MomentsPlanned")
    assert [event for event in live if event not in by_itself] == [
        "InstructionIssued",
        "InstructionAssigned",
        "AssignmentAcknowledged",
        "ProgressReported",
        "ReminderDue",
        "DeadlinePassed",
        "Escalated",
        "EscalationAcknowledged",
        "ExtensionRequested",
        "ExtensionApproved",
        "CompletionReported",
        "ReturnedForRework",
        "CompletionReported",
        "InstructionCompleted",
    ]
    assert "NotificationDelivered" in live

    before, lost, after = demo.out.partition("Temporal stops, and its database is deleted")
    assert lost
    assert ("DEMO-2", "ReminderDue") not in _EVENT.findall(before)
    assert ("DEMO-2", "ReminderDue") in _EVENT.findall(after)
    assert demo.out.rstrip().endswith("`remit --help` says what else.")


def test_a_demo_that_is_told_to_stop_leaves_nothing_behind(server_dir: Path) -> None:
    folder = server_dir / "demo"
    folder.mkdir()
    folder.chmod(0o755)
    demo = subprocess.Popen(
        [REMIT, "demo"],
        env=environment() | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    assert demo.stdout is not None
    with demo.stdout:
        while not demo.stdout.readline().startswith("Importing"):
            assert demo.poll() is None
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(60) == 128 + signal.SIGINT
    assert list(folder.iterdir()) == []
    assert processes_of(folder) == []
