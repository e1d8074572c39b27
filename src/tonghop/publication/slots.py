"""Which slots differ from what is published: the scope of a candidate, found by set-based SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tonghop.model import OPEN_END
from tonghop.publication.versions import table_exists

_OPEN = sql.Literal(OPEN_END)

PUBLISHED_SUBMISSIONS = sql.SQL("""
    select submission_id, status, verdict, gate_run_id from warehouse.fct_submission where to_publication = {open}
""").format(open=_OPEN)
"""What the live publication shows of every submission; `NO_SUBMISSIONS` before there is such a table."""
_PUBLISHED_DUTIES = sql.SQL("""
    select units.unit_code, forms.form_code, periods.period_code
    from warehouse.fct_reporting_duty as duties
    inner join catalog.unit_key as units on duties.unit_key = units.unit_key
    inner join catalog.form_key as forms on duties.form_key = forms.form_key
    inner join warehouse.dim_period as periods on duties.period_key = periods.period_key
    where duties.to_publication = {open} and periods.to_publication = {open}
""").format(open=_OPEN)
NO_SUBMISSIONS = sql.SQL(
    "select null::bigint as submission_id, null::text as status, null::text as verdict, null::bigint as gate_run_id where false"
)
_EVER_RECORDED = sql.SQL("select submission_id, verdict, gate_run_id from warehouse.fct_submission")
_NO_DUTIES = sql.SQL("select null::text as unit_code, null::text as form_code, null::text as period_code where false")

SLOT_CHANGE = """
    create temporary table slot_change (
        unit_code text, form_code text, period_code text, submission_id bigint, gate_run_id bigint, change text, opens boolean,
        replaces_id bigint, restates boolean not null default false, request_id bigint
    ) on commit drop
"""
"""What `find_changes` or a way back fills; the last three columns are for the policies to say."""

_CHANGES = sql.SQL("""
insert into slot_change
with recorded as not materialized ({published_submissions}),

-- where every last verdict is recorded, and what is accepted is what is in force, a slot is as it was published: of the others only the
-- submissions are looked at
submission_to_compare as (
    select submission_id
    from (
        select distinct on (submission_id) submission_id, verdict, gate_run_id
        from audit.verdict
        order by submission_id, verdict_id desc
    ) as v
    full join recorded as r using (submission_id)
    where (v.verdict, v.gate_run_id) is distinct from (r.verdict, r.gate_run_id)
        or coalesce(v.verdict in ('accepted', 'accepted_with_warnings'), false) <> coalesce(r.status = 'in_force', false)
),

slot_to_compare as (
    select s.unit_code, s.form_code, s.period_code
    from submission_to_compare as c
    inner join staging.submission as s on c.submission_id = s.submission_id
    where %(periods)s::text[] is null or s.period_code = any(%(periods)s)
    group by s.unit_code, s.form_code, s.period_code
),

submission_of_the_slots as (
    select
        s.unit_code, s.form_code, s.period_code, s.submission_id, s.received_at, s.version, v.verdict, v.gate_run_id,
        r.status, r.verdict as verdict_recorded, r.gate_run_id as gate_run_recorded
    from slot_to_compare as c
    inner join staging.submission as s
        on c.unit_code = s.unit_code and c.form_code = s.form_code and c.period_code = s.period_code
    left join lateral (
        select last.verdict, last.gate_run_id from audit.verdict as last
        where last.submission_id = s.submission_id
        order by last.verdict_id desc
        limit 1
    ) as v on true
    left join recorded as r on s.submission_id = r.submission_id
),

in_force as (
    select distinct on (unit_code, form_code, period_code) unit_code, form_code, period_code, submission_id
    from submission_of_the_slots
    where verdict in ('accepted', 'accepted_with_warnings')
    order by unit_code, form_code, period_code, received_at desc, version desc
),

published as (
    select unit_code, form_code, period_code, submission_id, verdict from submission_of_the_slots where status = 'in_force'
),

published_duty as ({published_duties}),

ever_recorded as not materialized ({ever_recorded}),

-- what a rollback brought back although its unit had withdrawn it goes again, but not by itself
taken_in_or_out as (
    select
        unit_code, form_code, period_code, i.submission_id,
        case
            when p.submission_id is null then 'new'
            when i.submission_id is null or p.verdict = 'withdrawn' then 'withdrawn'
            else 'corrected'
        end as change,
        p.verdict is distinct from 'withdrawn'
        or not exists (select 1 from ever_recorded as e where e.submission_id = p.submission_id and e.verdict = 'withdrawn') as opens
    from in_force as i
    full join published as p using (unit_code, form_code, period_code)
    where i.submission_id is distinct from p.submission_id
),

-- a verdict that the published fct_submission does not show, or one of a judgement with other hand corrections; what a rollback took
-- back does not come again by itself
newly_judged as (
    select
        s.unit_code, s.form_code, s.period_code,
        bool_or(
            s.verdict <> 'held'
            and not exists (
                select 1 from ever_recorded as e
                where e.submission_id = s.submission_id and e.verdict = s.verdict and e.gate_run_id is not distinct from s.gate_run_id
            )
        ) as opens
    from submission_of_the_slots as s
    where s.verdict is not null and (s.verdict, s.gate_run_id) is distinct from (s.verdict_recorded, s.gate_run_recorded)
    group by s.unit_code, s.form_code, s.period_code
),

changed as (
    select unit_code, form_code, period_code, submission_id, change, opens from taken_in_or_out
    union all
    select n.unit_code, n.form_code, n.period_code, p.submission_id, 'judged', n.opens
    from newly_judged as n
    left join published as p using (unit_code, form_code, period_code)
    where not exists (
        select 1 from taken_in_or_out as t
        where (t.unit_code, t.form_code, t.period_code) = (n.unit_code, n.form_code, n.period_code)
    )
),

reported_period as (
    select period_code from changed
    union
    select period_code from published_duty
    where %(periods)s::text[] is null or period_code = any(%(periods)s)
),

owed_and_not_published as (
    select d.unit_code, d.form_code, d.period_code
    from catalog.duty as d
    inner join reported_period as r on d.period_code = r.period_code
    where d.pack_hash = %(pack_hash)s
    except
    select unit_code, form_code, period_code from published_duty
    except
    select unit_code, form_code, period_code from changed
),

owed_and_not_recorded as (
    select o.unit_code, o.form_code, o.period_code
    from owed_and_not_published as o
    where not exists (
        select 1
        from staging.submission as s
        inner join recorded as r on s.submission_id = r.submission_id
        where (s.unit_code, s.form_code, s.period_code) = (o.unit_code, o.form_code, o.period_code) and r.status = 'in_force'
    )
),

known as (
    select * from changed
    union all
    select unit_code, form_code, period_code, null, 'missing', false from owed_and_not_recorded
),

-- read only where something is built anew without having changed
published_report as (
    select s.unit_code, s.form_code, s.period_code, r.submission_id, r.status
    from recorded as r
    inner join staging.submission as s on r.submission_id = s.submission_id
    where %(scope_all)s or exists (select from slot_reach)
),

ever_published as (
    select unit_code, form_code, period_code from published_report
    union
    select unit_code, form_code, period_code from published_duty
    where %(scope_all)s or exists (select from slot_reach)
),

-- slots that are built anew although nothing was sent: all, or those that a changed catalog reaches
reached as (
    select * from ever_published where %(scope_all)s
    union
    select e.unit_code, e.form_code, e.period_code
    from ever_published as e
    inner join slot_reach as r on e.form_code = r.form_code
    where r.unit_code is null
    union
    select e.unit_code, e.form_code, e.period_code
    from ever_published as e
    inner join slot_reach as r using (unit_code, form_code, period_code)
    union
    select e.unit_code, e.form_code, e.period_code
    from ever_published as e
    inner join slot_reach as r using (unit_code, period_code)
    where r.form_code is null
),

slot as (
    select * from known
    union all
    select e.unit_code, e.form_code, e.period_code, p.submission_id, 'unchanged', false
    from reached as e
    left join published_report as p
        on e.unit_code = p.unit_code and e.form_code = p.form_code and e.period_code = p.period_code and p.status = 'in_force'
    where not exists (
        select 1 from known as k
        where (k.unit_code, k.form_code, k.period_code) = (e.unit_code, e.form_code, e.period_code)
    )
)

select s.unit_code, s.form_code, s.period_code, s.submission_id, v.gate_run_id, s.change, s.opens
from slot as s
left join lateral (
    select last.gate_run_id from audit.verdict as last
    where last.submission_id = s.submission_id
    order by last.verdict_id desc
    limit 1
) as v on true
""")


@dataclass(frozen=True)
class Changes:
    """How many slots a candidate would take in, and whether that alone is a reason to open one.

    What a rollback took back, and a report that is missing, are taken along but open nothing by themselves.
    """

    slots: int
    opens: bool


def find_changes(connection: psycopg.Connection, pack_hash: str, scope_all: bool, periods: Sequence[str] | None) -> Changes:
    """Fill the temporary table `slot_change` (it lives as long as the transaction) and say what stands in it.

    With `scope_all` every slot ever published joins as `unchanged`, else those that `find_reach` has put into `slot_reach`; with
    `periods` only their slots can change.
    """
    connection.execute(SLOT_CHANGE)
    statement = _CHANGES.format(
        published_submissions=PUBLISHED_SUBMISSIONS if table_exists(connection, "fct_submission") else NO_SUBMISSIONS,
        ever_recorded=_EVER_RECORDED if table_exists(connection, "fct_submission") else NO_SUBMISSIONS,
        published_duties=_PUBLISHED_DUTIES if table_exists(connection, "fct_reporting_duty") else _NO_DUTIES,
    )
    connection.execute(
        statement,
        {"pack_hash": pack_hash, "scope_all": scope_all, "periods": None if periods is None else list(periods)},
    )
    row = connection.execute("select count(*), coalesce(bool_or(opens), false) from slot_change").fetchone()
    assert row is not None
    return Changes(slots=row[0], opens=row[1])


def freeze_changes(connection: psycopg.Connection, number: int) -> None:
    """Copy `slot_change` into the candidate's frozen scope."""
    connection.execute(
        "insert into audit.candidate_slot (publication, unit_code, form_code, period_code, submission_id, gate_run_id, change, "
        "replaces_id, restates, request_id) select %s, unit_code, form_code, period_code, submission_id, gate_run_id, change, "
        "replaces_id, restates, request_id from slot_change",
        (number,),
    )
