"""What is told of an error: its class and codes, never its text."""

import socket

import pytest
from asyncpg import UniqueViolationError
from temporalio.service import RPCError, RPCStatusCode

from notifications.failures import named


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("a@example.org"), "ValueError"),
        (ConnectionRefusedError(111, "a@example.org"), "ConnectionRefusedError (111)"),
        (socket.gaierror(-2, "example.org"), "gaierror (-2)"),
        (UniqueViolationError("a@example.org"), "UniqueViolationError (23505)"),
        (RPCError("a@example.org", RPCStatusCode.UNAVAILABLE, b""), "RPCError (UNAVAILABLE)"),
        (UnicodeDecodeError("ascii", b"a@example.org", 0, 1, "no"), "UnicodeDecodeError"),
    ],
    ids=lambda of: "" if isinstance(of, Exception) else of,
)
def test_an_error_is_named(error: Exception, told: str) -> None:
    assert named(error) == told
