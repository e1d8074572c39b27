"""A reader process: `python -m tonghop.readers.process FD`. It reads what it is asked for until the other end of the socket closes.

It has no database and no secrets; files come as paths, answers go as messages. It is started fresh, not forked: whoever asks may
have threads, locks and connections that no child should inherit, and may be forbidden children of the kind that Python makes.
"""

from __future__ import annotations

import gc
import sys
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from tonghop.catalog import Pack
from tonghop.intake.limits import Limits
from tonghop.readers.bounds import Bounds
from tonghop.readers.files import FileToRead, Trouble, TroubleKind, read_one

READY = "ready"
"""What a process says first, once it is able to read."""


@dataclass(frozen=True)
class Task:
    """Files to read in this order; each is answered by itself, so that the one that kills its reader is known."""

    files: tuple[FileToRead, ...]
    limits: Limits


def serve(connection: Connection) -> None:
    """Answer tasks until the other end closes. A pack comes before the first task that needs it; `Bounds` come first of all."""
    bounds: Bounds = connection.recv()
    pack: Pack = connection.recv()
    bounds.limit_memory()
    gc.freeze()
    gc.disable()  # a reading makes very many small objects and no cycles; what cycles libraries make goes after each task
    connection.send(READY)
    while True:
        message: Pack | Task = connection.recv()
        if isinstance(message, Pack):
            pack = message
            continue
        gc.collect()
        for file in message.files:
            bounds.start_clock()
            answer = read_one(file, pack, message.limits)
            bounds.stop_clock()
            connection.send(answer)
            if isinstance(answer, Trouble) and answer.kind is TroubleKind.MEMORY:
                return  # what is left of the memory is no measure for the next file


def main() -> None:
    """Serve on the socket that was handed over."""
    with suppress(EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):  # nobody is left to answer
        serve(Connection(int(sys.argv[1])))


if __name__ == "__main__":
    main()
