"""Going back to an earlier publication: which slots that changes, and which submissions it holds."""

from __future__ import annotations

import psycopg
from psycopg import sql

from tonghop.publication.slots import SLOT_CHANGE

_AT_HEAD = sql.SQL("f.from_publication <= %(head)s and f.to_publication > %(head)s")
_AT_BASE = sql.SQL("f.from_publication <= %(base)s and f.to_publication > %(base)s")

_DIFFERENCE = sql.SQL("""
insert into slot_change
with at_head as (
    select s.unit_code, s.form_code, s.period_code, f.submission_id, f.gate_run_id
    from warehouse.fct_submission as f
    inner join staging.submission as s on f.submission_id = s.submission_id
    where f.status = 'in_force' and {at_head}
),

at_base as (
    select s.unit_code, s.form_code, s.period_code, f.submission_id, f.gate_run_id
    from warehouse.fct_submission as f
    inner join staging.submission as s on f.submission_id = s.submission_id
    where f.status = 'in_force' and {at_base}
)

select
    unit_code, form_code, period_code, b.submission_id, b.gate_run_id,
    case
        when h.submission_id is null then 'new'
        when b.submission_id is null then 'withdrawn'
        when h.submission_id = b.submission_id then 'judged'
        else 'corrected'
    end,
    true
from at_head as h
full join at_base as b using (unit_code, form_code, period_code)
where (h.submission_id, h.gate_run_id) is distinct from (b.submission_id, b.gate_run_id)
""").format(at_head=_AT_HEAD, at_base=_AT_BASE)


def find_way_back(connection: psycopg.Connection, head: int, base: int) -> None:
    """Fill `slot_change` with what changes when publication `base` is restated after `head`."""
    connection.execute(SLOT_CHANGE)
    connection.execute(_DIFFERENCE, {"head": head, "base": base})


_HOLD = sql.SQL("""
with last_verdict as (
    select distinct on (submission_id) submission_id, verdict, failures_critical, failures_warning, failures_info, failures_waived
    from audit.verdict
    order by submission_id, verdict_id desc
),

at_base as (
    select s.*
    from warehouse.fct_submission as f
    inner join staging.submission as s on f.submission_id = s.submission_id
    where f.status = 'in_force' and {at_base}
),

ever_published as (
    select distinct submission_id from warehouse.fct_submission
),

taken_back as (
    select v.*
    from ever_published as e
    inner join staging.submission as s on e.submission_id = s.submission_id
    inner join last_verdict as v on s.submission_id = v.submission_id
    left join at_base as b
        on s.unit_code = b.unit_code and s.form_code = b.form_code and s.period_code = b.period_code
    where v.verdict in ('accepted', 'accepted_with_warnings')
        and (b.submission_id is null or (s.received_at, s.version) > (b.received_at, b.version))
)

insert into audit.verdict
    (submission_id, verdict, publication, failures_critical, failures_warning, failures_info, failures_waived, reason)
select submission_id, 'held', %(number)s, failures_critical, failures_warning, failures_info, failures_waived, %(reason)s
from taken_back
""").format(at_base=_AT_BASE)

_RELEASE = sql.SQL("""
with last_verdict as (
    select distinct on (submission_id) submission_id, verdict
    from audit.verdict
    order by submission_id, verdict_id desc
),

last_acceptance as (
    select distinct on (submission_id)
        submission_id, verdict, gate_run_id, failures_critical, failures_warning, failures_info, failures_waived
    from audit.verdict
    where verdict in ('accepted', 'accepted_with_warnings')
    order by submission_id, verdict_id desc
)

insert into audit.verdict
    (submission_id, verdict, gate_run_id, publication, failures_critical, failures_warning, failures_info, failures_waived, reason)
select
    a.submission_id, a.verdict, a.gate_run_id, %(number)s, a.failures_critical, a.failures_warning, a.failures_info, a.failures_waived,
    %(reason)s
from warehouse.fct_submission as f
inner join last_verdict as v on f.submission_id = v.submission_id and v.verdict = 'held'
inner join last_acceptance as a on f.submission_id = a.submission_id
where f.status = 'in_force' and {at_base}
""").format(at_base=_AT_BASE)


def hold_and_release(connection: psycopg.Connection, base: int, number: int, reason: str) -> tuple[int, int]:
    """Make the verdicts agree with going back to `base`, so that the next refresh does not undo it.

    Held are the accepted submissions that any publication has shown and that would come before the one that `base` had in
    force; those that `base` had in force and an earlier rollback held get their acceptance back. Submissions that were never
    published are untouched. Returns how many were held, and how many released.
    """
    values = {"base": base, "number": number, "reason": reason}
    held = connection.execute(_HOLD, values).rowcount
    released = connection.execute(_RELEASE, values).rowcount
    return held, released
