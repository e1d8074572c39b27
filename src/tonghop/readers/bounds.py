"""What a reader process may use, kept by the kernel: no code in the process can forget or outlast it."""

from __future__ import annotations

import resource
import signal
from dataclasses import dataclass

from tonghop.intake.limits import MEGABYTE

WALL_FACTOR = 5
"""Seconds by the clock for each second of computing: a busy machine is no fault of the file, a reader that sleeps is."""
TIME_IS_UP = (signal.SIGPROF, signal.SIGALRM)
"""How a process dies whose time is up."""


@dataclass(frozen=True)
class Bounds:
    """Seconds of computing for one file, and megabytes of memory for one process."""

    seconds: int
    megabytes: int

    def limit_memory(self) -> None:
        """From now on this process gets no more memory than that; what it asks for beyond fails."""
        size = self.megabytes * MEGABYTE
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def start_clock(self) -> None:
        """From now on this process has its seconds; it is killed when they are over."""
        for end in TIME_IS_UP:
            signal.signal(end, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, self.seconds)
        signal.setitimer(signal.ITIMER_REAL, self.seconds * WALL_FACTOR)

    @staticmethod
    def stop_clock() -> None:
        """The file is done."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
