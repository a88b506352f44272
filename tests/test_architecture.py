"""What import-linter cannot see of the directions in docs/architecture.md: the standard library, and what it is not told of."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_BESIDE = {"bench", "faults", "releasing", "simulation", "tests"}
_PACKAGES = {file.parent.name for file in _ROOT.glob("[!.]*/__init__.py")} - _BESIDE
_MODULES = {file.stem for file in _ROOT.glob("*.py")}
_TOOLS = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
_DOMAIN_MODULES = sorted((_ROOT / "domain").rglob("*.py"))
_NO_CLOCK = {"now", "today", "utcnow"}
_NO_IO = {
    "asyncio", "concurrent", "ctypes", "ftplib", "glob", "http", "imaplib", "io", "logging",
    "mmap", "multiprocessing", "os", "pathlib", "poplib", "queue", "random", "sched", "secrets",
    "select", "selectors", "shelve", "shutil", "signal", "smtplib", "socket", "socketserver",
    "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "xmlrpc",
}  # fmt: skip
_ALLOWED = (sys.stdlib_module_names - _NO_IO) | {"domain", "pydantic", "pydantic_core"}


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", _DOMAIN_MODULES, ids=lambda path: str(path.relative_to(_ROOT)))
def test_a_domain_module_does_no_io_and_reads_no_clock(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {name.partition(".")[0] for name in _imports(tree)}
    assert imported <= _ALLOWED
    called = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & _NO_CLOCK


def test_there_is_a_domain_to_look_at() -> None:
    assert _DOMAIN_MODULES


def test_every_package_is_in_every_list_that_is_kept_by_hand() -> None:
    files = {f"{name}.py" for name in _MODULES}
    wheel = set(_TOOLS["hatch"]["build"]["targets"]["wheel"]["only-include"])
    assert wheel == _PACKAGES | files | {"examples"}
    assert set(_TOOLS["pyright"]["include"]) == _PACKAGES | files | _BESIDE | {"examples"}
    isort = set(_TOOLS["ruff"]["lint"]["isort"]["known-first-party"])
    assert isort == _PACKAGES | _MODULES | _BESIDE


def test_no_package_escapes_the_contracts_on_imports() -> None:
    assert set(_TOOLS["importlinter"]["root_packages"]) == _PACKAGES
    layers, roots, beside, *_ = _TOOLS["importlinter"]["contracts"]
    assert {name for layer in layers["layers"] for name in layer.split(" | ")} == _PACKAGES
    assert set(roots["source_modules"]) == _PACKAGES - {"cli"}
    assert set(roots["forbidden_modules"]) == _MODULES
    assert set(beside["source_modules"]) == _PACKAGES
    assert set(beside["forbidden_modules"]) == _BESIDE
