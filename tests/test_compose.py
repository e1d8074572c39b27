"""The Compose deployment: a valid file, and everything that it names exists."""

from __future__ import annotations

import fnmatch
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from tests.service.airflow_options import known_options

from tonghop.service import engine
from tonghop.settings import PROJECT, Settings

SCHEMA = json.loads((Path(__file__).parent / "data" / "compose_spec.json").read_text())
TEXT = (PROJECT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
PYTHON = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
DOCKERFILE = (PROJECT / "docker" / "Dockerfile").read_text()
EXAMPLE = (PROJECT / ".env.example").read_text()


def problems(content: dict[str, Any]) -> list[str]:
    return [error.message for error in jsonschema.Draft201909Validator(SCHEMA).iter_errors(content)]


def test_the_file_follows_the_compose_specification() -> None:
    assert problems(COMPOSE) == []


def test_a_misspelt_key_would_be_noticed() -> None:
    assert problems({"version": "3.8", "services": {"web": {"imagine": "nginx"}}})


def test_the_file_keeps_to_what_old_versions_of_the_program_know() -> None:
    assert COMPOSE["version"] == "3.8"
    assert "name" not in COMPOSE
    assert all("develop" not in service for service in COMPOSE["services"].values())


def test_the_services_are_there() -> None:
    assert set(COMPOSE["services"]) == {"postgres", "redis", "airflow-init", "api-server", "scheduler", "dag-processor", "worker", "web"}
    assert set(PYTHON) == {"airflow-init", "api-server", "scheduler", "dag-processor", "worker"}
    assert len({json.dumps(service["build"]) for service in PYTHON.values()}) == 1, "one image for every Python service"


def test_dependencies_are_services_with_the_check_that_is_waited_for() -> None:
    for service in COMPOSE["services"].values():
        for name, dependency in service.get("depends_on", {}).items():
            assert name in COMPOSE["services"]
            if dependency["condition"] == "service_healthy":
                assert "healthcheck" in COMPOSE["services"][name]


def test_variables_of_the_file_are_those_of_the_example() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", TEXT))
    offered = set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert used == offered


def test_no_password_has_a_default() -> None:
    passwords = set(re.findall(r"\$\{[A-Z_]*PASSWORD[^}]*\}", TEXT))
    assert passwords
    assert all(":?" in password for password in passwords)


@pytest.mark.parametrize("name", PYTHON)
def test_settings_of_a_service_are_settings_of_the_project_and_of_airflow(name: str) -> None:
    environment = PYTHON[name]["environment"]
    ours = {variable for variable in environment if variable.startswith("TONGHOP_")}
    assert ours
    assert ours <= {f"TONGHOP_{field.upper()}" for field in Settings.model_fields}
    assert {variable for variable in environment if variable.startswith("AIRFLOW__")} <= known_options()
    assert set(environment) - ours - known_options() == {"AIRFLOW_HOME"}


def test_only_the_initialisation_knows_the_password_of_the_superuser() -> None:
    knowing = {name for name, service in COMPOSE["services"].items() if "POSTGRES_PASSWORD" in json.dumps(service)}
    assert knowing == {"postgres", "airflow-init"}


@pytest.mark.parametrize("name", PYTHON)
def test_folders_in_the_settings_are_volumes(name: str) -> None:
    service = PYTHON[name]
    targets = {re.split(r":(?=/)", volume)[-1] for volume in service["volumes"]}
    settings = Settings(home=Path(service["environment"]["TONGHOP_HOME"]), landing=None, archive=None)
    for folder in (str(settings.home), service["environment"]["TONGHOP_LANDING"], service["environment"]["TONGHOP_ARCHIVE"]):
        assert folder in targets
    assert str(settings.reports_path) in targets, "the web server shows this volume"
    for target in targets:
        assert re.search(rf"mkdir .*{target}(/| |$)", DOCKERFILE, re.MULTILINE), f"{target} belongs to the user of the image"


def test_volumes_are_declared() -> None:
    volumes = [volume for service in COMPOSE["services"].values() for volume in service.get("volumes", [])]
    named = {volume.split(":")[0] for volume in volumes}
    assert {name for name in named if re.fullmatch(r"[a-z]+", name)} <= set(COMPOSE["volumes"])


def test_the_web_server_shows_the_volume_of_the_reports() -> None:
    web = COMPOSE["services"]["web"]
    mounts = dict(volume.split(":")[:2] for volume in web["volumes"])
    files = [source for source in mounts if source.startswith("./")]
    assert files
    for source in files:
        assert (PROJECT / source).is_file()
    configuration = (PROJECT / files[0]).read_text()
    assert f"root {mounts['reports']};" in configuration
    assert all(volume.endswith(":ro") for volume in web["volumes"])


def test_the_pack_of_the_example_exists() -> None:
    pack = re.search(r"^PACK=(.+)$", EXAMPLE, re.MULTILINE)
    assert pack is not None
    assert (PROJECT / "catalog" / pack[1] / "pack.yml").exists()


@pytest.mark.airflow
def test_commands_are_commands_of_the_installed_airflow(tmp_path: Path) -> None:
    commands = [service["command"] for service in PYTHON.values() if service["command"] != ["init"]]
    assert len(commands) == len(PYTHON) - 1
    # reading the commands imports Airflow, which makes its home: in a process and a folder of its own
    check = "import json, sys; from airflow.cli.cli_parser import get_parser; [get_parser().parse_args(c) for c in json.loads(sys.argv[1])]"
    environment = {
        "AIRFLOW_HOME": str(tmp_path),
        "PATH": str(Path(sys.executable).parent),
        "AIRFLOW__CORE__EXECUTOR": COMPOSE["x-environment"]["AIRFLOW__CORE__EXECUTOR"],
    }

    def run(commands: list[list[str]]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", check, json.dumps(commands)], env=environment, capture_output=True, text=True, check=False
        )

    read = run(commands)
    assert read.returncode == 0, read.stderr
    assert run([["celery", "wroker"]]).returncode != 0


def test_checks_of_health_ask_for_parts_that_exist() -> None:
    for name, service in PYTHON.items():
        if "healthcheck" in service:
            check = service["healthcheck"]["test"]
            assert check[:4] == ["CMD", "/opt/tonghop/.venv/bin/python", "-m", "tonghop.service.container"]
            assert check[4:] == ["healthy", {**engine.COMPONENTS, "worker": "worker"}[name]]


def test_the_image_runs_what_exists_as_an_ordinary_user() -> None:
    entrypoint = json.loads(re.search(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE)[1])  # type: ignore[index]
    assert importlib.util.find_spec(entrypoint[-1]) is not None
    user = re.search(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE)
    assert user is not None
    assert user[1] not in ("root", "0")
    assert f" {user[1]} " in DOCKERFILE.partition("USER")[0].replace("\n", " ")
    assert "ARG BASE=" in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE


def test_the_image_is_installed_by_the_same_program_as_the_environment_of_make() -> None:
    version = re.search(r"^UV := (uv==[\d.]+)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert version is not None
    assert f" {version[1]} " in DOCKERFILE


def test_what_the_image_copies_exists_and_is_sent_to_the_build() -> None:
    copied = [source for line in re.findall(r"^COPY (.*)$", DOCKERFILE, re.MULTILINE) for source in line.split()[1:-1]]
    assert {"src", "dags", "dbt_project", "expectations", "catalog", "requirements.lock"} <= set(copied)
    sent = [line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for source in copied:
        assert (PROJECT / source).exists(), source
        assert any(fnmatch.fnmatch(source, pattern) for pattern in sent), f"{source} is ignored by .dockerignore"
