"""Whom a digest is to reach."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid5

from domain.directory.preferences import DEFAULTS, Language
from domain.directory.state import ACTING, Directory
from domain.identifiers import Channel, PersonId, ProgrammeId
from domain.programme.authority import body_of
from domain.programme.state import Programme
from domain.programme.terms import DigestReader

_DIGESTS = UUID("2e1c0a34-7d0e-4a6f-9a50-5c6f0b8f7a21")


def readers_of(
    programme: Programme, due_at: datetime, directory: Directory, at: datetime
) -> tuple[DigestReader, ...]:
    """As scheduled, by every channel of each; instead of the absent their substitutes."""
    return tuple(
        DigestReader(
            person=person,
            channel=channel,
            message_id=message_id_of(programme.id, due_at, person, channel),
        )
        for person in dict.fromkeys(_people(programme, directory, at))
        for channel in directory.channels.get(person, ())
    )


def message_id_of(
    programme: ProgrammeId, due_at: datetime, person: PersonId, channel: Channel
) -> str:
    """The same for every attempt at the same digest to the same person."""
    return str(
        uuid5(_DIGESTS, f"{programme}/{due_at.astimezone(UTC).isoformat()}/{person}/{channel}")
    )


def language_of(person: PersonId, directory: Directory) -> Language:
    return directory.preferences.get(person, DEFAULTS).language


def _people(programme: Programme, directory: Directory, at: datetime) -> Iterator[PersonId]:
    schedule = programme.digests.schedule
    bodies, offices = (schedule.bodies, schedule.offices) if schedule else ((), ())
    if not bodies and not offices:
        bodies = (body_of(programme, directory, at),)
    for body in bodies:
        yield from directory.reached(body, ACTING, at)
    for office in offices:
        for holder, substitute in directory.holders_with_substitutes(office, at):
            yield substitute or holder
