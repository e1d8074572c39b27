"""Writing what a gate found: one row a check, and the end of the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import psycopg
from psycopg.types.json import Jsonb

from tonghop.gate.suites import CheckResult
from tonghop.model import Severity


def write_results(connection: psycopg.Connection, gate_run_id: int, results: Iterable[CheckResult]) -> None:
    """Keep the result of every check, met or not."""
    connection.cursor().executemany(
        """
        insert into audit.quality_result (gate_run_id, suite, expectation, severity, success, observed, description)
        values (%s, %s, %s, %s, %s, %s, %s)
        """,
        [
            (
                gate_run_id, result.suite, result.check.name, str(result.check.severity), result.success,
                Jsonb(result.observed), result.check.description,
            )
            for result in results
        ],
    )  # fmt: skip


def end_run(connection: psycopg.Connection, gate_run_id: int, *, passed: bool, results: Sequence[CheckResult]) -> None:
    """Close a run, with counts of what was checked."""
    unmet = [result.check for result in results if not result.success]
    summary = {"checks": len(results)} | {str(severity): sum(check.severity == severity for check in unmet) for severity in Severity}
    connection.execute(
        "update audit.gate_run set status = %s, ended_at = now(), summary = %s where gate_run_id = %s",
        ("passed" if passed else "refused", Jsonb(summary), gate_run_id),
    )
    connection.execute(
        """
        insert into audit.event (act, publication, details)
        select case when gate = 1 then 'judged' else 'gate_2_' || status end, publication, %s from audit.gate_run where gate_run_id = %s
        """,
        (Jsonb({"gate_run_id": gate_run_id} | summary), gate_run_id),
    )
