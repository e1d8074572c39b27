"""Opening a run of gate 1 and letting the rules judge: every submission that is to be judged, or the open run again."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg.types.json import Jsonb

from tonghop import warehouse
from tonghop.database import connect

_LOCK = 20_041_976
"""Key of the advisory lock under which runs of gate 1 are opened, one at a time."""


def judge(periods: Sequence[str] | None = None) -> int | None:
    """Judge every submission that has no verdict yet, or whose hand corrections or waivers have changed since (of `periods`, when
    given), and return the run of gate 1.

    None when nothing is pending. A run that was broken off is taken up again with the same submissions; when the rules or the pack
    have changed meanwhile it is closed and a new one is opened. Raises DbtFailed when a rule model fails; the run then stays open.
    """
    warehouse.deploy()
    with connect("publisher") as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        gate_run_id = _open_run(connection) or _new_run(connection, periods)
    if gate_run_id is not None:
        warehouse.build_rules(gate_run_id)
    return gate_run_id


def _open_run(connection: psycopg.Connection) -> int | None:
    """The run that is judging, if it judges by the pack and code in force; an outdated one is closed."""
    row = connection.execute(
        """
        select
            gate_run_id,
            code_version = %s and pack_hash = coalesce(
                (select pack_hash from audit.publication where status = 'candidate'),
                (select pack_hash from catalog.pack order by load_number desc limit 1)
            )
        from audit.gate_run where gate = 1 and status = 'judging'
        """,
        (warehouse.code_version(),),
    ).fetchone()
    if row is None:
        return None
    gate_run_id, is_current = row
    if is_current:
        return int(gate_run_id)
    close_as_failed(connection, gate_run_id, "the rules or the catalog changed before the run was decided; a new run took its place")
    return None


def _new_run(connection: psycopg.Connection, periods: Sequence[str] | None) -> int | None:
    row = connection.execute(
        """
        with pending as (
            select j.submission_id
            from audit.submission_to_judge as j
            inner join staging.submission as s on j.submission_id = s.submission_id
            where %(periods)s::text[] is null or s.period_code = any(%(periods)s)
        ),
        run as (
            insert into audit.gate_run (gate, status, pack_hash, code_version, started_at)
            select 1, 'judging', catalog.pack_in_force(), %(code_version)s, clock_timestamp() -- after all that is seen here was decided
            where exists (select from pending)
            returning gate_run_id
        ),
        submissions as (
            insert into audit.gate_submission (gate_run_id, submission_id)
            select run.gate_run_id, pending.submission_id from run cross join pending
            returning 1
        ),
        corrections as (
            insert into audit.judged_correction (
                gate_run_id, submission_id, correction_code, indicator_code, measure, breakdown_code,
                found_state, found_value, use_state, use_value, reason, author
            )
            select
                run.gate_run_id, w.submission_id, w.correction_code, w.indicator_code, w.measure, w.breakdown_code,
                w.found_state, w.found_value, w.use_state, w.use_value, w.reason, w.author
            from run
            cross join audit.wanted_correction as w
            where w.submission_id in (select submission_id from pending)
        ),
        waivers as (
            insert into audit.judged_waiver (gate_run_id, submission_id, request_id)
            select run.gate_run_id, w.submission_id, w.request_id
            from run
            cross join audit.wanted_waiver as w
            where w.submission_id in (select submission_id from pending)
        )
        select run.gate_run_id, (select count(*) from submissions) from run
        """,
        {"periods": list(periods) if periods else None, "code_version": warehouse.code_version()},
    ).fetchone()
    if row is None:
        return None
    gate_run_id, submissions = row
    details = Jsonb({"gate_run_id": gate_run_id, "submissions": submissions})
    connection.execute("insert into audit.event (act, details) values ('judging', %s)", (details,))
    return int(gate_run_id)


def close_as_failed(connection: psycopg.Connection, gate_run_id: int, error: str) -> None:
    """Record that a run broke off and why; it gives no verdict and is never taken for a pass."""
    connection.execute(
        "update audit.gate_run set status = 'failed', ended_at = now(), summary = %s where gate_run_id = %s",
        (Jsonb({"error": error}), gate_run_id),
    )
    details = Jsonb({"gate_run_id": gate_run_id, "error": error})
    connection.execute("insert into audit.event (act, details) values ('gate_failed', %s)", (details,))
