"""How a measure comes to stand where it must at the meeting: one function for each standing."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random

LAST_FACT = date(2025, 12, 12)
"""The last working day before the meeting."""
LATEST = date(2026, 12, 31)

REASONS = (
    "Approval by the second state is still under way",
    "The budget of the next year must be settled first",
    "Remarks of the experts have to be taken in",
    "Delivery of equipment is delayed",
    "A domestic act must be amended before",
)
REMARKS = (
    "The position of the other state is missing",
    "Figures do not agree with the annex",
    "The draft act is not attached",
    "Results are named, but nothing shows them",
)
RESULTS = (
    "Carried out in full; the documents are on file.",
    "Carried out; both states have approved the text.",
    "The works are finished and taken over by the commission.",
    "Done; the annex lists what was delivered and where.",
    "Carried out together with the other state; minutes enclosed.",
)

Cells = dict[str, str]


class Life:
    """One measure's cells while they are filled in."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.cells: Cells = {}

    def set(self, **values: date | str) -> None:
        self.cells.update({name: str(value) for name, value in values.items()})

    def between(self, first: date, last: date) -> date:
        """A working day from `first` to `last`, or `first` if the span has none later."""
        day = first + timedelta(days=self.rng.randint(0, max((last - first).days, 0)))
        return max(working_day(day), first)

    def begin(self, first: date, *, acknowledge: bool = True) -> date:
        """Assigned from `first` on, mostly acknowledged within days. The day work can begin."""
        assigned = self.between(first, min(first + timedelta(days=9), LAST_FACT))
        self.set(assigned_on=assigned)
        if not acknowledge:
            return assigned
        taken = self.between(assigned, min(assigned + timedelta(days=4), LAST_FACT))
        self.set(acknowledged_on=taken)
        return taken

    def progress(self, first: date, last: date, *, at_most: int) -> None:
        """Up to three entries between the days, rising."""
        span = (last - first).days
        count = min(self.rng.randint(1, 3), span // 20)
        entries: list[str] = []
        for n in range(1, count + 1):
            day = working_day(first + timedelta(days=span * n // (count + 1)))
            entries.append(f"{day}:{at_most * n // count // 5 * 5}")
        if entries:
            self.set(progress=";".join(entries))

    def extend(self, asked: date, until: date, *, approved: bool) -> date:
        """An extension asked for and decided within two weeks; the day of the decision."""
        decided = self.between(asked + timedelta(days=1), asked + timedelta(days=14))
        self.set(
            extension_requested_on=asked,
            extension_until=until,
            extension_reason=self.rng.choice(REASONS),
        )
        if approved:
            self.set(extension_approved_on=decided)
        else:
            self.set(
                extension_refused_on=decided,
                extension_refusal_reason="The Council has planned with this date",
            )
        return decided

    def report(self, day: date) -> None:
        self.set(reported_on=day, report_text=self.rng.choice(RESULTS))

    def send_back(self, day: date, rework_until: date) -> None:
        self.set(
            returned_on=day, rework_deadline=rework_until, return_reason=self.rng.choice(REMARKS)
        )


def days(number: int) -> timedelta:
    return timedelta(days=number)


def working_day(day: date) -> date:
    """The day itself, or the Friday before it."""
    return day - timedelta(days=max(day.weekday() - 4, 0))


def completed_on_time(life: Life, first: date) -> None:
    begun = life.begin(first)
    reported = life.between(begun + days(30), LAST_FACT - days(20))
    life.set(deadline=life.between(reported, min(reported + days(150), date(2026, 6, 30))))
    life.progress(begun, reported, at_most=95)
    life.report(reported)
    life.set(accepted_on=life.between(reported + days(2), min(reported + days(18), LAST_FACT)))


def completed_extended(life: Life, first: date) -> None:
    """In time for the extended deadline, late against the original one."""
    begun = life.begin(first)
    deadline = life.between(begun + days(50), LAST_FACT - days(110))
    decided = life.extend(deadline - days(20), deadline + days(75), approved=True)
    reported = life.between(max(deadline, decided) + days(1), deadline + days(75))
    life.set(deadline=deadline)
    life.progress(begun, deadline - days(20), at_most=70)
    life.report(reported)
    life.set(accepted_on=life.between(reported + days(2), reported + days(15)))


def completed_after_rework(life: Life, first: date) -> None:
    begun = life.begin(first)
    reported = life.between(begun + days(40), LAST_FACT - days(75))
    returned = life.between(reported + days(3), reported + days(14))
    again = life.between(returned + days(5), returned + days(30))
    life.set(deadline=life.between(returned, returned + days(60)))
    life.progress(begun, reported, at_most=90)
    life.report(reported)
    life.send_back(returned, returned + days(35))
    life.set(reported_again_on=again, report_again_text="The remarks are taken in; see the annex.")
    life.set(accepted_on=life.between(again + days(2), again + days(12)))


def completed_late(life: Life, first: date) -> None:
    begun = life.begin(first)
    deadline = life.between(begun + days(60), LAST_FACT - days(80))
    reported = life.between(deadline + days(2), deadline + days(40))
    life.set(deadline=deadline)
    life.progress(begun, deadline, at_most=80)
    life.report(reported)
    life.set(accepted_on=life.between(reported + days(2), reported + days(20)))


def behind(life: Life, first: date) -> None:
    begun = life.begin(first, acknowledge=life.rng.random() < 0.8)
    deadline = life.between(LAST_FACT - days(70), LAST_FACT - days(3))
    life.set(deadline=deadline)
    life.progress(begun, deadline - days(30), at_most=60)


def behind_refused(life: Life, first: date) -> None:
    behind(life, first)
    deadline = date.fromisoformat(life.cells["deadline"])
    life.extend(deadline - days(25), deadline + days(90), approved=False)


def behind_extended(life: Life, first: date) -> None:
    """Extended once, and late again."""
    begun = life.begin(first)
    until = life.between(LAST_FACT - days(40), LAST_FACT - days(2))
    life.set(deadline=until - days(60))
    life.extend(until - days(80), until, approved=True)
    life.progress(begun, until - days(80), at_most=55)


def behind_returned(life: Life, first: date) -> None:
    """Reported in time, sent back, and the rework is late."""
    begun = life.begin(first)
    reported = life.between(LAST_FACT - days(90), LAST_FACT - days(60))
    life.set(deadline=reported + days(5))
    life.progress(begun, reported, at_most=90)
    life.report(reported)
    life.send_back(reported + days(6), life.between(LAST_FACT - days(30), LAST_FACT - days(4)))


def reported(life: Life, first: date) -> None:
    begun = life.begin(first)
    day = life.between(LAST_FACT - days(35), LAST_FACT)
    life.set(deadline=life.between(day, date(2026, 4, 30)))
    life.progress(begun, day, at_most=95)
    life.report(day)


def reported_late(life: Life, first: date) -> None:
    begun = life.begin(first)
    day = life.between(LAST_FACT - days(25), LAST_FACT)
    life.set(deadline=day - days(12))
    life.progress(begun, day - days(12), at_most=85)
    life.report(day)


def open_extended(life: Life, first: date) -> None:
    """Late against the original deadline, not against the approved one."""
    begun = life.begin(first)
    deadline = life.between(LAST_FACT - days(120), LAST_FACT - days(5))
    life.set(deadline=deadline)
    life.extend(deadline - days(24), life.between(date(2026, 2, 27), LATEST), approved=True)
    life.progress(begun, deadline - days(24), at_most=65)


def open_extension_asked(life: Life, first: date) -> None:
    begun = life.begin(first)
    life.set(
        deadline=life.between(date(2025, 12, 22), date(2026, 2, 27)),
        extension_requested_on=life.between(LAST_FACT - days(12), LAST_FACT),
        extension_until=life.between(date(2026, 6, 1), date(2026, 10, 30)),
        extension_reason=life.rng.choice(REASONS),
    )
    life.progress(begun, LAST_FACT - days(12), at_most=60)


def in_rework(life: Life, first: date) -> None:
    begun = life.begin(first)
    day = life.between(LAST_FACT - days(40), LAST_FACT - days(15))
    life.set(deadline=life.between(day, day + days(90)))
    life.progress(begun, day, at_most=90)
    life.report(day)
    life.send_back(day + days(8), life.between(date(2026, 1, 30), date(2026, 4, 30)))


def in_progress(life: Life, first: date) -> None:
    begun = life.begin(first)
    life.set(deadline=ahead(life))
    life.progress(begun, LAST_FACT, at_most=life.rng.choice((30, 50, 75)))


def acknowledged(life: Life, first: date) -> None:
    life.begin(first)
    life.set(deadline=ahead(life))


def assigned(life: Life, first: date) -> None:
    life.begin(first, acknowledge=False)
    life.set(deadline=ahead(life))


def issued(life: Life, first: date) -> None:
    """Not assigned yet."""
    del first
    life.set(deadline=ahead(life))


def ahead(life: Life) -> date:
    """A deadline after the meeting; about half fall into the last five weeks of the period."""
    if life.rng.random() < 0.5:
        return life.between(date(2026, 11, 26), LATEST)
    return life.between(date(2025, 12, 19), date(2026, 11, 20))


STANDINGS: Sequence[tuple[int, Callable[[Life, date], None], slice]] = (
    # 125 completed
    (83, completed_on_time, slice(8)),
    (17, completed_extended, slice(8)),
    (14, completed_after_rework, slice(8)),
    (11, completed_late, slice(8)),
    # 14 behind schedule
    (6, behind, slice(8)),
    (3, behind_refused, slice(8)),
    (3, behind_extended, slice(8)),
    (2, behind_returned, slice(8)),
    # 171 open and not behind schedule
    (15, reported, slice(8)),
    (4, reported_late, slice(8)),
    (21, open_extended, slice(8)),
    (6, open_extension_asked, slice(8)),
    (7, in_rework, slice(8)),
    (74, in_progress, slice(3, 10)),
    (24, acknowledged, slice(6, 10)),
    (14, assigned, slice(9, 11)),
    (6, issued, slice(10, 11)),
)
"""How many, how each comes there, and which sources it can stem from."""
