"""Programmes to test with: a small world, and the example files.

What is here works with any `EventStore`, so that projectors can be held against the same rows;
`tests/random_measures.py` makes random ones.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.deadline import DeadlineRequest
from domain.identifiers import InstructionId, instruction_id
from domain.instruction import commands as c
from domain.programme.membership import measures_by_programme
from domain.programme.report import Measure, ProgrammeReport, report
from eventstore.handle import CommandHandler
from eventstore.persons import MemoryPersonStore, PersonStore
from eventstore.protocol import EventStore
from eventstore.replay import AsOf, read_as_of
from importing.columns import COLUMNS
from importing.directory import load_directory
from importing.directory_file import read_directory
from importing.measures import ImportResult, plan_measures, run_plan

Row = dict[str, str]

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
AFTER_ALL = datetime(2031, 1, 1, tzinfo=UTC)
"""A present in which every fact of a random row lies in the past."""

EXAMPLES = Path(__file__).parent.parent / "examples"
EXAMPLE_DIRECTORY = EXAMPLES / "union-directory.toml"
EXAMPLE_MEASURES = EXAMPLES / "union-programmes-2024-2026.csv"

ADMINISTRATOR, REGISTRAR, HEAD = "p-0001", "p-0002", "p-0004"
"""The same persons in the small world and in the example."""

PROGRAMME = "small-programme"
SMALL_DIRECTORY = b"""
bodies = [
  { id = "council", name = "Council", kind = "council", zone = "Europe/Minsk" },
  { id = "control", name = "Control", kind = "department", parent = "council", zone = "Europe/Minsk" },
  { id = "region", name = "Region", kind = "region", parent = "council", zone = "Europe/Berlin" },
  { id = "ministry", name = "Ministry", kind = "ministry", parent = "council", zone = "Europe/Moscow" },
  { id = "new-body", name = "New body", kind = "joint-body", parent = "council", established_on = 2025-03-01 },
]
offices = [
  { id = "administrator", body = "council", kind = "administrator" },
  { id = "registrar", body = "council", kind = "registrar" },
  { id = "council-head", body = "council", kind = "head" },
  { id = "ministry-officer", body = "ministry", kind = "officer" },
]
people = [
  { id = "p-0001", name = "Administrator 1", email = "administrator-1@example.org" },
  { id = "p-0002", name = "Registrar 1", email = "registrar-1@example.org" },
  { id = "p-0004", name = "Head 1" },
  { id = "p-0007", name = "Officer 7", channels = ["log", "email"] },
]
appointments = [
  { person = "p-0001", office = "administrator", since = 2024-01-01 },
  { person = "p-0002", office = "registrar", since = 2024-01-01 },
  { person = "p-0004", office = "council-head", since = 2024-01-01 },
  { person = "p-0007", office = "ministry-officer", since = 2024-01-01 },
]

[[programmes]]
id = "small-programme"
title = "Small programme"
body = "council"
period_start = 2024-01-01
period_end = 2026-12-31
adopted_by = "p-0004"
"""
SMALL_ZONES = {"council": "Europe/Minsk", "region": "Europe/Berlin"}
"""Of the bodies that issue random rows; one of them has summer time."""


async def set_up(
    store: EventStore,
    directory: bytes = SMALL_DIRECTORY,
    *,
    persons: PersonStore | None = None,
    at: datetime = NOW,
) -> CommandHandler:
    """A handler on the store, with the directory loaded."""
    handler = CommandHandler(store, tzdata="2026a")
    await load_directory(
        read_directory(directory),
        store=store,
        handler=handler,
        persons=persons or MemoryPersonStore(),
        actor=ADMINISTRATOR,
        at=at,
    )
    return handler


async def import_rows(
    store: EventStore,
    handler: CommandHandler,
    rows: Sequence[Row],
    *,
    at: datetime = NOW,
    file_name: str = "measures.csv",
    skip_bad: bool = False,
) -> ImportResult:
    plan = await plan_measures(
        to_csv(rows), file_name, store=store, handler=handler, registrar=REGISTRAR, at=at
    )
    return await run_plan(plan, handler=handler, at=at, skip_bad=skip_bad)


def issue(number: str) -> c.Issue:
    """An instruction of the small directory's council, due in 60 days."""
    return c.Issue(
        command_id=f"issue-{number}",
        actor=HEAD,
        instruction=instruction_id(number),
        number=number,
        text="Agree on the rules.",
        issuer="council",
        controller="control",
        deadline=DeadlineRequest(at=NOW + timedelta(days=60)),
    )


def to_csv(rows: Iterable[Row], *, delimiter: str = ",", columns: Sequence[str] = COLUMNS) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def read_rows(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def numbers(rows: Iterable[Row]) -> list[InstructionId]:
    return [instruction_id(row["number"]) for row in rows]


async def report_by_fold(
    store: EventStore, instructions: Sequence[InstructionId], at: datetime
) -> ProgrammeReport:
    """The report as of a moment of business time, by replay. All are of one programme."""
    measures: list[Measure] = []
    for instruction in instructions:
        events = read_as_of(await store.read_stream(instruction), AsOf(occurred=at))
        measures += measures_by_programme(instruction, events).values()
    return report(measures, at)


def figures_of(made: ProgrammeReport) -> dict[str, object]:
    """A report in the shape of `tests.oracle.figures`."""
    fields: dict[str, object] = asdict(made)
    del fields["at"]
    return fields | {
        "implemented_line": made.implemented_line,
        "behind_schedule_line": made.behind_schedule_line,
        "execution_discipline": made.execution_discipline,
    }


def example_zones() -> Mapping[str, str]:
    return {body.id: body.zone for body in read_directory(EXAMPLE_DIRECTORY.read_bytes()).bodies}
