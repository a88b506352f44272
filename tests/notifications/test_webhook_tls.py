"""A webhook is connected to by an address that was judged, and believed by its name."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from eventstore.addresses import new_webhook_secret
from notifications.webhook import WebhookChannel
from tests.notifications.notices import message


def _certificate(host: str, folder: Path) -> Path:
    """A certificate that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{host}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@asynccontextmanager
async def _receiver(certificate: Path) -> AsyncGenerator[tuple[int, list[str]]]:
    """Its port, and the first line and host of each request."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        asked.append(next(line for line in head if line.lower().startswith("host:")))
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


async def _sent(port: int, trusted: Path) -> str:
    channel = WebhookChannel(
        source="urn:remit",
        networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")),
        trusted=ssl.create_default_context(cafile=trusted),
    )
    url = f"https://localhost:{port}/"
    return await channel.send(message(webhook_url=url, webhook_secret=new_webhook_secret()))


async def test_a_certificate_for_the_name_is_believed(tmp_path: Path) -> None:
    certificate = _certificate("localhost", tmp_path)
    async with _receiver(certificate) as (port, asked):
        assert (await _sent(port, certificate)).endswith(" 204")
    assert asked == [f"host: localhost:{port}"]


async def test_a_certificate_for_another_name_is_not(tmp_path: Path) -> None:
    certificate = _certificate("other.example.org", tmp_path)
    async with _receiver(certificate) as (port, asked):
        with pytest.raises(httpx.ConnectError):
            await _sent(port, certificate)
    assert asked == []
