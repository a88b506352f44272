"""Importing measures: first what a file would lead to, then, with the same file again, having it recorded."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from domain.instruction.commands import Issue
from importing.planning import Plan, PlannedRow
from importing.preview import preview
from web.api.asked import invalid
from web.console.forms import TYPE, Field, Form, one_of
from web.console.sending import beside_fields
from web.console.setup.measures_file import MOST_ROWS, MeasuresFile, file_sent, imported, planned
from web.console.visit import Acting, Visit, Visiting
from web.form_sent import sent_file, text_of
from web.problems import ApiCode, Problem

router = APIRouter()

PATH = "/setup/import"
_CHECK, _IMPORT = "check", "import"
_MOST_SHOWN = 100
"""Rows, and problems, that are listed."""
_NOTHING = dict[str, Any].fromkeys(("result", "found", "importing"))
EVENT_OF: Mapping[str, str] = {
    "Issue": "InstructionIssued",
    "Assign": "InstructionAssigned",
    "Acknowledge": "AssignmentAcknowledged",
    "ReportProgress": "ProgressReported",
    "RequestExtension": "ExtensionRequested",
    "ApproveExtension": "ExtensionApproved",
    "RefuseExtension": "ExtensionRefused",
    "SubmitReport": "CompletionReported",
    "Return": "ReturnedForRework",
    "Accept": "InstructionCompleted",
    "Cancel": "Cancelled",
}
"""What each fact of a file is called by: the event that it leads to first."""


@router.get(PATH)
async def show_import(visit: Visiting) -> HTMLResponse:
    """For registrars: what happened earlier is theirs to enter."""
    _require_registrar(visit)
    return await _page(visit)


@router.post(PATH)
async def import_measures(visit: Acting) -> Response:
    """Check a file, or import one that was checked."""
    _require_registrar(visit)
    async with sent_file(visit.asking.request) as sent:  # which closes the file
        return await _answered(visit, sent)


async def _answered(visit: Visit, sent: FormData) -> HTMLResponse:
    form = one_of((_check(visit), _import(visit, None)), sent.get(TYPE))
    try:
        file = await file_sent(sent)
        if form.type == _IMPORT:
            return await _imported(visit, file, sent)
        plan = await planned(visit.asking, file)
    except Problem as problem:
        refused = await beside_fields(visit, form, sent, problem)
        if form.type == _CHECK:
            return await _page(visit, check=refused, status=problem.status)
        sha256 = text_of(sent, "sha256")
        return await _page(visit, importing=refused, sha256=sha256, status=problem.status)
    return await _previewed(visit, file, plan)


def _require_registrar(visit: Visit) -> None:
    """Raises `Problem` forbidden. Whose instructions they may enter, the rules say, row by row."""
    if not visit.asking.reader.registers:
        raise Problem(ApiCode.FORBIDDEN, "what happened earlier is for registrars to enter")


async def _previewed(visit: Visit, file: MeasuresFile, plan: Plan) -> HTMLResponse:
    without_bad = preview(plan, skip_bad=True)
    something = without_bad.importable and without_bad.facts
    return await _page(
        visit,
        file=file,
        found=without_bad,
        whole=not plan.problems,
        problems=plan.problems[:_MOST_SHOWN],
        rows=[_row(row) for row in plan.rows if not row.problems][:_MOST_SHOWN],
        sha256=file.sha256,
        importing=_import(visit, file, skip=bool(plan.problems)) if something else None,
    )


async def _imported(visit: Visit, file: MeasuresFile, sent: FormData) -> HTMLResponse:
    if text_of(sent, "sha256") != file.sha256:
        raise invalid(
            "file", "is not the file that was checked; choose that one, or check this one"
        )
    plan = await planned(visit.asking, file)
    result = await imported(visit.asking, plan, skip_bad="skip_bad" in sent)
    return await _page(visit, result=result, problems=result.problems[:_MOST_SHOWN], file=file)


async def _page(
    visit: Visit, *, check: Form | None = None, status: int = 200, **shown: Any
) -> HTMLResponse:
    return await visit.drawing.page(
        visit,
        "setup/import.html",
        active="setup",
        status=status,
        check=check or _check(visit),
        event_of=EVENT_OF,
        most_rows=MOST_ROWS,
        **(_NOTHING | shown),
    )


def _row(row: PlannedRow) -> tuple[int, str, Sequence[tuple[str, int]], int]:
    """Line, number if it is new, facts that would be recorded by kind, and how many are known."""
    commands = [fact.command for fact in row.facts]
    number = next((one.number for one in commands if isinstance(one, Issue)), "")
    kinds = Counter(type(one).__name__ for one in commands)
    return row.line, number, list(kinds.items()), row.known


def _check(visit: Visit) -> Form:
    say = visit.words.say
    return Form.of(
        _CHECK, say("Check a file"), PATH, say("Check, and record nothing"), *_fields(visit, None)
    )


def _import(visit: Visit, file: MeasuresFile | None, *, skip: bool = True) -> Form:
    """The form that has recorded what was checked."""
    say = visit.words.say
    fields = list(_fields(visit, file))
    if skip:
        fields.append(
            Field(name="skip_bad", label=say("Leave out the rows with problems"), kind="flag")
        )
    return Form.of(
        _IMPORT,
        say("Import"),
        PATH,
        say("Import"),
        *fields,
        said=say(
            "Choose the same file again: nothing of it is kept in between. It is compared with what was checked by its SHA-256."
        ),
    )


def _fields(visit: Visit, file: MeasuresFile | None) -> Sequence[Field]:
    say = visit.words.say
    return (
        Field(name="file", label=say("CSV file or XLSX workbook"), kind="file", required=True),
        Field(
            name="mapping",
            label=say("Mapping (TOML)"),
            kind="area",
            rows=6,
            value=file.mapping_text if file else "",
            help=say(
                "Only where the file's headings are not Remit's columns; docs/import.md says how."
            ),
        ),
        Field(
            name="sheet",
            label=say("Sheet of the workbook"),
            value=(file and file.sheet) or "",
            help=say("Empty: the first that is not hidden."),
        ),
    )
