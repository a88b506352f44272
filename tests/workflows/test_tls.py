"""Temporal behind TLS that asks for a client's certificate."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.checks.temporal import temporal
from cli.devstack import EmbeddedTemporal
from cli.errors import OutOfReach, UsageError
from cli.session import connect_temporal
from settings import Settings
from temporal_connection import connect_as_set
from tests.workflows.certificates import Authority, Pair, encrypted_key
from workflows.tls import BadTls, TlsFiles, tls_config

_NAME = "temporal.example"


@dataclass(frozen=True, kw_only=True)
class _Front:
    address: str
    authority: Authority
    client: Pair

    def settings(self, **changes: object) -> Settings:
        ours = {
            "temporal_tls_client_certificate_file": self.client.certificate,
            "temporal_tls_client_key_file": self.client.key,
            "temporal_tls_server_ca_file": self.authority.certificate,
            "temporal_tls_server_name": _NAME,
        }
        servers = {"database_url": "postgresql://nowhere/x", "temporal_address": self.address}
        return Settings.model_validate({**servers, **ours, **changes})


@pytest.fixture
async def front(temporal_server: EmbeddedTemporal, tmp_path: Path) -> AsyncIterator[_Front]:
    """Ends TLS before the server, as a load balancer does."""
    authority = Authority(tmp_path)
    server, client = authority.issue(_NAME), authority.issue("remit.example")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(server.certificate, server.key)
    context.set_alpn_protocols(["h2"])
    host, _, port = temporal_server.address.rpartition(":")

    writers: list[asyncio.StreamWriter] = []
    connections: list[asyncio.Task[None]] = []

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(host, int(port))
        writers.extend((writer, inner_writer))
        await asyncio.gather(_copied(reader, inner_writer), _copied(inner_reader, writer))

    def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.create_task(join(reader, writer)))

    listening = await asyncio.start_server(joined, "127.0.0.1", 0, ssl=context)
    address = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield _Front(address=address, authority=authority, client=client)
    listening.close()
    for writer in writers:
        writer.transport.abort()
    await asyncio.gather(*connections)


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def test_who_shows_the_certificate_is_let_in_and_nobody_else(
    front: _Front, tmp_path: Path
) -> None:
    client = await connect_temporal(front.settings())
    assert await client.service_client.check_health()
    stranger = Authority(tmp_path, "stranger").issue("stranger.example")
    of_a_stranger = {
        "temporal_tls_client_certificate_file": stranger.certificate,
        "temporal_tls_client_key_file": stranger.key,
    }
    nobody = dict.fromkeys(of_a_stranger)
    for changes in (of_a_stranger, nobody, {"temporal_tls_server_name": "other.example"}):
        with pytest.raises(OutOfReach, match="does not answer"):
            await connect_temporal(front.settings(**changes))


async def test_the_doctor_names_the_file_that_is_at_fault(front: _Front, tmp_path: Path) -> None:
    settings = front.settings(temporal_tls_server_ca_file=tmp_path / "gone.pem")
    [found] = await temporal(settings, way_out="start it")
    assert found.status == "failed"
    assert found.message == f"{tmp_path}/gone.pem cannot be read: No such file or directory"
    with pytest.raises(UsageError, match=r"gone\.pem cannot be read"):
        await connect_temporal(settings)
    keys = tmp_path / "keys"
    [found] = await temporal(front.settings(temporal_encryption_keys_file=keys), way_out="start it")
    assert f"{keys} cannot be read" in found.message


@pytest.mark.parametrize(
    ("address", "said", "spoken"),
    [
        ("temporal.example:7233", {"temporal_api_key": "key"}, True),
        ("temporal.example:7233", {}, False),
        ("127.0.0.1:7233", {"temporal_api_key": "key"}, True),
        ("127.0.0.1:7233", {"temporal_api_key": "key", "temporal_tls": False}, False),
        ("[::1]:7233", {"temporal_api_key": "key", "temporal_tls": False}, False),
        ("localhost:7233", {"temporal_api_key": "key", "temporal_tls": False}, False),
    ],
)
async def test_an_api_key_has_tls_spoken(
    address: str, said: dict[str, object], spoken: bool
) -> None:
    settings = Settings.model_validate({"database_url": "x", "temporal_address": address, **said})
    client = await connect_as_set(settings, lazy=True)
    assert client.service_client.config.tls is spoken


async def test_an_api_key_does_not_leave_the_machine_in_the_clear() -> None:
    said = {"database_url": "x", "temporal_api_key": "s3cret", "temporal_tls": False}
    settings = Settings.model_validate({**said, "temporal_address": "10.0.0.7:7233"})
    with pytest.raises(BadTls, match="for all to read") as refused:
        await connect_as_set(settings, lazy=True)
    assert "s3cret" not in str(refused.value)


def test_files_that_do_not_fit_say_so(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    one, other = authority.issue("one.example"), authority.issue("other.example")
    nonsense = tmp_path / "nonsense"
    nonsense.write_bytes(b"\xffnonsense")
    locked = encrypted_key(tmp_path / "locked.key")
    certificate = one.certificate
    for files, says in (
        (TlsFiles(client_certificate=certificate), "name both or neither"),
        (TlsFiles(client_key=one.key), "name both or neither"),
        (
            TlsFiles(client_certificate=certificate, client_key=other.key),
            "is not that of the certif",
        ),
        (TlsFiles(client_certificate=certificate, client_key=locked), "is encrypted"),
        (TlsFiles(client_certificate=certificate, client_key=nonsense), "no private key in PEM"),
        (TlsFiles(client_certificate=one.key, client_key=one.key), "no certificate in PEM"),
        (TlsFiles(client_certificate=tmp_path, client_key=one.key), "cannot be read: Is a dir"),
        (TlsFiles(server_ca=nonsense), "no certificate in PEM"),
        (TlsFiles(server_name="https://temporal.example:7233"), "without a scheme and a port"),
    ):
        with pytest.raises(BadTls, match=says):
            tls_config(files)
    assert tls_config(TlsFiles(client_certificate=certificate, client_key=one.key)).client_cert
