"""Runs of the DAGs, with stand-ins for the steps: what is skipped, what is tried again, what is red.

All scenarios run in one process of their own (importing Airflow takes longer than they do); each test looks at one of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tonghop.settings import PROJECT

pytestmark = pytest.mark.airflow

_RUN = """
import json, sys
dags, scenarios = sys.argv[1], json.loads(sys.argv[2])
sys.path.insert(0, dags)
from airflow.dag_processing.dagbag import DagBag
from airflow.utils.session import create_session
from airflow.models.taskinstance import TaskInstance
from airflow.models.asset import AssetEvent
from tonghop import refresh, staging

def outcome(dag_id, stand_ins):
    called = []
    def stand_in(name, do):
        def step(*arguments):
            called.append([name, *arguments])
            return do(*arguments)
        return step
    exec(stand_ins, {"stand_in": stand_in, "refresh": refresh, "staging": staging})
    dag = DagBag(dags).dags[dag_id]
    for task in dag.tasks:
        task.retries = 0
    with create_session() as session:
        events_before = session.query(AssetEvent).count()
    run = dag.test()
    states = {}
    with create_session() as session:
        for one in session.query(TaskInstance).filter_by(dag_id=dag_id, run_id=run.run_id):
            states.setdefault(one.task_id, []).append(one.state)
        events = session.query(AssetEvent).count() - events_before
    return {"state": run.state, "tasks": states, "called": called, "events": events}

print("RESULT" + json.dumps({name: outcome(*scenario) for name, scenario in scenarios.items()}))
"""

_REFRESH = """
refresh.judge = stand_in("judge", lambda: 7)
refresh.decide = stand_in("decide", lambda run: None)
refresh.open_candidate = stand_in("open_candidate", lambda: 3)
refresh.build_candidate = stand_in("build_candidate", lambda number: None)
refresh.check_candidate = stand_in("check_candidate", lambda number: None)
refresh.publish = stand_in("publish", lambda number: None)
refresh.quality_report = stand_in("quality_report", lambda number: "index.html")
"""
_INTAKE = """
BATCHES = [["/landing/a.xlsx", "/landing/b.xlsx"], ["/landing/c.xlsx"]]
staging.plan_intake = stand_in("plan_intake", lambda: (BATCHES, []))
staging.read_and_stage = stand_in("read_and_stage", lambda batch: {"files": len(batch)})
staging.pending_work = lambda: True
refresh.is_at_work = lambda: False
"""
_NOTHING_NEW = _INTAKE + "staging.plan_intake = lambda: ([], [])\n"

SCENARIOS = {
    "refresh": ("refresh", _REFRESH),
    "nothing to publish": ("refresh", _REFRESH + "refresh.open_candidate = stand_in('open_candidate', lambda: None)"),
    "refused": (
        "refresh",
        _REFRESH
        + """
def refuse(number):
    raise refresh.GateRefused("publication 3 was refused")
refresh.check_candidate = stand_in("check_candidate", refuse)
""",
    ),
    "intake": ("intake", _INTAKE),
    "nothing waits": ("intake", _NOTHING_NEW + "staging.pending_work = lambda: False"),
    "nothing new": ("intake", _NOTHING_NEW),
    "nothing new, a refresh at work": ("intake", _NOTHING_NEW + "refresh.is_at_work = lambda: True"),
    "source down": ("intake", _INTAKE + "staging.plan_intake = lambda: (BATCHES, ['sftp://units@host/in cannot be read: …'])"),
    "failing batch": (
        "intake",
        _INTAKE
        + """
def read(batch):
    if len(batch) == 1:
        raise OSError("disk full")
    return {"files": len(batch)}
staging.read_and_stage = stand_in("read_and_stage", read)
""",
    ),
}
"""Name, and the DAG with the Python that replaces its steps."""

Outcomes = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def outcomes(airflow_environment: dict[str, str]) -> Outcomes:
    """What became of each scenario: state of the run and of its tasks, steps called with their arguments, events emitted."""
    airflow = Path(sys.executable).with_name("airflow")
    for command in ((airflow, "db", "migrate"), (airflow, "dags", "reserialize")):
        done = subprocess.run(command, env=airflow_environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(PROJECT / "dags"), json.dumps(SCENARIOS)],
        env=airflow_environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "RESULT" in done.stdout, done.stdout[-5000:] + done.stderr[-5000:]
    return dict(json.loads(done.stdout.rpartition("RESULT")[2].splitlines()[0]))


def test_a_refresh_takes_the_steps_in_order_with_ids_only(outcomes: Outcomes) -> None:
    done = outcomes["refresh"]
    assert done["called"] == [
        ["judge"], ["decide", 7], ["open_candidate"], ["build_candidate", 3], ["check_candidate", 3], ["publish", 3], ["quality_report", 3],
    ]  # fmt: skip
    assert done["state"] == "success"


def test_a_refresh_with_nothing_to_publish_skips_the_rest(outcomes: Outcomes) -> None:
    done = outcomes["nothing to publish"]
    assert [name for name, *_ in done["called"]] == ["judge", "decide", "open_candidate"]
    skipped = {task for task, states in done["tasks"].items() if states == ["skipped"]}
    assert skipped == {"open_candidate", "build", "check", "publish", "report"}
    assert done["state"] == "success"


def test_a_refused_gate_makes_the_run_red_and_publishes_nothing(outcomes: Outcomes) -> None:
    done = outcomes["refused"]
    assert done["state"] == "failed"
    assert done["tasks"]["check"] == ["failed"]
    assert done["tasks"]["publish"] == ["upstream_failed"]
    assert "publish" not in [name for name, *_ in done["called"]]


def test_intake_reads_each_batch_and_announces_once(outcomes: Outcomes) -> None:
    done = outcomes["intake"]
    assert [call for call in done["called"] if call[0] == "read_and_stage"] == [
        ["read_and_stage", ["/landing/a.xlsx", "/landing/b.xlsx"]],
        ["read_and_stage", ["/landing/c.xlsx"]],
    ]
    assert (done["state"], done["events"]) == ("success", 1)


def test_intake_announces_nothing_when_nothing_waits(outcomes: Outcomes) -> None:
    done = outcomes["nothing waits"]
    assert done["tasks"]["read_and_stage"] == ["skipped"]
    assert done["tasks"]["announce_submissions"] == ["skipped"]
    assert (done["state"], done["events"]) == ("success", 0)


def test_intake_announces_what_an_earlier_run_staged_unless_a_refresh_is_at_work(outcomes: Outcomes) -> None:
    assert outcomes["nothing new"]["events"] == 1
    assert outcomes["nothing new, a refresh at work"]["events"] == 0


def test_a_source_that_is_down_is_red_and_the_others_are_read_and_announced(outcomes: Outcomes) -> None:
    done = outcomes["source down"]
    assert done["tasks"]["read_and_stage"] == ["success", "success"]
    assert (done["tasks"]["confirm_sources"], done["tasks"]["announce_submissions"]) == (["failed"], ["success"])
    assert (done["state"], done["events"]) == ("failed", 1)


def test_a_batch_that_fails_is_red_and_does_not_keep_the_others_back(outcomes: Outcomes) -> None:
    done = outcomes["failing batch"]
    assert sorted(done["tasks"]["read_and_stage"]) == ["failed", "success"]
    assert done["tasks"]["announce_submissions"] == ["success"]
    assert done["tasks"]["confirm_all_read"] == ["upstream_failed"]
    assert (done["state"], done["events"]) == ("failed", 1)
