"""What a store of evidence promises, in a folder and in a bucket."""

import asyncio
import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import obstore
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from obstore.store import LocalStore

from evidence.protocol import Altered, KeptFile, NotKept, SourceChanged, StoreFailed, Unexpected
from evidence.store import PART, ObjectEvidenceStore, open_evidence
from tests.evidence.conftest import ACCESS_KEY, SECRET_KEY, Place, new_bucket

_MIB = 1024 * 1024

_PUT = f"""
import asyncio, re, sys
from pathlib import Path
from evidence.store import open_evidence

async def put(url, file):
    store = open_evidence(url, access_key={ACCESS_KEY!r}, secret_key={SECRET_KEY!r})
    await store.verify((await store.put(Path(file))).sha256)

asyncio.run(put(*sys.argv[1:]))
if sys.platform == "linux":  # not ru_maxrss: that begins with what the parent had
    print(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
"""
"""Puts a file and reads it, in a process of its own; says how many KiB of memory it had at most."""


def _of(content: bytes) -> KeptFile:
    return KeptFile(sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _file(folder: Path, content: bytes) -> Path:
    file = folder / "a file"
    file.write_bytes(content)
    return file


async def _pieces(content: bytes, size: int = _MIB) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def _read(store: ObjectEvidenceStore, sha256: str) -> bytes:
    return b"".join([piece async for piece in store.get(sha256)])


async def test_a_file_is_kept_under_its_hash_and_comes_back(place: Place, tmp_path: Path) -> None:
    content = b"The act, signed. " * 1000
    kept = await place.store.put(_file(tmp_path, content))
    assert kept == _of(content)
    assert await place.kept() == {_key(kept.sha256): kept.size}
    assert await _read(place.store, kept.sha256) == content
    assert await place.store.verify(kept.sha256) == kept.size
    assert await place.store.exists(kept.sha256)
    assert await place.store.size(kept.sha256) == kept.size


async def test_what_a_stream_brings_is_the_same_file(place: Place, tmp_path: Path) -> None:
    content = b"0123456789abcdef" * (PART // 16) + b"and a little more"
    from_stream = await place.store.put(_pieces(content))
    assert from_stream == _of(content) == await place.store.put(_file(tmp_path, content))
    assert await place.kept() == {_key(from_stream.sha256): len(content)}


async def test_a_file_with_nothing_in_it_is_a_file(place: Place, tmp_path: Path) -> None:
    kept = await place.store.put(_file(tmp_path, b""))
    assert kept.size == 0
    assert await _read(place.store, kept.sha256) == b""


async def test_a_file_that_is_not_the_one_expected_is_not_kept(place: Place) -> None:
    expected, other = _of(b"expected"), _of(b"other")
    with pytest.raises(Unexpected):
        await place.store.put(_pieces(b"other"), expected=expected.sha256)
    assert not await place.store.exists(other.sha256)
    assert await place.store.put(_pieces(b"expected"), expected=expected.sha256) == expected


async def test_what_was_never_kept_is_not_there(place: Place) -> None:
    sha256 = _of(b"never").sha256
    assert not await place.store.exists(sha256)
    with pytest.raises(NotKept, match=sha256):
        await _read(place.store, sha256)
    with pytest.raises(NotKept, match=sha256):
        await place.store.verify(sha256)
    with pytest.raises(NotKept, match=sha256):
        await place.store.size(sha256)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "AB" * 32, "ab" * 31, f"{'ab' * 32}\n"])
async def test_only_a_hash_names_a_file(place: Place, name: str) -> None:
    for asked in (place.store.exists(name), place.store.verify(name)):
        with pytest.raises(ValueError, match="is no SHA-256"):
            await asked


async def test_a_kept_file_is_not_written_again(place: Place, tmp_path: Path) -> None:
    file = _file(tmp_path, b"once")
    kept = await place.store.put(file)
    first = await obstore.head_async(place.objects, _key(kept.sha256))
    await asyncio.sleep(1.1)  # S3 tells the time of a change by the second
    await place.store.put(file)
    again = await obstore.head_async(place.objects, _key(kept.sha256))
    assert again["last_modified"] == first["last_modified"]


@pytest.mark.parametrize(
    "altered", [b"", b"The act, unsigned", b"The act, signed, and more"], ids=["none", "as", "more"]
)
async def test_altered_bytes_are_detected_and_can_be_put_right(
    place: Place, tmp_path: Path, altered: bytes
) -> None:
    content = b"The act,   signed"
    file = _file(tmp_path, content)
    kept = await place.store.put(file)
    await obstore.put_async(place.objects, _key(kept.sha256), altered)

    assert await place.store.exists(kept.sha256), "only reading tells"
    with pytest.raises(Altered, match=f"{kept.sha256} was altered.*{_of(altered).sha256}"):
        await place.store.verify(kept.sha256)
    read: list[bytes] = []
    with pytest.raises(Altered):
        read.extend([piece async for piece in place.store.get(kept.sha256)])

    assert await place.store.put(file) == kept
    assert await _read(place.store, kept.sha256) == content


async def test_a_change_far_into_a_long_file_is_detected(place: Place, tmp_path: Path) -> None:
    content = bytes(3 * PART)
    kept = await place.store.put(_file(tmp_path, content))
    changed = content[:-1] + b"\1"
    await obstore.put_async(place.objects, _key(kept.sha256), changed)
    with pytest.raises(Altered):
        await place.store.verify(kept.sha256)


async def test_a_stream_that_breaks_leaves_nothing(place: Place) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield bytes(2 * PART)
        raise RuntimeError("the line is cut")

    with pytest.raises(RuntimeError, match="the line is cut"):
        await place.store.put(breaking())
    assert await place.kept() == {}


async def test_a_file_that_changes_while_it_is_sent_is_not_kept(
    place: Place, tmp_path: Path
) -> None:
    file = _long_file(tmp_path)
    putting = asyncio.create_task(place.store.put(file))
    await _under_way(place)
    with file.open("r+b") as changed:
        changed.seek(-1, 2)
        changed.write(b"\1")
    with pytest.raises(SourceChanged):
        await putting
    assert await place.kept() == {}
    assert place.unfinished() == 0


async def test_a_put_that_is_cancelled_leaves_nothing(place: Place, tmp_path: Path) -> None:
    putting = asyncio.create_task(place.store.put(_long_file(tmp_path)))
    await _under_way(place)
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert await place.kept() == {}
    assert place.unfinished() == 0


def test_a_put_that_is_killed_leaves_no_file_and_can_be_repeated(
    folder: Path, tmp_path: Path
) -> None:
    file, store = _long_file(tmp_path, parts=40), open_evidence(folder.as_uri())
    process = subprocess.Popen([sys.executable, "-c", _PUT, folder.as_uri(), file])
    try:
        while not list(folder.rglob("*#*")):
            assert process.poll() is None, "it was done before anybody looked"
            time.sleep(0.001)
    finally:
        process.kill()
        process.wait()
    place = Place(store=store, objects=LocalStore(folder), unfinished=lambda: 0)
    assert asyncio.run(place.kept()) == {}
    kept = asyncio.run(store.put(file))
    assert asyncio.run(place.kept()) == {_key(kept.sha256): kept.size}


async def test_the_same_file_kept_twice_at_once_is_kept(place: Place, tmp_path: Path) -> None:
    content = bytes(PART + 1)
    file = _file(tmp_path, content)
    both = await asyncio.gather(place.store.put(file), place.store.put(_pieces(content)))
    assert both == [_of(content)] * 2
    assert await place.kept() == {_key(both[0].sha256): len(content)}
    assert await place.store.verify(both[0].sha256) == len(content)


_AROUND_THE_LIMITS = st.sampled_from(
    [parts * PART + more for parts in (0, 1, 2) for more in (-1, 0, 1) if parts or more >= 0]
)


@given(size=_AROUND_THE_LIMITS, piece=st.integers(4096, 3 * PART))
@example(size=PART, piece=PART)
@example(size=2 * PART, piece=PART - 1)
@settings(max_examples=8, deadline=None)
def test_every_size_comes_back_as_it_was(s3_endpoint: str, size: int, piece: int) -> None:
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    name = new_bucket(s3_endpoint)
    in_bucket = open_evidence(
        f"s3://{name}?endpoint={s3_endpoint}", access_key=ACCESS_KEY, secret_key=SECRET_KEY
    )

    async def there_and_back(store: ObjectEvidenceStore) -> None:
        assert await store.put(_pieces(content, piece)) == _of(content)
        assert await _read(store, _of(content).sha256) == content

    with tempfile.TemporaryDirectory() as folder:
        for store in (in_bucket, open_evidence(Path(folder).as_uri())):
            asyncio.run(there_and_back(store))


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory")
def test_memory_does_not_grow_with_the_file(s3_endpoint: str, tmp_path: Path) -> None:
    def memory(url: str, file: Path) -> int:
        command = [sys.executable, "-c", _PUT, url, file]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        return int(done.stdout) * 1024

    for url in (tmp_path.as_uri(), f"s3://{new_bucket(s3_endpoint)}?endpoint={s3_endpoint}"):
        little = memory(url, _file(tmp_path, b"little"))
        long = _long_file(tmp_path, parts=16)
        assert memory(url, long) - little < long.stat().st_size / 2


async def test_a_store_that_is_not_there_is_no_store_without_the_file(
    s3_endpoint: str, folder: Path, tmp_path: Path
) -> None:
    keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    nobody = "http://127.0.0.1:1"
    gone = open_evidence(folder.as_uri())
    folder.rmdir()  # noqa: ASYNC240
    sha256, file = _of(b"some").sha256, _file(tmp_path, b"some")
    for store, why in (
        (open_evidence(f"s3://no-such-bucket?endpoint={s3_endpoint}", **keys), "NoSuchBucket"),
        (open_evidence(f"s3://bucket?endpoint={nobody}", **keys), nobody),
        (gone, "No such file or directory"),
    ):
        for asked in (
            store.exists(sha256),
            store.verify(sha256),
            store.put(file),
            store.check(),
        ):
            with pytest.raises(StoreFailed, match=why) as failed:
                await asked
            assert "Debug source" not in str(failed.value)


async def test_a_check_writes_and_can_be_repeated(place: Place) -> None:
    await place.store.check()
    await place.store.check()
    assert list((await place.kept()).values()) == [0]


async def test_a_place_that_takes_nothing_fails_the_check() -> None:
    with pytest.raises(StoreFailed):
        await open_evidence("file:///proc").check()


def _long_file(folder: Path, parts: int = 12) -> Path:
    """A file of zeros, of which a put takes a while."""
    file = folder / "a long file"
    with file.open("wb") as empty:
        empty.truncate(parts * PART)
    return file


async def _under_way(place: Place) -> None:
    """Wait until something of the file is on its way."""
    while not await asyncio.to_thread(place.unfinished):
        continue
