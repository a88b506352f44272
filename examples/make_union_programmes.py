"""Makes union-programmes-2024-2026.csv: 310 invented measures that come to the council's figures.

    python examples/make_union_programmes.py [OUT.csv]

Each measure gets a standing that it must have at the meeting, and then a life that leads there. The
same program makes the same file, byte for byte.
"""

import csv
import sys
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from union_lives import LAST_FACT, STANDINGS, Cells, Life, days, issued

HERE = Path(__file__).parent
JOINT_STANDARDS_BODY_FROM = date(2025, 3, 3)
HEADER: str = (
    "number,programme,sector,text,source_kind,source_number,source_date,issuer,controller,deadline,"
    "issued_on,lead,co_assignees,assigned_on,acknowledged_on,progress,extension_requested_on,"
    "extension_until,extension_reason,extension_approved_on,extension_refused_on,"
    "extension_refusal_reason,reported_on,report_text,returned_on,rework_deadline,return_reason,"
    "reported_again_on,report_again_text,accepted_on"
)

SOURCES = (
    ("decision", "1", date(2024, 1, 29)),
    ("directive", "2", date(2024, 2, 19)),
    ("treaty", "T-3", date(2024, 3, 28)),
    ("protocol", "4/24", date(2024, 5, 21)),
    ("agreement", "A-11", date(2024, 6, 27)),
    ("decision", "9", date(2024, 9, 17)),
    ("directive", "7", date(2024, 11, 12)),
    ("decision", "14", date(2024, 12, 6)),
    ("protocol", "2/25", date(2025, 3, 18)),
    ("decision", "5", date(2025, 6, 10)),
    ("decision", "12", date(2025, 11, 25)),
)
STAGES = {
    "rules": ("Draft and agree", "Bring into force", "Review the application of"),
    "systems": ("Specify", "Put into trial operation", "Put into regular operation"),
    "practices": ("Prepare", "Carry out", "Report to the Council on the results of"),
}


def measure(number: int, rng: Random, sector: Mapping[str, Any], text: str, sources: slice) -> Life:
    """The measure's own cells: what is charged, by whom and to whom."""
    kind, document, dated = rng.choice(SOURCES[sources])
    issuer, lead = "union-council", rng.choice(sector["leads"])
    others = [body for body in sector["leads"] if body not in (lead, "joint-standards-body")]
    if sector["name"] == "regions":  # charged by one region to one of the other state
        abroad = sector["leads"][4:] if lead in sector["leads"][:4] else sector["leads"][:4]
        issuer, kind, document = rng.choice(abroad), "agreement", f"R-{number}"
        others = [issuer]
    elif kind == "protocol":
        issuer = "standing-committee"
    life = Life(rng)
    life.set(
        number=f"U-{number:03}",
        programme="union-2024-2026",
        sector=sector["name"],
        text=text,
        source_kind=kind,
        source_number=document,
        source_date=dated,
        issuer=issuer,
        controller="control-department",
        issued_on=life.between(dated, min(dated + days(21), LAST_FACT)),
        lead=lead,
        co_assignees=";".join(sorted(rng.sample(others, rng.randint(0, min(2, len(others)))))),
    )
    return life


def make() -> list[Cells]:
    rng = Random(20242026)  # noqa: S311 - nothing secret: the same file every time
    sectors = tomllib.loads((HERE / "union-topics.toml").read_text(encoding="utf-8"))["sectors"]
    texts = [
        (sector, f"{stage} {topic}.")
        for sector in sectors
        for kind, stages in STAGES.items()
        for topic in sector[kind]
        for stage in stages
    ]
    standings = [(become, sources) for count, become, sources in STANDINGS for _ in range(count)]
    chosen = sorted(rng.sample(range(len(texts)), len(standings)))
    rng.shuffle(standings)
    rows: list[Cells] = []
    for number, (index, (become, sources)) in enumerate(
        zip(chosen, standings, strict=True), start=1
    ):
        life = measure(number, rng, *texts[index], sources)
        first = date.fromisoformat(life.cells["issued_on"])
        if life.cells["lead"] == "joint-standards-body":  # founded only then
            first = max(first, JOINT_STANDARDS_BODY_FROM)
        become(life, first)
        if become is issued:
            del life.cells["lead"], life.cells["co_assignees"]
        rows.append(life.cells)
    return rows


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "union-programmes-2024-2026.csv"
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER.split(","), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(make())


if __name__ == "__main__":
    main()
