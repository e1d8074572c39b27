"""dbt runs in forks of one process, which outlives none of those who ask it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tonghop.warehouse.dbt_process import DbtEnded, DbtProcess, Request

PROFILE = """
tiny: {target: it, outputs: {it: {type: postgres, host: localhost, port: 1, user: nobody, password: "", dbname: none, schema: none}}}
"""


@pytest.fixture(scope="module")
def process() -> Iterator[DbtProcess]:
    process = DbtProcess()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of one model, for which there is no database."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "model_1.sql").write_text("select 1 as one")
    (folder / "dbt_project.yml").write_text("{name: tiny, version: '1.0', config-version: 2, profile: tiny}")
    (folder / "profiles.yml").write_text(PROFILE)
    return folder


def request_of(project: Path, *arguments: str, version: int = 1) -> Request:
    """A run, and a fresh file for what it prints."""
    output = project / f"output-{len(list(project.glob('output-*')))}.txt"
    output.touch()
    places = [f"--project-dir={project}", f"--profiles-dir={project}", f"--target-path={project}/target", f"--log-path={project}/logs"]
    results = output.with_name("run_results.json")
    return Request(list(arguments), places, dict(os.environ), str(output), str(results), f"{project} {version}")


def printed(request: Request) -> str:
    return Path(request.output).read_text()


@contextmanager
def in_the_middle_of_a_run(process: DbtProcess, act: Callable[[int], None]) -> Iterator[list[int]]:
    """Does `act`, with the host, while dbt runs. The processes of runs at that moment; all of them must end with the call."""

    def alarm(_signal: int, _frame: object) -> None:
        assert process._host is not None
        host = process._host.pid
        found = Path(f"/proc/{host}/task/{host}/children").read_text().split()
        runs.extend(run for run in map(int, found) if b"resource_tracker" not in Path(f"/proc/{run}/cmdline").read_bytes())
        act(host)

    runs: list[int] = []
    before = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        yield runs
    finally:
        signal.signal(signal.SIGALRM, before)
    assert runs
    deadline = time.monotonic() + 10
    while any(map(is_alive, runs)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_alive, runs))


def is_alive(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_run_prints_and_ends_by_itself(process: DbtProcess, project: Path) -> None:
    models, sources = request_of(project, "ls"), request_of(project, "ls", "--resource-type", "source")
    assert [process.run(request) for request in (models, sources)] == [0, 0]
    assert "tiny.model_1" in printed(models)
    assert "tiny.model_1" not in printed(sources)


def test_a_run_that_fails_says_why(process: DbtProcess, project: Path) -> None:
    for arguments, told in ((["run"], "port 1 failed"), (["no-such-command"], "No such command")):
        request = request_of(project, *arguments)
        assert process.run(request) == 2
        assert told in printed(request)


def test_a_call_that_is_interrupted_leaves_no_run_behind(process: DbtProcess, project: Path) -> None:
    def interrupt(_host: int) -> None:
        raise KeyboardInterrupt

    assert process.run(request_of(project, "ls")) == 0
    with in_the_middle_of_a_run(process, interrupt), pytest.raises(KeyboardInterrupt):
        process.run(request_of(project, "ls"))


def test_a_host_that_is_killed_is_said_and_replaced(process: DbtProcess, project: Path) -> None:
    assert process.run(request_of(project, "ls")) == 0
    with in_the_middle_of_a_run(process, lambda host: os.kill(host, signal.SIGKILL)), pytest.raises(DbtEnded, match="was killed"):
        process.run(request_of(project, "ls"))
    assert process.run(request_of(project, "ls")) == 0


def test_a_changed_project_is_parsed_anew(process: DbtProcess, project: Path) -> None:
    assert process.run(request_of(project, "ls")) == 0
    (project / "models" / "model_2.sql").write_text("select * from {{ ref('model_1') }}")
    changed = request_of(project, "ls", version=2)
    assert process.run(changed) == 0
    assert "tiny.model_2" in printed(changed)
    (project / "models" / "model_2.sql").write_text("select * from {{ ref('nobody') }}")
    broken = request_of(project, "ls", version=3)
    assert process.run(broken) == 2
    assert "nobody" in printed(broken)
