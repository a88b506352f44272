"""What an operation comes to for an instruction, and the ids that a bulk gives its commands."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from domain.attribution import Identity
from domain.deadline import Deadline, DeadlineRequest
from domain.identifiers import CommandId, instruction_id
from domain.instruction import commands as c
from operators.bulk import BadBulkId, Bulk, new_bulk_id
from operators.operations import Operation, TheSame, moved

_AT = datetime(2026, 3, 31, 21, tzinfo=UTC)
_DAY = Deadline(on=date(2026, 3, 31), zone="Europe/Moscow", instant=_AT, tzdata="2026a")
_HOUR = _DAY.model_copy(update={"on": None})
_WEEK = timedelta(days=7)
_COMMAND_ID: TypeAdapter[str] = TypeAdapter(CommandId)


def _bulk(name: str, operation: Operation | None = None) -> Bulk:
    return Bulk(
        id=name,
        operation=operation or TheSame(c.ApproveExtension),
        actor="p-1",
        on_behalf_of=None,
        identity=Identity(),
    )


def test_a_day_moved_by_whole_days_stays_a_day() -> None:
    assert moved(_DAY, _WEEK) == DeadlineRequest(on=date(2026, 4, 7))


def test_by_hours_or_from_an_instant_it_is_an_instant() -> None:
    assert moved(_DAY, timedelta(hours=36)) == DeadlineRequest(at=_AT + timedelta(hours=36))
    assert moved(_HOUR, _WEEK) == DeadlineRequest(at=_AT + _WEEK)


@pytest.mark.parametrize(
    "name", ["x", "spring-2026", "a" * 64, "delivery-2", "bulk-20260331-2100-f60764"]
)
def test_a_bulks_id_makes_ids_of_commands(name: str) -> None:
    made = _bulk(name).command_id(instruction_id("T-1"))
    assert made.startswith(f"{name}:instruction-")
    assert _COMMAND_ID.validate_python(made) == made


@pytest.mark.parametrize("name", ["", "a" * 65, "two words", "a:b", "-a", "delivery", "a\n"])
def test_what_could_be_no_command_id_is_refused_with_the_way_out(name: str) -> None:
    with pytest.raises(BadBulkId, match="letters, digits"):
        _bulk(name)


def test_two_new_ids_are_not_the_same() -> None:
    assert new_bulk_id(_AT) != new_bulk_id(_AT)
