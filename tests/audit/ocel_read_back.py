# pyright: reportMissingImports=false, reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
# pyright: reportMissingParameterType=false, reportUnknownLambdaType=false
"""Reads two OCEL files with pm4py, and prints as JSON what it found in each.

    .venv-ocel/bin/python tests/audit/ocel_read_back.py FILE.json FILE.sqlite

Runs in an environment of its own (`make test` makes it): pm4py is AGPL, and no part of Remit.
"""

import json
import sys

import pm4py
from pm4py.objects.ocel.validation import ocel20_rel_validation


def found(log) -> dict[str, object]:
    relations = zip(
        log.relations["ocel:eid"],
        log.relations["ocel:oid"],
        log.relations["ocel:qualifier"],
        strict=True,
    )
    return {
        "events": len(log.events),
        "objects": len(log.objects),
        "event_to_object": len(log.relations),
        "object_to_object": len(log.o2o),
        "event_types": log.events["ocel:activity"].value_counts().to_dict(),
        "object_types": log.objects["ocel:type"].value_counts().to_dict(),
        "times": dict(
            zip(
                log.events["ocel:eid"],
                (time.isoformat() for time in log.events["ocel:timestamp"]),
                strict=True,
            )
        ),
        "relations": sorted(map(list, relations)),
    }


def main(json_file: str, sqlite_file: str) -> None:
    satisfied, unsatisfied = ocel20_rel_validation.apply(sqlite_file)
    answer = {
        "json": found(pm4py.read_ocel2_json(json_file)),
        "sqlite": found(pm4py.read_ocel2_sqlite(sqlite_file)),
        "constraints_satisfied": len(satisfied),
        "constraints_unsatisfied": list(unsatisfied),
    }
    sys.stdout.write(f"\n{json.dumps(answer)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
