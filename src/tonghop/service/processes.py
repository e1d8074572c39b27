"""Airflow's processes: one supervisor in a session of its own, so that everything it ever started can be found again.

A process keeps its session when its parent is killed. Whatever `kill -9` left behind is therefore known by the session id, and is
ended before anything is started anew: no pid file can lie, and no old worker can go on writing beside a new one.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from tonghop.service.environment import airflow_home
from tonghop.settings import PROJECT

PROGRAMS = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
}
"""Programs that the supervisor keeps alive, and their arguments to `airflow`."""

STOP_SECONDS = 10
"""How long a program may take to stop before it is killed: running tasks are retried at the next start."""


@dataclass(frozen=True)
class Process:
    """A line of the kernel's process table. `started` counts clock ticks since boot."""

    pid: int
    parent: int
    session: int
    started: int
    is_alive: bool


@dataclass(frozen=True)
class Session:
    """The session of a supervisor: `sid` is the supervisor's pid; `started` and `boot` tell it from a later process of that number."""

    sid: int
    started: int
    boot: str


def supervisor_configuration() -> str:
    """The text of the supervisor's configuration."""
    home = airflow_home()
    lines = [
        "[supervisord]",
        "nodaemon = true",
        f"logfile = {home / 'logs' / 'supervisor.log'}",
        "logfile_maxbytes = 5MB",
        "logfile_backups = 1",
        f"pidfile = {home / 'supervisor.pid'}",
        *(["user = root"] if os.geteuid() == 0 else []),
    ]
    for name, arguments in PROGRAMS.items():
        lines += [
            "",
            f"[program:{name}]",
            f'command = "{sys.executable}" -m tonghop.service.program {" ".join(arguments)}',
            f"directory = {home}",
            "autorestart = true",
            "startsecs = 5",
            "startretries = 20",
            "stopasgroup = false",
            "killasgroup = true",
            f"stopwaitsecs = {STOP_SECONDS}",
            "redirect_stderr = true",
            f"stdout_logfile = {log_of(name)}",
            "stdout_logfile_maxbytes = 10MB",
            "stdout_logfile_backups = 2",
        ]
    return "\n".join(lines).replace("%", "%%") + "\n"


def log_of(program: str) -> Path:
    """The log file of one program."""
    return airflow_home() / "logs" / f"{program}.log"


def start_supervisor(environment: dict[str, str]) -> None:
    """Start the supervisor with `environment`; what an earlier one left behind is ended first. Nothing when it runs."""
    if supervisor_runs():
        return
    end_session()
    (airflow_home() / "logs").mkdir(exist_ok=True)
    configuration = airflow_home() / "supervisor.conf"
    configuration.write_text(supervisor_configuration())
    with (airflow_home() / "logs" / "supervisor.out").open("w") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(configuration)],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            cwd=PROJECT, env=environment, start_new_session=True,
        )  # fmt: skip
    session = Session(started.pid, processes()[started.pid].started, _boot())
    aside = _session_file().with_suffix(".new")
    aside.write_text(json.dumps(asdict(session)))
    aside.replace(_session_file())


def stop_supervisor() -> None:
    """Ask the supervisor to stop its programs, then end whatever is left of its session."""
    session = read_session()
    if session is not None and supervisor_runs():
        os.kill(session.sid, signal.SIGTERM)
        _wait_for_end({session.sid}, seconds=STOP_SECONDS + 10)
    end_session()


def supervisor_runs() -> bool:
    """Whether the supervisor that this state folder knows of is alive."""
    session = read_session()
    leader = processes().get(session.sid) if session else None
    return session is not None and leader is not None and leader.is_alive and leader.started == session.started


def end_session() -> None:
    """Kill every process of the session that this state folder knows of, and forget the session."""
    session = read_session()
    if session is not None:
        end_processes(members(session, processes()))
        _session_file().unlink(missing_ok=True)


def read_session() -> Session | None:
    """The session that was started last from this state folder; None when there is none, or it was before the last boot."""
    try:
        session = Session(**json.loads(_session_file().read_text()))
    except FileNotFoundError:
        return None
    return session if session.boot == _boot() else None


def members(session: Session, table: dict[int, Process]) -> set[int]:
    """Pids of the living processes of the session: none when its number belongs to a later process by now."""
    leader = table.get(session.sid)
    if leader is not None and leader.started != session.started:
        return set()
    return {one.pid for one in table.values() if one.session == session.sid and one.started >= session.started and one.is_alive}


def orphans(session: Session, table: dict[int, Process]) -> set[int]:
    """Pids of the session that no longer descend from its leader, because a process between was killed."""

    def descends(process: Process) -> bool:
        seen: set[int] = set()
        while process.pid != session.sid and process.parent in table and process.pid not in seen:
            seen.add(process.pid)
            process = table[process.parent]
        return process.pid == session.sid

    return {pid for pid in members(session, table) if not descends(table[pid])}


def end_orphans() -> None:
    """Kill the orphans of the session that this process belongs to."""
    table = processes()
    leader = table[os.getsid(0)]
    end_processes(orphans(Session(leader.pid, leader.started, _boot()), table))


def end_processes(pids: Collection[int]) -> None:
    """Kill processes and wait until they are gone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _wait_for_end(pids, seconds=10)


def processes() -> dict[int, Process]:
    """The kernel's process table, by pid."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            # pid (name, which may hold anything) state parent group session …; the start time is the 22nd field
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            pid = int(folder.name)
            found[pid] = Process(pid, int(fields[1]), int(fields[3]), int(fields[19]), fields[0] not in "ZX")
    return found


def _wait_for_end(pids: Collection[int], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        table = processes()
        if not any(pid in table and table[pid].is_alive for pid in pids):
            return
        time.sleep(0.1)


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _session_file() -> Path:
    return airflow_home() / "session.json"
