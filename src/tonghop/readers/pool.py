"""The pool of reader processes, as seen by the one process that hands out files and writes down what they say."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from tonghop.catalog import Pack
from tonghop.errors import TonghopError
from tonghop.intake.limits import Limits
from tonghop.readers.bounds import TIME_IS_UP, Bounds
from tonghop.readers.files import Answer, FileToRead, Task, Trouble, TroubleKind
from tonghop.readers.starter import starter


class Job:
    """Files that were handed in together, and what has become of them so far, in their order."""

    def __init__(self, files: Sequence[FileToRead]) -> None:
        self.files = tuple(files)
        self.answers: list[Answer | None] = [None] * len(self.files)

    @property
    def is_done(self) -> bool:
        """Whether every file is answered."""
        return None not in self.answers


@dataclass
class _Assignment:
    """Files of a job that one process is to read; `fresh`: one that has read nothing before."""

    job: Job
    positions: deque[int]
    """of the files that are not answered yet; the first is being read"""
    fresh: bool = False
    is_alone: bool = False
    """whether it is one file and its reader has read nothing before: what happens to that is the file's doing"""


_IN_HAND = 2
"""Assignments that a process has at a time: it goes on to the next one while nobody has time for its answers."""


class _Reader:
    """One process and what it is at."""

    def __init__(self, bounds: Bounds, pack: Pack) -> None:
        self.bounds = bounds
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process that writes to it
        self.starter = starter()
        self.process: int | None = None
        """what the kernel knows it by, once it is ready; a number may come to be another process's"""
        self.pid = 0
        ours, theirs = socket.socketpair()
        with theirs:
            self.starter.start_reader(theirs, self.errors)
        self.connection: Connection = Connection(ours.detach())
        self.in_hand: deque[_Assignment] = deque()
        """what it was asked and has not answered; it is at the first"""
        self.is_fresh = True
        """whether it was asked nothing yet"""
        self.pack_hash = pack.pack_hash
        with suppress(OSError):  # one that died at once is found when it is asked
            self.connection.send(bounds)
            self.connection.send(pack)

    def ask(self, assignment: _Assignment, pack: Pack, limits: Limits) -> None:
        """Hand over files of a job."""
        assignment.is_alone = self.is_fresh and len(assignment.positions) == 1
        self.is_fresh = False
        self.in_hand.append(assignment)
        with suppress(OSError):
            if self.pack_hash != pack.pack_hash:
                self.connection.send(pack)
                self.pack_hash = pack.pack_hash
            self.connection.send(Task(tuple(assignment.job.files[position] for position in assignment.positions), limits))

    def take(self, answer: Answer) -> None:
        """Note the answer to the file that was being read."""
        at = self.in_hand[0]
        at.job.answers[at.positions.popleft()] = answer
        if not at.positions:
            self.in_hand.popleft()

    @property
    def is_ready(self) -> bool:
        """Whether it was ever able to read."""
        return self.process is not None

    def is_there(self, pid: int) -> None:
        """Note that it is able to read, and which process it is."""
        self.pid, self.process = pid, os.pidfd_open(pid)

    def kill(self) -> None:
        """End the process whatever it does."""
        self._ended()

    def post_mortem(self) -> Trouble:
        """Why a process that closed its socket is gone."""
        if self.process is not None:
            wait([self.process], _SECONDS_TO_END)
        code, last_words = self._ended()
        if code is not None and -code in TIME_IS_UP:
            return Trouble(TroubleKind.TIME, f"no reading after {self.bounds.seconds} s")
        name = signal.Signals(-code).name if code is not None and -code in set(signal.Signals) else f"exit code {code}"
        if b"memory allocation of" in last_words or b"MemoryError" in last_words:
            return Trouble(TroubleKind.MEMORY, name)
        return Trouble(TroubleKind.CRASH, f"{name} {last_words[-_LAST_WORDS:].decode(errors='replace')}".strip())

    def _ended(self) -> tuple[int | None, bytes]:
        """Its exit code, if anybody knows it, and its last words, once it is gone; one that is not ready yet ends when it finds nobody."""
        code = None
        self.connection.close()
        if self.process is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.process, signal.SIGKILL)
            code = self.starter.exit_code(self.pid)
            os.close(self.process)
        with self.errors as errors:
            errors.seek(0)
            return code, errors.read()


_LAST_WORDS = 2_000
_SECONDS_TO_END = 5
_idle: dict[Bounds, list[_Reader]] = {}
"""Processes that wait for the next pool of this process. They end with it."""


def _forget_idle() -> None:
    for readers in _idle.values():
        for reader in readers:
            reader.connection.close()
    _idle.clear()


os.register_at_fork(after_in_child=_forget_idle)
atexit.register(_forget_idle)


class ReadersDown(TonghopError):
    """Reader processes cannot be started."""


class ReaderPool:
    """Hands the files of jobs to at most `size` processes and collects the answers. For one thread; a process can have several pools.

    All processes share in a job, so that jobs are done one after the other and what is written down never has to wait for two.
    """

    ahead = 2
    """jobs that keep all processes at work: one that they are at, and one to go on to"""

    def __init__(self, pack: Pack, limits: Limits, bounds: Bounds, size: int) -> None:
        self._pack, self._limits, self._bounds = pack, limits, bounds
        self.size = size
        self._waiting: deque[_Assignment] = deque()
        self._readers = [self._another() for _ in range(size)]  # they get ready while the first files are fetched

    def submit(self, files: Sequence[FileToRead]) -> Job:
        """Have files read, each process a share of them, in their order; returns at once."""
        job = Job(files)
        shares = min(self.size, len(job.files))
        for share in range(shares):
            self._waiting.append(_Assignment(job, deque(range(share, len(job.files), shares))))
        self._hand_out()
        return job

    def answers(self, job: Job) -> list[Answer]:
        """The answers of a job, once all of them are there. Raises ReadersDown when no process starts."""
        while not job.is_done:
            self._listen()
        return [answer for answer in job.answers if answer is not None]

    def close(self) -> None:
        """Keep what idles for the next pool, and end what is still at work."""
        for reader in self._readers:
            if not reader.in_hand:
                _idle.setdefault(self._bounds, []).append(reader)
            else:
                reader.kill()
        self._readers.clear()
        self._waiting.clear()

    def _hand_out(self) -> None:
        while self._waiting and (reader := self._reader_for(self._waiting[0])) is not None:
            reader.ask(self._waiting.popleft(), self._pack, self._limits)

    def _reader_for(self, assignment: _Assignment) -> _Reader | None:
        free = [reader for reader in self._readers if not reader.in_hand]
        if free and not assignment.fresh:
            return free[0]
        if len(self._readers) >= self.size:
            if not free:
                return None if assignment.fresh else self._least_busy()
            self._readers.remove(free[0])
            free[0].kill()
        reader = _Reader(self._bounds, self._pack) if assignment.fresh else self._another()
        self._readers.append(reader)
        return reader

    def _another(self) -> _Reader:
        idle = _idle.get(self._bounds)
        return idle.pop() if idle else _Reader(self._bounds, self._pack)

    def _least_busy(self) -> _Reader | None:
        """A process that goes on to another assignment when it is done with its own; None when each has enough of them."""
        able = [reader for reader in self._readers if len(reader.in_hand) < _IN_HAND]
        return min(able, key=lambda reader: len(reader.in_hand[0].positions), default=None)

    def _listen(self) -> None:
        """Take in what the readers have to say; waits until one of them says something."""
        talking = {reader.connection: reader for reader in self._readers}
        for connection in wait(list(talking)):
            reader = talking[connection]  # type: ignore[index]  # only our connections are waited for
            try:
                message: Answer | int = reader.connection.recv()
            except (EOFError, OSError):
                self._bury(reader)
                continue
            if isinstance(message, int):
                reader.is_there(message)
            elif reader.in_hand[0].is_alone or not _ran_out_of_memory(message):
                reader.take(message)
        self._hand_out()

    def _bury(self, reader: _Reader) -> None:
        """A process has died: what it had not read is read again file by file, and one that was alone with it is the culprit."""
        self._readers.remove(reader)
        trouble = reader.post_mortem()
        if not reader.is_ready:
            raise ReadersDown(f"The processes that read files do not start: {reader.starter.last_words or trouble.detail}")
        if not reader.in_hand:
            return
        at = reader.in_hand[0]
        if at.is_alone:
            reader.take(trouble)
        else:
            reader.in_hand.popleft()
            reader.in_hand.extendleft(_Assignment(at.job, deque([position]), fresh=True) for position in reversed(at.positions))
        self._waiting.extendleft(reversed(reader.in_hand))


def _ran_out_of_memory(answer: Answer) -> bool:
    """Whether a process ran out of memory; it ends then, and earlier files may have had their share in it."""
    return isinstance(answer, Trouble) and answer.kind is TroubleKind.MEMORY


@contextmanager
def reader_pool(pack: Pack, limits: Limits, bounds: Bounds, size: int) -> Iterator[ReaderPool]:
    """A pool that is closed at the end."""
    pool = ReaderPool(pack, limits, bounds, size)
    try:
        yield pool
    finally:
        pool.close()
