"""Reads an OCEL 2.0 log as process miners do, in a process of its own: ``python mining.py JSON SQLITE OUT``.

pm4py is large, prints, and has settings of its own for the whole process.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pm4py
from pm4py.objects.ocel.obj import OCEL
from pm4py.objects.ocel.validation import ocel20_rel_validation


def told(log: OCEL) -> dict[str, Any]:
    """What a miner sees."""
    return {
        "events": len(log.events),
        "activities": {str(key): int(n) for key, n in log.events["ocel:activity"].value_counts().items()},
        "objects": {str(key): int(n) for key, n in log.objects["ocel:type"].value_counts().items()},
        "relations": len(log.relations),
        "qualifiers": sorted(set(log.relations["ocel:qualifier"])),
        "object_relations": sorted(set(log.o2o["ocel:qualifier"])),
        "changes": sorted(set(log.object_changes["ocel:field"])) if len(log.object_changes) else [],
        "first": str(log.events["ocel:timestamp"].min()),
    }


def main() -> None:
    """Read both files, check the database, and find the process of a run."""
    json_file, sqlite_file, out = sys.argv[1:]
    from_json, from_sqlite = pm4py.read_ocel2_json(json_file), pm4py.read_ocel2_sqlite(sqlite_file)
    satisfied, violated = ocel20_rel_validation.apply(sqlite_file)
    runs = pm4py.ocel_flattening(from_json, "run")
    graph, begins, ends = pm4py.discover_dfg(runs)
    answer = {
        "json": told(from_json),
        "sqlite": told(from_sqlite),
        "satisfied": satisfied,
        "violated": violated,
        "run": {f"{a} > {b}": int(n) for (a, b), n in graph.items()},
        "begins": {str(key): int(n) for key, n in begins.items()},
        "ends": {str(key): int(n) for key, n in ends.items()},
    }
    Path(out).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main()
