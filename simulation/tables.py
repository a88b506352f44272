"""What a run came to, as tables."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.table import Table

from cli.output import table
from domain.identifiers import StreamId, instruction_id
from domain.instruction.events import NotifyingEvent
from domain.instruction.lateness import lateness
from domain.instruction.state import Unissued
from domain.outcomes import Rejected
from eventstore.codec import decoded
from simulation.acts import Life
from simulation.checked import Check
from simulation.checks import Books
from simulation.comparing import Comparison
from simulation.discrete import Run


def moments(found: Books) -> Sequence[Table]:
    """By kind what became of them; and why those went that never fired."""
    fates = [fate for account in found.accounts for fate in account.fates.values()]
    moved = sum((account.moved for account in found.accounts), Counter[tuple[str, str]]())
    endings = ("fired", "collapsed", "suppressed", "dropped", "overtaken", "ahead")
    made = table("Due moments", "kind", *(f">{name}" for name in ("planned", *endings, "moved")))
    for kind in [*sorted({fate.kind for fate in fates}), None]:
        of_kind = [fate for fate in fates if kind in (None, fate.kind)]
        ended = Counter(fate.ending for fate in of_kind)
        to_another = sum(n for (of, _), n in moved.items() if kind in (None, of))
        counts = (len(of_kind), *(ended[ending] for ending in endings), to_another)
        made.add_row(kind or "all", *map(str, counts), end_section=kind is None)
    whys = table("Why they never fired, or at another instant", "", "because of", ">moments")
    reasons = Counter((fate.ending, fate.why) for fate in fates if fate.why)
    for (ending, why), count in sorted(reasons.items(), key=lambda one: (one[0][0], -one[1])):
        whys.add_row(ending, why, str(count))
    because = Counter[str]()
    for (_, why), count in moved.items():
        because[why] += count
    for why, count in because.most_common():
        whys.add_row("moved", why, str(count))
    return made, whys


def notices(found: Books) -> Table:
    made = table("Notices", "event", ">events", ">notices")
    events, given = Counter[str](), Counter[str]()
    for stored in found.streams.values():
        for event in decoded(stored):
            if isinstance(event, NotifyingEvent):
                events[event.type] += 1
                given[event.type] += len(event.notices)
    for kind, count in given.most_common():
        made.add_row(kind, str(events[kind]), str(count))
    made.add_row("all", str(events.total()), str(given.total()))
    return made


def commands(run: Run) -> Table:
    made = table("Commands", "outcome", ">commands")
    refused = Counter(one.code for one in run.outcomes.values() if isinstance(one, Rejected))
    made.add_row("recorded, of people", str(len(run.outcomes) - refused.total()))
    for code, count in refused.most_common():
        made.add_row(f"refused: {code}", str(count))
    made.add_row("recorded, checks when something was due", str(run.checks))
    return made


def measures(run: Run, found: Books) -> Table:
    """How the measures stand at the end, by what was told of them."""
    states = {one.stream: one.state for one in found.accounts}
    made = table("Measures at the end", "plot", ">measures", ">completed", ">cancelled", ">open", ">behind", ">late ever")  # fmt: skip
    rows: dict[str, Counter[str]] = {}
    for life in run.story.lives:
        row = rows.setdefault(life.plot, Counter())
        row["measures"] += 1
        state = states.get(instruction_id(life.number))
        if state is None or isinstance(state, Unissued):
            row["open"] += life.plot == "recurring"
            continue
        how = lateness(state, run.story.ends)
        row[state.phase.lower() if state.phase in ("Completed", "Cancelled") else "open"] += 1
        row["behind"] += how.behind_schedule
        row["late ever"] += bool(how.late_by)
    names = ("measures", "completed", "cancelled", "open", "behind", "late ever")
    for plot in sorted(rows):
        made.add_row(plot, *(str(rows[plot][name]) for name in names))
    total = sum(rows.values(), Counter[str]())
    made.add_row("all", *(str(total[name]) for name in names))
    return made


def sample(
    lives: Sequence[Life],
    of_life: Mapping[str, Sequence[StreamId]],
    comparisons: Sequence[Comparison],
) -> Table:
    """How the real servers told it; `furthest` is the largest difference of two instants."""
    made = table("The sample on real servers", "measure", "plot", ">streams", ">events", ">differing", ">furthest")  # fmt: skip
    by_stream = {one.stream: one for one in comparisons}
    for life in lives:
        compared = [by_stream[stream] for stream in of_life[life.number]]
        furthest = max((one.furthest.total_seconds() for one in compared), default=0)
        differing = sum(len(one.differences) for one in compared)
        events = sum(one.events for one in compared)
        made.add_row(life.number, life.plot, str(len(compared)), str(events), str(differing), f"{furthest:.1f} s")  # fmt: skip
    return made


def verdicts(found: Sequence[Check], most: int = 10) -> Table:
    made = table("Checks", "", "what must be true", "of")
    for check in found:
        made.add_row("[red]no[/]" if check.findings else "[green]yes[/]", check.what, check.counted)
        for finding in check.findings[:most]:
            made.add_row("", f"[red]{finding}[/]", "")
        if len(check.findings) > most:
            made.add_row("", f"[red]and {len(check.findings) - most} more[/]", "")
    return made
