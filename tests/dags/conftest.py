"""Airflow with a database of its own: nothing of a running one is touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tonghop.settings import PROJECT

_READ_DAGS = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import airflow.models, airflow.sdk
before, started = set(sys.modules), time.monotonic()
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
after = set(sys.modules) - before
print("RESULT" + json.dumps({
    "errors": bag.import_errors,
    "imported": sorted(after),
    "dags": {
        dag_id: {
            "tasks": {task.task_id: {
                "upstream": sorted(task.upstream_task_ids),
                "retries": task.retries,
                "owner": task.owner,
                "trigger_rule": task.trigger_rule.value,
                "outlets": [outlet.name for outlet in task.outlets],
                "is_mapped": bool(task.is_mapped),
            } for task in dag.tasks},
            "doc": dag.doc_md,
            "max_active_runs": dag.max_active_runs,
            "catchup": dag.catchup,
            "timetable": type(dag.timetable).__name__,
            "assets": [asset.name for asset in condition.objects]
                if (condition := getattr(dag.timetable, "asset_condition", None)) else [],
        } for dag_id, dag in bag.dags.items()
    },
}))
"""


@pytest.fixture(scope="session")
def airflow_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a child process that uses Airflow without a server."""
    home = tmp_path_factory.mktemp("airflow")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return inherited | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "TONGHOP_HOME": str(tmp_path_factory.mktemp("state")),
    }


@pytest.fixture(scope="session")
def dag_bag(airflow_environment: dict[str, str]) -> dict[str, object]:
    """What Airflow reads from `dags/`, in a process of its own: errors, imported modules, DAGs with their tasks."""
    done = subprocess.run(
        [sys.executable, "-c", _READ_DAGS, str(PROJECT / "dags")],
        env=airflow_environment, capture_output=True, text=True, check=False, cwd=Path("/"),
    )  # fmt: skip
    assert "RESULT" in done.stdout, done.stdout + done.stderr
    return dict(json.loads(done.stdout.rpartition("RESULT")[2]))
