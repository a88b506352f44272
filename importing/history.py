"""A row's dated facts as the commands that enter them, in the order they happened."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from domain.attribution import Backdating, Identity
from domain.deadline import DeadlineRequest
from domain.directory.state import Directory
from domain.identifiers import PersonId, instruction_id
from domain.instruction import commands as c
from importing.measure import MeasureRow
from importing.problems import Problem
from importing.recorded import command_id
from importing.table import Headings


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One thing that happened, as a command, and where in the file it stands."""

    command: c.AnyInstructionCommand
    date_column: str
    columns: Mapping[str, str]
    """From the command's fields (`source.kind` for one within) to the columns they come from."""

    def column(self, command_field: str | None) -> str:
        """The column to blame for a field of the command; the date's if it has none of its own."""
        name = command_field or ""
        within = (column for inner, column in self.columns.items() if inner.startswith(f"{name}."))
        return self.columns.get(name) or next(within, self.date_column)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Who enters the history, and why it is entered only now."""

    registrar: PersonId
    reason: str
    identity: Identity
    """How the registrar is known."""


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    command: type[c.InstructionCommand]
    date_column: str
    by: Literal["issuer", "lead", "controller"]
    """On whose behalf it is entered; without a controller the issuer decides."""
    columns: Mapping[str, str] = field(default_factory=dict[str, str])


KINDS = (
    _Kind(
        "issue",
        c.Issue,
        "issued_on",
        "issuer",
        {
            "number": "number",
            "text": "text",
            "issuer": "issuer",
            "deadline": "deadline",
            "controller": "controller",
            "programme": "programme",
            "sector": "sector",
            "priority": "priority",
            "source.kind": "source_kind",
            "source.number": "source_number",
            "source.dated": "source_date",
        },
    ),
    _Kind(
        "assign",
        c.Assign,
        "assigned_on",
        "issuer",
        {"lead": "lead", "co_assignees": "co_assignees"},
    ),
    _Kind("acknowledge", c.Acknowledge, "acknowledged_on", "lead"),
    _Kind("progress", c.ReportProgress, "progress", "lead", {"percent": "progress"}),
    _Kind(
        "request extension",
        c.RequestExtension,
        "extension_requested_on",
        "lead",
        {"until": "extension_until", "reason": "extension_reason"},
    ),
    _Kind("approve extension", c.ApproveExtension, "extension_approved_on", "controller"),
    _Kind(
        "refuse extension",
        c.RefuseExtension,
        "extension_refused_on",
        "controller",
        {"reason": "extension_refusal_reason"},
    ),
    _Kind("report", c.SubmitReport, "reported_on", "lead", {"text": "report_text"}),
    _Kind(
        "return",
        c.Return,
        "returned_on",
        "controller",
        {"deadline": "rework_deadline", "reason": "return_reason"},
    ),
    _Kind(
        "report again", c.SubmitReport, "reported_again_on", "lead", {"text": "report_again_text"}
    ),
    _Kind("accept", c.Accept, "accepted_on", "controller"),
    _Kind("cancel", c.Cancel, "cancelled_on", "issuer", {"reason": "cancel_reason"}),
)
"""In the order in which facts of one day follow each other. A fact's place never depends on the row's
other facts: else adding one would seem to change those already imported."""


def history(
    row: MeasureRow, directory: Directory, entry: Entry, headings: Headings
) -> tuple[tuple[Fact, ...], tuple[Problem, ...]]:
    """The row's facts in the order they happened, and the cells no command can be made of.

    Every fact happened at noon of its day in the issuer's zone, plus a minute for each place that its
    kind comes later within a day. Facts with a cell that is known to be bad are left out.
    """
    issuer = directory.bodies.get(row.texts.get("issuer", ""))
    if "number" not in row.texts or issuer is None:
        return (), ()
    zone = ZoneInfo(issuer.zone)
    facts: list[tuple[datetime, Fact]] = []
    problems: list[Problem] = []
    for place, kind in enumerate(KINDS):
        if row.bad_columns & {kind.date_column, kind.by, *kind.columns.values()}:
            continue
        for occurrence, (day, given) in enumerate(_values(row, kind), start=1):
            noon = datetime.combine(day, time(12), zone).astimezone(UTC)
            moment = noon + timedelta(minutes=place)
            try:
                command = _command(row, kind, occurrence, moment, given, entry)
            except ValidationError as error:
                problems.extend(_invalid(error, kind, row.line, headings))
            else:
                fact = Fact(command=command, date_column=kind.date_column, columns=kind.columns)
                facts.append((moment, fact))
    facts.sort(key=lambda dated: dated[0])
    return tuple(fact for _, fact in facts), tuple(problems)


def _values(row: MeasureRow, kind: _Kind) -> Iterator[tuple[date, Mapping[str, Any]]]:
    """The days on which a fact of this kind happened, with the command's fields that are given."""
    if kind.name == "progress":
        for day, percent in row.progress:
            yield day, {"percent": percent}
    elif kind.date_column in row.days:
        values = {name: _value(row, column) for name, column in kind.columns.items()}
        yield row.days[kind.date_column], {n: v for n, v in values.items() if v is not None}


def _value(row: MeasureRow, column: str) -> object:
    match column:
        case "co_assignees":
            return row.co_assignees
        case "source_date":
            return row.days.get(column)
        case "deadline" | "extension_until" | "rework_deadline":
            return DeadlineRequest(on=row.days[column]) if column in row.days else None
        case _:
            return row.texts.get(column)


def _command(
    row: MeasureRow,
    kind: _Kind,
    occurrence: int,
    moment: datetime,
    given: Mapping[str, Any],
    entry: Entry,
) -> Any:
    """Raises `ValidationError` if a value is missing or not of the kind the command takes."""
    number, issuer = row.texts["number"], row.texts["issuer"]
    parties = {
        "issuer": issuer,
        "lead": row.texts.get("lead"),
        "controller": row.texts.get("controller", issuer),
    }
    fields: dict[str, Any] = {
        "command_id": command_id(number, kind.name, str(occurrence)),
        "actor": entry.registrar,
        "identity": entry.identity,
        "on_behalf_of": parties[kind.by],
        "instruction": instruction_id(number),
        "backdated": Backdating(at=moment, reason=entry.reason),
    }
    for name, value in given.items():
        outer, _, inner = name.partition(".")
        if inner:
            fields.setdefault(outer, {})[inner] = value
        else:
            fields[outer] = value
    return kind.command.model_validate(fields)


def _invalid(
    error: ValidationError, kind: _Kind, line: int, headings: Headings
) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_context=False):
        outer = str(detail["loc"][0]) if detail["loc"] else ""
        whole = ".".join(str(part) for part in detail["loc"][:2])
        column = kind.columns.get(whole) or kind.columns.get(outer, kind.date_column)
        reason = detail["msg"]
        if detail["type"] == "missing":
            reason = f"the cell is empty; {headings.name(kind.date_column)} needs it"
        yield Problem(line=line, column=column, reason=reason)
