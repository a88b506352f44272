"""Places to keep evidence in: a folder, and a bucket of moto's S3 server, a process of its own."""

import signal
import socket
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from uuid import uuid4

import obstore
import pytest
from obstore.store import LocalStore, S3Store

from cli.child_server import ChildServer
from evidence.store import ObjectEvidenceStore, open_evidence

ACCESS_KEY, SECRET_KEY = "access", "secret"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a test keeps evidence, and the same place with nobody in between."""

    store: ObjectEvidenceStore
    objects: LocalStore | S3Store
    unfinished: Callable[[], int]
    """How many files are on their way, or were left there."""

    async def kept(self) -> dict[str, int]:
        """The size of every object there is."""
        listed = await obstore.list(self.objects).collect_async()  # pyright: ignore[reportUnknownMemberType]
        return {entry["path"]: entry["size"] for entry in listed}


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the server, empty at first."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("s3") / "s3.log"
    server = ChildServer("moto's S3 server", log, signal.SIGTERM)
    server.start([Path(sys.executable).with_name("moto_server"), "-H", "127.0.0.1", f"-p{port}"])
    try:
        server.wait_until(lambda: _answers(f"{endpoint}/moto-api/"), timeout=60)
        yield endpoint
    finally:
        server.stop()


def _answers(url: str) -> bool:
    try:
        return bool(_get(url))
    except (URLError, OSError):
        return False


@pytest.fixture
def bucket(s3_endpoint: str) -> str:
    """The name of a new bucket."""
    return new_bucket(s3_endpoint)


def new_bucket(s3_endpoint: str) -> str:
    name = f"bucket-{uuid4()}"
    # Without a signature moto lets anybody make one.
    request = urllib.request.Request(f"{s3_endpoint}/{name}", method="PUT")  # noqa: S310
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310
        return name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "Kept files"  # the space is to go through the URL
    made.mkdir()
    return made


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest) -> Place:
    """Both in turn."""
    if request.param == "folder":
        folder: Path = request.getfixturevalue("folder")
        return Place(
            store=open_evidence(folder.as_uri()),
            objects=LocalStore(folder),
            unfinished=lambda: len(list(folder.rglob("*#*"))),
        )
    endpoint: str = request.getfixturevalue("s3_endpoint")
    name: str = request.getfixturevalue("bucket")
    url = f"s3://{name}/kept/evidence?endpoint={endpoint}&region=eu-central-1"
    return Place(
        store=open_evidence(url, access_key=ACCESS_KEY, secret_key=SECRET_KEY),
        objects=S3Store(
            name,
            prefix="kept/evidence",
            endpoint=endpoint,
            region="eu-central-1",
            access_key_id=ACCESS_KEY,
            secret_access_key=SECRET_KEY,
            client_options={"allow_http": True},
        ),
        unfinished=lambda: _get(f"{endpoint}/{name}?uploads").count(b"<UploadId>"),
    )


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own server
        return answer.read()
