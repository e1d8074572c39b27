"""Reader processes. `python -m tonghop.readers.process FD` starts the one that they are forked from, at orders on a socket (`starter`).

It is started fresh, not forked: whoever asks may have threads, locks and connections that no child should inherit, and may be forbidden
children of the kind that Python makes. It imports what reading needs, once, and reads nothing itself; a reader forked from it begins
within milliseconds. None of them has a database or secrets; files come as paths, answers go as messages, and a reader ends when the
other end of its socket closes.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from threading import Thread

from tonghop.catalog import Pack
from tonghop.intake import read_file
from tonghop.intake.form_index import pack_index
from tonghop.readers.bounds import Bounds
from tonghop.readers.files import Answer, Task, Trouble, TroubleKind, read_one
from tonghop.readers.starter import LONGEST_ORDER

_TASKS = 64
"""After as many tasks everything that a reader holds is searched for garbage, after others only what is new."""


def serve(connection: Connection) -> None:
    """Answer tasks until the other end closes. A pack comes before the first task that needs it; `Bounds` come first of all.

    The first that is said, once it is able to read, is the number of the process.
    """
    bounds: Bounds = connection.recv()
    pack: Pack = connection.recv()
    bounds.limit_memory()
    connection.send(os.getpid())
    pack_index(pack)  # while the first files are fetched
    tasks = 0
    with _said_aside(connection) as say:
        while True:
            message: Pack | Task = connection.recv()
            if isinstance(message, Pack):
                pack = message
                continue
            gc.collect(0 if tasks % _TASKS else 2)  # what is remembered from task to task is looked through now and then only
            tasks += 1
            for file in message.files:
                bounds.start_clock()
                answer = read_one(file, pack, message.limits, read_file)
                bounds.stop_clock()
                say(answer)
                if isinstance(answer, Trouble) and answer.kind is TroubleKind.MEMORY:
                    return  # what is left of the memory is no measure for the next file


@contextmanager
def _said_aside(connection: Connection) -> Iterator[Callable[[Answer], None]]:
    """What answers without waiting for anybody to listen: who asked may be busy writing down what was answered before."""
    answers: SimpleQueue[memoryview | None] = SimpleQueue()
    sender = Thread(target=_send, args=(connection, answers), daemon=True)
    sender.start()
    try:
        yield lambda answer: answers.put(ForkingPickler.dumps(answer))
    finally:
        answers.put(None)
        sender.join()


def _send(connection: Connection, answers: SimpleQueue[memoryview | None]) -> None:
    try:
        while (answer := answers.get()) is not None:
            connection.send_bytes(answer)
    except (BrokenPipeError, ConnectionResetError):
        pass  # nobody is left to listen: there will be no next task either
    except BaseException:  # an answer is lost: whoever asked finds out by the end of this process
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def take_orders(orders: socket.socket) -> None:
    """Fork a reader for each socket (and file for its errors) that comes, and say of each process that is named how it has ended."""
    gc.freeze()
    gc.disable()  # a reading makes very many small objects and no cycles; what cycles libraries make goes after each task
    while True:
        order, files, *_ = socket.recv_fds(orders, LONGEST_ORDER, 2)
        if not order:
            return
        if files:
            connection, errors = files
            if os.fork() == 0:
                orders.close()
                _read(connection, errors)
            os.close(connection)
            os.close(errors)
        else:
            _, status = os.waitpid(int(order), 0)
            orders.send(str(os.waitstatus_to_exitcode(status)).encode())


def _read(connection: int, errors: int) -> None:
    """Be a reader, until the end."""
    code = 1
    try:
        os.dup2(errors, sys.stderr.fileno())
        with suppress(EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):  # nobody is left to answer
            serve(Connection(connection))
        code = 0
    except BaseException:  # whoever asked finds it among the last words
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Take orders on the socket that was handed over."""
    with suppress(BrokenPipeError, ConnectionResetError, KeyboardInterrupt), socket.socket(fileno=int(sys.argv[1])) as orders:
        take_orders(orders)


if __name__ == "__main__":
    main()
