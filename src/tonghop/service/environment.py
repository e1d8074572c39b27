"""Airflow's settings, all of them as environment variables; they win over the file of defaults that Airflow writes for itself."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

from tonghop.database import sqlalchemy_url
from tonghop.settings import PROJECT, settings
from tonghop.state import port, secret, state_folder

USER = "admin"
"""The one user of the web interface and of the REST API."""


def airflow_home() -> Path:
    """Where Airflow keeps logs and pid files."""
    return state_folder("airflow").absolute()


def passwords_file() -> Path:
    """Where the web interface looks up the password of `USER`."""
    return airflow_home() / "passwords.json"


def base_url() -> str:
    """The address of the web interface and of the REST API, without a slash at the end."""
    return f"http://127.0.0.1:{port('airflow')}"


def airflow_environment(time_zone: str = "UTC") -> dict[str, str]:
    """Every variable that Airflow and its tasks need, for the engine on one machine.

    `time_zone` is the zone in which schedules are meant (the pack's). Ports, passwords and keys come from the state folder and
    stay the same for as long as it lives.
    """
    home = airflow_home()
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": time_zone,
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",  # tasks at a time; each may hold a workbook or a suite of expectations in memory
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",  # the default asks the DNS, which may be slow or absent
        "AIRFLOW__CORE__FERNET_KEY": _fernet_key(secret("airflow_fernet")),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base_url()}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file()),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": sqlalchemy_url("airflow", database="airflow"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE": "3",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port("airflow")),
        "AIRFLOW__API__BASE_URL": base_url(),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": secret("airflow_api"),
        "AIRFLOW__API__INSTANCE_NAME": "Tổng Hợp",
        "AIRFLOW__API_AUTH__JWT_SECRET": hashlib.sha512(secret("airflow_jwt").encode()).hexdigest(),
        # a run whose task was killed goes on within about a minute
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "10",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",  # a busy machine answers late, which must not end a task
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "60",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "TONGHOP_HOME": str(settings().home.absolute()),
        "TONGHOP_CATALOG": str(settings().catalog.absolute()),
        "GX_ANALYTICS_ENABLED": "False",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
        "DO_NOT_TRACK": "1",
    }


def process_environment(time_zone: str) -> dict[str, str]:
    """The environment of a child process: this one's without its Airflow settings, and ours on top."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return inherited | airflow_environment(time_zone)


def _fernet_key(text: str) -> str:
    """A Fernet key is the URL-safe base64 of 32 bytes."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
