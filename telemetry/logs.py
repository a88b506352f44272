"""The lines of a process's log: for people (text) or for programs (JSON), in either case without secrets."""

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from textwrap import indent
from time import gmtime
from types import TracebackType
from typing import Any, Literal

from opentelemetry.trace import format_trace_id, get_current_span
from pythonjsonlogger.core import LogData
from pythonjsonlogger.json import JsonFormatter

from telemetry.context import what_it_is_about

LogFormat = Literal["text", "json"]
STRUCK = "***"
SHORTEST_SECRET = 6
"""Characters. A shorter one is struck out only where its place shows what it is: else it would be found in any word."""

_CONTROLS = re.compile(r"[\x00-\x1f\x80-\x9f\u2028\u2029]")
"""What a terminal obeys, or somebody who reads by lines takes for the end of one."""
_CONTROLS_BUT_BREAKS = re.compile(r"[\x00-\x08\x0b-\x1f\x80-\x9f\u2028\u2029]")
_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_IN_THEIR_PLACES = (
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@?#]*:)[^\s@]+@", re.IGNORECASE), rf"\1{STRUCK}@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {STRUCK}"),
    (
        re.compile(
            r"\b(password|passwd|secret|token|api[_-]?key|access_token|refresh_token|id_token|code)=[^\s&\"']+",
            re.IGNORECASE,
        ),
        rf"\1={STRUCK}",
    ),
    (re.compile(r"(/feeds/)[^\s/?.\"']+"), rf"\1{STRUCK}"),
)


def log_lines(*, log_format: LogFormat, secrets: Iterable[str], file: Path | None = None) -> None:
    """Have all that is logged in this process, from INFO on, go to the file, or to standard error.

    `secrets` are struck out of every line, and so are passwords in URLs, tokens and the like.
    """
    without_secrets = redaction(secrets)
    formatter = _Json(without_secrets) if log_format == "json" else _Text(without_secrets)
    handler = logging.StreamHandler(sys.stderr) if file is None else logging.FileHandler(file)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def redaction(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that strikes them out of a text."""
    known = sorted({s for s in secrets if len(s) >= SHORTEST_SECRET}, key=len, reverse=True)

    def struck(text: str) -> str:
        for secret in known:
            text = text.replace(secret, STRUCK)
        for pattern, instead in _IN_THEIR_PLACES:
            text = pattern.sub(instead, text)
        return text

    return struck


def _escaped(these: re.Pattern[str], text: str) -> str:
    return these.sub(lambda found: json.dumps(found[0])[1:-1], text)


_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _Text(logging.Formatter):
    default_msec_format = "%s.%03dZ"

    def __init__(self, without_secrets: Callable[[str], str]) -> None:
        super().__init__(_TEXT)
        self.converter = gmtime
        self._without_secrets = without_secrets

    def format(self, record: logging.LogRecord) -> str:
        return self._without_secrets(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """On one line, whatever somebody had written into it."""
        return _escaped(_CONTROLS, super().formatMessage(record))

    def formatException(self, ei: "_ExcInfo") -> str:  # noqa: N802
        """Indented: no line of an exception's own words looks like one of the log."""
        return indent(_escaped(_CONTROLS_BUT_BREAKS, super().formatException(ei)), "  ")


class _Json(JsonFormatter):
    """No other fields than ours: what libraries add to a record is theirs to say in its message."""

    def __init__(self, without_secrets: Callable[[str], str]) -> None:
        super().__init__(json_ensure_ascii=False)  # pyright: ignore[reportUnknownMemberType]
        self._without_secrets = without_secrets

    def format(self, record: logging.LogRecord) -> str:
        return _escaped(_CONTROLS, super().format(record))

    def add_fields(
        self, log_data: LogData, record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        at = datetime.fromtimestamp(record.created, UTC)
        said = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **what_it_is_about(),
        }
        span = get_current_span().get_span_context()
        if span.is_valid:
            said["trace_id"] = format_trace_id(span.trace_id)
        if error := message_dict.get("exc_info"):
            said["error"] = error
        log_data.update({name: self._without_secrets(text) for name, text in said.items()})
