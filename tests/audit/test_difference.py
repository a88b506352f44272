"""What moved, and what only became known later, are told apart; whichever time is asked about."""

from collections.abc import Sequence
from datetime import date, datetime

import pytest

from audit.difference import Difference, Explained, Passed, Point, difference
from domain.identifiers import instruction_id
from domain.instruction import events as e
from domain.programme.report import report
from eventstore.codec import AnyEvent
from eventstore.memory import MemoryEventStore
from tests.audit.exported import recorded
from tests.domain.world import (
    COUNCIL_OFFICER,
    DAY,
    DEADLINE_AT,
    MINISTRY_B,
    acknowledged,
    assigned,
    completed,
    done_by,
    extension_approved,
    issued,
    submitted,
    utc,
)

PROGRAMME = "union-2024-26"
ONE, TWO = instruction_id("1"), instruction_id("2")
FIRST, SECOND = utc("2026-02-01 09:00"), DEADLINE_AT + 10 * DAY
AFTER = SECOND + DAY
OPEN: Sequence[AnyEvent] = (issued(programme=PROGRAMME), assigned(), acknowledged())


class Log:
    """A log in memory whose clock is set by hand."""

    def __init__(self) -> None:
        self.now = FIRST
        self.store = MemoryEventStore(clock=lambda: self.now)
        self._versions = {ONE: 0, TWO: 0}

    async def holds(self, instruction: str, *events: AnyEvent, since: datetime) -> None:
        self.now = since
        await recorded(self.store, instruction, events, version=self._versions[instruction])
        self._versions[instruction] += len(events)

    async def by_occurred(self, earlier: datetime, later: datetime) -> Difference:
        position = await self.store.position_at(earlier)
        head = await self.store.head()
        return await difference(
            self.store,
            (ONE, TWO),
            PROGRAMME,
            Point(at=earlier, position=position),
            Point(at=later, position=head),
            "occurred",
        )

    async def by_recorded(self, earlier: datetime, later: datetime) -> Difference:
        first, second = [
            Point(at=at, position=await self.store.position_at(at)) for at in (earlier, later)
        ]
        return await difference(self.store, (ONE, TWO), PROGRAMME, first, second, "recorded")


@pytest.fixture
async def log() -> Log:
    """Two open measures, of which the log knows by the first moment."""
    log = Log()
    await log.holds(ONE, *OPEN, since=FIRST)
    await log.holds(TWO, *OPEN, since=FIRST)
    return log


def _told(found: Sequence[Explained]) -> dict[str, list[str]]:
    """The types of the events behind each change, or the deadline that passed."""
    return {
        one.change.aspect: [
            str(cause.deadline.date()) if isinstance(cause, Passed) else cause.type
            for cause in one.causes
        ]
        for one in found
    }


async def test_what_occurred_and_was_known_at_once_restates_nothing(log: Log) -> None:
    done = submitted(FIRST + DAY), completed(FIRST + 2 * DAY)
    await log.holds(ONE, *done, since=FIRST + 2 * DAY)
    for found in (
        await log.by_occurred(FIRST, FIRST + 3 * DAY),
        await log.by_recorded(FIRST, FIRST + 3 * DAY),
    ):
        assert found.restated == ()
        assert _told(found.moved) == {"implemented": ["InstructionCompleted"]}
        (explained,) = found.moved
        (cause,) = explained.causes
        assert not isinstance(cause, Passed)
        assert (cause.stream_id, cause.version) == (ONE, 5)


async def test_time_alone_makes_late(log: Log) -> None:
    for found in (await log.by_occurred(FIRST, SECOND), await log.by_recorded(FIRST, SECOND)):
        assert found.restated == ()
        assert _told(found.moved)["behind_schedule"] == ["2026-03-31"]
        assert len(found.moved) == 2 * len({"behind", "against original", "open late"})


async def test_what_came_late_into_the_log_is_restatement_and_no_movement(log: Log) -> None:
    before = FIRST - DAY
    await log.holds(ONE, submitted(before), completed(before), since=FIRST + 5 * DAY)
    for found in (
        await log.by_occurred(FIRST, FIRST + 6 * DAY),
        await log.by_recorded(FIRST, FIRST + 6 * DAY),
    ):
        assert found.moved == ()
        assert _told(found.restated) == {"implemented": ["InstructionCompleted"]}
        implemented = [
            report(measures, FIRST).implemented
            for measures in (found.then, found.before, found.after)
        ]
        assert implemented == [0, 1, 1]


async def test_before_it_came_the_log_did_not_know(log: Log) -> None:
    await log.holds(ONE, submitted(FIRST - DAY), since=SECOND)
    found = await log.by_recorded(FIRST, SECOND - DAY)
    assert found.restated == ()
    assert len(found.moved) == 2 * 3, "both are late, as far as is known"


async def test_a_correction_restates(log: Log) -> None:
    await log.holds(ONE, extension_approved(FIRST - DAY, to=date(2026, 12, 31)), since=FIRST)
    correction = e.Corrected(
        **done_by(COUNCIL_OFFICER, SECOND),
        version=4,
        field="occurred_at",
        value=(FIRST + DAY).isoformat(),
        reason="Entered with the wrong day.",
    )
    await log.holds(ONE, correction, since=SECOND)
    found = await log.by_occurred(FIRST, SECOND)
    assert _told(found.restated) == {"deadline": ["Corrected"]}
    moved = [one for one in found.moved if one.change.measure.instruction == ONE]
    assert _told(moved)["deadline"] == ["ExtensionApproved"], "it happened later than was thought"


async def test_figures_follow_from_one_another(log: Log) -> None:
    await log.holds(ONE, submitted(FIRST - DAY), completed(FIRST - DAY), since=AFTER)
    await log.holds(TWO, assigned(SECOND - DAY, lead=MINISTRY_B), since=AFTER)
    found = await log.by_occurred(FIRST, SECOND)
    steps = ((found.then, found.restated, found.before), (found.before, found.moved, found.after))
    for (measures, explained, next_), (at, later) in zip(
        steps, ((FIRST, FIRST), (FIRST, SECOND)), strict=True
    ):
        for figure in ("total", "implemented", "behind_schedule", "late_against_original"):
            moves = [one.change.now for one in explained if one.change.aspect == figure]
            gained = moves.count(True) - moves.count(False)
            before = getattr(report(measures, at), figure)
            assert getattr(report(next_, later), figure) == before + gained
    assert _told(found.moved)["lead"] == ["InstructionAssigned"]
