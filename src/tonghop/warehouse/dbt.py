"""Running dbt: a target folder for each run, credentials in its environment only, and results as data."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tonghop.database import dsn
from tonghop.errors import TonghopError
from tonghop.settings import PROJECT, settings
from tonghop.state import state_folder
from tonghop.warehouse.dbt_process import DbtProcess, Request
from tonghop.warehouse.version import code_version

DBT_PROJECT = PROJECT / "dbt_project"
"""The folder of dbt_project.yml."""

_KEPT_RUNS = 20
_FAILED = frozenset({"error", "fail", "runtime error"})
_PROCESS = DbtProcess()


@dataclass(frozen=True)
class NodeResult:
    """What became of one model or test: `status` is dbt's word (`success`, `pass`, `error`, `fail`, `skipped`, …)."""

    name: str
    status: str
    seconds: float
    message: str

    @property
    def failed(self) -> bool:
        """Whether this node itself went wrong (a skipped one did not)."""
        return self.status in _FAILED


@dataclass(frozen=True)
class DbtResult:
    """A finished run: its nodes, and the folder with its log and artifacts."""

    nodes: tuple[NodeResult, ...]
    folder: Path


class DbtFailed(TonghopError):
    """A model or a test of dbt failed; the text names them."""


def run_dbt(
    *arguments: str, publication: int | None = None, role: str = "transformer", lock_timeout: str | None = None, artifacts: bool = False
) -> DbtResult:
    """Run dbt with `arguments` (`"build", "--selector", "candidate"`) as `role`.

    With `publication`, the connection sees the marts as of that number. `lock_timeout` (PostgreSQL's notation) bounds the wait for readers.
    `artifacts`: have dbt describe the whole project in the run's folder (`manifest.json`), which takes it longer than many a run.
    Raises DbtFailed with the failing nodes, their messages and the path of the log.
    """
    folder = _new_run_folder()
    kept_parse = state_folder("dbt") / f"{settings().database}.msgpack"
    environment = _environment(role, publication, lock_timeout)
    output, results = folder / "output.txt", folder / "run_results.json"
    exit_code = _PROCESS.run(
        Request(
            arguments=list(arguments),
            places=[
                "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
                "--target-path", str(folder), "--log-path", str(folder), "--no-use-colors",
                *(() if artifacts else ("--no-write-json",)),
                *(("--partial-parse-file-path", str(kept_parse)) if kept_parse.exists() else ()),
            ],
            environment=environment,
            output=str(output),
            results=str(results),
            project=f"{code_version()} {dsn(role)}",
        )
    )  # fmt: skip
    nodes = _read_results(results)
    if exit_code != 0 or any(node.failed for node in nodes):
        raise DbtFailed(_explain(arguments, nodes, output.read_text(encoding="utf-8") if output.exists() else "", folder))
    _keep_parse(folder / "partial_parse.msgpack", kept_parse)
    return DbtResult(nodes, folder)


def _environment(role: str, publication: int | None, lock_timeout: str | None) -> dict[str, str]:
    url = urlsplit(dsn(role))
    options = [
        "-c work_mem=64MB",  # sums over all units and periods in memory; dbt has few sessions
        *([] if publication is None else [f"-c tonghop.publication={publication}"]),
        *([] if lock_timeout is None else [f"-c lock_timeout={lock_timeout}"]),
    ]
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {
        "TONGHOP_DBT_HOST": url.hostname or "127.0.0.1",
        "TONGHOP_DBT_PORT": str(url.port or 5432),
        "TONGHOP_DBT_USER": role,
        "TONGHOP_DBT_PASSWORD": unquote(url.password or ""),
        "TONGHOP_DBT_DBNAME": url.path.removeprefix("/"),
        "PGOPTIONS": " ".join(options),
        "DO_NOT_TRACK": "1",
    }


def _new_run_folder() -> Path:
    """A fresh folder for one run; the oldest ones are removed."""
    runs = state_folder("dbt", "runs")
    for old in sorted(runs.iterdir())[: -_KEPT_RUNS + 1]:
        shutil.rmtree(old, ignore_errors=True)
    folder = runs / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{uuid.uuid4().hex[:6]}"
    folder.mkdir()
    return folder


def _read_results(path: Path) -> tuple[NodeResult, ...]:
    if not path.exists():
        return ()
    return tuple(_node(result) for result in json.loads(path.read_text(encoding="utf-8"))["results"])


def _node(result: Mapping[str, Any]) -> NodeResult:
    kind, _, name = str(result["unique_id"]).partition(".")
    return NodeResult(
        name=f"{kind} {name.removeprefix('tonghop.')}",
        status=str(result["status"]),
        seconds=float(result["execution_time"]),
        message=str(result.get("message") or ""),
    )


def _explain(arguments: tuple[str, ...], nodes: tuple[NodeResult, ...], output: str, folder: Path) -> str:
    failed = [f"  {node.name}: {_indented(node.message)}" for node in nodes if node.failed]
    return "\n".join(
        [
            f"dbt {' '.join(arguments)} failed. Nothing was published: the live publication is as it was.",
            *(failed or [f"  {_indented(output.strip()[-2000:])}"]),
            f"The whole log is {folder / 'dbt.log'}.",
        ]
    )


def _indented(text: str) -> str:
    """The lines of a message, without dbt's stack of macros."""
    return "\n    ".join(line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith(">"))


def _keep_parse(made: Path, kept: Path) -> None:
    """Keep the parsed project for the next run. Renamed into place: runs at the same time read one or the other."""
    if made.exists():
        aside = kept.with_name(f"{kept.name}.{uuid.uuid4().hex}")
        shutil.copyfile(made, aside)
        aside.replace(kept)
