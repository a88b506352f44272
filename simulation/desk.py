"""The one door with its deliveries: what the record activity and the courier do, one after the other."""

from collections import Counter
from datetime import datetime

from activities.sending import NoticeSender
from domain.attribution import Command
from domain.outcomes import Outcome
from eventstore.handle import CommandHandler, Given
from eventstore.persons import PersonStore
from eventstore.protocol import EventStore
from notifications.channel import Message


class CountingChannel:
    """Delivers to nobody, and counts how often each message was handed over."""

    name = "log"
    max_attempts = 1

    def __init__(self) -> None:
        self.handed_over = Counter[str]()

    async def send(self, message: Message) -> str:
        self.handed_over[message.message_id] += 1
        return message.message_id


class Desk:
    def __init__(self, store: EventStore, persons: PersonStore, tzdata: str) -> None:
        self.channel = CountingChannel()
        self.handler = CommandHandler(store, tzdata=tzdata)
        self._sender = NoticeSender(self.handler, store, persons, [self.channel])

    async def record(self, command: Command, at: datetime) -> Outcome:
        """Its outcome, once what it gave notice of is delivered."""
        given: list[Given] = []
        outcome = await self.handler.handle(command, at, given=given.append)
        for one in given:
            sending = await self._sender.open_given(one)
            for notice in one.notices:
                failure = await sending.attempt(notice, 1, lambda: at)
                assert failure is None, failure
        return outcome
