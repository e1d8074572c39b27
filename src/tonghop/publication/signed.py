"""What a publication rests on that two people decided: waived failures, approvals, and what stayed out for want of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

_WAIVED = """
    select w.submission_id, w.gate_run_id as gate_run, w.request_id as request, w.severity, w.failures
    from audit.waived_failure as w
    inner join unnest(%s::bigint[], %s::bigint[]) as judged (submission_id, gate_run_id)
        on w.submission_id = judged.submission_id and w.gate_run_id = judged.gate_run_id
    order by w.submission_id, w.gate_run_id, w.request_id
"""

_WITHHELD = """
    select unit_code as unit, form_code as form, period_code as period, why, given_for
    from audit.candidate_withheld
    where publication = %s
    order by period_code, form_code nulls first, unit_code nulls first, why, given_for
"""

_REQUESTS = """
    select
        to_jsonb(r) as request,
        coalesce(
            (
                select jsonb_agg(to_jsonb(d) order by d.decision_id)
                from audit.decision as d
                where d.request_id = r.request_id and d.decided_at <= %(until)s
            ),
            '[]'
        ) as decisions
    from audit.request as r
    where
        r.request_id = any(%(waivers)s)
        or r.request_id in (select c.request_id from audit.candidate_slot as c where c.publication = %(number)s)
        or (
            r.kind = 'period' and r.period_code = any(%(periods)s)
            and exists (
                select from audit.decision as d
                where d.request_id = r.request_id and d.decision = 'approve' and d.decided_at <= %(until)s
            )
        )
    order by r.request_id
"""


def read_signed(
    connection: psycopg.Connection, number: int, periods: Sequence[str], slots: Iterable[dict[str, Any]], until: datetime
) -> dict[str, Any]:
    """The failures that did not count in the judgements of these slots, what stayed out of publication `number`, and every request behind
    both or behind its periods, with what had been decided by `until`; times in UTC."""
    connection.execute("set local timezone = 'UTC'")
    versions = [version for slot in slots for version in slot["versions"] if version["gate_run"] is not None]
    judged = sorted({(version["submission_id"], version["gate_run"]) for version in versions})
    with connection.cursor(row_factory=dict_row) as cursor:
        waived = cursor.execute(_WAIVED, ([submission for submission, _ in judged], [run for _, run in judged])).fetchall()
        withheld = cursor.execute(_WITHHELD, (number,)).fetchall()
        values = {"number": number, "periods": list(periods), "until": until, "waivers": [each["request"] for each in waived]}
        requests = [row["request"] | {"decisions": row["decisions"]} for row in cursor.execute(_REQUESTS, values)]
    return {"waived": waived, "withheld": withheld, "requests": requests}
