"""Notices written to the process's log: the channel that needs nothing."""

import logging

from notifications.channel import Message

_logger = logging.getLogger("remit.notices")


class LogChannel:
    name = "log"
    max_attempts = 1

    async def send(self, message: Message) -> str:
        _logger.info("%s [%s]", message.letter.subject, message.message_id)
        return message.message_id
