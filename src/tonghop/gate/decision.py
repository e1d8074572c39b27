"""Gate 1 decides: the suites are run over what the rules collected, and every submission gets its verdict."""

from __future__ import annotations

import psycopg

from tonghop.database import connect, sqlalchemy_url
from tonghop.gate.judgement import close_as_failed
from tonghop.gate.outcome import GateBroken, GateOutcome, read_outcome
from tonghop.gate.records import end_run, write_results
from tonghop.gate.suites import CheckResult, run_suites, suite_module
from tonghop.model import Severity


def decide(gate_run_id: int) -> GateOutcome:
    """Decide a run of gate 1 and record results and verdicts; a run that was decided before is returned as it was.

    A submission is quarantined when a failed critical expectation counts a failure of it; the others are not touched by that. A failure
    that is waived is not counted, but recorded with its waiver.
    The run is refused as a whole (`passed` is false, no verdict is given) when a critical check fails that no submission can be
    blamed for. Raises GateBroken when a check could not be made: the run is then closed as failed, and `judge` opens a new one.
    """
    with connect("publisher") as connection:
        if (recorded := read_outcome(connection, gate_run_id)) is not None:
            return recorded
        groups = _rule_groups(connection, gate_run_id)
    try:
        results = run_suites("gate_1", sqlalchemy_url("publisher"), suite_module("gate_1").assets(gate_run_id, groups))
    except GateBroken as broken:
        with connect("publisher") as connection:
            close_as_failed(connection, gate_run_id, str(broken))
        raise
    with connect("publisher") as connection:
        _record(connection, gate_run_id, results)
        outcome = read_outcome(connection, gate_run_id)
    if outcome is None:
        raise GateBroken(f"Run {gate_run_id} of gate 1 is still open after it was decided.")
    return outcome


def _record(connection: psycopg.Connection, gate_run_id: int, results: list[CheckResult]) -> None:
    """Write results, verdicts and the end of the run in one transaction, unless somebody else was quicker."""
    row = connection.execute("select status from audit.gate_run where gate_run_id = %s for update", (gate_run_id,)).fetchone()
    if row is None or row[0] != "judging":
        return
    unmet = [result for result in results if not result.success]
    refused = any(result.check.severity is Severity.CRITICAL and result.check.offences is None for result in unmet)
    write_results(connection, gate_run_id, results)
    if not refused:
        offences = [(str(result.check.severity), *offences) for result in unmet for offences in result.offences]
        severities, reasons, submissions, failures = ([offence[place] for offence in offences] for place in range(4))
        connection.execute(_WAIVED, {"gate_run_id": gate_run_id})
        held = {"severities": severities, "reasons": reasons, "submissions": submissions, "failures": failures}
        connection.execute(_VERDICTS, {"gate_run_id": gate_run_id} | held)
    end_run(connection, gate_run_id, passed=not refused, results=results)


def _rule_groups(connection: psycopg.Connection, gate_run_id: int) -> list[tuple[str, Severity]]:
    """Every kind and severity that the run's pack has a rule of, the milder ones for single forms included."""
    rows = connection.execute(
        """
        select rule.kind, said.severity
        from catalog.rule
        cross join lateral (
            select rule.severity
            union
            select value from jsonb_each_text(rule.severity_by_form)
        ) as said (severity)
        where rule.pack_hash = (select pack_hash from audit.gate_run where gate_run_id = %s)
        group by rule.kind, said.severity
        """,
        (gate_run_id,),
    ).fetchall()
    return [(kind, Severity(severity)) for kind, severity in rows]


_WAIVED = """
    insert into audit.waived_failure (gate_run_id, submission_id, request_id, severity, failures)
    select gate_run_id, submission_id, waiver_id, severity, count(*)
    from warehouse.rule_failure_as_judged
    where gate_run_id = %(gate_run_id)s and waiver_id is not null
    group by gate_run_id, submission_id, waiver_id, severity
"""


_VERDICTS = """
    insert into audit.verdict (
        submission_id, verdict, gate_run_id, failures_critical, failures_warning, failures_info, failures_waived, reason
    )
    with offences as (
        select each.submission_id, held.severity, held.reason, each.failures
        from unnest(%(severities)s::text[], %(reasons)s::text[], %(submissions)s::text[], %(failures)s::text[])
            as held (severity, reason, submissions, failures)
        cross join lateral unnest(held.submissions::bigint[], held.failures::bigint[]) as each (submission_id, failures)
    ),

    counted as (
        select
            submission_id,
            coalesce(sum(failures) filter (where severity = 'critical'), 0) as critical,
            coalesce(sum(failures) filter (where severity = 'warning'), 0) as warning,
            coalesce(sum(failures) filter (where severity = 'info'), 0) as info,
            string_agg(distinct reason, ', ' order by reason) filter (where severity = 'critical') as reason
        from offences
        group by submission_id
    ),

    waived as (
        select submission_id, sum(failures) as failures
        from audit.waived_failure
        where gate_run_id = %(gate_run_id)s
        group by submission_id
    )

    select
        judged.submission_id,
        case
            when counted.critical > 0 then 'quarantined'
            when counted.warning > 0 then 'accepted_with_warnings'
            else 'accepted'
        end,
        judged.gate_run_id,
        coalesce(counted.critical, 0),
        coalesce(counted.warning, 0),
        coalesce(counted.info, 0),
        coalesce(waived.failures, 0),
        counted.reason
    from audit.gate_submission as judged
    left join counted on judged.submission_id = counted.submission_id
    left join waived on judged.submission_id = waived.submission_id
    where
        judged.gate_run_id = %(gate_run_id)s
        and not exists ( -- withdrawn meanwhile
            select from audit.verdict as withdrawal
            where withdrawal.submission_id = judged.submission_id and withdrawal.verdict = 'withdrawn'
        )
    order by judged.submission_id
"""
"""Gives every submission of a run its verdict, out of what the failed expectations hold against it."""
