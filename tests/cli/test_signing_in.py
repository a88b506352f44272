"""From settings to how people sign in."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cli.errors import UsageError
from cli.signing_in import signing_in
from settings import Settings


def _settings(**given: Any) -> Settings:
    return Settings(database_url="postgresql://x", **given)


def test_without_an_issuer_nobody_signs_in_by_a_browser() -> None:
    assert signing_in(_settings()) is None


def test_settings_say_where_and_for_how_long(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    found = signing_in(
        _settings(
            oidc_issuer="https://id.example.org/realm",
            oidc_client_secret="s3cret",
            session_hours=8,
            session_key_file=key,
        )
    )
    assert found is not None
    assert (found.client.id, found.client.secret) == ("remit", "s3cret")
    assert (found.session, found.idle) == (timedelta(hours=8), timedelta(hours=1))
    assert found.signing_key == b"k" * 32
    assert "s3cret" not in repr(found)
    assert "kkkk" not in repr(found)


@pytest.mark.parametrize("content", [None, b"short"])
def test_a_key_that_is_none_is_wrong_usage(tmp_path: Path, content: bytes | None) -> None:
    key = tmp_path / "key"
    if content is not None:
        key.write_bytes(content)
    with pytest.raises(UsageError, match="REMIT_SESSION_KEY_FILE"):
        signing_in(_settings(oidc_issuer="https://id.example.org", session_key_file=key))


@pytest.mark.parametrize("url", ["http://remit.example.org", "http://0.0.0.0:8080"])
def test_where_others_could_read_along_nobody_signs_in_and_the_setting_is_named(url: str) -> None:
    with pytest.raises(UsageError, match="REMIT_WEB_URL"):
        signing_in(_settings(oidc_issuer="https://id.example.org", web_url=url))
    assert signing_in(_settings(web_url=url)) is None, "programs come in all the same"


@pytest.mark.parametrize(
    ("issuer", "taken"),
    [
        ("https://id.example.org", True),
        ("http://127.0.0.1:9000", True),
        ("http://localhost", True),
        ("http://id.example.org", False),
        ("http://localhost.example.org", False),
        ("id.example.org", False),
    ],
)
def test_an_issuer_is_reached_by_https_or_on_this_machine(issuer: str, taken: bool) -> None:
    if taken:
        assert _settings(oidc_issuer=issuer).oidc_issuer == issuer
    else:
        with pytest.raises(ValidationError):
            _settings(oidc_issuer=issuer)
