"""Whatever a kill leaves behind is found by its session, and nothing else is."""

from __future__ import annotations

import configparser
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tonghop.service import processes
from tonghop.service.processes import Process, Session, members, orphans

BOOT = "this-boot"
LEADER = Process(100, 1, 100, 5000, True)
SESSION = Session(100, 5000, BOOT)


def table(*others: Process) -> dict[int, Process]:
    return {process.pid: process for process in (LEADER, *others)}


def test_members_are_the_living_processes_of_the_session() -> None:
    child = Process(101, 100, 100, 5001, True)
    stranger = Process(102, 100, 7, 5001, True)
    zombie = Process(103, 100, 100, 5001, False)
    assert members(SESSION, table(child, stranger, zombie)) == {100, 101}


def test_members_outlive_their_leader() -> None:
    assert members(SESSION, {101: Process(101, 1, 100, 5001, True)}) == {101}


def test_a_session_whose_number_was_given_again_has_no_members() -> None:
    later = {100: Process(100, 1, 100, 9000, True), 101: Process(101, 100, 100, 9001, True)}
    assert members(SESSION, later) == set()


def test_orphans_no_longer_descend_from_the_leader() -> None:
    scheduler = Process(101, 100, 100, 5001, True)
    worker = Process(102, 101, 100, 5002, True)
    left_by_a_killed_scheduler = Process(103, 1, 100, 5002, True)
    its_task = Process(104, 103, 100, 5003, True)
    assert orphans(SESSION, table(scheduler, worker, left_by_a_killed_scheduler, its_task)) == {103, 104}


def test_the_process_table_knows_this_process() -> None:
    found = processes.processes()[os.getpid()]
    assert (found.parent, found.session, found.is_alive) == (os.getppid(), os.getsid(0), True)


@pytest.fixture
def supervisor_stand_in(state_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """Instead of Airflow, the supervisor keeps a process alive that has a child of its own."""
    program = state_home / "program.sh"
    program.write_text("#!/bin/sh\nsleep 1000 &\nexec sleep 1000\n")
    program.chmod(0o755)
    head, _, _ = processes.supervisor_configuration().partition("[program:")
    one = f"[program:one]\ncommand = {program}\nstartsecs = 0\nkillasgroup = true\n"
    monkeypatch.setattr(processes, "supervisor_configuration", lambda: head + one)
    processes.end_session()

    def start() -> int:
        processes.start_supervisor(dict(os.environ))
        session = processes.read_session()
        assert session is not None
        wait_until(lambda: len(members(session, processes.processes())) == 3)
        return session.sid

    yield start
    processes.end_session()


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)


def pids_of_session(sid: int) -> set[int]:
    return {process.pid for process in processes.processes().values() if process.session == sid and process.is_alive}


def test_a_killed_supervisor_is_replaced_and_its_programs_are_ended(supervisor_stand_in: Callable[[], int]) -> None:
    first = supervisor_stand_in()
    left = pids_of_session(first) - {first}
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    assert pids_of_session(first) == left, "programs live on without their supervisor"
    assert not processes.supervisor_runs()
    second = supervisor_stand_in()
    assert second != first
    assert pids_of_session(first) == set()
    assert processes.supervisor_runs()


def test_starting_twice_starts_once_and_stopping_leaves_nothing(supervisor_stand_in: Callable[[], int]) -> None:
    sid = supervisor_stand_in()
    assert supervisor_stand_in() == sid
    processes.stop_supervisor()
    assert pids_of_session(sid) == set()
    assert processes.read_session() is None
    processes.stop_supervisor()


def test_a_session_of_an_earlier_boot_is_forgotten(state_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    try:
        file = processes.airflow_home() / "session.json"
        started = processes.processes()[sleeper.pid].started
        file.write_text(f'{{"sid": {sleeper.pid}, "started": {started}, "boot": "another-boot"}}')
        processes.end_session()
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()
        file.unlink()


def test_the_configuration_is_what_supervisord_reads_and_each_program_becomes_airflow(state_home: Path) -> None:
    parsed = configparser.RawConfigParser()
    parsed.read_string(processes.supervisor_configuration())
    for name, arguments in processes.PROGRAMS.items():
        program = parsed[f"program:{name}"]
        assert program["command"] == f'"{sys.executable}" -m tonghop.service.program {" ".join(arguments)}'
        assert program["autorestart"] == "true"
