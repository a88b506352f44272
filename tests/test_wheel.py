"""What the wheel contains suffices: every module imports, and the demonstration finds what it shows."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

_ROOT = Path(__file__).parent.parent
_PRELUDE = f"""
import sys
from pathlib import Path

installed = Path.cwd()
sys.path[:] = [str(installed), *(p for p in sys.path if p and Path(p).resolve() != Path({str(_ROOT)!r}))]
"""  # so that the checkout, which is installed as editable, lends nothing
_IMPORT_ALL = """
from importlib import import_module

for file in sorted(installed.rglob("*.py")):
    name = file.relative_to(installed).with_suffix("")
    module = import_module(".".join(name.parts).removesuffix(".__init__"))
    assert Path(module.__file__).is_relative_to(installed), module
"""
_FILL = """
from cli.demo import DIRECTORY, MEASURES
from cli.filling import directory_from

assert DIRECTORY.is_relative_to(installed)
assert directory_from(DIRECTORY).bodies
assert MEASURES.read_bytes()
"""
_SERVE = """
from cli.main import run

assert run(["demo", "--help"]) == 0
assert run(["--version"]) == 0
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel holds, as an installation would lay it out."""
    made = tmp_path_factory.mktemp("wheel")
    [wheel] = WheelBuilder(str(_ROOT)).build(directory=str(made), versions=["standard"])
    folder = made / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def _run(script: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PRELUDE + script],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "script", [_IMPORT_ALL, _FILL, _SERVE], ids=["import-all", "fill", "serve"]
)
def test_what_the_wheel_holds_is_enough(script: str, installed: Path) -> None:
    _run(script, installed)


def test_files_that_are_read_beside_the_code_are_in_it(installed: Path) -> None:
    kinds = {".sql", ".html", ".txt", ".po", ".css", ".js"}
    packages = [child for child in installed.iterdir() if (child / "__init__.py").exists()]
    beside = {
        file.relative_to(_ROOT)
        for package in packages
        for file in (_ROOT / package.name).rglob("*")
        if file.suffix in kinds and "frontend" not in file.parts  # what `built` is made from
    }
    assert beside
    assert not [file for file in beside if not (installed / file).is_file()]
