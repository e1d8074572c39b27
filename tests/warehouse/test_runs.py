"""What surrounds a run of dbt: the version of the code, and what a failure says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tonghop.warehouse import NodeResult, code_version, dbt, version


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one model and one suite."""
    for path in ("dbt_project/models/a.sql", "expectations/gate.py", "docs/page.md"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("one")
    monkeypatch.setattr(version, "PROJECT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", ["dbt_project/models/a.sql", "dbt_project/models/new.sql", "expectations/gate.py"])
def test_the_version_of_the_code_follows_models_and_suites(code: Path, path: str) -> None:
    before = code_version()
    (code / path).write_text("another")
    assert code_version() != before


@pytest.mark.parametrize(
    "path", ["dbt_project/target/run.json", "expectations/__pycache__/gate.pyc", "dbt_project/.user.yml", "docs/page.md"]
)
def test_the_version_of_the_code_ignores_what_does_not_compute(code: Path, path: str) -> None:
    before = code_version()
    (code / path).parent.mkdir(parents=True, exist_ok=True)
    (code / path).write_text("another")
    assert code_version() == before


def test_a_moved_model_is_another_version(code: Path) -> None:
    before = code_version()
    (code / "dbt_project/models/a.sql").rename(code / "dbt_project/models/b.sql")
    assert code_version() != before


def test_a_failure_names_what_failed_and_not_what_was_skipped() -> None:
    nodes = (
        NodeResult("model one", "success", 1.0, "SELECT 1"),
        NodeResult("model two", "error", 1.0, "Database Error\n  column x does not exist\n  > called by macro y"),
        NodeResult("model three", "skipped", 0.0, ""),
        NodeResult("test four", "fail", 0.1, "Got 2 results"),
    )
    text = dbt._explain(("build",), nodes, "", Path("/state/run"))
    assert text.splitlines() == [
        "dbt build failed. Nothing was published: the live publication is as it was.",
        "  model two: Database Error",
        "    column x does not exist",
        "  test four: Got 2 results",
        "The whole log is /state/run/dbt.log.",
    ]


def test_a_run_that_never_began_shows_what_dbt_printed() -> None:
    assert "no such selector" in dbt._explain(("build",), (), "Error: no such selector\n", Path("/state/run"))
