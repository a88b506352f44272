"""The sources of a version after this one, with a change of each kind that an upgrade has to bear."""

import shutil
import tomllib
from pathlib import Path

_ROOT = Path(__file__).parents[2]
BUILD_ID = "next"
FORMAT = 2
CHANGED = "Commented"
"""The type of event that has another shape there."""

_CODEC = "eventstore/codec.py"
_CHANGES: tuple[tuple[str, str, str], ...] = (
    # A comment has a tone, which the version before cannot say.
    (
        "domain/instruction/events.py",
        '    type: Literal["Commented"] = "Commented"\n    text: str\n',
        '    type: Literal["Commented"] = "Commented"\n    text: str\n    tone: str\n',
    ),
    (
        "domain/instruction/decisions/remarks.py",
        "by=ctx.by, text=command.text)",
        'by=ctx.by, text=command.text, tone="plain")',
    ),
    (_CODEC, "VERSIONS: Mapping[str, int] = {}", 'VERSIONS: Mapping[str, int] = {"Commented": 2}'),
    (
        _CODEC,
        "UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}",
        'UPCASTERS: Mapping[tuple[str, int], Upcaster] = {("Commented", 1): lambda said: {**said, "tone": "plain"}}',
    ),
    (
        _CODEC,
        "DOWNCASTERS: Mapping[tuple[str, int], Upcaster] = {}",
        'DOWNCASTERS: Mapping[tuple[str, int], Upcaster] = {\n    ("Commented", 2): lambda said: '
        '{name: value for name, value in said.items() if name != "tone"}\n}',
    ),
    (
        _CODEC,
        "SINCE: Mapping[tuple[str, int], int] = {}",
        'SINCE: Mapping[tuple[str, int], int] = {("Commented", 2): 2}',
    ),
    (_CODEC, "FORMAT = 1", "FORMAT = 2"),
    # Each record is preceded by a timer, which no run of the version before has on record.
    (
        "workflows/conducting.py",
        "        nudges = self._nudges\n        try:",
        "        nudges = self._nudges\n        await workflow.sleep(timedelta(milliseconds=1))\n        try:",
    ),
)
_MIGRATIONS = {
    "0900_next.sql": "alter table readmodel.register add column tone text;",
    "contracting/0901_next.sql": "alter table readmodel.register drop column tone;",
}
"""What the version before writes to the register it goes on writing, with a column beside that it does not know."""


def make_next_version(folder: Path) -> None:
    """Copy what is shipped into the folder, and change it there. Raises `LookupError` if what is to be changed is not there."""
    declared = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = declared["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    ignored = shutil.ignore_patterns("node_modules", "__pycache__")
    for name in shipped:
        if (_ROOT / name).is_dir():
            shutil.copytree(_ROOT / name, folder / name, ignore=ignored)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(_ROOT / name, folder / name)
    for name, before, after in _CHANGES:
        file = folder / name
        text = file.read_text(encoding="utf-8")
        if text.count(before) != 1:
            raise LookupError(
                f"{name} holds {text.count(before)} times what is to be changed: {before}"
            )
        file.write_text(text.replace(before, after), encoding="utf-8")
    migrations = folder / "eventstore" / "migrations"
    last = max(file.stem for file in migrations.glob("*.sql"))
    for name, statement in _MIGRATIONS.items():
        depends = "" if "/" in name else f" {last}"
        (migrations / name).write_text(
            f"-- Planted\n-- depends:{depends}\n\n-- migrate: apply\n\nset local role remit_projector;\n\n{statement}\n\n"
            "reset role;\n\n-- migrate: rollback\n",
            encoding="utf-8",
        )
