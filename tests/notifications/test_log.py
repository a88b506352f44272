"""The channel that needs nothing: the process's log."""

import logging

import pytest

from notifications.channel import Message
from notifications.log import LogChannel


async def test_a_notice_is_written_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    notice = Message(message_id="m-1", name="Анна", email=None, subject="[N-1] Reminder", text="…")
    with caplog.at_level(logging.INFO, logger="remit.notices"):
        assert await LogChannel().send(notice) == "m-1"
    assert caplog.messages == ["[N-1] Reminder [m-1]"], "and names nobody"
