"""Names and addresses of recipients, not looked up again for every notice."""

import asyncio
from collections.abc import Mapping

from domain.identifiers import PersonId
from eventstore.persons import Person, PersonStore
from notifications.channel import Recipient

SECONDS_KEPT = 5.0


class AddressBook:
    """What the log commits to for a person never changes, so it may be kept; those it names no longer are
    not asked for. Each is forgotten after a few seconds, which serves a burst: a notice that is on its way may
    reach somebody for as long after the erasure, and nothing lingers.
    """

    def __init__(self, persons: PersonStore, *, seconds_kept: float = SECONDS_KEPT) -> None:
        self._persons = persons
        self._seconds_kept = seconds_kept
        self._known: dict[tuple[PersonId, str], Recipient] = {}

    async def get(self, commitments: Mapping[PersonId, str]) -> Mapping[PersonId, Recipient]:
        """By person, those on file with just this commitment."""
        answer: dict[PersonId, Recipient] = {}
        unknown: dict[PersonId, str] = {}
        for person, commitment in commitments.items():
            known = self._known.get((person, commitment))
            if known is None:
                unknown[person] = commitment
            else:
                answer[person] = known
        if unknown:
            for person, found in (await self._persons.get(unknown)).items():
                answer[person] = _recipient(found)
                self._keep((person, unknown[person]), answer[person])
        return answer

    def _keep(self, key: tuple[PersonId, str], recipient: Recipient) -> None:
        if self._seconds_kept <= 0:
            return
        if key not in self._known:
            asyncio.get_running_loop().call_later(self._seconds_kept, self._known.pop, key, None)
        self._known[key] = recipient


def _recipient(person: Person) -> Recipient:
    return Recipient(
        name=person.name,
        email=person.email,
        webhook_url=person.webhook_url,
        webhook_secret=person.webhook_secret,
        apprise_url=person.apprise_url,
    )
