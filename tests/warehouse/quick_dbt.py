"""dbt in the process of the tests: the project is parsed once, where the product starts a process for every run."""

from __future__ import annotations

import os
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from tonghop.warehouse import DbtFailed, DbtResult, builds
from tonghop.warehouse.dbt import DBT_PROJECT, _environment, _new_run_folder


class QuickDbt:
    """Stands in for `tonghop.warehouse.run_dbt`."""

    def __init__(self) -> None:
        self._manifest: Any = None

    def __call__(
        self, *arguments: str, publication: int | None = None, role: str = "transformer", lock_timeout: str | None = None
    ) -> DbtResult:
        """Run dbt with `arguments`; raises DbtFailed with the messages of what failed."""
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("PG")]:
                patch.delenv(name)
            for name, value in _environment(role, publication, lock_timeout).items():
                patch.setenv(name, value)
            folder = _new_run_folder()
            places = [
                *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
                *("--target-path", str(folder), "--log-path", str(folder), "--quiet"),
            ]
            if self._manifest is None:
                self._manifest = dbtRunner().invoke(["parse", *places]).result
            done = dbtRunner(manifest=self._manifest).invoke([*arguments, *places])
        if not done.success:
            nodes = done.result.results if done.result is not None and hasattr(done.result, "results") else []
            told = [f"{each.node.name}: {each.message}" for each in nodes if each.status not in ("success", "pass", "skipped")]
            raise DbtFailed("\n".join(told) or str(done.exception))
        return DbtResult((), folder)


def install(patch: pytest.MonkeyPatch) -> None:
    """Let builds of the warehouse run in this process."""
    patch.setattr(builds, "run_dbt", QuickDbt())
