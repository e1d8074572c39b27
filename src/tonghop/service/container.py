"""What a container of the Compose deployment runs: `python -m tonghop.service.container init | healthy PART | AIRFLOW ARGUMENTS`.

Passwords and keys come from the state folder, a volume that all containers share; so nothing but the superuser's URL, which only
`init` gets, stands in the environment. What Compose sets (`AIRFLOW__…`) wins over the settings for one machine.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from tonghop.catalog import read_pack
from tonghop.errors import TonghopError
from tonghop.service.environment import USER, airflow_environment
from tonghop.service.rest import Airflow
from tonghop.settings import settings

_AIRFLOW = Path(sys.executable).with_name("airflow")
_CELERY_APP = "airflow.providers.celery.executors.celery_executor.app"


def main(arguments: list[str]) -> int:
    """Run one of the three; the exit code. Airflow replaces this process."""
    try:
        match arguments:
            case ["init"]:
                initialise()
            case ["healthy", part]:
                return 0 if is_healthy(part) else 1
            case _:
                os.execve(_AIRFLOW, [str(_AIRFLOW), *arguments], container_environment())  # noqa: S606
    except TonghopError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def container_environment() -> dict[str, str]:
    """The settings for one machine, with this container's environment on top."""
    return airflow_environment(read_pack(settings().catalog).head.time_zone) | dict(os.environ)


def initialise() -> None:
    """Roles, databases and migrations, catalog and views, Airflow's own tables and the password of its user. Harmless when done before."""
    from tonghop.service import demonstration, engine

    demonstration.prepare(print)
    engine.write_passwords()
    engine.migrate_metadata(container_environment(), print)


def is_healthy(part: str) -> bool:
    """Whether a part (`metadatabase`, `scheduler`, `dag_processor`, or the `worker` of this container) works."""
    environment = container_environment()
    if part == "worker":
        ping = [
            str(_AIRFLOW.with_name("celery")),
            "--app",
            _CELERY_APP,
            "inspect",
            "ping",
            "--destination",
            f"celery@{socket.gethostname()}",
        ]
        return subprocess.run(ping, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0
    api = environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].removesuffix("/execution/")
    return Airflow(api, USER, "").health().get(part) == "healthy"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
