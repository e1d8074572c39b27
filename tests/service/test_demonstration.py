"""The demonstration: files land whole and once, waiting for runs, and what is told about them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tonghop.service import demonstration, processes
from tonghop.service.demonstration import Conductor, DemonstrationStopped, drop, failure_text, landing_folder, progress
from tonghop.service.rest import AirflowSilent, Run, TaskState
from tonghop.settings import settings


@pytest.fixture
def wave(tmp_path: Path) -> Path:
    folder = tmp_path / "1_wave"
    for sender, name, time in (("A", "một.xlsx", 1_600_000_000), ("A", "hai.xlsx", 1_600_000_100), ("B", "một.xlsx", 1_600_000_200)):
        file = folder / sender / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{sender} {name}")
        os.utime(file, (time, time))
    return folder


def landed(landing: Path) -> dict[str, int]:
    return {str(path.relative_to(landing)): int(path.stat().st_mtime) for path in landing.rglob("*") if path.is_file()}


def test_files_land_with_their_senders_folder_and_time(wave: Path, tmp_path: Path) -> None:
    assert drop(wave, tmp_path / "landing") == 3
    assert landed(tmp_path / "landing") == {"A/một.xlsx": 1_600_000_000, "A/hai.xlsx": 1_600_000_100, "B/một.xlsx": 1_600_000_200}


def test_a_wave_that_landed_is_not_put_there_again(wave: Path, tmp_path: Path) -> None:
    drop(wave, tmp_path / "landing")
    before = {path: path.stat().st_ino for path in (tmp_path / "landing").rglob("*.xlsx")}
    assert drop(wave, tmp_path / "landing") == 0
    assert {path: path.stat().st_ino for path in (tmp_path / "landing").rglob("*.xlsx")} == before


def test_what_a_killed_drop_left_is_completed(wave: Path, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    drop(wave, landing)
    (landing / "A" / "hai.xlsx").rename(landing / "A" / ".hai.xlsx.part")
    (landing / "B" / "một.xlsx").write_text("half")
    assert drop(wave, landing) == 2
    assert landed(landing) == {"A/một.xlsx": 1_600_000_000, "A/hai.xlsx": 1_600_000_100, "B/một.xlsx": 1_600_000_200}


def test_the_landing_area_is_made_and_a_url_is_not_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for value, expected in (
        (str(tmp_path / "here"), tmp_path / "here"),
        ((tmp_path / "there").as_uri(), tmp_path / "there"),
        ("s3://bucket/landing", None),
    ):
        monkeypatch.setenv("TONGHOP_LANDING", value)
        settings.cache_clear()
        assert landing_folder() == expected
        assert expected is None or expected.is_dir()
    monkeypatch.undo()
    settings.cache_clear()


def test_progress_counts_batches_and_names_tasks() -> None:
    tasks = [
        TaskState("list_batches", -1, "success", 1),
        TaskState("read_and_stage", 0, "success", 1),
        TaskState("read_and_stage", 1, "running", 1),
        TaskState("announce_submissions", -1, None, 0),
    ]
    assert progress(Run("intake", "r", "running"), tasks) == "intake: 1 of 2 batches read · list_batches done"
    assert progress(Run("refresh", "r", "queued"), []) == "refresh: queued"


class FakeAirflow:
    """Airflow as the conductor sees it: runs that go on at each look."""

    def __init__(self, states: dict[str, list[str]], *, unfinished: dict[str, list[list[Run]]] | None = None) -> None:
        self.states = states
        self.looks = {dag: iter(lists) for dag, lists in (unfinished or {}).items()}
        self.triggered: list[str] = []

    def unfinished(self, dag: str) -> list[Run]:
        return next(self.looks[dag], []) if dag in self.looks else []

    def awaits_run(self, dag: str) -> bool:
        return False

    def trigger(self, dag: str) -> Run:
        self.triggered.append(dag)
        return Run(dag, f"run {len(self.triggered)}", "queued")

    def run(self, dag: str, run_id: str) -> Run:
        return Run(dag, run_id, self.states[dag].pop(0))

    def tasks(self, run: Run) -> list[TaskState]:
        return [TaskState("check", -1, run.state if run.state == "failed" else "running", 1)]

    def failure(self, run: Run, task: TaskState) -> str:
        return "publication 3 was refused"


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[Any]]]:
    """What staging answers at each look: the batches to read, and whether something waits to be published."""
    answers: dict[str, list[Any]] = {"batches": [], "pending": []}
    monkeypatch.setattr(demonstration.staging, "plan_batches", lambda: answers["batches"].pop(0) if answers["batches"] else [])
    monkeypatch.setattr(demonstration.staging, "pending_work", lambda: answers["pending"].pop(0) if answers["pending"] else False)
    monkeypatch.setattr(demonstration, "POLL_SECONDS", 0)
    return answers


def conductor(airflow: FakeAirflow, said: list[str]) -> Conductor:
    made = Conductor(None, said.append)  # type: ignore[arg-type]
    made.__dict__["_airflow"] = airflow
    return made


def test_nothing_is_started_when_there_is_nothing_to_do(work: dict[str, list[Any]]) -> None:
    Conductor(None, print).finish()  # type: ignore[arg-type]  # a start of Airflow would need a pack


def test_files_are_read_and_then_published_by_the_announced_run(work: dict[str, list[Any]]) -> None:
    work["batches"] = [[["a.xlsx"]], [["a.xlsx"]], []]
    announced = Run("refresh", "asset", "running")
    airflow = FakeAirflow(
        {"intake": ["running", "success"], "refresh": ["running", "success"]}, unfinished={"refresh": [[], [announced], []]}
    )
    said: list[str] = []
    conductor(airflow, said).finish()
    assert airflow.triggered == ["intake"], "the Asset starts refresh, we do not"
    assert said[-1].startswith("refresh:")


def test_work_without_an_announced_run_gets_one(work: dict[str, list[Any]]) -> None:
    work["pending"] = [True, True, False]
    airflow = FakeAirflow({"refresh": ["success"]})
    conductor(airflow, []).finish()
    assert airflow.triggered == ["refresh"]


def test_files_that_stay_unread_end_the_demonstration(work: dict[str, list[Any]]) -> None:
    work["batches"] = [[["a.xlsx"]], [["a.xlsx"]], [["a.xlsx"]]]
    with pytest.raises(DemonstrationStopped, match=r"the first is a\.xlsx"):
        conductor(FakeAirflow({"intake": ["success"]}), []).finish()


def test_a_refused_gate_ends_the_demonstration_with_its_reason(state_home: Path, work: dict[str, list[Any]]) -> None:
    work["pending"] = [True, True]
    with pytest.raises(DemonstrationStopped, match=r"check: publication 3 was refused[\s\S]*task_id=check"):
        conductor(FakeAirflow({"refresh": ["failed"]}), []).finish()


def test_work_that_no_run_finishes_ends_the_demonstration(work: dict[str, list[Any]]) -> None:
    work["pending"] = [True] * 20
    with pytest.raises(DemonstrationStopped, match="there is still something to publish"):
        conductor(FakeAirflow({"refresh": ["success"] * 10}), []).finish()


def test_an_older_run_is_waited_for_before_ours(work: dict[str, list[Any]]) -> None:
    work["batches"] = [[["a.xlsx"]], [["a.xlsx"]], []]
    scheduled = Run("intake", "scheduled", "running")
    airflow = FakeAirflow({"intake": ["success", "success"]}, unfinished={"intake": [[], [scheduled]]})
    conductor(airflow, []).finish()
    assert airflow.states["intake"] == []


def test_silence_is_borne_only_while_the_supervisor_lives(work: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    silent = iter([True, True, False])

    def ask() -> str:
        if next(silent):
            raise AirflowSilent("no answer")
        return "answer"

    monkeypatch.setattr(processes, "supervisor_runs", lambda: True)
    assert conductor(FakeAirflow({}), [])._patiently(ask) == "answer"
    monkeypatch.setattr(processes, "supervisor_runs", lambda: False)
    silent = iter([True])
    with pytest.raises(AirflowSilent):
        conductor(FakeAirflow({}), [])._patiently(ask)


def test_a_failure_names_task_message_and_log(state_home: Path) -> None:
    text = failure_text(FakeAirflow({}), Run("refresh", "manual__1", "failed"))  # type: ignore[arg-type]
    assert "check: publication 3 was refused" in text
    assert "dag_id=refresh/run_id=manual__1/task_id=check" in text
