"""The language of the stories: who does what on which day, and what is refused.

await story.until("2025-03-01")
await story.does(COUNCIL, Assign, "ST-1", lead=STANDARDS)
await story.refused(COUNCIL, Assign, "ST-1", lead=STANDARDS, because="not-in-this-phase")
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from activities.nudge import unfinished
from domain.attribution import Command
from domain.directory.commands import DirectoryCommand, ReorganiseBody
from domain.identifiers import SYSTEM, InstructionId, instruction_id
from domain.instruction.commands import (
    Acknowledge,
    Assign,
    CheckDeadlines,
    InstructionCommand,
    Issue,
    Propose,
)
from domain.outcomes import Outcome, Recorded, Rejected
from domain.programme.commands import HoldMeeting, PublishReport
from domain.programme.report import figures
from domain.programme.state import Meeting
from importing.measures import plan_measures, run_plan
from tests.acceptance.findings import UNION, Findings
from tests.programmes import REGISTRAR, Row, to_csv

COUNCIL, COMMITTEE = "union-council", "standing-committee"
CONTROL = "control-department"
STANDARDS = "joint-standards-body"

_ZONE = ZoneInfo("Europe/Moscow")
"""The council's; Minsk has the same time."""
_DAYS = ("deadline", "until")
"""Fields that take the end of a day, told as its date."""


def noon(day: str) -> datetime:
    """Of `2026-03-01`, where the council is."""
    return datetime.combine(date.fromisoformat(day), time(12), _ZONE)


@dataclass(kw_only=True)
class Story(Findings):
    """A log with a directory, and the time of day in it. Each deed takes a minute."""

    _sent: int = 0

    async def until(self, day: str) -> None:
        """It becomes noon of that day. Until then every instruction wakes when something falls due."""
        then = noon(day)
        assert then >= self.now, f"{day} lies in the past: it is {self.now}"
        while due := await self.store.overdue(then, limit=1000):
            next_ = due[0].next_wake
            assert next_ is not None
            self.now = max(self.now, next_)
            woken = [head.stream_id for head in due if head.next_wake == next_]
            for outcome in await asyncio.gather(*map(self._wake, woken)):
                assert isinstance(outcome, Recorded), outcome
                assert outcome.position, "it woke for nothing, and would do so for ever"
        self.now = then

    async def does(self, who: str, what: type[Command], about: str = "", /, **said: object) -> None:
        """Somebody (a person, or the head of a body) does something about an instruction or a
        programme; or, if about nothing, in the directory.
        """
        outcome = await self._send(who, what, about, said)
        assert isinstance(outcome, Recorded), outcome
        if what is ReorganiseBody:  # as `remit reorganise-body` does
            async for instruction in unfinished(self.store):
                await self._wake(instruction)

    async def refused(
        self, who: str, what: type[Command], about: str = "", /, *, because: str, **said: object
    ) -> str:
        """Somebody tries to, and is told in this sentence why not."""
        outcome = await self._send(who, what, about, said)
        assert isinstance(outcome, Rejected), f"{who} may {what.__name__} {about}"
        assert outcome.code == because, outcome
        return outcome.message

    async def charged(
        self,
        number: str,
        *,
        lead: str,
        issuer: str = COUNCIL,
        co: Sequence[str] = (),
        **said: object,
    ) -> None:
        """An instruction is issued and assigned, and its lead begins."""
        terms = {"text": "Agree on it and carry it out.", "controller": CONTROL}
        await self.does(issuer, Issue, number, issuer=issuer, **{**terms, **said})
        await self.does(issuer, Assign, number, lead=lead, co_assignees=co)
        await self.does(lead, Acknowledge, number)

    async def enters(self, rows: Sequence[Row]) -> None:
        """The registrar imports measures with their history."""
        plan = await plan_measures(
            to_csv(rows),
            "measures.csv",
            store=self.store,
            handler=self.handler,
            registrar=REGISTRAR,
            at=self.now,
        )
        result = await run_plan(plan, handler=self.handler, at=self.now)
        assert result.problems == ()

    async def meets(self, meeting: str, programme: str = UNION) -> Meeting:
        """The council meets now, takes stock of the programme and publishes the report."""
        held_at = self.now
        await self.does(
            COUNCIL, HoldMeeting, programme, meeting=meeting, title="Council meeting", at=held_at
        )
        position = await self.store.head()
        measures = await self.as_of(held_at, programme, until_position=position)
        await self.does(
            COUNCIL,
            PublishReport,
            programme,
            meeting=meeting,
            as_of=held_at,
            position=position,
            figures=figures(measures, held_at),
        )
        return (await self.programme(programme)).meetings[meeting]

    async def _send(
        self, who: str, what: type[Command], about: str, said: dict[str, object]
    ) -> Outcome:
        self._sent += 1
        self.now += timedelta(minutes=1)
        actor = who if who.startswith("p-") else await self.head_of(who)
        envelope: dict[str, object] = {"command_id": f"told-{self._sent}", "actor": actor}
        if issubclass(what, InstructionCommand):
            envelope["instruction"] = instruction_id(about)
            if what in (Issue, Propose):
                envelope["number"] = about
            said |= {day: {"on": said[day]} for day in _DAYS if day in said}
        elif not issubclass(what, DirectoryCommand):
            envelope["programme"] = about
        return await self.handler.handle(what.model_validate(envelope | said), self.now)

    async def _wake(self, instruction: InstructionId) -> Outcome:
        self._sent += 1
        command = CheckDeadlines(
            command_id=f"woken-{self._sent}", actor=SYSTEM, instruction=instruction
        )
        return await self.handler.handle(command, self.now)
