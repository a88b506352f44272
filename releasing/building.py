"""What is handed out of a version: the sources and the wheel, in `dist/`, the same bytes wherever they are built."""

import hashlib
import tarfile
import tempfile
from pathlib import Path

from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder


class NotReproducible(Exception):
    """The sources that are handed out make another wheel than the checkout does."""


def build(root: Path, folder: Path) -> list[Path]:
    """Build sources and wheel, and a file of their SHA-256 that `sha256sum --check` reads.

    The wheel is built a second time, from the sources, and has to come out the same.

    Args:
        root: of a checkout in which `make setup` has built what the console's pages load.
        folder: is made if it is not there.

    Raises:
        NotReproducible: what stands beside git in the checkout, or a clock, got into one of them.
    """
    [sources] = SdistBuilder(str(root)).build(directory=str(folder), versions=["standard"])
    wheel = _wheel(root, folder)
    with tempfile.TemporaryDirectory() as scratch, tarfile.open(sources) as archive:
        archive.extractall(scratch, filter="data")
        [unpacked] = Path(scratch).iterdir()
        again = _wheel(unpacked, Path(scratch) / "dist")
        if again.read_bytes() != wheel.read_bytes():
            raise NotReproducible(f"{sources} and the checkout make different wheels")
    built = [Path(sources), wheel]
    sums = folder / f"{wheel.name.split('-py3')[0]}.sha256"
    lines = (f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in built)
    sums.write_text("".join(lines), encoding="utf-8")
    return [*built, sums]


def _wheel(root: Path, folder: Path) -> Path:
    [made] = WheelBuilder(str(root)).build(directory=str(folder), versions=["standard"])
    return Path(made)
