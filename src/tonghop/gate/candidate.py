"""Gate 2: a candidate publication is looked at through the eyes of BI, before anybody sees it."""

from __future__ import annotations

from typing import Any

import psycopg

from tonghop.database import connect, sqlalchemy_url
from tonghop.gate.judgement import close_as_failed
from tonghop.gate.outcome import GateBroken, GateOutcome, read_outcome
from tonghop.gate.records import end_run, write_results
from tonghop.gate.suites import run_suites, suite_module
from tonghop.model import Severity
from tonghop.settings import settings


def check_candidate(publication: int) -> GateOutcome:
    """Run gate 2 on the open candidate and record the results. `passed` is false when a critical expectation was not met.

    Every call is a run of its own, since the candidate may have been built again. Raises GateBroken when `publication` is not the
    open candidate, or when a check could not be made.
    """
    with connect("publisher") as connection:
        gate_run_id = _start_run(connection, publication)
        live = connection.execute("select number from audit.live").fetchone()
    suite = suite_module("gate_2")
    try:
        with connect("publisher") as connection:
            root, reach = (suite.Keys(*_one_row(connection, query(publication))) for query in (suite.keys_of_the_root, suite.keys_in_reach))
        figures_before = _root_figures(live[0], root.hold("s")) if live else {}
        assets = suite.assets(publication, root, reach, figures_before, settings().gate_loss_pct)
        results = run_suites("gate_2", sqlalchemy_url("publisher", publication), assets)
    except GateBroken as broken:
        with connect("publisher") as connection:
            close_as_failed(connection, gate_run_id, str(broken))
        raise
    passed = all(result.success for result in results if result.check.severity is Severity.CRITICAL)
    with connect("publisher") as connection:
        write_results(connection, gate_run_id, results)
        end_run(connection, gate_run_id, passed=passed, results=results)
        outcome = read_outcome(connection, gate_run_id)
    if outcome is None:
        raise GateBroken(f"Run {gate_run_id} of gate 2 is still open after it was decided.")
    return outcome


def _start_run(connection: psycopg.Connection, publication: int) -> int:
    """Open a run for the candidate; runs of it that were broken off are closed. Returns its number."""
    for (broken_off,) in connection.execute(
        "select gate_run_id from audit.gate_run where gate = 2 and status = 'judging' and publication = %s", (publication,)
    ).fetchall():
        close_as_failed(connection, broken_off, "broken off; the candidate was checked again")
    row = connection.execute(
        """
        insert into audit.gate_run (gate, publication, status, pack_hash, code_version)
        select 2, number, 'judging', pack_hash, code_version
        from audit.publication
        where number = %s and status = 'candidate'
        returning gate_run_id
        """,
        (publication,),
    ).fetchone()
    if row is None:
        raise GateBroken(
            f"Publication {publication} is not the open candidate, so there is nothing to check. `tonghop publications` lists them."
        )
    return int(row[0])


def _root_figures(live: int, rows: str) -> dict[str, int]:
    """How many figures the root has in each period of the live publication, in the view that BI reads (as `s`); `rows`: which of them."""
    with connect("publisher", publication=live) as connection:
        return dict(
            connection.execute(
                f"""
                select s.period_code, count(distinct s.indicator_key) filter (where s.value is not null)
                from marts.indicator_figure as s
                where s.level = 1 and s.map = 'as_reported' and {rows}
                group by s.period_code
                """.encode()  # noqa: S608
            ).fetchall()
        )


def _one_row(connection: psycopg.Connection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row
