"""Runs of the DAGs, with stand-ins for the steps: what is skipped, what is tried again, what is red.

All scenarios run in one process of their own (importing Airflow takes longer than they do); each test looks at one of them.
The last test has no stand-ins: files come from an SFTP server that an Airflow connection leads to.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.packs import write_pack
from tests.staging.places import LONG_AGO, put
from tests.staging.servers import PASSWORD, USER, sftp_server
from tests.staging.test_work import workbook

from tonghop.database import connect
from tonghop.settings import PROJECT

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

_RUN = """
import json, sys
dags, scenarios = sys.argv[1], json.loads(sys.argv[2])
sys.path.insert(0, dags)
from airflow.dag_processing.dagbag import DagBag
from airflow.utils.session import create_session
from airflow.models.taskinstance import TaskInstance
from airflow.models.asset import AssetEvent
from tonghop import answers, refresh, staging

def outcome(dag_id, stand_ins):
    called = []
    def stand_in(name, do):
        def step(*arguments):
            called.append([name, *arguments])
            return do(*arguments)
        return step
    exec(stand_ins, {"stand_in": stand_in, "answers": answers, "refresh": refresh, "staging": staging})
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
answers.answer_gate_1 = lambda: None
"""
_INTAKE = """
BATCHES = [["/landing/a.xlsx", "/landing/b.xlsx"], ["/landing/c.xlsx"]]
staging.plan_intake = stand_in("plan_intake", lambda: (BATCHES, []))
staging.read_and_stage = stand_in("read_and_stage", lambda batch: {"files": len(batch)})
staging.pending_work = lambda: True
answers.answer_intake = lambda: None
refresh.is_at_work = lambda: False
"""
_NOTHING_NEW = _INTAKE + "staging.plan_intake = lambda: ([], [])\n"

_NO_ANSWERS = """
def refuse():
    raise OSError("disk full")
answers.answer_gate_1 = answers.answer_intake = refuse
"""

_DECIDE = """
from airflow.providers.standard.operators.hitl import HITLOperator
from tonghop import signing
ANSWERS = {"first": ("Duyệt / Approve", "minh"), "second": ("Để sau / Later", None), "third": ("Từ chối / Reject", "lan")}

def answered(self, context):
    option, user = ANSWERS[self.subject]
    said = {"reason": f"{self.body} looked at"}
    return {"chosen_options": [option], "params_input": said, "responded_by_user": user and {"id": "1", "name": user}}

HITLOperator.execute = answered
signing.questions = lambda: [{"number": 4 + n, "subject": subject, "body": subject} for n, subject in enumerate(ANSWERS)]
decided = stand_in("decide", lambda *acts: None)
signing.answer = lambda number, decision, reason, actor: decided(number, decision, reason, actor.name, actor.via)
"""

SCENARIOS = {
    "decide": ("decide", _DECIDE),
    "nothing to decide": ("decide", _DECIDE + "signing.questions = lambda: []"),
    "decide, one's own": (
        "decide",
        _DECIDE
        + """
def refuse(number, decision, reason, actor):
    if actor.name == "lan":
        raise signing.DecisionRefused("Request 6 was asked for by lan, who cannot approve it as well")
    decided(number, decision, reason, actor.name, actor.via)
signing.answer = refuse
""",
    ),
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
    "answers fail": ("refresh", _REFRESH + _NO_ANSWERS),
    "receipts fail": ("intake", _INTAKE + _NO_ANSWERS),
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
def migrated(airflow_environment: dict[str, str]) -> dict[str, str]:
    """The environment of an Airflow whose database has its tables and knows the DAGs."""
    airflow = Path(sys.executable).with_name("airflow")
    for command in ((airflow, "db", "migrate"), (airflow, "dags", "reserialize")):
        done = subprocess.run(command, env=airflow_environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return airflow_environment


def run(scenarios: dict[str, tuple[str, str]], environment: dict[str, str]) -> tuple[Outcomes, str]:
    """What became of each scenario (state of the run and of its tasks, steps called with their arguments, events), and what was printed."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(PROJECT / "dags"), json.dumps(scenarios)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "RESULT" in done.stdout, done.stdout[-5000:] + done.stderr[-5000:]
    return dict(json.loads(done.stdout.rpartition("RESULT")[2].splitlines()[0])), done.stdout + done.stderr


@pytest.fixture(scope="module")
def outcomes(migrated: dict[str, str]) -> Outcomes:
    return run(SCENARIOS, migrated)[0]


def test_answers_are_written_down_with_their_users_and_what_was_put_off_is_not(outcomes: Outcomes) -> None:
    done = outcomes["decide"]
    assert sorted(done["called"]) == [
        ["decide", 4, "approve", "first looked at", "minh", "airflow"],
        ["decide", 6, "reject", "third looked at", "lan", "airflow"],
    ]
    assert done["state"] == "success"
    assert (outcomes["nothing to decide"]["state"], outcomes["nothing to decide"]["called"]) == ("success", [])


def test_an_answer_that_is_refused_is_red_and_stops_no_other(outcomes: Outcomes) -> None:
    done = outcomes["decide, one's own"]
    assert done["called"] == [["decide", 4, "approve", "first looked at", "minh", "airflow"]]
    assert sorted(done["tasks"]["one_request.write_answer"]) == ["failed", "success", "success"] and done["state"] == "failed"


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


def test_answers_that_cannot_be_written_are_red_and_stop_nothing(outcomes: Outcomes) -> None:
    published = outcomes["answers fail"]
    assert (published["tasks"]["send_returned"], published["tasks"]["report"]) == (["failed"], ["success"])
    assert ["publish", 3] in published["called"]
    staged = outcomes["receipts fail"]
    assert (staged["tasks"]["send_receipts"], staged["tasks"]["announce_submissions"]) == (["failed"], ["success"])
    assert (published["state"], staged["state"], staged["events"]) == ("failed", "failed", 1)


def test_intake_reads_each_batch_and_announces_once(outcomes: Outcomes) -> None:
    done = outcomes["intake"]
    assert sorted(call for call in done["called"] if call[0] == "read_and_stage") == [  # batches have no order among them
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


@pytest.mark.database
def test_intake_reads_files_from_an_airflow_connection(migrated: dict[str, str], state_home: Path, warehouse: None, tmp_path: Path) -> None:
    with sftp_server(tmp_path / "server") as sftp:
        put(sftp.folder / "in" / "C11" / "báo cáo.xlsx", workbook("C11"))
        put(sftp.folder / "in" / "C11" / "hỏng.xlsx", b"no workbook")
        connection = {"conn_type": "sftp", "host": "127.0.0.1", "port": sftp.port, "login": USER, "password": PASSWORD}
        environment = migrated | {
            "TONGHOP_HOME": str(state_home),
            "TONGHOP_CATALOG": str(write_pack(tmp_path / "pack")),
            "TONGHOP_ARCHIVE": str(tmp_path / "archive"),
            "TONGHOP_LANDING": '[{"url": "sftp://units@server/in", "done": "../done", "failed": "../failed"}]',
            "TONGHOP_LANDING_OPTIONS": json.dumps({"sftp://units@": {"known_hosts": str(sftp.known_hosts)}}),
            "TONGHOP_SETTLE_SECONDS": "1",
            "AIRFLOW_CONN_UNITS": json.dumps(connection),
        }
        outcomes, printed = run({"intake": ("intake", "")}, environment)
        left = sorted(path.relative_to(sftp.folder).as_posix() for path in sftp.folder.rglob("*.xlsx"))
    done = outcomes["intake"]
    assert (done["state"], done["tasks"]["read_and_stage"], done["events"]) == ("success", ["success"], 1)
    assert left == ["done/C11/báo cáo.xlsx", "failed/C11/hỏng.xlsx"]
    with connect("auditor") as database:
        receipts = database.execute("select source_uri, sender, received_at, outcome from staging.receipt order by source_uri").fetchall()
    assert receipts == [
        ("sftp://units@server/in/C11/báo cáo.xlsx", "C11", LONG_AGO.replace(microsecond=0), "staged"),
        ("sftp://units@server/in/C11/hỏng.xlsx", "C11", LONG_AGO.replace(microsecond=0), "rejected"),
    ]
    with sqlite3.connect(Path(migrated["AIRFLOW_HOME"]) / "airflow.db") as airflow:
        written = "\n".join(airflow.iterdump())
    assert "sftp://units@server" in written, "the tasks passed the URIs on"
    for secret in (PASSWORD, json.dumps(PASSWORD)[1:-1]):
        assert secret not in written
        assert secret not in printed
