"""What a run came to, as tables."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from rich.table import Table

from cli.output import table
from faults.appending.run import StoreRun
from faults.run import Run
from faults.storm import Fault
from faults.trials import Tried


def faults(found: Sequence[Fault]) -> Table:
    made = table("Faults", "kind", ">times", ">seconds, all in all", "done to")
    by_kind: defaultdict[str, list[Fault]] = defaultdict(list)
    for fault in found:
        by_kind[fault.kind].append(fault)
    for kind, of in sorted(by_kind.items(), key=lambda one: -len(one[1])):
        victims = Counter(fault.victim.partition(",")[0] for fault in of)
        lasted = sum(fault.ended - fault.began for fault in of)
        most = ", ".join(f"{victim} {n}" for victim, n in victims.most_common(4))
        made.add_row(kind, str(len(of)), f"{lasted:.0f}", most)
    lasted = sum(fault.ended - fault.began for fault in found)
    made.add_row("all", str(len(found)), f"{lasted:.0f}", "", end_section=True)
    return made


def commands(run: Run) -> Table:
    """Each row counts commands that came to an end, by how they were sent."""
    made = table("Commands through Temporal", "", ">by Updates", ">by the API")
    told = run.driver.account.told

    def row(what: str, counted: Counter[str]) -> None:
        made.add_row(what, f"{counted['update']:,}", f"{counted['api']:,}")

    row("recorded", Counter(t.door for t in told if t.recorded and t.asked == "new"))
    row(
        "recorded before, and told the same",
        Counter(t.door for t in told if t.recorded and t.asked == "again"),
    )
    for code, _ in Counter(t.code for t in told if t.code).most_common():
        row(f"refused: {code}", Counter(t.door for t in told if t.code == code))
    row("sent more than once until told", Counter(t.door for t in told if t.attempts > 1))
    row("all", Counter(t.door for t in told if t.told_at is not None))
    return made


def store(run: StoreRun) -> Table:
    made = table("The store alone", "", ">")
    made.add_row("events appended", f"{run.events:,}")
    made.add_row("seconds", f"{run.seconds:.0f}")
    for kind, times in run.faults.items():
        made.add_row(kind, str(times))
    return made


def trials(tried: Sequence[Tried]) -> Table:
    made = table(
        "Planted bugs",
        "",
        "invariant",
        "bug",
        "planted in",
        ">findings",
        ">s",
        "other checks that told",
    )
    for one in tried:
        made.add_row(
            "[green]caught[/]" if one.caught else "[red]missed[/]",
            one.trial.invariant,
            one.trial.bug,
            one.trial.role,
            str(len(one.findings)),
            f"{one.seconds:.0f}",
            ", ".join(one.others) or "none",
        )
    return made
