"""How rules are counted, case by case: the table of docs/policies.md."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.planning import planning
from importing.policy_file import read_policy
from tests.domain.world import DAY, DEADLINE_DAY, assigned, directory, issued

_DOCS = Path(__file__).parents[2] / "docs" / "policies.md"
_MINSK = ZoneInfo("Europe/Minsk")
_ISSUED = datetime(2026, 3, 1, tzinfo=_MINSK)


def _at(day: int, hour: int = 0, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=_MINSK)


@pytest.mark.parametrize(
    ("rule", "comes", "told"),
    [
        ("offset: P3D", _at(29), "29 March, 00:00"),
        ("offset: P3D, at: 09:00", _at(28, 9), "28 March, 09:00"),
        ("offset: P3D, at: 09:00, off_days: earlier", _at(27, 9), "27 March, 09:00"),
        ("offset: P3D working, at: 09:00", _at(26, 9), "26 March, 09:00"),
        ("offset: PT0S, at: 09:00", _at(31, 9), "31 March, 09:00"),
        ("offset: PT4H", _at(31, 20), "31 March, 20:00"),
        ("side: after, offset: P1D, at: 09:00", _at(1, 9, month=4), "1 April, 09:00"),
        ("percent: 50", _at(16, 12), "16 March, 12:00"),
    ],
)
def test_a_reminder_of_a_deadline_on_31_march_2026_comes(
    rule: str, comes: datetime, told: str
) -> None:
    assert date(2026, 3, 31) == DEADLINE_DAY
    policy = read_policy(f"id: case\nreminders:\n  - {{id: it, {rule}}}\n".encode())
    events = (issued(_ISSUED, policy=policy), assigned(_ISSUED + DAY))
    [moment] = planning(instruction_decider.fold(events), directory()).plan.moments.values()
    assert moment.due_at == comes
    assert moment.due_at.utcoffset() == timedelta(0)
    [row] = [
        line
        for line in _DOCS.read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| `{rule}`")
    ]
    assert row.removesuffix(" |").endswith(told)
