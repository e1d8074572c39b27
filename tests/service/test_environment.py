"""Airflow's settings: known to the installed Airflow, kept, and private."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet
from tests.service.airflow_options import known_options

from tonghop.service.environment import airflow_environment, base_url, process_environment


def test_every_setting_is_an_option_of_the_installed_airflow(state_home: Path) -> None:
    names = {name for name in airflow_environment() if name.startswith("AIRFLOW__")}
    assert len(names) > 20
    assert names - known_options() == set()


def test_a_misspelt_option_would_be_noticed() -> None:
    assert "AIRFLOW__CORE__EXECUTOR" in known_options()
    assert "AIRFLOW__CORE__EXECUTER" not in known_options()


def test_settings_stay_the_same_between_starts(state_home: Path) -> None:
    assert airflow_environment() == airflow_environment()


def test_everything_listens_on_loopback_at_the_kept_port(state_home: Path) -> None:
    environment = airflow_environment()
    url = urlsplit(base_url())
    assert (url.hostname, environment["AIRFLOW__API__HOST"]) == ("127.0.0.1", "127.0.0.1")
    assert environment["AIRFLOW__API__PORT"] == str(url.port)
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"{base_url()}/execution/"


def test_keys_have_the_length_that_they_need_and_differ(state_home: Path) -> None:
    environment = airflow_environment()
    Fernet(environment["AIRFLOW__CORE__FERNET_KEY"])  # raises for anything else than 32 bytes
    assert len(environment["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    secrets = [environment[f"AIRFLOW__{name}"] for name in ("CORE__FERNET_KEY", "API__SECRET_KEY", "API_AUTH__JWT_SECRET")]
    assert len(set(secrets)) == 3


def test_airflow_settings_of_the_shell_are_not_inherited(state_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "99")
    monkeypatch.setenv("AIRFLOW__CORE__LAZY_LOAD_PLUGINS", "False")
    environment = process_environment("Asia/Ho_Chi_Minh")
    assert environment["AIRFLOW__CORE__PARALLELISM"] == "2"
    assert "AIRFLOW__CORE__LAZY_LOAD_PLUGINS" not in environment
    assert environment["AIRFLOW__CORE__DEFAULT_TIMEZONE"] == "Asia/Ho_Chi_Minh"
