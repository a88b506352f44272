"""deploy/systemd, as systemd reads it."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from settings import Settings
from tests.deploy.rendering import DEPLOY, program, unknown_settings

_UNITS = DEPLOY / "systemd"
_SERVICES = sorted(_UNITS.glob("*.service"))
_INSTALLED = "/opt/remit/bin/remit"
_ASSIGNMENT = re.compile(r"(REMIT_\w+)=(\S*)")
_CREDENTIAL = re.compile(r"^LoadCredential=([\w.]+):", re.MULTILINE)


@pytest.fixture(scope="module")
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed")
    return found


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with the program where it is on this machine."""
    for file in (*_SERVICES, _UNITS / "remit.target"):
        text = file.read_text().replace(_INSTALLED, str(program("remit")))
        (tmp_path / file.name).write_text(text)
    return tmp_path


def _environment(unit: Path) -> Iterator[tuple[str, str]]:
    for line in unit.read_text().splitlines():
        if line.startswith("Environment="):
            yield from _ASSIGNMENT.findall(line)


def test_systemd_finds_nothing_wrong_with_the_units(analyze: str, units: Path) -> None:
    files = sorted(units.iterdir())
    done = subprocess.run(
        [analyze, "verify", "--man=no", *files], capture_output=True, encoding="utf-8", check=False
    )
    said = [line for line in done.stderr.splitlines() if str(units) in line or "remit" in line]
    assert (done.returncode, said) == (0, [])


@pytest.mark.parametrize("unit", _SERVICES, ids=lambda unit: unit.name)
def test_a_service_may_do_little(unit: Path, analyze: str) -> None:
    """By systemd's own measure of what it is exposed to, in tenths; 100 is everything."""
    done = subprocess.run(
        [analyze, "security", "--offline=yes", "--threshold=20", unit],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", _SERVICES, ids=lambda unit: unit.name)
def test_settings_and_secrets_of_a_service_are_known(unit: Path) -> None:
    given = dict(_environment(unit))
    assert unknown_settings(iter(given)) == set()
    assert given["REMIT_SECRETS_DIR"] == "%d"
    handed_over = set(_CREDENTIAL.findall(unit.read_text()))
    values = {name for name in handed_over if name.startswith("remit_")}
    assert {name.removeprefix("remit_") for name in values} <= set(Settings.model_fields)
    files = {value.removeprefix("%d/") for name, value in given.items() if name.endswith("_FILE")}
    assert handed_over - values == files


def test_workers_have_the_time_to_end_what_they_send() -> None:
    assert "TimeoutStopSec=75\n" in (_UNITS / "remit-worker@.service").read_text()


def test_what_the_target_wants_is_there() -> None:
    [wanted] = re.findall(r"^Wants=(.*)$", (_UNITS / "remit.target").read_text(), re.MULTILINE)
    for name in wanted.split():
        assert (_UNITS / re.sub(r"@\d+", "@", name)).exists(), name


def test_no_unit_says_what_the_file_of_settings_is_to_say() -> None:
    """That file goes before a unit's own variables: what stands in both is not the unit's any more."""
    example = dict(_ASSIGNMENT.findall((_UNITS / "remit.env.example").read_text()))
    for unit in _SERVICES:
        assert not set(example) & set(dict(_environment(unit))), unit.name


def test_the_script_for_verbs_hands_over_what_verbs_use() -> None:
    """All but what signs people in, and the sign of life."""
    script = (_UNITS / "remit-verb").read_text()
    subprocess.run(["/bin/sh", "-n", _UNITS / "remit-verb"], check=True)
    handed_over = {
        name
        for unit in ("remit-worker@.service", "remit-web.service")
        for name in _CREDENTIAL.findall((_UNITS / unit).read_text())
    }
    others = {"remit_oidc_client_secret", "session.key", "remit_heartbeat_url"}
    assert set(re.findall(r"LoadCredential=([\w.]+):", script)) == handed_over - others
    assert unknown_settings(name for name, _ in _ASSIGNMENT.findall(script)) == set()
