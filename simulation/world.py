"""Where it happens: the example's bodies and people, calendars, policies, and what changes for all."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from domain.attribution import Command
from domain.directory.commands import PublishCalendar, PublishPolicy, Substitute
from domain.identifiers import BodyId, PersonId
from domain.outcomes import Rejected
from eventstore.handle import CommandHandler
from eventstore.persons import PersonStore
from eventstore.protocol import EventStore
from importing.calendar_file import CalendarEntry
from importing.directory import load_directory
from importing.directory_file import DirectoryFile, ProgrammeEntry, read_directory
from simulation.acts import Change
from simulation.policies import PUBLISHED, WATCHFUL_LATER

BEGINS = date(2031, 1, 6)
"""A Monday that lies ahead for some years: a workflow's clock can be skipped forward, never back."""
PROGRAMME, NEXT = "union-three-years", "union-afterwards"
COUNCIL, COMMITTEE, CONTROL = "union-council", "standing-committee", "control-department"
OPERATOR = "operator"
"""Stands for the duty operator where an act says whose head does it."""
ZONE = ZoneInfo("Europe/Moscow")

_DIRECTORY = Path(__file__).parent.parent / "examples" / "union-directory.toml"
_ADMINISTRATOR, _HEAD, _DUTY_OPERATOR = "p-0001", "p-0004", "p-0003"
_COUNTRIES = ("BY", "RU")
_SUBSTITUTIONS = 8
"""In each year."""


def leads() -> Sequence[BodyId]:
    """Bodies that measures are charged to: of both states, joint ones, regions."""
    kinds = ("ministry", "agency", "joint-body", "region")
    return [body["id"] for body in _file()["bodies"] if body["kind"] in kinds]


def local(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, ZONE).astimezone(UTC)


class People:
    """Who acts for a body: its head, or whoever stands in for the head."""

    def __init__(self, changes: Sequence[Change]) -> None:
        offices = {a["office"]: a["person"] for a in _file()["appointments"]}
        self._heads = {
            office.removesuffix(".head"): person
            for office, person in offices.items()
            if office.endswith(".head")
        }
        self._absences = [c.command for c in changes if isinstance(c.command, Substitute)]

    def acting(self, body: BodyId, at: datetime) -> PersonId:
        if body == OPERATOR:
            return _DUTY_OPERATOR
        head, day = self._heads[body], at.astimezone(ZONE).date()
        return next(
            (
                absence.substitute
                for absence in self._absences
                if absence.absent == head and absence.since <= day <= (absence.until or day)
            ),
            head,
        )


async def set_up(
    store: EventStore, handler: CommandHandler, persons: PersonStore, begins: datetime
) -> None:
    """The directory of examples/ with calendars for these years, two programmes and the policies."""
    on, at = begins.astimezone(ZONE).date(), begins - timedelta(days=1)
    file = DirectoryFile.model_validate(
        read_directory(_DIRECTORY.read_bytes()).model_dump(exclude={"calendars", "meetings"})
        | {"calendars": [_calendar(country, on) for country in _COUNTRIES]}
        | {"programmes": [_programme(PROGRAMME, on), _programme(NEXT, on + timedelta(days=1096))]}
    )
    await load_directory(
        file, store=store, handler=handler, persons=persons, actor=_ADMINISTRATOR, at=at
    )
    for policy in PUBLISHED:
        command = PublishPolicy(
            command_id=f"policy-{policy.id}", actor=_ADMINISTRATOR, policy=policy
        )
        outcome = await handler.handle(command, at)
        assert not isinstance(outcome, Rejected), outcome


def changes(rng: Random, begins: date, years: int) -> tuple[Change, ...]:
    """Absences known each January, and half way a policy and calendars, as decreed for the year to come."""
    on, half = begins, begins + timedelta(days=365 * years // 2)
    found: list[Change] = []
    for year in range(years):
        first = on + timedelta(days=365 * year)
        at = local(first, time(9, 31))
        found += [Change(at=at, command=one) for one in _absences(rng, first)]
    policy = PublishPolicy(
        command_id="policy-half-way", actor=_ADMINISTRATOR, policy=WATCHFUL_LATER
    )
    decrees = [_decreed(country, on, half) for country in _COUNTRIES]
    at = local(half, time(12, 7))
    found += [Change(at=at, command=command) for command in (policy, *decrees)]
    return tuple(sorted(found, key=lambda change: change.at))


def _absences(rng: Random, year: date) -> Sequence[Command]:
    """Heads of bodies away for some weeks, their officer in their place; nobody twice in a year."""
    offices = {a["office"]: a["person"] for a in _file()["appointments"]}
    made: list[Command] = []
    for body in rng.sample([*leads(), COUNCIL, CONTROL], _SUBSTITUTIONS):
        since = year + timedelta(days=rng.randint(20, 320))
        made.append(
            Substitute(
                command_id=f"absence-{body}-{since}",
                actor=_ADMINISTRATOR,
                absent=offices[f"{body}.head"],
                substitute=offices[f"{body}.officer"],
                since=since,
                until=since + timedelta(days=rng.randint(6, 27)),
                reason="leave",
            )
        )
    return made


def _calendar(country: str, on: date) -> Mapping[str, Any]:
    return {"country": country, "years": f"{on.year - 1}-{on.year + 4}"}


def _decreed(country: str, on: date, half: date) -> PublishCalendar:
    """Its calendar with two Mondays off that are some months ahead, and a Saturday worked for each."""
    mondays = [_monday(half + timedelta(days=ahead)) for ahead in (60, 110)]
    entry = CalendarEntry.model_validate(
        {
            **_calendar(country, on),
            "closures": [{"from": day, "to": day, "name": "Moved by decree"} for day in mondays],
            "working": [day + timedelta(days=12) for day in mondays],
        }
    )
    return PublishCalendar(
        command_id=f"decree-{country}", actor=_ADMINISTRATOR, **entry.fields("decree")
    )


def _monday(day: date) -> date:
    """That day, or the first Monday after it."""
    return day + timedelta(days=-day.weekday() % 7)


def _programme(id_: str, start: date) -> ProgrammeEntry:
    return ProgrammeEntry(
        id=id_,
        title="Measures of the Union",
        body=COUNCIL,
        period_start=start,
        period_end=start + timedelta(days=1095),
        adopted_by=_HEAD,
    )


def _file() -> Mapping[str, Any]:
    return tomllib.loads(_DIRECTORY.read_text(encoding="utf-8"))
