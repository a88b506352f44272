"""What deploy/ holds, as the programs that it is for read it. None of them needs an engine or a cluster for that."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from settings import Settings

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose"
KUBERNETES = DEPLOY / "kubernetes"
Object = Mapping[str, Any]
"""One of JSON or YAML."""

_PINNED = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+\.?[\w.-]*")


def program(name: str) -> Path:
    """One that came from a wheel, beside the Python that runs."""
    return Path(sys.executable).with_name(name)


def composed(
    settings: Mapping[str, str] | None = None, file: Path = COMPOSE / "compose.yaml"
) -> Object:
    """The composition with all its profiles, as Compose understands it; `settings` are those of `.env`."""
    reading = [program("docker-compose"), "--file", file, "--env-file", "/dev/null"]
    done = subprocess.run(
        [*reading, "--profile", "*", "config", "--format", "json"],
        capture_output=True,
        encoding="utf-8",
        env={"PATH": os.environ["PATH"], **(settings or {})},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def kustomized(folder: Path) -> Sequence[Object]:
    """All that is applied to a cluster from there."""
    done = subprocess.run(
        [program("kubectl"), "kustomize", folder],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def is_pinned(image: str) -> bool:
    """By a version of two numbers at least."""
    return _PINNED.fullmatch(image) is not None


def unknown_settings(names: Iterator[str]) -> set[str]:
    """Those among them that name no setting of Remit; other programs' variables are passed over."""
    ours = {name for name in names if name.startswith("REMIT_")}
    return {
        name for name in ours if name.removeprefix("REMIT_").lower() not in Settings.model_fields
    }
