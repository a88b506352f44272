"""A file of measures as it was sent, and what it comes to for whoever sent it."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.datastructures import FormData, UploadFile

from importing.mapping import BadMappingFile, MeasureMapping, read_mapping
from importing.measures import ImportResult, plan_table, run_plan
from importing.planning import Plan, PlannedRow, Refusal
from importing.problems import Problem as FileProblem
from importing.table import read_table
from readmodels.parties import known_parties, those_in_scope
from web.api.asked import invalid, wait_for
from web.api.asking import Asking
from web.api.sending import WANT_OF_AUTHORITY, subject_of, told_of
from web.form_sent import text_of
from web.problems import ApiCode, Problem

MOST_ROWS = 500
"""Measures of a file. More takes longer than a request may; `remit import` takes any number."""
_MOST_MAPPING = 32 * 1024
"""Characters of a mapping: in any letters they fit into a form's field."""
_NOT_YOURS = "an instruction of this number is there already, and is not for you"


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasuresFile:
    """Its bytes, and how to read them."""

    content: bytes
    name: str
    mapping_text: str
    mapping: MeasureMapping | None
    sheet: str | None

    @property
    def sha256(self) -> str:
        """Of all that says what is imported: the bytes, the mapping, the sheet."""
        said = [self.content, self.mapping_text.encode(), (self.sheet or "").encode()]
        digests = b"".join(hashlib.sha256(one).digest() for one in said)
        return hashlib.sha256(digests).hexdigest()


async def file_sent(sent: FormData) -> MeasuresFile:
    """Raises `Problem` validation: no file, or a mapping that makes no sense."""
    file = sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise invalid("file", "is missing; choose a CSV file or an XLSX workbook")
    text, sheet = text_of(sent, "mapping").replace("\r\n", "\n"), text_of(sent, "sheet").strip()
    if len(text) > _MOST_MAPPING:
        raise invalid("mapping", f"is longer than {_MOST_MAPPING} characters; use `remit import`")
    try:
        mapping = await asyncio.to_thread(read_mapping, text.encode()) if text.strip() else None
    except BadMappingFile as error:
        raise invalid("mapping", str(error)) from error
    return MeasuresFile(
        content=await file.read(),
        name=file.filename,
        mapping_text=text,
        mapping=mapping,
        sheet=sheet or None,
    )


async def planned(asking: Asking, file: MeasuresFile) -> Plan:
    """What would be recorded, by the rules and as of this moment. Nothing is.

    Raises `Problem` too-much if it has more measures than are taken at a time.
    """
    table = await asyncio.to_thread(read_table, file.content, file.mapping, file.sheet)
    if len(table.rows) > MOST_ROWS:
        raise Problem(
            ApiCode.TOO_MUCH,
            f"the file has {len(table.rows)} measures, and {MOST_ROWS} are taken at a time; divide it, or use `remit import`",
            field="file",
        )
    services = asking.services
    plan = await plan_table(
        table,
        file.name,
        store=services.store,
        handler=services.handler,
        registrar=asking.reader.person,
        at=asking.at,
        identity=asking.identity,
    )
    return await _without_what_is_hidden(asking, await _as_told(asking, plan))


async def imported(asking: Asking, plan: Plan, *, skip_bad: bool) -> ImportResult:
    """Have it recorded, and what is open of it attended to.

    Whoever asked may be gone before it is through: it goes on to its end all the same.
    """

    async def run() -> ImportResult:
        services = asking.services
        result = await run_plan(plan, handler=services.handler, at=asking.at, skip_bad=skip_bad)
        services.waking.attend(result.instructions)
        await _note(asking, result.refusals)
        problems = await _told(asking, result.problems, result.refusals)
        return replace(result, problems=problems)

    return await asyncio.shield(run())


async def _as_told(asking: Asking, plan: Plan) -> Plan:
    """What the rules refuse as the API tells it, and noted as there: they know of programmes that are not for everybody."""
    await _note(asking, [one for row in plan.rows for one in row.refusals])
    rows = [
        replace(row, problems=await _told(asking, row.problems, row.refusals)) for row in plan.rows
    ]
    return replace(plan, rows=tuple(rows))


async def _told(
    asking: Asking, problems: Sequence[FileProblem], refusals: Sequence[Refusal]
) -> tuple[FileProblem, ...]:
    told: dict[FileProblem, FileProblem] = {}
    for one in refusals:
        problem = await told_of(asking, one.command, one.rejected)
        if problem.detail != one.rejected.message:
            told[one.problem] = replace(one.problem, reason=problem.detail)
    return tuple(told.get(problem, problem) for problem in problems)


async def _note(asking: Asking, refusals: Sequence[Refusal]) -> None:
    """Each for want of authority, before the answer tells of it."""
    await asking.note_all(
        "command-refused",
        [
            (subject_of(one.command), one.rejected.code)
            for one in refusals
            if one.rejected.code in WANT_OF_AUTHORITY
        ],
    )


async def _without_what_is_hidden(asking: Asking, plan: Plan) -> Plan:
    """Of instructions that are there already, and that they may not read, the plan says no more than that. It is made from the
    log: what it has seen there, the lists have to know.
    """
    await wait_for(asking, await asking.services.store.head(), "parties")
    pool, scope = asking.services.pool, asking.reader.scope("history")
    named = [row.instruction for row in plan.rows if row.instruction is not None]
    there = (await known_parties(pool, named)).keys()
    hidden = there - await those_in_scope(pool, there, scope)
    if not hidden:
        return plan
    rows = [_nothing_told(row, plan) if row.instruction in hidden else row for row in plan.rows]
    return replace(plan, rows=tuple(rows))


def _nothing_told(row: PlannedRow, plan: Plan) -> PlannedRow:
    problem = FileProblem(line=row.line, column="number", reason=_NOT_YOURS)
    return replace(row, facts=(), known=0, problems=(plan.headings.locate(problem),))
