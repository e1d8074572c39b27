"""Starting and stopping Airflow and PostgreSQL on this machine."""

from __future__ import annotations

import importlib.metadata
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from tonghop import database
from tonghop.catalog import Pack
from tonghop.database import embedded
from tonghop.errors import TonghopError
from tonghop.service import processes
from tonghop.service.environment import USER, airflow_home, base_url, passwords_file, process_environment
from tonghop.service.rest import Airflow, AirflowSilent
from tonghop.settings import PROJECT, settings
from tonghop.state import forget_port, port, secret, state_folder

Say = Callable[[str], None]
"""Tells a person what is going on, a line at a time."""

HEALTHY_SECONDS = 300
"""How long Airflow may take to start: it takes 20 to 60 seconds, and a busy or slow machine some times as long."""

COMPONENTS = {"api-server": "metadatabase", "scheduler": "scheduler", "dag-processor": "dag_processor"}
"""Each program, and the part of Airflow's health report that says whether it works."""


class AirflowProblem(TonghopError):
    """Airflow cannot be set up or started."""


def start_airflow(pack: Pack, say: Say) -> Airflow:
    """Start Airflow when it does not run, wait until it is healthy and has read every DAG, and return a client for it.

    PostgreSQL must run. Raises AirflowProblem, with where to look, when Airflow does not become healthy.
    """
    with FileLock(state_folder() / ".service.lock"):
        if not processes.supervisor_runs():
            processes.end_session()
            _choose_port()
            write_passwords()
            environment = process_environment(pack.head.time_zone)
            migrate_metadata(environment, say)
            say("starting Airflow")
            processes.start_supervisor(environment)
    airflow = Airflow(base_url(), USER, secret("airflow_admin"))
    _wait_until_healthy(airflow, say)
    return airflow


def stop_airflow() -> None:
    """Stop Airflow and everything that it left running."""
    with FileLock(state_folder() / ".service.lock"):
        processes.stop_supervisor()


def stop_all() -> None:
    """Stop Airflow, then PostgreSQL (an outside one is left alone)."""
    stop_airflow()
    database.stop_server()


def status() -> dict[str, bool]:
    """Which parts run and answer: PostgreSQL, and Airflow's components."""
    try:
        health = Airflow(base_url(), USER, "").health() if processes.supervisor_runs() else {}
    except AirflowSilent:
        health = {}
    return {"postgresql": _postgresql_answers()} | {name: health.get(part) == "healthy" for name, part in COMPONENTS.items()}


def dag_names() -> set[str]:
    """The DAGs of this project: one a file, named like it."""
    return {file.stem for file in (PROJECT / "dags").glob("*.py")}


def _postgresql_answers() -> bool:
    if not settings().admin_dsn and not embedded.is_running():
        return False
    try:
        database.connect("auditor").close()
    except database.DatabaseDown:
        return False
    return True


def _choose_port() -> None:
    """Keep the port, unless another program has taken it meanwhile."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port("airflow")))
        except OSError:
            forget_port("airflow")


def write_passwords() -> None:
    """Put the password of the web interface's user where Airflow looks it up."""
    passwords_file().touch(mode=0o600)
    passwords_file().write_text(json.dumps({USER: secret("airflow_admin")}) + "\n")


def migrate_metadata(environment: dict[str, str], say: Say) -> None:
    """Bring Airflow's own tables to the installed version; nothing when they are (it takes some 15 seconds to find out otherwise)."""
    stamp = airflow_home() / "migrated.json"
    if stamp.exists() and json.loads(stamp.read_text()) == _metadata_version():
        return
    say("setting up Airflow's own tables")
    log = airflow_home() / "migrate.log"
    with log.open("w") as output:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("airflow")), "db", "migrate"],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        raise AirflowProblem(f"`airflow db migrate` failed. Its output is in {log}; its last lines:\n{_tail(log)}")
    stamp.write_text(json.dumps(_metadata_version()))


def _metadata_version() -> dict[str, str | None]:
    """The installed Airflow and the revision of its tables (None when there are none)."""
    with database.admin_connect("airflow") as connection:
        there = connection.execute("select to_regclass('public.alembic_version')").fetchone()
        row = connection.execute("select version_num from public.alembic_version").fetchone() if there and there[0] else None
    return {"airflow": importlib.metadata.version("apache-airflow"), "revision": row[0] if row else None}


def _wait_until_healthy(airflow: Airflow, say: Say) -> None:
    deadline = time.monotonic() + HEALTHY_SECONDS
    said: str | None = None
    while True:
        program = _not_ready(airflow)
        if program is None:
            return
        if not processes.supervisor_runs():
            raise AirflowProblem(f"Airflow's supervisor ended. Its output is in {airflow_home() / 'logs' / 'supervisor.out'}.")
        if time.monotonic() > deadline:
            log = processes.log_of(program)
            raise AirflowProblem(f"Airflow did not become healthy: {program} is missing. The last lines of {log}:\n{_tail(log)}")
        if program != said:
            said = program
            say(f"waiting for Airflow's {program}")
        time.sleep(1)


def _not_ready(airflow: Airflow) -> str | None:
    """The first program that is not ready yet; None when all are, and every DAG has been read."""
    try:
        health = airflow.health()
        missing = [program for program, part in COMPONENTS.items() if health.get(part) != "healthy"]
        if not missing and not dag_names() <= airflow.dag_ids():
            missing = ["dag-processor"]
        return missing[0] if missing else None
    except AirflowSilent:
        return "api-server"


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else "(there is no log)"
