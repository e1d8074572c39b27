"""The DAG files: they are read, they are wired as they should be, and reading them is cheap."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import Any

import pytest

from tonghop.settings import PROJECT

pytestmark = pytest.mark.airflow

FILES = sorted((PROJECT / "dags").glob("*.py"))
HEAVY = (
    "pandas",
    "great_expectations",
    "dbt",
    "psycopg",
    "openpyxl",
    "tonghop.intake",
    "tonghop.staging",
    "tonghop.refresh",
    "tonghop.gate",
    "tonghop.reminders",
)


def test_all_dags_are_read_without_an_error(dag_bag: dict[str, Any]) -> None:
    assert dag_bag["errors"] == {}
    assert set(dag_bag["dags"]) == {"decide", "intake", "refresh", "remind"}


def test_each_file_holds_one_dag_named_like_it(dag_bag: dict[str, Any]) -> None:
    assert {file.stem for file in FILES} == set(dag_bag["dags"])


def test_reading_dags_imports_nothing_heavy(dag_bag: dict[str, Any]) -> None:
    """The dag-processor reads the files every minute, and each task once more."""
    for name in HEAVY:
        found = [module for module in dag_bag["imported"] if module == name or module.startswith(f"{name}.")]
        assert found == [], name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_module_level_import_is_of_airflow_settings_or_the_standard_library(file: Any) -> None:
    tree = ast.parse(file.read_text())
    modules = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)} | {
        name.name for node in tree.body if isinstance(node, ast.Import) for name in node.names
    }
    ours = {module for module in modules if module and module.startswith("tonghop")}
    needed = {"tonghop.service.task_options", "tonghop.settings"}
    assert needed <= ours <= {*needed, "tonghop.service.assets"}


@pytest.mark.parametrize("name", ["decide", "intake", "refresh", "remind"])
def test_a_dag_runs_alone_does_not_catch_up_and_says_what_to_do_when_red(dag_bag: dict[str, Any], name: str) -> None:
    dag = dag_bag["dags"][name]
    assert (dag["max_active_runs"], dag["catchup"]) == (1, False)
    for heading in ("**What.**", "**Owner.**", "**When it is red.**"):
        assert heading in dag["doc"]


@pytest.mark.parametrize("name", ["decide", "intake", "refresh"])
def test_every_task_has_an_owner_and_is_tried_again(dag_bag: dict[str, Any], name: str) -> None:
    for task_id, task in dag_bag["dags"][name]["tasks"].items():
        assert task["owner"] == "data engineering"
        assert task["retries"] == (0 if task_id == "confirm_sources" else 2)  # its message is from a look that is over


def test_intake_reads_batches_in_mapped_tasks_and_announces_even_when_one_failed(dag_bag: dict[str, Any]) -> None:
    tasks = dag_bag["dags"]["intake"]["tasks"]
    assert tasks["read_and_stage"]["is_mapped"]
    assert tasks["read_and_stage"]["upstream"] == ["list_batches"]
    assert tasks["announce_submissions"]["trigger_rule"] == "all_done"
    assert tasks["announce_submissions"]["outlets"] == ["staged_submissions"]
    assert (tasks["confirm_all_read"]["trigger_rule"], tasks["confirm_all_read"]["upstream"]) == ("none_failed", ["read_and_stage"])


@pytest.mark.parametrize(("name", "task", "after"), [("intake", "send_receipts", "read_and_stage"), ("refresh", "send_returned", "decide")])
def test_answers_to_units_follow_at_once_and_nothing_waits_for_them(dag_bag: dict[str, Any], name: str, task: str, after: str) -> None:
    tasks = dag_bag["dags"][name]["tasks"]
    assert tasks[task]["upstream"] == [after]
    assert tasks[task]["trigger_rule"] == ("all_done" if name == "intake" else "all_success")
    assert [other for other, values in tasks.items() if task in values["upstream"]] == []


def test_each_request_is_asked_and_written_down_by_itself(dag_bag: dict[str, Any]) -> None:
    """One that nobody answers keeps no other answer waiting."""
    tasks = dag_bag["dags"]["decide"]["tasks"]
    assert tasks["one_request.ask"]["upstream"] == ["list_pending"]
    assert tasks["one_request.write_answer"]["upstream"] == ["list_pending", "one_request.ask"]


def test_refresh_is_started_by_the_asset_that_intake_emits_or_by_the_calendar(dag_bag: dict[str, Any]) -> None:
    assert dag_bag["dags"]["refresh"]["timetable"] == "AssetOrTimeSchedule"
    assert dag_bag["dags"]["refresh"]["assets"] == ["staged_submissions"]


def test_refresh_goes_from_judgement_to_report_step_by_step(dag_bag: dict[str, Any]) -> None:
    tasks = dag_bag["dags"]["refresh"]["tasks"]
    order = ["judge", "decide", "open_candidate", "build", "check", "publish", "report"]
    assert list(tasks) and set(tasks) == {*order, "send_returned"}
    for before, after in pairwise(order):
        assert before in tasks[after]["upstream"]
