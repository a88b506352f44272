"""What a programme's report is published with: figures of the meeting's moment, pinned to a position of the log."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.identifiers import CommandId, ProgrammeId
from domain.programme.events import ReportPublished
from domain.programme.terms import Figures
from eventstore.codec import event_of
from eventstore.protocol import EventStore, StoredEvent
from readmodels.programme_report import pinned_figures
from readmodels.register import Register


@dataclass(frozen=True, kw_only=True, slots=True)
class Pinned:
    """The fields of `PublishReport` that nobody chooses."""

    as_of: datetime
    position: int
    figures: Figures


async def pinned(
    store: EventStore,
    stored: Sequence[StoredEvent],
    programme: ProgrammeId,
    at: datetime,
    command_id: CommandId,
    register: Callable[[int], Awaitable[Register]],
) -> Pinned:
    """By what the log holds now; of a report that is on record under this command id, what is there: the same command,
    sent again, is the same.

    Args:
        stored: the programme's events.
        at: the meeting's moment.
        register: with the status periods, as far as a position at least.
    """
    sent = next((event_of(one) for one in stored if one.command_id == command_id), None)
    if isinstance(sent, ReportPublished):
        return Pinned(as_of=sent.as_of, position=sent.position, figures=sent.figures)
    position = await store.head()
    figures = await pinned_figures(store, await register(position), programme, at, position)
    return Pinned(as_of=at, position=position, figures=figures)
