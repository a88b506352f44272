"""The course of the years: what fell due in each week, and how many instructions were open or behind then."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.instruction.lateness import lateness
from domain.instruction.state import Unissued, is_closed
from domain.recurrence.events import OccurrenceIssued
from eventstore.codec import decoded
from simulation.account import Account
from simulation.checks import Books

_WEEK = timedelta(days=7)
GROUPS: Mapping[str, Sequence[str]] = {
    "reminders": ("reminder", "milestone reminder"),
    "requests for progress": ("progress request",),
    "deadlines and milestones passed": ("deadline", "milestone", "acknowledgement", "acceptance"),
    "escalations": ("escalation",),
    "extension requests expired": ("extension-decision",),
    "occurrences issued": ("occurrence",),
}


@dataclass(frozen=True, kw_only=True)
class Week:
    begins: datetime
    fired: Counter[str]
    """By group."""
    open: int
    """Instructions, at the week's end."""
    behind: int


def course(found: Books, begins: datetime, ends: datetime) -> Sequence[Week]:
    group_of = {kind: group for group, kinds in GROUPS.items() for kind in kinds}
    counts: dict[int, Counter[str]] = {}
    moments = [
        (fate.at, fate.kind)
        for account in found.accounts
        for fate in account.fates.values()
        if fate.at is not None
    ]
    moments += [
        (event.occurred_at, "occurrence")
        for stored in found.recurrences
        for event in decoded(stored)
        if isinstance(event, OccurrenceIssued)
    ]
    for at, kind in moments:
        counts.setdefault((at - begins) // _WEEK, Counter())[group_of[kind]] += 1
    weeks: list[Week] = []
    for n in range((ends - begins) // _WEEK + 1):
        week = begins + n * _WEEK
        end = min(week + _WEEK, ends)
        standings = [_standing(account, end) for account in found.accounts]
        weeks.append(
            Week(
                begins=week,
                fired=counts.get(n, Counter()),
                open=sum(is_open for is_open, _ in standings),
                behind=sum(is_behind for _, is_behind in standings),
            )
        )
    return weeks


def _standing(account: Account, at: datetime) -> tuple[bool, bool]:
    """Whether it was open then, and whether it was behind schedule."""
    n = bisect_right(account.states, at, key=lambda one: one[0])
    state = account.states[n - 1][1] if n else Unissued()
    if isinstance(state, Unissued):
        return False, False
    return not is_closed(state), lateness(state, at).behind_schedule
