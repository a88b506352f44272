"""What the log and the read models say of a story so far."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import asyncpg

from audit.difference import Difference, Point, difference
from domain.attribution import Event
from domain.directory.events import OfficeKind
from domain.identifiers import instruction_id, programme_stream
from domain.instruction.events import InstructionEvent, NotifyingEvent
from domain.programme.decisions import programme_decider
from domain.programme.difference import FIGURES
from domain.programme.report import Measure, ProgrammeReport, report
from domain.programme.state import Meeting, Programme
from eventstore.codec import decoded
from eventstore.handle import CommandHandler
from eventstore.postgres import PostgresEventStore
from eventstore.replay import AsOf, read_as_of
from readmodels.programme_report import measures_as_of
from readmodels.projector import Projector
from readmodels.register import Register, RegisterRow
from readmodels.register_projection import RegisterProjection
from tests.registered import measures_registered

UNION, NEXT = "union-2024-2026", "union-2027-2030"
"""The programme that runs, and the one that follows."""

_Told = TypeVar("_Told", bound=Event)


def told(event: NotifyingEvent) -> set[str]:
    """The persons who are given notice of it."""
    return {notice.person for notice in event.notices}


@dataclass(kw_only=True)
class Findings:
    store: PostgresEventStore
    handler: CommandHandler
    pool: "asyncpg.Pool[asyncpg.Record]"
    now: datetime

    async def head_of(self, body: str) -> str:
        (person,) = await self._holders(body, "head")
        return person

    async def people_of(self, body: str) -> set[str]:
        """Its head and its officers."""
        return await self._holders(body, "head", "officer")

    async def _holders(self, body: str, *kinds: OfficeKind) -> set[str]:
        """In their own right: also those who are absent."""
        directory = await self.handler.directory()
        return {
            holder
            for office in directory.offices.values()
            if office.body == body and office.kind in kinds
            for holder, _ in directory.holders_with_substitutes(office.id, self.now)
        }

    async def history(self, number: str) -> tuple[InstructionEvent, ...]:
        return read_as_of(await self.store.read_stream(instruction_id(number)))

    async def every(self, what: type[_Told], number: str) -> list[_Told]:
        """The instruction's facts of that kind, oldest first."""
        return [event for event in await self.history(number) if isinstance(event, what)]

    async def the(self, what: type[_Told], number: str) -> _Told:
        """The only fact of that kind."""
        (event,) = await self.every(what, number)
        return event

    async def row(self, number: str) -> RegisterRow:
        """How the instruction stands in the register."""
        register = await self._register()
        (row,) = [row for row in await register.page() if row.number == number]
        return row

    async def led_by(self, body: str) -> Sequence[RegisterRow]:
        """What the body answers for, alone or with others."""
        return await (await self._register()).page(lead=body)

    async def rows(self, programme: str = UNION) -> Sequence[RegisterRow]:
        return await (await self._register()).page(programme=programme)

    async def report(self, programme: str = UNION) -> ProgrammeReport:
        """The programme's figures now, from the register."""
        await self._register()
        return report(await measures_registered(self.pool, programme), self.now)

    async def as_of(
        self, moment: datetime, programme: str = UNION, *, until_position: int | None = None
    ) -> Sequence[Measure]:
        """The programme's measures as they stood, by replay: as known now, or at that position."""
        return await measures_as_of(
            self.store,
            await self._register(),
            programme,
            AsOf(occurred=moment),
            until_position=until_position,
        )

    async def difference(
        self, before: Meeting, after: Meeting, programme: str = UNION
    ) -> Difference:
        """What moved between two meetings, as known now."""
        return await difference(
            self.store,
            await (await self._register()).of_programme(programme),
            programme,
            Point(at=before.at, position=await self.store.position_at(before.at)),
            Point(at=after.at, position=await self.store.head()),
            "occurred",
        )

    async def moved(
        self, before: Meeting, after: Meeting, programme: str = UNION
    ) -> dict[str, list[str]]:
        """The numbers of the measures that moved, by figure, and whether they came in or left."""
        numbers: defaultdict[str, list[str]] = defaultdict(list)
        for one in (await self.difference(before, after, programme)).moved:
            change = one.change
            sign = (" +" if change.now else " -") if change.aspect in FIGURES else ""
            numbers[change.aspect + sign].append(change.measure.number)
        return {how: sorted(those) for how, those in numbers.items()}

    async def programme(self, programme: str = UNION) -> Programme:
        stored = await self.store.read_stream(programme_stream(programme))
        state = programme_decider.replay(decoded(stored))
        assert state is not None
        return state

    async def _register(self) -> Register:
        await Projector(self.store, self.pool, RegisterProjection()).catch_up()
        return Register(self.pool)
