"""One measure's life while it is written down: what its plot has happen, at business hours, in order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from domain.attribution import Command
from domain.identifiers import BodyId
from domain.instruction import commands as c
from domain.instruction.terms import ClosesWith
from domain.policies import PolicyId, Priority
from simulation.acts import Act
from simulation.world import CONTROL, COUNCIL, PROGRAMME, local

_DAY_BEGINS, _DAY_SECONDS = time(9), 9 * 3600
_SHARE_WITH_MISTAKES = 0.2


@dataclass(kw_only=True)
class Telling:
    """Days are counted from the measure's issue."""

    rng: Random
    number: str
    issued_on: date
    lead: BodyId
    others: tuple[BodyId, ...]
    """Bodies that may help, or take over."""
    policy: PolicyId
    priority: Priority
    length: int
    """Days from the issue to the deadline."""
    acts: list[Act] = field(default_factory=list[Act])
    _steps: dict[str, int] = field(default_factory=dict[str, int])
    """Milestones, and on which day each is due."""
    _now: datetime | None = None

    def does(
        self, day: int, by: BodyId, command: type[Command], about: str = "", **fields: Any
    ) -> None:
        """Somebody does it on that day (on the Monday after it, if nobody works then), after all before."""
        at = self._business_hours(day)
        if self._now is not None and at <= self._now:
            at = self._now + timedelta(seconds=self.rng.randint(300, 3600))
        self._now = at
        self._put(at, by, command, about, fields)

    def between(self, first: int, last: int) -> int:
        return self.rng.randint(first, max(first, last))

    def until(self, day: int) -> Mapping[str, date]:
        """A deadline at the end of that day."""
        return {"on": self.issued_on + timedelta(days=day)}

    def founded(self, *, closes_with: ClosesWith = "report", assigned: bool = True) -> None:
        if self.policy == "watchful":
            ways = sorted(self.rng.sample((30, 45, 60, 75, 90), self.rng.randint(0, 3)))
            self._steps = {f"step-{n}": self.length * way // 100 for n, way in enumerate(ways, 1)}
        self.does(
            0,
            COUNCIL,
            c.Issue,
            number=self.number,
            text="Agree on it with the other side and carry it out.",
            issuer=COUNCIL,
            controller=CONTROL,
            deadline=self.until(self.length),
            programme=PROGRAMME,
            policy=self.policy,
            priority=self.priority,
            closes_with=closes_with,
            milestones=[
                {"id": step, "title": f"{step} of the work", "due": self.until(day)}
                for step, day in self._steps.items()
            ],
        )
        if assigned:
            helpers = self.rng.sample(self.others, self.rng.randint(0, 2))
            self.does(self.between(0, 4), COUNCIL, c.Assign, lead=self.lead, co_assignees=helpers)

    def taken_up(self, first: int = 1, last: int = 6) -> None:
        """Acknowledged, in time or after the reminders to do so."""
        day = self.between(first, last) if self.rng.random() < 0.75 else self.between(7, 16)
        self.does(day, self.lead, c.Acknowledge)

    def works(self, first: int, last: int, *, lead: BodyId | None = None) -> None:
        """Progress now and then, and the milestones: most of them reached in time."""
        reached = {step: max(day + self.rng.choice((-9, -6, -3, -1, 5)), first) for step, day in self._steps.items()}  # fmt: skip
        reports = {self.between(first, last) for _ in range(self.rng.randint(0, 3))}
        days = sorted({*reports, *(day for day in reached.values() if day < last)})
        for n, day in enumerate(days, start=1):
            there = [step for step, on in reached.items() if on == day]
            percent = min(95, 90 * n // len(days))
            self.does(
                day, lead or self.lead, c.ReportProgress, percent=percent, milestones=there
            )  # fmt: skip
            for step in there:
                del self._steps[step]

    def reports(self, day: int, *, by: BodyId | None = None) -> None:
        self.does(day, by or self.lead, c.SubmitReport, text="Carried out; the papers are on file.")

    def accepted(self, day: int, *, by: BodyId = CONTROL) -> None:
        self.does(day, by, c.Accept, text="Taken off control.")

    def with_mistakes(self) -> tuple[Act, ...]:
        """All acts by time; among them, now and then, something that the rules will not have."""
        if self.rng.random() < _SHARE_WITH_MISTAKES:
            wrong: Callable[[], tuple[BodyId, type[Command], Mapping[str, Any]]] = self.rng.choice(
                (
                    lambda: (self.others[0], c.Accept, {}),
                    lambda: (self.lead, c.ChangeDeadline, {"deadline": self.until(self.length + 90), "reason": "more time"}),
                    lambda: (CONTROL, c.ApproveExtension, {}),
                    lambda: (self.others[-1], c.Acknowledge, {}),
                    lambda: (COUNCIL, c.Resume, {}),
                )
            )  # fmt: skip
            self._put(self._business_hours(self.between(2, self.length)), *_spread(wrong()))
        return tuple(sorted(self.acts, key=lambda act: act.at))

    def _put(
        self,
        at: datetime,
        by: BodyId,
        command: type[Command],
        about: str,
        fields: Mapping[str, Any],
    ) -> None:
        self.acts.append(
            Act(at=at, by=by, command=command, about=about or self.number, fields=fields)
        )

    def _business_hours(self, day: int) -> datetime:
        on = self.issued_on + timedelta(days=day)
        on += timedelta(days=max(0, on.weekday() - 4) and 7 - on.weekday())
        return local(on, _DAY_BEGINS) + timedelta(seconds=self.rng.randrange(_DAY_SECONDS))


def _spread(
    wrong: tuple[BodyId, type[Command], Mapping[str, Any]],
) -> tuple[BodyId, type[Command], str, Mapping[str, Any]]:
    by, command, fields = wrong
    return by, command, "", fields
