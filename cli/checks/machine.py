"""This machine: Python and its packages, time zones, text encoding, the data folder, embedded servers."""

import asyncio
import locale
import os
import shutil
import subprocess
import sys
import zoneinfo
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from cli.checks.diagnosis import Check, Diagnosis, failed, ok, warning
from cli.child_server import DevStackError
from cli.data_directory import closed_directory, is_root
from cli.embedded_postgres import postgres_binaries
from cli.embedded_temporal import temporal_binary
from settings import use_bundled_time_zones

OLDEST_PYTHON = (3, 11)
_MEBIBYTE = 1 << 20
LITTLE_SPACE = 1024 * _MEBIBYTE
"""Bytes below which it is time to make room; PostgreSQL stops when there are none."""
NO_SPACE = 100 * _MEBIBYTE
_PATIENCE = 8.0  # of one program, so that its process is ended before the check is


def machine_checks(folder: Path, *, embedded: bool) -> Mapping[str, Check]:
    """Args: folder: of `remit up`; embedded: whether the servers are to run from it."""
    found: dict[str, Check] = {
        "python": asyncio.to_thread(python),
        "packages": asyncio.to_thread(packages),
        "time zones": asyncio.to_thread(time_zones),
        "encoding": asyncio.to_thread(encoding),
    }
    if embedded:
        found["data folder"] = asyncio.to_thread(data_folder, folder)
        found["disk"] = asyncio.to_thread(disk, folder)
        found["embedded PostgreSQL"] = asyncio.to_thread(embedded_postgres)
        found["embedded Temporal"] = asyncio.to_thread(embedded_temporal)
    return found


def python() -> Diagnosis:
    running = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return failed("python", f"{running} is too old", "install Python 3.11 or newer")
    return ok("python", running)


def packages(distribution: str = "remit") -> Diagnosis:
    """Every package that Remit declares, against the version it asks for."""
    try:
        declared = [Requirement(line) for line in requires(distribution) or ()]
    except PackageNotFoundError:
        return failed(
            "packages", "Remit itself is not installed", "run `make setup`, or install its wheel"
        )
    needed = [r for r in declared if r.marker is None or r.marker.evaluate({"extra": ""})]
    wrong = [problem for r in needed if (problem := _unmet(r)) is not None]
    if wrong:
        return failed(
            "packages",
            "; ".join(wrong),
            "run `make setup`, or `pip install --require-hashes -r requirements.lock`",
        )
    return ok("packages", f"{len(needed)} as declared")


def _unmet(requirement: Requirement) -> str | None:
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name} is not installed"
    if not requirement.specifier.contains(found, prereleases=True):
        return f"{requirement.name} {found} is installed, {requirement.specifier} is needed"
    return None


def time_zones() -> Diagnosis:
    database = use_bundled_time_zones()
    try:
        zoneinfo.ZoneInfo("Europe/Minsk")
    except zoneinfo.ZoneInfoNotFoundError:
        return failed("time zones", "Europe/Minsk is not known", "install the package tzdata again")
    return ok("time zones", f"tzdata {database}")


def encoding() -> Diagnosis:
    """Names of files, and what is read and written without saying how, follow the locale."""
    used = {"files": locale.getpreferredencoding(), "file names": sys.getfilesystemencoding()}
    other = [f"{what} in {name}" for what, name in used.items() if not _is_utf8(name)]
    if other:
        return warning(
            "encoding", ", ".join(other), "set PYTHONUTF8=1, or a locale such as C.UTF-8"
        )
    return ok("encoding", "UTF-8")


def _is_utf8(name: str) -> bool:
    return name.casefold().replace("-", "") == "utf8"


def data_folder(folder: Path) -> Diagnosis:
    place = _nearest(folder)
    if not place.is_dir():
        return failed("data folder", f"{place} is no folder", "name another with --data")
    if is_root() and (closed := closed_directory(folder)):
        return failed(
            "data folder",
            f"PostgreSQL runs as nobody, who cannot pass {closed}",
            "choose one that others can reach, such as --data /var/lib/remit",
        )
    if not os.access(place, os.W_OK | os.X_OK):
        return failed(
            "data folder", f"{place} cannot be written to", "give this user the right to, or --data"
        )
    missing = "" if folder.exists() else "; the first `remit up` makes it"
    return ok("data folder", f"{folder}{missing}")


def disk(folder: Path) -> Diagnosis:
    free = shutil.disk_usage(_nearest(folder)).free
    message = f"{free // _MEBIBYTE} MiB free below {folder}"
    if free < LITTLE_SPACE:
        found = failed if free < NO_SPACE else warning
        return found("disk", message, "make room, or name a folder on another disk with --data")
    return ok("disk", message)


def _nearest(folder: Path) -> Path:
    """The folder, or the first above it that is there."""
    return next(
        place for place in (folder.absolute(), *folder.absolute().parents) if place.exists()
    )


def embedded_postgres() -> Diagnosis:
    return _program("embedded PostgreSQL", lambda: postgres_binaries(None) / "postgres")


def embedded_temporal() -> Diagnosis:
    return _program("embedded Temporal", temporal_binary)


def _program(name: str, find: Callable[[], Path]) -> Diagnosis:
    """Whether a program is there and starts."""
    try:
        program = find()
    except DevStackError as error:
        sentence, _, way_out = str(error).partition(": ")
        return failed(name, sentence, way_out)
    try:
        said = subprocess.run(
            [program, "--version"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return failed(name, f"{program} does not start: {error}", "run `make setup` again")
    return ok(name, said.strip().partition("\n")[0])
