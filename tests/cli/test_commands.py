"""Which module offers which command: the list that saves loading all of them is right."""

import subprocess
import sys
from importlib import import_module

import pytest
from cyclopts import App

from cli.commands import MODULES, build

_LOADED = """
import sys
from cli.commands import build
build(sys.argv[1])
print(*(name for name in sys.modules if name.startswith(("cli.", "fastapi", "temporalio.worker"))))
"""


@pytest.mark.parametrize("module", MODULES)
def test_each_module_offers_what_the_list_says(module: str) -> None:
    alone = App(help_flags=[], version_flags=[])
    import_module(f"cli.{module}").add_to(alone)
    assert tuple(alone) == MODULES[module]


def test_what_is_asked_for_alone_is_as_among_all() -> None:
    every = build()
    for commands in MODULES.values():
        for command in commands:
            alone, among = build(command)[command], every[command]
            assert (alone.help, [*alone]) == (among.help, [*among])


def test_without_a_known_name_there_are_all() -> None:
    assert [*build("lst")] == [*build("--help")] == [*build()]


def test_what_is_not_asked_for_is_not_loaded() -> None:
    asked = [sys.executable, "-c", _LOADED, "list"]
    loaded = subprocess.run(asked, capture_output=True, encoding="utf-8", check=True).stdout.split()
    assert "cli.views" in loaded
    assert not {"cli.audit", "cli.stack", "fastapi", "temporalio.worker"} & {*loaded}
