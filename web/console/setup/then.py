"""The directory as of the moment of a visit."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from domain.directory import events as e
from domain.directory.decisions import directory_decider
from domain.directory.state import Body, Directory
from domain.identifiers import DIRECTORY_STREAM, BodyId
from eventstore.codec import AnyEvent, decoded
from eventstore.protocol import StoredEvent
from eventstore.replay import AsOf
from web.api.asking import Asking
from web.api.directory import insider
from web.console.visit import Visit

_TELL_THEIR_DAY = (e.BodyRenamed, e.BodyMoved)
"""What holds from a day on that it names. Whether a body or an office is closed, and who holds it, is asked of a day anyway."""
_HOLD_AT_ONCE = (
    e.ChannelsSet,
    e.PreferencesSet,
    e.CalendarPublished,
    e.CalendarFollowed,
    e.PolicyPublished,
)


async def asking_then(visit: Visit, *, own: bool = False) -> Asking:
    """Whoever looks, at the directory as of then. What they may see follows from their offices of now, and people are called as
    they are on file now.

    Args:
        own: it is their own page, which is theirs without an office.

    Raises `Problem` forbidden for whoever holds no office, before anything is read.
    """
    if not own:
        insider(visit.asking)
    if visit.is_now:
        return visit.asking
    now, reader = visit.asking.reader.directory, visit.asking.reader
    stored = await visit.asking.services.store.read_stream(DIRECTORY_STREAM)
    # In a thread: whoever else is served meanwhile does not wait for a whole directory.
    then = await asyncio.to_thread(_directory_then, stored, visit.moment.as_of, visit.at)
    shown = replace(then, commitments=now.commitments, erased=now.erased)
    return replace(visit.asking, reader=replace(reader, directory=shown), at=visit.at)


def _directory_then(stored: Sequence[StoredEvent], as_of: AsOf, at: datetime) -> Directory:
    known = [one for one in stored if as_of.recorded is None or one.recorded_at <= as_of.recorded]
    return directory_as_of(decoded(known), as_of, at)


def directory_as_of(events: Iterable[AnyEvent], as_of: AsOf, at: datetime) -> Directory:
    """Of all that was on record, or, as of occurred time, of what holds by then: a directory is mostly entered later than it
    holds, so each fact counts from the day that it names itself; one that names none, from when it was said, unless it is
    that something exists.
    """
    known = cast("list[e.DirectoryEvent]", list(events))
    if as_of.occurred is not None:
        bodies = directory_decider.fold(
            [one for one in known if isinstance(one, e.BodyRegistered)]
        ).bodies
        known = [one for one in known if _holds(one, bodies, at)]
    return directory_decider.fold(known)


def _holds(event: e.DirectoryEvent, bodies: Mapping[BodyId, Body], at: datetime) -> bool:
    """
    Args:
        bodies: as they were registered: a day begins where its body is.
    """
    if isinstance(event, _TELL_THEIR_DAY):
        return event.on <= bodies[event.body].day(at)
    return not isinstance(event, _HOLD_AT_ONCE) or event.occurred_at <= at
