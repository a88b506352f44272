"""The documentation says what there is: no verb, setting, event or code is forgotten, no link is broken."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import get_args
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import asyncpg
import pytest
from cyclopts import App
from fastapi import FastAPI
from pydantic import BaseModel

from cli.commands import build
from cli.errors import CliError, OwnCode, Refused
from domain.instruction.events import NotifyingEvent
from domain.instruction.state import KnownState
from domain.policies import (
    Again,
    EscalationStep,
    Policy,
    ProgressCycle,
    ReminderRule,
    Repeat,
)
from domain.rejections import Code
from importing.policy_file import read_policy
from monitoring.gauges import Gauges
from readmodels.projections import PROJECTIONS
from settings import Settings
from telemetry.metrics import Metrics
from tests.golden_events import event_types
from tests.pages import anchors, links, pages
from tests.reading_table import table as table_of_reading
from tests.rules_table import table
from web.api.paths import PREFIX
from web.api.routes import api

_ROOT = Path(__file__).parent.parent
_DOCS = _ROOT / "docs"
_PAGES = pages()
_CODE = re.compile(r"`([\w-]+)`")
_RUSSIAN = re.compile(r"[а-яё]", re.IGNORECASE)
_APP = build()
"""Made once: it is asked some hundred times."""


def _rows(page: str) -> dict[str, list[str]]:
    """The rows of a page's tables by the code word that their first cell is."""
    found: dict[str, list[str]] = {}
    for line in (_DOCS / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and cells[0].count("`") == 2:
            assert cells[0] not in found, f"{cells[0]} stands in {page} twice"
            found[cells[0].strip("`")] = cells[1:]
    return found


def _verbs(app: App) -> list[str]:
    """All verbs; one below another, such as `audit verify`, by both names."""
    found: list[str] = []
    for name in (name for name in app if not name.startswith("-")):
        below = [inner for inner in app[name] if not inner.startswith("-")]
        found += [f"{name} {inner}" for inner in below]
        if app[name].default_command or not below:
            found.append(name)
    return found


def _options(app: App, verb: str) -> set[str]:
    for name in verb.split():
        app = app[name]
    arguments = app.assemble_argument_collection()
    return {argument.names[0] for argument in arguments if argument.show}


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """To a file or folder of the repository, and to a heading if it names one. What is elsewhere is not asked."""
    assert not [link for link in links(page) if not _leads_somewhere(page, link)]


def _leads_somewhere(page: Path, link: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme:
        return True
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.exists() or not target.is_relative_to(_ROOT):
        return False
    return not parts.fragment or parts.fragment in anchors(target)


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    section = (_DOCS / "cli.md").read_text(encoding="utf-8").split("\n## Settings\n")[1]
    told = dict(re.findall(r"^\| `REMIT_(\w+)` \| ([^|]+) \|", section, re.MULTILINE))
    settings = {name.upper(): field for name, field in Settings.model_fields.items()}
    assert sorted(told) == sorted(settings)
    fixed = {name: field.default for name, field in settings.items() if field.default is not None}
    wrong = {
        name: told[name]
        for name, default in fixed.items()
        if isinstance(default, bool | int | str)
        and re.split("[` ;]", told[name].strip("`"))[0] != _as_written(default)
    }
    assert not wrong


def _as_written(default: bool | int | str) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


async def test_every_figure_is_documented_and_no_other() -> None:
    metrics = Metrics()
    Gauges(metrics, asyncpg.create_pool("postgresql://127.0.0.1:1/x", min_size=0), seconds=0)
    families = [one for one in metrics.registry.collect() if one.name.startswith("remit_")]
    names = {f"{one.name}_total" if one.type == "counter" else one.name for one in families}
    assert _rows("observability.md").keys() == names


@pytest.mark.parametrize("verb", _verbs(_APP))
def test_every_verb_is_documented_with_all_it_takes(verb: str) -> None:
    page = (_DOCS / "cli.md").read_text(encoding="utf-8")
    verbs, shared = page.split("## Shared options")
    line = next((row for row in verbs.splitlines() if row.startswith(f"| `{verb}` |")), None)
    assert line is not None, f"docs/cli.md has no line for {verb}"
    shared_options = set(re.findall(r"^\| `(--[\w-]+)", shared, re.MULTILINE))
    forgotten = {
        name
        for name in _options(_APP, verb) - shared_options
        if not re.search(rf"(?<![\w-]){name}(?![\w-])", line)
    }
    assert not forgotten


def test_no_verb_is_documented_that_is_not_there() -> None:
    first_part = (_DOCS / "cli.md").read_text(encoding="utf-8").split("## Shared options")[0]
    documented = re.findall(r"^\| `([\w -]+)` \|", first_part, re.MULTILINE)
    assert sorted(documented) == sorted(_verbs(_APP))


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_every_command_that_a_page_shows_is_one(page: Path) -> None:
    """As written: its verb is there, and takes these arguments and options."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in re.findall(r"^(?:\$ |    )?remit (.*)$", text, re.MULTILINE):
        command = re.split(r" [|>] ", line.partition("  #")[0])[0]
        if not re.search(r" (…|\.\.\.) ", command):
            _APP.parse_args(shlex.split(command), exit_on_error=False, print_error=False)


def test_every_event_type_is_documented_in_both_languages() -> None:
    rows = _rows("events.md")
    assert sorted(rows) == sorted(event_types())
    assert not [name for name, cells in rows.items() if not _RUSSIAN.search(cells[0])]


def test_every_rejection_code_is_documented() -> None:
    assert sorted(_rows("rejections.md")) == sorted(code.value for code in Code)


def test_every_code_of_the_command_lines_own_is_documented_with_its_exit_code() -> None:
    kinds = {CliError, *CliError.__subclasses__()} - {Refused}
    codes = {(kind.code, kind.exit_code) for kind in kinds}
    codes |= {(code.value, Refused.exit_code) for code in OwnCode}
    page = (_DOCS / "cli.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([a-z-]+)` \| (\d) \|", page, re.MULTILINE)
    assert sorted((code, int(exit_code)) for code, exit_code in told) == sorted(codes)


def test_no_refusal_has_a_code_that_is_in_no_list() -> None:
    literal = re.compile(r"\bRefused\(\s*\"")
    files = sorted((_ROOT / "cli").rglob("*.py"))
    assert not [file.name for file in files if literal.search(file.read_text(encoding="utf-8"))]


def test_every_operation_of_the_api_is_documented_and_no_other() -> None:
    """The document's own paths: the application has its routers' routes only once it is asked."""
    app = FastAPI()
    app.include_router(api())
    there = {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, operations in app.openapi()["paths"].items()
        for method in operations
    }
    page = (_DOCS / "api.md").read_text(encoding="utf-8")
    cells = [row.split("|")[1] for row in page.splitlines() if row.startswith("| `")]
    told = re.findall(r"`([A-Z]+ /[^`]*)`", " ".join(cells))
    assert sorted(told) == sorted(there)


def test_the_table_of_rules_is_that_of_the_code() -> None:
    page = (_DOCS / "rules.md").read_text(encoding="utf-8")
    assert f"\n\n{table()}\n\n" in page, "run python -m tests.rules_table"


def test_the_table_of_who_reads_what_is_that_of_the_code() -> None:
    page = (_DOCS / "security.md").read_text(encoding="utf-8")
    assert f"\n\n{table_of_reading()}\n\n" in page, "run python -m tests.reading_table"


def test_the_table_of_notices_names_every_event_that_gives_one_and_no_other() -> None:
    page = (_DOCS / "rules.md").read_text(encoding="utf-8")
    section = page.split("## Whom a notice reaches")[1].split("\n## ")[0]
    first_cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    told = [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)]
    giving = [kind.model_fields["type"].default for kind in get_args(NotifyingEvent)]
    assert sorted(told) == sorted(giving)


def test_every_field_of_a_policy_is_documented_and_no_other() -> None:
    told = _rows("policies.md").keys() & {name for name in _rows("policies.md") if ":" not in name}
    models: dict[str, type[BaseModel]] = {
        "": Policy,
        "reminders[].": ReminderRule,
        "escalation[].": EscalationStep,
        "repeat.": Repeat,
        "again.": Again,
        "progress.": ProgressCycle,
    }
    fields = {prefix + name for prefix, model in models.items() for name in model.model_fields}
    assert told == fields


def test_the_policy_in_the_documentation_is_one() -> None:
    page = (_DOCS / "policies.md").read_text(encoding="utf-8")
    [file] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert read_policy(file.encode()).id == "example"


def test_every_phase_is_in_the_glossary() -> None:
    glossary = (_DOCS / "glossary.md").read_text(encoding="utf-8")
    assert not [p.phase for p in _phases() if f"\n| {p.phase} |" not in glossary]


def test_every_decision_record_is_listed() -> None:
    records = {path.name for path in (_DOCS / "adr").glob("[0-9]*.md")}
    assert records == set(links(_DOCS / "adr" / "README.md"))


def test_every_package_and_every_read_model_is_in_the_architecture() -> None:
    rows = (_DOCS / "architecture.md").read_text(encoding="utf-8").splitlines()
    told = {
        name for row in rows if row.startswith("| `") for name in _CODE.findall(row.split("|")[1])
    }
    packages = {file.parent.name for file in _ROOT.glob("[!.]*/__init__.py")} - {"tests"}
    assert not packages - told
    assert not {projection.name for projection in PROJECTIONS} - told


def test_every_library_has_its_reason_on_record() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["embedded"]]
    names = {re.split(r"[<>=!~\[]", one)[0] for one in declared}
    records = (_DOCS / "adr" / name for name in ("0010-libraries.md", "0023-libraries-since.md"))
    rows = [
        r for page in records for r in page.read_text(encoding="utf-8").splitlines() if "|" in r
    ]
    told = {name for row in rows for name in _CODE.findall(row.split("|")[1])}
    assert not names - told


@pytest.mark.parametrize("name", ["flow.svg", "phases.svg", "simulation.svg"])
def test_the_picture_says_what_it_shows(name: str) -> None:
    svg = ET.parse(_DOCS / "img" / name).getroot()  # noqa: S314 - our own file
    namespace = "{http://www.w3.org/2000/svg}"
    assert all((svg.findtext(f"{namespace}{tag}") or "").strip() for tag in ("title", "desc"))


def _phases() -> list[type[KnownState]]:
    return [phase for group in get_args(KnownState) for phase in get_args(group) or (group,)]
