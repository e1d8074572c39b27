"""The process that readers are forked from, as seen by the one that wants them: started when the first is wanted, one for each process."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from typing import IO

LONGEST_ORDER = 64
"""Bytes."""
_QUICKLY = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}
"""Looking for plugins costs a process that has none some milliseconds at its start."""


class Starter:
    """One such process. It ends with this one, and so do the readers."""

    def __init__(self) -> None:
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process that writes to it
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tonghop.readers.process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()], env=os.environ | _QUICKLY,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors,
            )  # fmt: skip

    def start_reader(self, connection: socket.socket, errors: IO[bytes]) -> None:
        """Have a reader started that serves on a socket; returns at once. Where that fails, the other end of the socket closes."""
        with self._lock, suppress(OSError):
            socket.send_fds(self._orders, [b"read"], [connection.fileno(), errors.fileno()])

    def exit_code(self, pid: int) -> int | None:
        """How a reader has ended (below zero: by that signal); waits for its end. None when the process that knew has ended itself."""
        with self._lock, suppress(OSError):
            self._orders.send(str(pid).encode())
            return int(answer) if (answer := self._orders.recv(LONGEST_ORDER)) else None
        return None

    @property
    def last_words(self) -> str:
        """What it said when it failed; empty as long as it has not."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=1)
        if not self.process.returncode:
            return ""
        self.errors.seek(0)
        return f"exit code {self.process.returncode} {self.errors.read()[-_LAST_WORDS:].decode(errors='replace')}".strip()

    def close(self) -> None:
        """Have it end, once it has nothing more to do."""
        self._orders.close()


_LAST_WORDS = 2_000
_starter: Starter | None = None


def starter() -> Starter:
    """The one of this process; another one when it has ended."""
    global _starter
    if _starter is None or _starter.process.poll() is not None:
        forget()
        _starter = Starter()
    return _starter


def begin_to_start() -> None:
    """Start the starter of this process already: readers are wanted soon, and it imports what they need while this one does the same."""
    starter()


def forget() -> None:
    """Let it go: the next reader is forked from another one."""
    global _starter
    if _starter is not None:
        _starter.close()
        _starter = None


os.register_at_fork(after_in_child=forget)
atexit.register(forget)
