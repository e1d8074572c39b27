"""Airflow's REST API, as much of it as we use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from tonghop.errors import TonghopError

FINISHED = ("success", "failed")
"""States in which a run stays."""


class AirflowSilent(TonghopError):
    """Airflow does not answer."""


@dataclass(frozen=True)
class Run:
    """A run of a DAG."""

    dag: str
    run_id: str
    state: str


@dataclass(frozen=True)
class TaskState:
    """A task of a run; `map_index` is -1 for a task that is not mapped. `state` is None while it waits for its turn."""

    task: str
    map_index: int
    state: str | None
    try_number: int


class Airflow:
    """A client of one Airflow. Every call raises AirflowSilent when nothing answers or the answer is an error."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._login = {"username": user, "password": password}
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._token: str | None = None

    def health(self) -> dict[str, str | None]:
        """The state (`healthy`, `unhealthy`, None) of each component."""
        answer = self._ask("GET", "/api/v2/monitor/health", login=False)
        return {name: part.get("status") for name, part in answer.items() if part}

    def dag_ids(self) -> set[str]:
        """The DAGs that Airflow has read."""
        return {dag["dag_id"] for dag in self._ask("GET", "/api/v2/dags")["dags"]}

    def unpause(self, dag: str) -> None:
        """Let the schedule and the triggers of a DAG work."""
        self._ask("PATCH", f"/api/v2/dags/{dag}", json={"is_paused": False})

    def trigger(self, dag: str) -> Run:
        """Start a run."""
        return _run(self._ask("POST", f"/api/v2/dags/{dag}/dagRuns", json={"logical_date": None}))

    def run(self, dag: str, run_id: str) -> Run:
        """The present state of a run."""
        return _run(self._ask("GET", f"/api/v2/dags/{dag}/dagRuns/{quote(run_id, safe='')}"))

    def unfinished(self, dag: str) -> list[Run]:
        """Runs that are queued or running, oldest first."""
        answer = self._ask("GET", f"/api/v2/dags/{dag}/dagRuns", params={"state": ["queued", "running"], "order_by": "run_after"})
        return [_run(run) for run in answer["dag_runs"]]

    def latest(self, dag: str) -> Run | None:
        """The run that was started last; None when there was none."""
        runs = self._ask("GET", f"/api/v2/dags/{dag}/dagRuns", params={"order_by": "-run_after", "limit": 1})["dag_runs"]
        return _run(runs[0]) if runs else None

    def awaits_run(self, dag: str) -> bool:
        """Whether an event of an asset has arrived that will start a run of the DAG."""
        return bool(self._ask("GET", f"/api/v2/dags/{dag}/assets/queuedEvents", missing={"queued_events": []})["queued_events"])

    def tasks(self, run: Run) -> list[TaskState]:
        """The tasks of a run."""
        found: list[TaskState] = []
        while True:
            page = self._ask("GET", f"{_path(run)}/taskInstances", params={"limit": 100, "offset": len(found)})
            found += [TaskState(one["task_id"], one["map_index"], one["state"], one["try_number"]) for one in page["task_instances"]]
            if not page["task_instances"] or len(found) >= page["total_entries"]:
                return found

    def failure(self, run: Run, task: TaskState) -> str:
        """The message of the exception that ended a task; empty when its log has none."""
        path = f"{_path(run)}/taskInstances/{task.task}/logs/{task.try_number}"
        content = self._ask("GET", path, params={"map_index": task.map_index}, missing={"content": []})["content"]
        chains = [line["error_detail"] for line in content if isinstance(line, dict) and line.get("error_detail")]
        return str(chains[-1][0].get("exc_value", "")) if chains else ""  # a chain goes on with the causes

    def _ask(
        self, method: str, path: str, *, login: bool = True, missing: dict[str, Any] | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """`missing` stands for the answer 404, where that is not an error."""
        try:
            if login and self._token is None:
                answer = self._http.post("/auth/token", json=self._login)
                answer.raise_for_status()
                self._token = answer.json()["access_token"]
            headers = {"Authorization": f"Bearer {self._token}"} if login else {}
            answer = self._http.request(method, path, headers=headers, **arguments)
            if answer.status_code == httpx.codes.NOT_FOUND and missing is not None:
                return missing
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                self._token = None  # expired: the next call logs in again
            answer.raise_for_status()
            return dict(answer.json())
        except httpx.HTTPError as error:
            raise AirflowSilent(f"Airflow at {self._http.base_url} does not answer as it should: {error}") from error


def _path(run: Run) -> str:
    return f"/api/v2/dags/{run.dag}/dagRuns/{quote(run.run_id, safe='')}"


def _run(answer: dict[str, Any]) -> Run:
    return Run(answer["dag_id"], answer["dag_run_id"], answer["state"])
