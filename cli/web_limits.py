"""The limits of the web application, as the settings have them."""

from urllib.parse import urlsplit

from settings import Settings
from web.hardening.limits import BodyLimit, Limits, Rate
from web.protocol import Connections

_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")


def limits_of(settings: Settings) -> Limits:
    """What holds for all paths; which paths differ, the application says."""
    public = urlsplit(settings.web_url or "")
    named = (public.hostname or "", settings.web_host, *settings.web_hosts)
    hosts = [f"[{name}]" if ":" in name and "[" not in name else name for name in named if name]
    return Limits(
        hosts=(*_THIS_MACHINE, *hosts),
        trusted_proxies=settings.web_trusted_proxies,
        https=public.scheme == "https",
        body=BodyLimit(most_bytes=settings.web_body_bytes, seconds=settings.web_body_seconds),
        request_seconds=settings.web_request_seconds,
        per_address=Rate(requests=settings.web_requests_per_address),
        per_person=Rate(requests=settings.web_requests_per_person),
        failures=Rate(requests=settings.web_failures_per_address, seconds=300),
    )


def connections_of(settings: Settings) -> Connections:
    return Connections(most=settings.web_connections)
