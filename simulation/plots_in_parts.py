"""What may become of a measure that is carried out in parts: split by its lead, or compound from the start."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from domain.identifiers import BodyId
from domain.instruction import commands as c
from domain.instruction.terms import ClosesWith
from simulation.telling import Telling
from simulation.world import CONTROL, COUNCIL

Step = tuple[int, Callable[[int], None]]
"""On a day, what is done then."""


@dataclass(kw_only=True)
class _Part:
    number: str
    body: BodyId
    due: int
    """A day, as those of the telling."""
    done: int
    """When it is reported as done, in time or not."""


def in_parts(t: Telling) -> None:
    """The lead charges others with parts; its own report is refused until they are done."""
    t.founded()
    t.taken_up(1, 4)
    day = t.between(18, 28)
    ends: list[int] = []
    for n, body in enumerate(t.others[:2], start=1):
        part, due = f"{t.number}/{n}", t.length - t.between(5, 25)
        t.does(day, t.lead, c.IssueSubInstruction, number=part, text="Your side of it.", deadline=t.until(due))  # fmt: skip
        t.does(day + 1, t.lead, c.Assign, part, lead=body)
        t.does(day + n + 2, body, c.Acknowledge, part)
        ends.append(due + t.rng.choice((-8, -3, 6)))
    t.reports(min(ends) - 1)
    for n, (body, end) in sorted(
        enumerate(zip(t.others, ends, strict=False), start=1), key=lambda one: one[1][1]
    ):
        t.does(end, body, c.SubmitReport, f"{t.number}/{n}", text="Done.")
        t.does(end + 2, t.lead, c.Accept, f"{t.number}/{n}")
    t.reports(max(ends) + t.between(3, 9))
    t.accepted(max(ends) + t.between(12, 18))


def with_all_parts(t: Telling) -> None:
    """Compound: three bodies are charged, and it is done with the last of them. At times one part has parts of its
    own, one is cancelled, or all are suspended together.
    """
    t.founded(closes_with="all-parts")
    t.taken_up()
    parts = _parts(t, t.number, (t.lead, *t.others[:2]), t.length)
    for n, part in enumerate(parts):
        has_parts = n == 0 and t.rng.random() < 0.4
        _charged(t, t.number, part, closes_with="all-parts" if has_parts else "report")
        if has_parts:
            below = _parts(t, part.number, t.others[1:], part.due)
            for one in below:
                _charged(t, part.number, one)
            parts = [*parts, *below]
            part.done = max(one.done for one in below) + 8
    wholes = {one.number.rpartition("/")[0] for one in parts}
    pause = _all_suspended(t) if t.rng.random() < 0.4 else 0
    steps: list[Step] = []
    dropped = parts[2] if t.rng.random() < 0.3 else None
    for part in parts:
        part.done += pause
        if part is dropped:
            steps.append((part.done - 10, _dropped(t, part)))
        else:
            steps += _carried_out(t, part, reports=part.number not in wholes)
    _in_order(steps)
    last = max(part.done for part in parts)
    t.accepted(last + t.between(14, 20))


def with_a_lead_part(t: Telling) -> None:
    """Compound: it is done with the part that leads, whatever becomes of the other one. At times that result does
    not hold and the part is taken up again; at times all is overtaken.
    """
    t.founded(closes_with="lead-part", assigned=False)
    leading, other = _parts(t, t.number, t.others[:2], t.length)
    _charged(t, t.number, leading, is_lead_part=True)
    _charged(t, t.number, other)
    what = t.rng.random()
    if what < 0.25:
        day = leading.done - t.between(2, 8)
        t.does(day, COUNCIL, c.Cancel, reason="overtaken by a treaty", with_parts=True)
        return
    steps = [*_carried_out(t, leading)]
    if t.rng.random() < 0.6:
        other.done = leading.done + t.between(-6, 40)
        steps += _carried_out(t, other)
    done = leading.done
    if what < 0.6:
        steps += _taken_up_again(t, leading, done + 9, done + 39)
        again = _Part(number=leading.number, body=leading.body, due=done + 39, done=done + t.between(17, 43))  # fmt: skip
        steps += _carried_out(t, again)
        done = again.done
    steps.append((done + t.between(9, 15), t.accepted))
    _in_order(steps)


def _parts(t: Telling, whole: str, bodies: Sequence[BodyId], within: int) -> list[_Part]:
    """Each with a deadline of its own, within the whole's."""
    parts: list[_Part] = []
    for n, body in enumerate(bodies, start=1):
        due = within - t.between(2, within // 4)
        done = due + t.rng.choice((-8, -3, -1, 5))
        parts.append(_Part(number=f"{whole}/{n}", body=body, due=due, done=done))
    return parts


def _charged(
    t: Telling,
    whole: str,
    part: _Part,
    *,
    is_lead_part: bool = False,
    closes_with: ClosesWith = "report",
) -> None:
    day = t.between(8, 11)
    t.does(day, COUNCIL, c.IssuePart, whole, number=part.number, text="Your side of it.", deadline=t.until(part.due), lead=part.body, is_lead_part=is_lead_part, closes_with=closes_with)  # fmt: skip
    t.does(day + t.between(1, 5), part.body, c.Acknowledge, part.number)


def _all_suspended(t: Telling) -> int:
    """For how many days."""
    stopped, pause = t.between(22, 26), t.between(5, 40)
    t.does(stopped, COUNCIL, c.Suspend, reason="the treaty is not in force yet", with_parts=True)
    t.does(stopped + pause, COUNCIL, c.Resume, with_parts=True)
    return pause


def _dropped(t: Telling, part: _Part) -> Callable[[int], None]:
    return lambda day: t.does(day, COUNCIL, c.Cancel, part.number, reason="done by another body")


def _taken_up_again(t: Telling, part: _Part, day: int, due: int) -> Iterator[Step]:
    """The whole is returned, and the part that it is done with reopened."""
    until = t.until(due)
    yield day, lambda day: t.does(day, CONTROL, c.Return, reason="it does not hold", deadline=until)
    yield day + 2, lambda day: t.does(day, COUNCIL, c.Reopen, part.number, reason="as returned", deadline=until)  # fmt: skip


def _carried_out(t: Telling, part: _Part, *, reports: bool = True) -> Iterator[Step]:
    """Reported as done, unless its own parts say so, and accepted."""
    if reports:
        yield part.done, lambda day: t.does(day, part.body, c.SubmitReport, part.number, text="Done.")  # fmt: skip
    accepted = part.done + t.between(2, 6)
    yield accepted, lambda day: t.does(day, CONTROL, c.Accept, part.number)


def _in_order(steps: Sequence[Step]) -> None:
    for day, do in sorted(steps, key=lambda step: step[0]):
        do(day)
