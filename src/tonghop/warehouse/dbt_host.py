"""A process that has dbt loaded and the project parsed, and forks for each run: `python -m tonghop.warehouse.dbt_host`.

dbt spends seconds on importing itself and on reading the parsed project, more than most of our runs take. Here that is done once
for all runs that a process asks for; each run is still a process of its own, so that nothing of one reaches the next. Requests come
as lines of JSON, and each is answered by the exit code of its run; the host ends when nobody is left to ask.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import sys
import traceback
from multiprocessing import resource_tracker
from types import FrameType
from typing import Any, TextIO

from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.exceptions import DbtUsageException
from dbt.cli.main import dbtRunner

from tonghop.warehouse.dbt_process import Request

_PR_SET_PDEATHSIG = 1
"""Of prctl(2): the signal that a process gets when its parent dies."""


class Host:
    """Answers requests one after the other."""

    def __init__(self) -> None:
        self._project: str | None = None
        self._manifest: Any = None
        self._child: int | None = None

    def serve(self, requests: TextIO, answers: TextIO) -> None:
        """Answer requests until there are no more."""
        for line in requests:
            print(self.run(Request(**json.loads(line))), file=answers, flush=True)

    def run(self, request: Request) -> int:
        """Run dbt in a fork and return its exit code: 0, or 1 when a node failed, or 2 when dbt could not run."""
        self._parse(request)
        self._child = os.fork()
        if not self._child:
            os._exit(_run(request, self._manifest))
        _, status = os.waitpid(self._child, 0)
        self._child = None
        return os.waitstatus_to_exitcode(status)

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """End the run that is under way, and this process: whoever asked was told to stop."""
        if self._child:
            os.kill(self._child, signal.SIGKILL)
        os._exit(1)

    def _parse(self, request: Request) -> None:
        """Have the parsed project at hand. A project that cannot be parsed is left to the run, which says what is wrong with it."""
        if self._project == request.project:
            return
        os.environ.clear()
        os.environ.update(request.environment)
        self._manifest = dbtRunner().invoke(["parse", *request.places, "--quiet"]).result
        self._project = request.project
        gc.collect()
        gc.freeze()  # what all runs share stays shared


def _run(request: Request, manifest: Any) -> int:
    """Be the process of one run, and return its exit code."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # a run ends with its host, even with one that was killed
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request.environment)
    output = os.open(request.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(output, stream)
    try:
        done = dbtRunner(manifest=manifest).invoke([*request.arguments, *request.places])
        if isinstance(done.exception, DbtUsageException):  # any other is printed by dbt
            print(done.exception)
        sys.stdout.flush()
        if isinstance(done.result, RunExecutionResult):
            done.result.write(request.results)
    except BaseException:  # the host must not go on in here, whatever happens
        traceback.print_exc()
        return 2
    return 0 if done.success else 1 if done.exception is None else 2


def main() -> None:
    """Serve whoever started this process, on its standard input and output."""
    answers = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)  # dbt prints; nothing of that is an answer
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    host = Host()
    signal.signal(signal.SIGTERM, host.stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: whoever asked decides
    resource_tracker.ensure_running()  # a process that dbt starts for its locks; one serves all runs
    host.serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
