"""Processor seconds that processes took, by Linux's /proc."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _FIRST, _LAST = 1, 11, 15
"""Of the fields after a process's name: its parent; utime, stime, cutime and cstime."""


def processor_seconds(families: Mapping[str, int]) -> Mapping[str, float]:
    """By name, what the process of that id and all that it started took until now.

    Those that are not found are left out; where there is no /proc, all.
    """
    times = dict(_processes())
    return {
        name: sum(times[pid][1] for pid in times if _is_of(pid, root, times))
        for name, root in families.items()
        if root in times
    }


def _processes() -> Iterator[tuple[int, tuple[int, float]]]:
    """Each process: its parent, and the seconds that it and its ended children took."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except OSError:  # it has ended
            continue
        fields = stat.rpartition(")")[2].split()
        ticks = sum(int(field) for field in fields[_FIRST:_LAST])
        yield int(folder.name), (int(fields[_PARENT]), ticks / _TICKS)


def _is_of(pid: int, root: int, times: Mapping[int, tuple[int, float]]) -> bool:
    while pid in times:
        if pid == root:
            return True
        pid = times[pid][0]
    return False
