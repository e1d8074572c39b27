"""What dbt is run for: to deploy, to judge, to build a candidate."""

from __future__ import annotations

from typing import LiteralString

import psycopg
from psycopg import sql

from tonghop.database import connect
from tonghop.errors import TonghopError
from tonghop.warehouse.dbt import DbtResult, run_dbt
from tonghop.warehouse.version import code_version

_LOCK_TIMEOUT = "15s"


class NoSuchCandidate(TonghopError):
    """The publication asked for is not the open candidate."""


def deploy() -> bool:
    """Make or extend the warehouse's tables and build the views, when the code has changed since the last time.

    No row of an existing table is touched. True when there was something to do; raises DbtFailed. A view is replaced under an
    exclusive lock, so a deployment that meets a reader who does not finish within 15 seconds fails, and may be run again.
    """
    version = code_version()
    with connect("publisher", autocommit=True) as connection:
        if _deployed_version(connection) == version:
            return False
        connection.execute("select pg_advisory_lock(hashtext('tonghop.deploy'))")
        if _deployed_version(connection) == version:  # somebody else did it while we waited
            return False
        run_dbt("run", "--empty", lock_timeout=_LOCK_TIMEOUT)
        connection.execute("insert into audit.deployment (code_version) values (%s)", (version,))
    return True


def build_rules(gate_run_id: int) -> DbtResult:
    """Fill the tables of rule failures for an open run of gate 1. A rerun replaces what an earlier attempt wrote.

    Raises NoSuchCandidate when `gate_run_id` is not the run that is judging, DbtFailed when a model fails.
    """
    deploy()
    _require("select audit.judgement()", gate_run_id, "run of gate 1")
    _update_statistics()
    return run_dbt("run", "--selector", "rules")


def build_candidate(publication: int) -> DbtResult:
    """Fill the open candidate publication and run the tests of every refresh, seeing the marts one publication ahead.

    Harmless to repeat: every model first forgets what an earlier attempt wrote. Raises NoSuchCandidate when `publication` is not
    the open candidate, DbtFailed when a model or a test fails.
    """
    deploy()
    _require("select number from audit.publication where status = 'candidate'", publication, "candidate publication")
    _update_statistics()
    return run_dbt("build", "--selector", "candidate", publication=publication)


def vacuum_what_changed() -> list[str]:
    """Vacuum and analyze the tables of the warehouse of which a tenth or more changed since the last time; their names.

    A publication closes rows by writing them anew, and what it wrote is in no summary of an index yet: after a large one, queries would
    be slower until the database's own vacuum comes by. Nobody is blocked, and a table that is being vacuumed already is left out.
    """
    with connect("transformer", autocommit=True) as connection:
        tables = [table for (table,) in connection.execute(_CHANGED_TABLES).fetchall()]
        for table in tables:
            connection.execute(sql.SQL("vacuum (analyze, skip_locked) {}").format(sql.Identifier("warehouse", table)))
    return tables


_CHANGED_TABLES = """
    select stat.relname
    from pg_stat_all_tables as stat
    inner join pg_class as class on stat.relid = class.oid
    where
        stat.schemaname = 'warehouse'
        and class.relpersistence = 'p'
        and 10 * (stat.n_dead_tup + stat.n_ins_since_vacuum) > stat.n_live_tup + 1000
    order by stat.relname
"""
"""Small tables are not worth it: they are left to the database; and those that every candidate makes anew are not logged."""


def _update_statistics() -> None:
    """Let the planner know what a load has just brought: plans for nearly empty tables are slow ones for full tables."""
    with connect("transformer", autocommit=True) as connection:
        connection.execute("select audit.update_statistics()")


def _deployed_version(connection: psycopg.Connection) -> str | None:
    row = connection.execute("select code_version from audit.deployment order by deployment_id desc limit 1").fetchone()
    return row[0] if row else None


def _require(query: LiteralString, number: int, what: str) -> None:
    with connect("transformer") as connection:
        row = connection.execute(query).fetchone()
    found = row[0] if row else None
    if found != number:
        raise NoSuchCandidate(f"The open {what} is {found or 'none'}, not {number}. Open it first; `tonghop refresh` does.")
