"""What the log says of one instruction, read once for a page: as of now or of the moment that is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

from starlette.datastructures import FormData

from domain.instruction import events as e
from domain.instruction.noticed import Noticed, account
from domain.instruction.state import KnownState, Proposed, Unissued
from domain.instruction.terms import Evidence
from domain.reading import Aspect, parties
from eventstore.content import content_version
from eventstore.evidence_named import FileOnRecord, files_on_record
from eventstore.protocol import StoredEvent
from eventstore.replay import counting, state_after
from readmodels.programmes import ProgrammeRow, all_programmes, programmes_within
from web.api.asked import wait_for
from web.api.asking import Seen, see, sent_before
from web.api.instructions import InstructionTold, state_by
from web.console.instruction.fields import Choices
from web.console.visit import Visit

Event = tuple[StoredEvent, e.InstructionEvent]
"""As it is stored, and as it is read: with corrections."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Of the moment, but for `found`, which is of now: who may see what goes by that. What `before` gives is of then, and is not
    drawn.
    """

    visit: Visit
    told: InstructionTold
    found: Seen
    state: KnownState
    events: Sequence[Event]

    @classmethod
    async def of(
        cls, visit: Visit, number: str, *aspects: Aspect, again: str | None = None
    ) -> "Shown":
        """If whoever looks may see all these aspects of it, besides its detail.

        Args:
            again: as of `see`.

        Raises `Problem`: not-found, forbidden.
        """
        asking, moment = visit.asking, visit.moment
        await wait_for(asking, visit.at_least)
        found = await see(asking, number, "detail", *aspects, again=again)
        state = state_by(found, moment)
        told = InstructionTold.of(found.instruction, state, moment.at(asking.at), found.aspects)
        events = found.events(moment.as_of)
        return cls(visit=visit, told=told, found=found, state=state, events=events)

    def is_sent_again(self, key: str | None) -> bool:
        """What was sent under this key is recorded already, and was theirs."""
        return key is not None and sent_before(self.visit.asking, self.found.stored, key)

    def before(self, key: str) -> "Shown":
        """As it stood when what is sent again under this key was recorded, to read that by: with what they might see of it then,
        and what is attached, for an office by which they saw it may have ended. As it is, if that founded it.
        """
        earlier = tuple(takewhile(lambda one: one[0].command_id != key, self.found.recorded))
        state = state_after(earlier)
        if isinstance(state, Unissued):
            return self
        events = counting(earlier)
        who = parties(state.record, [event for _, event in events])
        aspects = self.visit.asking.reader.aspects(who) | {"evidence"}
        found = replace(self.found, aspects=aspects)
        return replace(self, found=found, state=state, events=events)

    def sees(self, aspect: Aspect) -> bool:
        return aspect in self.found.aspects

    @property
    def version(self) -> int:
        """What a command rests on."""
        return content_version(self.found.stored)

    @cached_property
    def files(self) -> Sequence[FileOnRecord]:
        """All that its history names by then."""
        return files_on_record([stored for stored, _ in self.events])

    @cached_property
    def notices(self) -> Sequence[Noticed]:
        """As they stood then."""
        return account([event for _, event in self.events])

    async def choices(self, sent: FormData | None = None) -> Choices:
        """Args:
        sent: what was entered, where forms are read or drawn again.
        """
        person = self.visit.asking.reader.person
        once = {one.evidence.sha256: one.evidence for one in self.files}
        mine = (one for one in self.notices if one.notice.recipient == person)
        return Choices(
            visit=self.visit,
            state=self.state,
            events=self.events,
            files=list(once.values()) if self.sees("evidence") else list[Evidence](),
            notices=[one for one in mine if one.acknowledged_at is None],
            programmes=await self._programmes(),
            sent=sent,
        )

    async def _programmes(self) -> Sequence[ProgrammeRow]:
        """Into which its issuer may carry it over: those of its own body, or of one above it, which they may know of."""
        record, asking = self.state.record, self.visit.asking
        if record.programme is None or record.issuer not in asking.reader.acts_for:
            return ()
        above = asking.reader.directory.chain(record.issuer)
        phases = ("Drafted", "Adopted") if isinstance(self.state, Proposed) else ("Adopted",)
        pool, reader = asking.services.pool, asking.reader
        found = [
            one
            for one in await all_programmes(pool)
            if one.programme != record.programme
            and one.phase in phases
            and reader.owner(one.body) in above
        ]
        others = [one.programme for one in found if not reader.reads_figures_of(one.body)]
        unknown = set(others) - await programmes_within(pool, reader.scope("summary"), others)
        return [one for one in found if one.programme not in unknown]
