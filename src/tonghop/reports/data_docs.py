"""What Great Expectations shows of a run of a gate, as pages that need no network.

The library renders the recorded results; only the frame of the page is ours, since its own fetches styles and scripts from elsewhere.
Loading the library takes seconds, so a page is kept beside the reports once it is made: by the process that ran the gate, which has
the library loaded, or else by the first report that needs it.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from tonghop.reports.rows import GateRun
from tonghop.settings import settings

_LINK_TO_SUITE = re.compile(r'<a href="(?:\.\./)+expectations/[^"]*"\s*>(.*?)</a>', re.DOTALL)
"""The library links to pages of suites, which are code here: the name is enough."""

FOLDER = "gates"
"""The folder of a report that holds the pages."""


def write_pages(runs: Sequence[GateRun], folder: Path) -> dict[int, str]:
    """Write a page below `folder` for each run that has results; returned is the page of each, by the number of the run."""
    written = {}
    for run in runs:
        if run.results:
            page = f"{FOLDER}/{run.gate_run_id:06d}.html"
            (folder / FOLDER).mkdir(exist_ok=True)
            (folder / page).write_text(rendered(run), encoding="utf-8")
            written[run.gate_run_id] = page
    return written


def rendered(run: GateRun) -> str:
    """The page of a run, which is made once for the same results, by the same library and in the same frame."""
    content = json.dumps([asdict(run), version("great_expectations"), _frame()], default=str, sort_keys=True)
    kept = settings().reports_path / f".{FOLDER}" / f"{hashlib.sha256(content.encode()).hexdigest()}.html"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        made = kept.with_suffix(f".{uuid.uuid4().hex}")  # a report and the gate may make it at the same time
        made.write_text(_render(run), encoding="utf-8")
        made.rename(kept)
    return kept.read_text(encoding="utf-8")


def _render(run: GateRun) -> str:
    from great_expectations.render.renderer import ValidationResultsPageRenderer  # takes seconds: only where a page is made
    from great_expectations.render.view import DefaultJinjaPageView
    from jinja2 import ChoiceLoader, PackageLoader

    view = DefaultJinjaPageView()
    view.env.loader = ChoiceLoader([PackageLoader("tonghop.reports", "templates/gates"), view.env.loader])
    document = ValidationResultsPageRenderer().render(_validated(run))
    page: str = view.render(document, run=run, severities=_severities(run))
    return _LINK_TO_SUITE.sub(r"\1", page)


def _frame() -> str:
    return (files("tonghop.reports") / "templates" / "gates" / "page.j2").read_text(encoding="utf-8")


def _severities(run: GateRun) -> dict[str, int]:
    unmet = [result["severity"] for result in run.results if not result["success"]]
    return {severity: unmet.count(severity) for severity in ("critical", "warning", "info")}


def _validated(run: GateRun) -> Any:
    """The recorded results of a run as the library has them after it made the checks."""
    from great_expectations import __version__
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult, RunIdentifier
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    results = [
        ExpectationValidationResult(
            success=result["success"],
            expectation_config=ExpectationConfiguration(
                type="unexpected_rows_expectation",
                kwargs={"unexpected_rows_query": "{batch}"},  # asked for by the library, and not shown: a description goes before it
                meta={"check": result["expectation"]},
                description=f"[{result['severity']}] {result['description']} ({result['expectation']})",
                severity=result["severity"],
            ),
            result=_observed(result["observed"] or {}),
            exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
        )
        for result in run.results
    ]
    met = sum(result["success"] for result in run.results)
    return ExpectationSuiteValidationResult(
        success=run.status == "passed",
        results=results,
        suite_name=f"gate_{run.gate}",
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": met,
            "unsuccessful_expectations": len(results) - met,
            "success_percent": 100 * met / len(results),
        },
        meta={
            "run_id": RunIdentifier(run_name=f"gate {run.gate}, run {run.gate_run_id}", run_time=run.started_at),
            "great_expectations_version": __version__,
            "active_batch_definition": {},
            "batch_spec": {},
        },
    )


def _observed(observed: dict[str, Any]) -> dict[str, Any]:
    """How many rows a check found that should not be, and the first of them in words."""
    if not observed:
        return {"observed_value": 0}
    lines = (", ".join(f"{name} {value}" for name, value in row.items()) for row in observed["rows"])
    return {"observed_value": " · ".join([str(observed["count"]), *lines])}
