"""Processor time of a process and of all that it has started, which depends on the machine and not on what else it does."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_TIMES = slice(11, 15)
"""In /proc/PID/stat behind the name: user and system time, its own and that of the children that have ended."""


def seconds_of(pid: int) -> float:
    """Seconds of computing of a process, its children and theirs, ended ones included. Children whose parent has ended are not."""
    process = Path(f"/proc/{pid}")
    try:
        own = sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[_TIMES])) / _TICKS
        children = [int(child) for task in (process / "task").iterdir() for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):  # it has ended just now: its parent has its times
        return 0
    return own + sum(map(seconds_of, children))
