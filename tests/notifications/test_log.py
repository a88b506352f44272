"""The channel that needs nothing: the process's log."""

import logging

import pytest

from notifications.log import LogChannel
from tests.notifications.notices import message


async def test_a_notice_is_written_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    notice = message()
    with caplog.at_level(logging.INFO, logger="remit.notices"):
        assert await LogChannel().send(notice) == notice.message_id
    told = f"{notice.letter.subject} [{notice.message_id}]"
    assert caplog.messages == [told], "and names nobody"
