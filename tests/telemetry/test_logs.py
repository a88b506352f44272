"""The lines of the log: their fields, and that no secret is in them."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_trace_id
from pydantic import SecretStr

from settings import Settings, secrets_of
from telemetry.context import about
from telemetry.logs import LogFormat, log_lines
from telemetry.tracing import provider

_URL = "postgresql://remit:s3cret%2Fword@db.example.org:5432/remit"
_SETTINGS = Settings(
    database_url=_URL,
    smtp_password=SecretStr("swordfish"),
    heartbeat_url=SecretStr("https://hc.example.org/ping/5f1c-77"),
)
_logger = logging.getLogger("tests.lines")


@pytest.fixture(autouse=True)
def _root_as_it_was() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers
    root.setLevel(level)


def _to(file: Path, log_format: LogFormat) -> None:
    log_lines(log_format=log_format, secrets=secrets_of(_SETTINGS), file=file)


def test_a_line_of_json_says_what_it_is_about_and_in_which_trace(tmp_path: Path) -> None:
    _to(tmp_path / "log", "json")
    tracer = provider(SimpleSpanProcessor(InMemorySpanExporter()), service="t").get_tracer("t")
    with (
        about({"request_id": "r-1"}),
        about({"command_id": "c-1", "stream": "instruction-7"}),
        tracer.start_as_current_span("doing") as span,
    ):
        _logger.warning("%s waits", "поручение", extra={"person": "Ivanov"})
    _logger.info("done")

    first, second = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "WARNING",
        "logger": "tests.lines",
        "message": "поручение waits",
        "request_id": "r-1",
        "command_id": "c-1",
        "stream": "instruction-7",
        "trace_id": format_trace_id(span.get_span_context().trace_id),
    }
    assert second.keys() == {"time", "level", "logger", "message"}


def test_a_line_of_text_says_when_in_utc_and_what(tmp_path: Path) -> None:
    _to(tmp_path / "log", "text")
    with about({"command_id": "c-1"}):
        _logger.info("done")
    at, rest = (tmp_path / "log").read_text().split(" INFO ")
    assert rest == "tests.lines done\n"
    assert datetime.fromisoformat(at).utcoffset() == timedelta(0)


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "\x1b[1A"])
def test_nothing_that_is_logged_can_look_like_a_line_of_its_own(
    tmp_path: Path, log_format: LogFormat, breaks: str
) -> None:
    _to(tmp_path / "log", log_format)
    forged = f"x{breaks}2026-01-01 00:00:00,000 INFO access p-lead signed in"
    try:
        raise RuntimeError(forged)
    except RuntimeError:
        _logger.exception("refused: %s", forged)
    _logger.info("next")
    written = (tmp_path / "log").read_bytes().decode()
    assert "\x1b" not in written
    lines = written.splitlines()
    assert "p-lead signed in" in lines[0]
    assert not [one for one in lines if one.startswith("2026-01-01")]
    entries = [one for one in lines if not one.startswith("  ")]
    assert len(entries) == 2, "two were written"


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize(
    "said",
    [
        f"cannot reach {_URL}",
        "password s3cret%2Fword is wrong, and so is s3cret/word",
        "535 swordfish is not accepted",
        "POST https://hc.example.org/ping/5f1c-77/fail",
        "postgres://someone:another-one@elsewhere/db",
        "Authorization: Bearer eyJhbGciOi.abc-DEF_1.2",
        "GET /signed-in?code=4/0AbCd&state=x",
        "GET /feeds/q8Zt4kY.ics",
        "token=abc-123",
    ],
)
def test_no_secret_is_in_any_line(tmp_path: Path, log_format: LogFormat, said: str) -> None:
    _to(tmp_path / "log", log_format)
    try:
        raise RuntimeError(said)
    except RuntimeError:
        with about({"stream": said}):
            _logger.exception("it went wrong: %s", said)
    written = (tmp_path / "log").read_text()
    assert "it went wrong" in written
    assert "Traceback" in written
    assert "***" in written
    for secret in (
        "s3cret", "swordfish", "5f1c-77", "another-one", "eyJhbGciOi", "0AbCd", "q8Zt4kY", "abc-123",
    ):  # fmt: skip
        assert secret not in written
