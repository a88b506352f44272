"""A command that asks for nothing new is taken by workers of the version before."""

import json

from pydantic import Field

from domain.attribution import Command, unset
from domain.directory.commands import EndSubstitution
from tests.command_fields import KNOWN, commands, problems


class _Told(Command):
    """As the version before has it."""

    type: str = "Told"
    text: str


class _WithLevel(_Told):
    level: int | None = None


class _WithLevelLeftOut(_Told):
    level: int | None = Field(default=None, exclude_if=unset)


_BEFORE = {"Told": list(_Told.model_fields)}


def test_no_command_says_more_than_the_version_before_takes() -> None:
    assert not problems(json.loads(KNOWN.read_text()), commands())


def test_every_command_is_among_them() -> None:
    known = json.loads(KNOWN.read_text())
    assert {"Issue", "StartRecurrence", "RegisterBody", "DraftProgramme"} <= known.keys()
    assert {"DeadlineRequest", "Policy", "ReminderRule", "Identity"} <= known.keys(), "and values"
    assert len(known) > 70


def test_what_would_be_refused_is_told() -> None:
    assert problems(_BEFORE, {"Told": _Told}) == []
    assert problems(_BEFORE, {"Told": _WithLevelLeftOut, "Asked": _Told}) == []
    [found] = problems(_BEFORE, {"Told": _WithLevel})
    assert found.startswith("Told.level came later and is in the JSON even where it is not set")
    [found] = problems({"Told": [*_BEFORE["Told"], "tone"]}, {"Told": _Told})
    assert found == "Told.tone is gone: who sends it is refused"
    [found] = problems(_BEFORE, {})
    assert found == "Told is gone: who still sends it is refused"


def test_a_field_that_came_later_is_left_out_where_it_is_not_set() -> None:
    """It came after commands were in logs already: these keep their hash."""
    ended = EndSubstitution.model_validate(
        {
            "command_id": "c-1",
            "actor": "p-1",
            "absent": "p-2",
            "substitute": "p-3",
            "until": "2026-03-31",
        }
    )
    assert "since" not in ended.model_dump(mode="json")
