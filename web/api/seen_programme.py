"""A programme, and what of it whoever asks may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.identifiers import ProgrammeId, programme_stream
from domain.programme.decisions import programme_decider
from domain.programme.state import Programme
from eventstore.codec import decoded
from eventstore.protocol import StoredEvent
from readmodels.programmes import programmes_within
from web.api.asking import Asking, sent_before
from web.problems import ApiCode, Problem, not_found


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenProgramme:
    """A programme that whoever asks may know of."""

    state: Programme
    stored: Sequence[StoredEvent]
    reads_figures: bool


async def see_programme(
    asking: Asking, name: ProgrammeId, *, figures: bool, again: str | None = None
) -> SeenProgramme:
    """The programme, if whoever asks may know of it; and, if `figures` is set, may read its figures.

    Args:
        again: as of `asking.see`.

    Raises `Problem`: not-found if they may not know of it, whether it exists or not; forbidden if only the figures are
    not for them.
    """
    stored = await asking.services.store.read_stream(programme_stream(name))
    state = programme_decider.fold(decoded(stored))
    if state is None:
        raise not_found(f"programme {name}", hides=True)
    reads = asking.reader.reads_figures_of(state.body)
    if not reads and not (again is not None and sent_before(asking, stored, again)):
        scope = asking.reader.scope("summary")
        if not await programmes_within(asking.services.pool, scope, [name]):
            raise not_found(f"programme {name}", hides=True)
    if figures and not reads:
        raise Problem(
            ApiCode.FORBIDDEN, f"figures of {name} are for those in its body, or above it"
        )
    return SeenProgramme(state=state, stored=stored, reads_figures=reads)
