"""Notices by other services (chats, SMS, push), through the library apprise: a URL for each person."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat, PersistentStoreMode

from notifications.channel import Message, Undeliverable


class ServiceFailed(Exception):
    """The service did not take it; apprise does not say whether it ever will."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceChannel:
    """One attempt is one call of the service. Nothing is kept on disk.

    With the pauses of the deliver activity (up to five minutes) 100 attempts take about eight hours.
    """

    allowed: Collection[str]
    """Schemes of the services that may be used, such as `tgram`. apprise knows some that act on this very
    machine, or reach wherever they are told, so only what is named is."""
    max_attempts: int = 100
    name: str = "apprise"

    async def send(self, message: Message) -> str:
        url = message.to.apprise_url
        if url is None:
            raise Undeliverable("no other service is known")
        scheme = url.partition("://")[0].strip().lower()
        if scheme not in self.allowed:
            raise Undeliverable("the service is not among those allowed (REMIT_APPRISE_SERVICES)")
        asset = AppriseAsset(
            app_id="Remit", storage_mode=PersistentStoreMode.MEMORY, secure_logging=True
        )
        service = await asyncio.to_thread(_service, url, asset)  # the first time it loads them all
        if not isinstance(service, NotifyBase):
            raise Undeliverable("what is on file is no address of a service; correct it there")
        sent = Apprise(service, asset=asset)
        letter = message.letter
        if not await sent.async_notify(
            body=letter.text, title=letter.subject, body_format=NotifyFormat.TEXT
        ):
            raise ServiceFailed("the service did not take it")
        return f"{message.message_id} {scheme}"


def _service(url: str, asset: AppriseAsset) -> object:
    """Not by `Apprise.add`, which takes several addresses in one text."""
    return Apprise.instantiate(url, asset)  # pyright: ignore[reportUnknownMemberType] - the library says no more
