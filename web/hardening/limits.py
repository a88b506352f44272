"""How much of what one client may have of the web application."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

MEBIBYTE = 1 << 20
API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
"""Content-Security-Policy of what is no page: nothing may be loaded, and nobody may frame it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimit:
    """How large the body of a request may be, and how long it may take to come."""

    most_bytes: int = MEBIBYTE
    seconds: float = 60
    """That the body may be waited for in all."""
    bytes_per_second: int = 256
    """That have to come on average once `grace_seconds` are over."""
    grace_seconds: float = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many requests in any such span: a moving window."""

    requests: int
    seconds: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What holds for all requests. What differs by path is handed to `protection.protected` as functions."""

    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    """Names, without port, that the application is asked for under; the address connected to is one as well."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    https: bool = False
    """People reach it by HTTPS, though the request may come from a proxy without it."""
    body: BodyLimit = field(default_factory=BodyLimit)
    file: BodyLimit = field(
        default_factory=lambda: BodyLimit(
            most_bytes=100 * MEBIBYTE, seconds=3600, bytes_per_second=4096
        )
    )
    """Of a file that is attached as evidence: it goes to the store piece by piece."""
    request_seconds: float = 30
    """That the work on a request may take, its body not counted."""
    per_address: Rate = field(default_factory=lambda: Rate(requests=1200))
    per_person: Rate = field(default_factory=lambda: Rate(requests=600))
    trials: Rate = field(default_factory=lambda: Rate(requests=5, seconds=600))
    """Test notices of one person: each goes out to a server that is none of ours."""
    failures: Rate = field(default_factory=lambda: Rate(requests=20, seconds=300))
    """Credentials that were refused, from one address."""
    sign_in_paths: tuple[str, ...] = ()
    """Prefixes of paths that are closed to an address with too many `failures`, as is every request with an
    `Authorization`."""
