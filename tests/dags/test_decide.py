"""The DAG `decide` in a running Airflow: people answer through the interface that its web pages use, and the answers are in force."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from tests.deployed import empty_warehouse
from tests.gate import staged
from tests.gate.staged import Report, judge_quickly, stage
from tests.packs import write_pack

from tonghop import signing, warehouse
from tonghop.catalog import read_pack
from tonghop.gate import decide, judge
from tonghop.service import engine
from tonghop.service.environment import USER, base_url
from tonghop.service.rest import FINISHED, Airflow, AirflowSilent, Run
from tonghop.signing import Actor
from tonghop.state import secret

pytestmark = [pytest.mark.airflow, pytest.mark.database, pytest.mark.slow, pytest.mark.timeout(2400)]

BAD_SUM = {"VISITS.value": 11, "VISITS_CHILD.value": 3, "VISITS_ADULT.value": 7}
APPROVE, REJECT = "Duyệt / Approve", "Từ chối / Reject"

T = TypeVar("T")


@pytest.fixture
def pack_folder(server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Three reports that a rule has held back."""
    monkeypatch.setattr(warehouse, "build_rules", judge_quickly)
    empty_warehouse()
    folder = write_pack(tmp_path / "pack")
    staged.load(folder)
    stage([Report(unit, "ST", "2022-03", BAD_SUM) for unit in ("C11", "C12", "C21")])
    run = judge()
    assert run is not None
    decide(run)
    yield folder
    empty_warehouse()


@pytest.fixture
def airflow(pack_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Airflow]:
    """An Airflow that starts no run of the DAG by itself: when its time was less than a tenth of its interval ago, Airflow makes up for
    that one at once; it would hold the one place for a run, with what it found to ask about."""
    monkeypatch.setenv("TONGHOP_DECIDE_CRON", f"0 0 1 {(date.today().month + 5) % 12 + 1} *")  # half a year from now
    try:
        yield engine.start_airflow(read_pack(pack_folder), lambda line: None)
    finally:
        engine.stop_airflow()


class Answers:
    """What waits under *Required actions*, as the user of the web interface sees and answers it."""

    def __init__(self) -> None:
        self._http = httpx.Client(base_url=base_url(), timeout=300, trust_env=False)
        token = self._http.post("/auth/token", json={"username": USER, "password": secret("airflow_admin")}).json()["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def waiting(self, run: Run) -> list[dict[str, Any]]:
        answer = self._http.get(f"/api/v2/dags/{run.dag}/dagRuns/{run.run_id}/hitlDetails", params={"response_received": False})
        return list(answer.raise_for_status().json()["hitl_details"])

    def give(self, run: Run, question: dict[str, Any], option: str, reason: str) -> None:
        task = question["task_instance"]
        self._http.patch(
            f"/api/v2/dags/{run.dag}/dagRuns/{run.run_id}/taskInstances/{task['task_id']}/{task['map_index']}/hitlDetails",
            json={"chosen_options": [option], "params_input": {"reason": reason}},
        ).raise_for_status()


def ask(unit: str, actor: Actor) -> int:
    ((number, _),) = signing.ask_waiver(
        "VISITS_IS_SUM", unit, "ST", "2022-03", reason="counted by hand", expires_on=date(2999, 1, 1), actor=actor
    )
    return number


def wait_for(look: Callable[[], T], seconds: float = 900) -> T:
    """The first answer that is not empty. A busy machine answers late, or not at all for once: it is asked again."""
    until = time.monotonic() + seconds
    while True:
        with suppress(AirflowSilent, httpx.TransportError):
            if found := look():
                return found
        assert time.monotonic() < until, "nothing came"
        time.sleep(1)


def test_answers_given_in_the_web_interface_are_in_force_and_nobody_approves_their_own(airflow: Airflow) -> None:
    approved, rejected = ask("C11", Actor("lan", "command line")), ask("C12", Actor("lan", "command line"))
    own = ask("C21", Actor(USER, "airflow"))
    airflow.unpause("decide")
    run = airflow.trigger("decide")
    answers = Answers()

    def all_three() -> list[dict[str, Any]]:
        waiting = answers.waiting(run)
        return waiting if len(waiting) == 3 else []

    questions = {int(question["subject"].split()[0]): question for question in wait_for(all_three)}
    assert set(questions) == {approved, rejected, own}
    assert "VISITS value = 11" in questions[approved]["body"]
    said = {approved: (APPROVE, "seen the register"), rejected: (REJECT, "correct it"), own: (APPROVE, "trust me")}

    def answered() -> bool:
        """A task that asks lets go of its place some seconds after its question appears, and an answer in between is lost now and then:
        the scheduler takes the task for one that was killed, and it asks again. Nobody answers at once, and what comes back is answered."""
        if waiting := answers.waiting(run):
            time.sleep(15)
        for question in waiting:
            answers.give(run, question, *said[int(question["subject"].split()[0])])
        return airflow.run("decide", run.run_id).state in FINISHED

    wait_for(answered)

    assert {each.request_id: each.standing for each in signing.list_requests()} == {
        approved: "in_force",
        rejected: "rejected",
        own: "pending",
    }
    (failed,) = [task for task in airflow.tasks(run) if task.state == "failed"]
    assert failed.task == "one_request.write_answer"
    assert USER in wait_for(lambda: airflow.failure(run, failed))
