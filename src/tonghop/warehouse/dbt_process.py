"""The process that runs dbt (`dbt_host`), seen from whoever wants a run: started when it is first needed, ended with this process."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass

from tonghop.errors import TonghopError


class DbtEnded(TonghopError):
    """The process that runs dbt was killed from outside."""


@dataclass(frozen=True)
class Request:
    """A run of dbt: its `arguments`, its whole `environment`, and the files that take what it prints and its results.

    `places` are the options that say where the project and the artifacts are. `project` stands for all that the parsed project depends
    on: it is parsed anew when that is another than before.
    """

    arguments: list[str]
    places: list[str]
    environment: dict[str, str]
    output: str
    results: str
    project: str

    def to_line(self) -> str:
        """The request as it is sent to the host."""
        return json.dumps(asdict(self)) + "\n"


class DbtProcess:
    """Runs dbt, one run at a time. A fork of this process has a host of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._host: subprocess.Popen[str] | None = None
        self._owner = 0
        atexit.register(self.stop)

    def run(self, request: Request) -> int:
        """Run dbt and return its exit code. The run ends when this call is interrupted; raises DbtEnded when the host was killed."""
        with self._lock:
            try:
                answer = self._ask(request)
            except BrokenPipeError:
                answer = ""
            except BaseException:
                self.stop()
                raise
            if not answer:
                self.stop()
                raise DbtEnded("The process that runs dbt was killed; was there too little memory? Nothing was published: run it again.")
            return int(answer)

    def stop(self) -> None:
        """End the host, and the run that is under way in it."""
        if self._host is not None and self._owner == os.getpid():
            self._host.terminate()
            self._host.wait()
        self._host = None

    def _ask(self, request: Request) -> str:
        if self._host is None or self._owner != os.getpid() or self._host.poll() is not None:
            self._host = subprocess.Popen(
                [sys.executable, "-m", "tonghop.warehouse.dbt_host"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            self._owner = os.getpid()
        assert self._host.stdin is not None and self._host.stdout is not None
        self._host.stdin.write(request.to_line())
        self._host.stdin.flush()
        return self._host.stdout.readline()
