"""The client of Airflow's REST API, against answers as Airflow 3 gives them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tonghop.service.rest import Airflow, AirflowSilent, Run, TaskState

RUN = {"dag_id": "refresh", "dag_run_id": "manual__2022-08-01T00:00:00+00:00_x", "state": "running"}
CLIENT = httpx.Client
Answer = Callable[[httpx.Request], httpx.Response]


def airflow(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> Airflow:
    def with_login(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            assert json.loads(request.content) == {"username": "admin", "password": "secret"}
            return httpx.Response(201, json={"access_token": "token"})
        if request.url.path != "/api/v2/monitor/health":
            assert request.headers["Authorization"] == "Bearer token"
        return answer(request)

    monkeypatch.setattr(httpx, "Client", lambda **arguments: CLIENT(**arguments | {"transport": httpx.MockTransport(with_login)}))
    return Airflow("http://127.0.0.1:1", "admin", "secret")


def answers(**content: Any) -> Answer:
    return lambda _: httpx.Response(200, json=content)


def test_health_names_the_state_of_each_part(monkeypatch: pytest.MonkeyPatch) -> None:
    health = answers(metadatabase={"status": "healthy"}, scheduler={"status": "unhealthy"}, triggerer=None)
    assert airflow(health, monkeypatch).health() == {"metadatabase": "healthy", "scheduler": "unhealthy"}


def test_a_run_is_triggered_without_a_logical_date(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/api/v2/dags/refresh/dagRuns")
        assert json.loads(request.content) == {"logical_date": None}
        return httpx.Response(200, json=RUN)

    assert airflow(answer, monkeypatch).trigger("refresh") == Run("refresh", RUN["dag_run_id"], "running")


def test_the_id_of_a_run_is_quoted_in_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.raw_path.endswith(b"/dagRuns/manual__2022-08-01T00%3A00%3A00%2B00%3A00_x")
        return httpx.Response(200, json=RUN | {"state": "success"})

    assert airflow(answer, monkeypatch).run("refresh", RUN["dag_run_id"]).state == "success"


def test_all_pages_of_the_tasks_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [{"task_id": "read_and_stage", "map_index": index, "state": "success", "try_number": 1} for index in range(250)]

    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        return httpx.Response(200, json={"task_instances": tasks[offset : offset + 100], "total_entries": len(tasks)})

    found = airflow(answer, monkeypatch).tasks(Run("intake", "r", "running"))
    assert found == [TaskState("read_and_stage", index, "success", 1) for index in range(250)]


def test_no_queued_event_is_answered_with_404(monkeypatch: pytest.MonkeyPatch) -> None:
    assert airflow(lambda _: httpx.Response(404, json={"detail": "none"}), monkeypatch).awaits_run("refresh") is False
    assert airflow(answers(queued_events=[{"uri": "x"}]), monkeypatch).awaits_run("refresh") is True


def test_the_message_of_a_failed_task_is_that_of_the_exception_that_ended_it(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = [{"exc_type": "GateBroken", "exc_value": "what to do"}, {"exc_type": "ValueError", "exc_value": "its cause"}]
    content = [{"event": "::group::Pre Execute"}, {"event": "Task failed", "error_detail": chain}]
    run, task = Run("refresh", "r", "failed"), TaskState("check", -1, "failed", 1)
    assert airflow(answers(content=content), monkeypatch).failure(run, task) == "what to do"
    assert airflow(answers(content=[{"event": "killed"}]), monkeypatch).failure(run, task) == ""


def test_an_error_and_silence_are_the_same_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(AirflowSilent, match="does not answer as it should"):
        airflow(silent, monkeypatch).dag_ids()
    with pytest.raises(AirflowSilent, match="500"):
        airflow(lambda _: httpx.Response(500), monkeypatch).unpause("intake")


def test_an_expired_login_is_renewed_at_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    states = iter([401, 200])

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(next(states), json={"dags": [{"dag_id": "intake"}]})

    client = airflow(answer, monkeypatch)
    with pytest.raises(AirflowSilent):
        client.dag_ids()
    assert client.dag_ids() == {"intake"}
