"""The settings, as the web application takes them."""

from ipaddress import IPv4Network

import pytest

from cli.web_limits import connections_of, limits_of
from settings import Settings
from web.hardening.limits import Limits
from web.protocol import Connections

_URL = "postgresql://nowhere"


def test_what_is_not_set_is_as_the_limits_have_it() -> None:
    settings = Settings(database_url=_URL)
    assert connections_of(settings) == Connections()
    own = Limits(hosts=(*Limits().hosts, settings.web_host))
    assert limits_of(settings) == own


def test_it_answers_for_the_address_that_people_see(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIT_WEB_URL", "https://remit.example.org:8443/below")
    monkeypatch.setenv("REMIT_WEB_HOSTS", "remit.internal, fd00::1")
    monkeypatch.setenv("REMIT_WEB_TRUSTED_PROXIES", "10.1.0.7/32")
    limits = limits_of(Settings(database_url=_URL))
    assert limits.https
    assert {"remit.example.org", "remit.internal", "[fd00::1]", "localhost"} <= set(limits.hosts)
    assert limits.trusted_proxies == (IPv4Network("10.1.0.7/32"),)
