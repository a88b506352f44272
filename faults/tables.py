"""What a run came to, as tables."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from rich.table import Table

from cli.output import table
from faults.appending.run import StoreRun
from faults.run import Run
from faults.storm import Fault
from faults.told import Told
from faults.trials import Tried


def faults(run: Run) -> Table:
    made = table("Faults", "kind", ">times", ">seconds, all in all", "done to")
    by_kind: defaultdict[str, list[Fault]] = defaultdict(list)
    for fault in run.storm.faults:
        by_kind[fault.kind].append(fault)
    for kind, of in sorted(by_kind.items(), key=lambda one: -len(one[1])):
        victims = Counter(fault.victim.partition(",")[0] for fault in of)
        lasted = sum(fault.ended - fault.began for fault in of)
        most = ", ".join(f"{victim} {n}" for victim, n in victims.most_common(4))
        made.add_row(kind, str(len(of)), f"{lasted:.0f}", most)
    lasted = sum(fault.ended - fault.began for fault in run.storm.faults)
    made.add_row("all", str(len(run.storm.faults)), f"{lasted:.0f}", "", end_section=True)
    by_themselves = ", ".join(f"{name} {times}" for name, times in run.ended.items())
    made.add_row("ended by themselves", str(sum(run.ended.values())), "", by_themselves)
    return made


def commands(run: Run) -> Table:
    """Each row counts what came to an end, by the door it was sent by."""
    made = table("Commands through Temporal", "", ">by Updates", ">by the API")
    told = [one for one in run.driver.account.told if one.told_at is not None]

    def row(what: str, of: Iterable[Told]) -> None:
        counted = Counter(one.door for one in of)
        made.add_row(what, f"{counted['update']:,}", f"{counted['api']:,}")

    new = [one for one in told if one.asked == "new"]
    row("commands", new)
    row("of these recorded", (one for one in new if one.recorded))
    for code, _ in Counter(one.code for one in new if one.code).most_common():
        row(f"of these refused: {code}", (one for one in new if one.code == code))
    row("of these sent more than once until told", (one for one in new if one.attempts > 1))
    made.add_section()
    row("sent at the same time by the other door", (t for t in told if t.asked == "at once"))
    row("sent again after the answer", (t for t in told if t.asked == "again"))
    row("another body under the same id", (t for t in told if t.asked == "changed"))
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
        ">times told",
        ">go",
        ">s",
        "other checks that told",
    )
    for one in tried:
        made.add_row(
            "[green]caught[/]" if one.caught else "[red]missed[/]",
            one.trial.invariant,
            one.trial.bug,
            one.trial.role,
            str(one.told),
            str(one.seed),
            f"{one.seconds:.0f}",
            ", ".join(one.others) or "none",
        )
    return made
