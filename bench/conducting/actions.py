"""Billable actions and bytes of history in a whole life, counted in histories that skipped through it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.testing import TimeSkipper, TimeSkippingConfig

from bench.conducting import lives
from bench.conducting.ground import Ground
from bench.conducting.history import SOURCE, all_runs, billable, size
from bench.results import Line, Result
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded
from domain.policies import DEFAULT_POLICY, EscalationStep, Policy, ReminderRule
from workflows.client import CommandSender, connect

_DAY = timedelta(days=1)
TARGET = 21

_PLAIN = Policy(
    id="plain",
    reminders=(
        ReminderRule(id="before-30d", offset=30 * _DAY),
        ReminderRule(id="before-7d", offset=7 * _DAY),
    ),
    escalation=(
        EscalationStep(id="overdue", after=timedelta(0), since="deadline", to="controller"),
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Life:
    """What is sent on which day, and which events must then be in the log."""

    name: str
    policy: Policy
    deadline: int
    extended: int
    steps: Sequence[tuple[int, Callable[[str, datetime], c.ClientCommand]]]
    expected: dict[str, int]


def _life(name: str, policy: Policy, days: Sequence[int], expected: dict[str, int]) -> _Life:
    """`days`: deadline, extended to, request, approval, report, acceptance."""
    deadline, extended, request, approval, report, acceptance = days
    return _Life(
        name=name,
        policy=policy,
        deadline=deadline,
        extended=extended,
        steps=(
            (1, lambda n, _: lives.assign(n)),
            (request, lambda n, base: lives.request_extension(n, base + extended * _DAY)),
            (approval, lambda n, _: lives.approve_extension(n)),
            (report, lambda n, _: lives.submit_report(n)),
            (acceptance, lambda n, _: lives.accept(n)),
        ),
        expected=expected,
    )


_LIVES = (
    # Reminded on days 30, 53 and 60, escalated when the extended deadline passes, on day 67.
    _life("plain policy", _PLAIN, (60, 67, 57, 58, 68, 69), {"ReminderDue": 3, "Escalated": 1}),
    # Nobody acknowledges: escalated on days 4 and 6. Reminded on days 60, 83 and 90.
    _life(
        "default policy",
        DEFAULT_POLICY,
        (90, 120, 84, 85, 91, 92),
        {"ReminderDue": 3, "Escalated": 2},
    ),
)


async def measure(ground: Ground, progress: Callable[[int, int], None]) -> Result:
    """Issue, assign, three reminders, escalation, extension (request, approval), completion (report,
    acceptance); by Temporal's rules of what counts.
    """
    plain_client = await connect(ground.skipping.address)
    skipper = TimeSkipper(plain_client, config=TimeSkippingConfig(enabled=False))
    lines: list[Line] = []
    details: dict[str, object] = {"rules": SOURCE}
    async with ground.working(client=skipper.client) as sender:
        for done, life in enumerate(_LIVES):
            number = lives.new_number()
            await _play(life, number, sender, skipper)
            histories = await all_runs(skipper.client, instruction_id(number))
            types = [e.type for e in await ground.store.read_stream(instruction_id(number))]
            for type_, count in life.expected.items():
                assert types.count(type_) == count, (life.name, types)
            actions = billable(histories)
            target = TARGET if done == 0 else None
            what = f"billable actions in a life, {life.name}"
            lines.append(Line(what=what, value=actions.total(), target=target))
            lines.append(
                Line(
                    what=f"history of it, {life.name}",
                    value=round(size(histories) / 1000, 1),
                    unit="kB",
                )
            )
            details[life.name] = {"actions": dict(actions), "runs": len(histories), "events": types}
            progress(done + 1, len(_LIVES))
    return Result(lines=lines, details=details)


async def _play(life: _Life, number: str, sender: CommandSender, skipper: TimeSkipper) -> None:
    base = datetime.now(UTC)
    issue = lives.issue(number, deadline=base + life.deadline * _DAY, policy=life.policy)
    assert isinstance(await sender.send(issue), Recorded)
    handle = skipper.client.get_workflow_handle(instruction_id(number))
    for day, make in life.steps:
        ahead = base + day * _DAY - await skipper.get_current_time(handle)
        if ahead > timedelta(seconds=1):
            await skipper.fast_forward(handle, ahead)
        outcome = await sender.send(make(number, base))
        assert isinstance(outcome, Recorded), outcome
    await handle.result()
