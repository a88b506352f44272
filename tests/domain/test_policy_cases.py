"""How rules are counted, case by case: the table of docs/policies.md."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from domain.instruction.commands import SetMilestones
from domain.instruction.deadlines import planned
from domain.instruction.decisions.decide import instruction_decider
from domain.instruction.planning import planning
from domain.policies import Policy
from importing.policy_file import read_policy
from tests.domain.specification import given
from tests.domain.world import (
    COUNCIL_OFFICER,
    DAY,
    DEADLINE_DAY,
    acknowledged,
    assigned,
    directory,
    issue,
    issued,
    sent_by,
)

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


_AFTER = "side: after, offset"
_STEP = "since: deadline, to: issuer, after"


@pytest.mark.parametrize(
    ("kind", "rule", "comes"),
    [
        # Friday, 27 March 2026, until its end; Saturday 28th, Sunday 29th.
        ("reminders", f"{_AFTER}: P1D, at: 09:00", _at(30, 9)),
        ("reminders", f"{_AFTER}: P2D", _at(31)),
        ("escalation", f"{_STEP}: P1D, at: 09:00", _at(30, 9)),
        ("escalation", f"{_STEP}: P2D, at: 09:00", _at(30, 9)),
        ("escalation", f"{_STEP}: P1D", _at(31)),
        ("escalation", f"{_STEP}: PT12H", _at(30, 12)),
        # A week later the Friday before lies after the deadline.
        ("reminders", f"{_AFTER}: P8D, at: 09:00", _at(3, 9, month=4)),
        ("escalation", f"{_STEP}: P8D, at: 09:00", _at(3, 9, month=4)),
        ("reminders", "offset: P6D, at: 09:00", _at(20, 9)),
    ],
)
def test_what_comes_after_something_does_not_go_back_before_it_for_a_day_off(
    kind: str, rule: str, comes: datetime
) -> None:
    text = f"id: case\n{kind}:\n  - {{id: it, {rule}, off_days: earlier}}\n"
    events = (
        issued(_ISSUED, policy=read_policy(text.encode()), deadline=date(2026, 3, 27)),
        assigned(_ISSUED + DAY),
    )
    [moment] = planning(instruction_decider.fold(events), directory()).plan.moments.values()
    assert moment.due_at == comes


def test_a_step_does_not_go_back_before_the_step_that_it_counts_from() -> None:
    """Two days on is Sunday, 5 April; the working day before is the Friday on which the one before came."""
    steps = (
        "  - {id: first, since: deadline, to: issuer, after: P7D, at: 09:00}\n"
        "  - {id: next, since: previous, to: issuer, after: P2D, at: 08:00, off_days: earlier}\n"
    )
    policy = read_policy(f"id: case\nescalation:\n{steps}".encode())
    history = (
        issued(_ISSUED, policy=policy, deadline=date(2026, 3, 27)),
        assigned(_ISSUED + DAY),
        acknowledged(_ISSUED + DAY),
    )
    first = given(history).and_checked(at=_at(3, 9, month=4))
    assert [m.due_at for m in planned(first.state)] == [_at(6, 8, month=4)]


@pytest.mark.parametrize("hour", ["09:00+03:00", "09:00Z", "09:00:00.5"])
def test_an_hour_is_local_and_to_the_second(hour: str) -> None:
    step = {"id": "s", "after": "P1D", "since": "deadline", "to": "issuer", "at": hour}
    for rules in (
        {"reminders": [{"id": "r", "offset": "P1D", "at": hour}]},
        {"escalation": [step]},
        {"progress": {"every": "P7D", "at": hour}},
    ):
        with pytest.raises(ValidationError, match="leave the"):
            Policy.model_validate({"id": "p", **rules})


def test_a_step_before_the_rounds_comes_once_however_many_there_are() -> None:
    def rules(since: str) -> dict[str, object]:
        escalation = [*_steps(1, 200), {**_steps(1, 1)[0], "id": "s-1"}]
        again = {"since": since, "every": "P1D", "times": 5}
        return {"id": "p", "escalation": escalation, "again": again}

    assert Policy.model_validate(rules("s-1")).again
    with pytest.raises(ValidationError, match="s-0 would come more than 366 times"):
        Policy.model_validate(rules("s-0"))


def _reminders(number: int, times: int = 0, **fields: str) -> list[dict[str, object]]:
    repeat = {"repeat": {"every": "P1D", "times": times}} if times else {}
    return [{"id": f"r-{n}", "offset": "P1D", **repeat, **fields} for n in range(number)]


def _steps(number: int, times: int) -> list[dict[str, object]]:
    step = {"after": "P1D", "since": "deadline", "to": "issuer"}
    repeat = {"repeat": {"every": "P1D", "times": times}}
    return [{"id": f"s-{n}", **step, **repeat} for n in range(number)]


@pytest.mark.parametrize(
    ("most", "more", "where", "told"),
    [
        (
            {"reminders": _reminders(50)},
            {"reminders": _reminders(51)},
            ("reminders",),
            "at most 50 items",
        ),
        (
            {"escalation": _steps(50, 1)},
            {"escalation": _steps(51, 1)},
            ("escalation",),
            "at most 50 items",
        ),
        (
            {"reminders": _reminders(10, 4, of="milestones")},
            {"reminders": _reminders(10, 5, of="milestones")},
            (),
            "reminders: those of a milestone would come 60 times",
        ),
        (
            {"reminders": _reminders(5, 99), "escalation": _steps(5, 99)},
            {"reminders": _reminders(6, 99), "escalation": _steps(5, 99)},
            (),
            "reminders and escalation would come 1100 times",
        ),
        (
            {
                "escalation": _steps(10, 9),
                "again": {"since": "s-1", "every": "P9D", "times": 9},
            },
            {
                "escalation": _steps(10, 9),
                "again": {"since": "s-1", "every": "P9D", "times": 11},
            },
            (),
            "reminders and escalation would come 1090 times",
        ),
    ],
)
def test_a_policy_has_no_more_moments_than_can_be_counted_at_once(
    most: dict[str, object], more: dict[str, object], where: tuple[str, ...], told: str
) -> None:
    assert Policy.model_validate({"id": "p", **most})
    with pytest.raises(ValidationError) as refused:
        Policy.model_validate({"id": "p", **more})
    [error] = refused.value.errors()
    assert error["loc"] == where
    assert told in error["msg"]


@pytest.mark.parametrize("every", ["PT59M", "PT8H working", "P1DT1H working"])
def test_a_cycle_comes_round_no_faster_than_it_can_be_planned(every: str) -> None:
    with pytest.raises(ValidationError, match="at least"):
        Policy.model_validate({"id": "p", "progress": {"every": every}})
    assert Policy.model_validate({"id": "p", "progress": {"every": "PT1H"}}).progress
    assert Policy.model_validate({"id": "p", "progress": {"every": "P1D working"}}).progress


def test_an_instruction_has_fifty_milestones_at_most() -> None:
    def milestones(number: int) -> list[dict[str, object]]:
        due = {"on": DEADLINE_DAY.isoformat()}
        return [{"id": f"m-{n}", "title": "A draft.", "due": due} for n in range(number)]

    assert SetMilestones.model_validate({**sent_by(COUNCIL_OFFICER), "milestones": milestones(50)})
    with pytest.raises(ValidationError, match="milestones"):
        SetMilestones.model_validate({**sent_by(COUNCIL_OFFICER), "milestones": milestones(51)})
    with pytest.raises(ValidationError, match="milestones"):
        issue(milestones=milestones(51))
