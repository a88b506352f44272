"""TLS to Temporal: whom we take for it, and as whom we speak to it."""

import re
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from temporalio.service import TLSConfig

_NAME = re.compile(r"[A-Za-z0-9*]([A-Za-z0-9.-]*[A-Za-z0-9])?")


class BadTls(RuntimeError):
    """A certificate, or its key, is not there, cannot be read, or does not fit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TlsFiles:
    """PEM files; all may be left out."""

    client_certificate: Path | None = None
    """With those that lead up to its issuer's, if there are some between."""
    client_key: Path | None = None
    """Of the certificate; not encrypted."""
    server_ca: Path | None = None
    """Who issues the server's; without it the machine's own list counts."""
    server_name: str | None = None
    """What the server's certificate must name, where that is not the host of its address."""


def tls_config(files: TlsFiles) -> TLSConfig:
    """Read now: a file that has changed counts from the next start on. Raises `BadTls`."""
    if (files.client_certificate is None) != (files.client_key is None):
        raise BadTls(
            "a client certificate needs its key, and a key its certificate: name both or neither"
        )
    if files.server_name is not None and _NAME.fullmatch(files.server_name) is None:
        raise BadTls("the server's name should be a host's, without a scheme and a port")
    certificate = key = None
    if files.client_certificate is not None and files.client_key is not None:
        certificate, key = _pair(files.client_certificate, files.client_key)
    server_ca = None
    if files.server_ca is not None:
        server_ca = _read(files.server_ca)
        _certificates(files.server_ca, server_ca)
    return TLSConfig(
        server_root_ca_cert=server_ca,
        domain=files.server_name,
        client_cert=certificate,
        client_private_key=key,
    )


def _pair(certificate_file: Path, key_file: Path) -> tuple[bytes, bytes]:
    certificate, key = _read(certificate_file), _read(key_file)
    try:
        private = load_pem_private_key(key, password=None)
    except TypeError:  # cryptography's answer where a password would be needed
        raise BadTls(f"the key in {key_file} is encrypted: give one that is not") from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadTls(f"{key_file} holds no private key in PEM") from None
    first = _certificates(certificate_file, certificate)[0]
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if first.public_key().public_bytes(*form) != private.public_key().public_bytes(*form):
        raise BadTls(f"the key in {key_file} is not that of the certificate in {certificate_file}")
    return certificate, key


def _certificates(file: Path, content: bytes) -> list[x509.Certificate]:
    """At least one."""
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise BadTls(f"{file} holds no certificate in PEM") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadTls(f"{file} cannot be read: {error.strerror}") from error
