"""The policies of the pack: what was accepted and stays out of a publication all the same, and which changes are restatements.

A period may need a signature, or a share of its reports, before it is published for the first time; once it was published, neither takes
it back. A report of a closed period may need an approval to change. What stays out is as it was in the live publication: the others are
published without it.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from tonghop.publication.slots import NO_SUBMISSIONS, PUBLISHED_SUBMISSIONS, Changes
from tonghop.publication.versions import table_exists


@dataclass(frozen=True)
class Withheld:
    """Something that was accepted and may not be published yet. Without a form, the whole period; without a unit, every unit.

    `why`: `needs_approval` (a signature for the period is missing), `incomplete` (too few reports), `closed` (a report of a closed period
    would change). `given_for` says how the period stands, or what would change: an approval holds for exactly that change.
    """

    period_code: str
    form_code: str | None
    unit_code: str | None
    why: str
    given_for: str

    def __str__(self) -> str:
        place = " ".join(part for part in (self.unit_code, self.form_code, self.period_code) if part)
        match self.why:
            case "needs_approval":
                return f"{place}: needs the approval of two people before it is published / cần hai người duyệt ({self.given_for})"
            case "incomplete":
                return f"{place}: too few reports are accepted to publish it / chưa đủ báo cáo ({self.given_for})"
            case _:
                return f"{place}: the period is closed, a correction needs an approval / kỳ đã khóa sổ ({self.given_for})"


def withhold(connection: psycopg.Connection, pack_hash: str, rebuilds_all: bool) -> Changes:
    """Take out of `slot_change` what the policies of the pack keep out, and mark what restates; `find_changes` comes before.

    What stays out stands in the temporary table `withheld`. A slot that is built anew for other reasons is built as it was published.
    Returns what is left.
    """
    values = {"pack_hash": pack_hash, "rebuilds_all": rebuilds_all}
    has_submissions = table_exists(connection, "fct_submission")
    connection.execute(_WITHHELD)
    connection.execute(_BEFORE.format(published=PUBLISHED_SUBMISSIONS if has_submissions else NO_SUBMISSIONS))
    connection.execute(_MARK, values)
    for statement in (_NEEDS_APPROVAL, _INCOMPLETE, _CLOSED):
        connection.execute(statement, values)
    connection.execute(_AS_PUBLISHED, values)
    connection.execute(_LEFT_OUT)
    row = connection.execute("select count(*), coalesce(bool_or(opens), false) from slot_change").fetchone()
    assert row is not None
    return Changes(slots=row[0], opens=row[1])


def freeze_withheld(connection: psycopg.Connection, number: int) -> None:
    """Keep with a candidate what stayed out of it."""
    connection.execute(
        "insert into audit.candidate_withheld (publication, period_code, form_code, unit_code, why, given_for) "
        "select %s, period_code, form_code, unit_code, why, given_for from withheld",
        (number,),
    )


def read_withheld(connection: psycopg.Connection) -> list[Withheld]:
    """What stands in the temporary table `withheld`, whole periods first."""
    with connection.cursor(row_factory=class_row(Withheld)) as cursor:
        return cursor.execute(
            "select period_code, form_code, unit_code, why, given_for from withheld "
            "order by unit_code nulls first, period_code, form_code nulls first, why"
        ).fetchall()


def has_policies(connection: psycopg.Connection, pack_hash: str) -> bool:
    """Whether a pack has a policy that can keep something out."""
    row = connection.execute(
        "select exists (select from catalog.period_policy where pack_hash = %s and (needs_approval or corrections = 'closed')) "
        "or exists (select from catalog.form_threshold where pack_hash = %s)",
        (pack_hash, pack_hash),
    ).fetchone()
    return bool(row and row[0])


_WITHHELD = """
    create temporary table withheld (period_code text, form_code text, unit_code text, why text, given_for text) on commit drop
"""

# What each slot that changes shows now, and would show. A period was published before when any publication had a report of it.
_BEFORE = sql.SQL("""
create temporary table slot_before on commit drop as
with period as (
    select
        d.period_code,
        exists (
            select from audit.candidate_slot as s
            inner join audit.publication as n on s.publication = n.number
            where s.period_code = d.period_code and s.submission_id is not null and n.status = 'published'
        ) as was_published
    from (select distinct period_code from slot_change where change not in ('unchanged', 'missing')) as d
),

recorded as (
    select s.unit_code, s.form_code, s.period_code, f.submission_id, f.gate_run_id, f.status
    from slot_change as c
    inner join staging.submission as s
        on c.unit_code = s.unit_code and c.form_code = s.form_code and c.period_code = s.period_code
    inner join ({published}) as f on s.submission_id = f.submission_id
    where c.change not in ('unchanged', 'missing')
)

select
    c.unit_code, c.form_code, c.period_code, p.submission_id, p.gate_run_id, period.was_published,
    case when period.was_published then audit.slot_state(p.submission_id, p.gate_run_id) end as before,
    case when period.was_published then audit.slot_state(c.submission_id, c.gate_run_id) end as after,
    exists (
        select from recorded as r where (r.unit_code, r.form_code, r.period_code) = (c.unit_code, c.form_code, c.period_code)
    ) as is_recorded
from slot_change as c
inner join period on c.period_code = period.period_code
left join recorded as p
    on c.unit_code = p.unit_code and c.form_code = p.form_code and c.period_code = p.period_code and p.status = 'in_force'
where c.change not in ('unchanged', 'missing')
""")

_MARK = sql.SQL("""
update slot_change as c
set
    replaces_id = b.submission_id,
    restates = b.was_published and b.before <> b.after and p.corrections <> 'open' and p.closes_at <= clock_timestamp(),
    request_id = case
        when p.corrections = 'closed' then (
            select max(r.request_id) from audit.request_standing as r
            where
                r.kind = 'correction' and r.standing = 'in_force'
                and r.unit_code = b.unit_code and r.form_code = b.form_code and r.period_code = b.period_code
                and r.given_for = b.before || ' → ' || b.after
        )
    end
from slot_before as b
inner join catalog.period_policy as p on p.pack_hash = %(pack_hash)s and b.period_code = p.period_code
where (c.unit_code, c.form_code, c.period_code) = (b.unit_code, b.form_code, b.period_code)
""")

# The first publication of a period: signed for, whatever it holds when it is published.
_NEEDS_APPROVAL = sql.SQL("""
insert into withheld
select
    p.period_code, null, null, 'needs_approval',
    (
        select count(*) filter (where c.submission_id is not null) || '/' || (
            select count(*) from catalog.duty as d where d.pack_hash = %(pack_hash)s and d.period_code = p.period_code
        )
        from slot_change as c
        where c.period_code = p.period_code
    )
from catalog.period_policy as p
where
    p.pack_hash = %(pack_hash)s
    and p.needs_approval
    and p.period_code in (select period_code from slot_before where not was_published)
    and not exists (
        select from audit.request_standing as r
        where r.kind = 'period' and r.standing = 'in_force' and r.period_code = p.period_code
    )
""")

_INCOMPLETE = sql.SQL("""
insert into withheld
with owed as (
    select
        d.period_code, d.form_code, t.minimum_pct,
        count(*) as reports,
        count(c.submission_id) as accepted
    from catalog.form_threshold as t
    inner join catalog.duty as d on t.pack_hash = d.pack_hash and t.form_code = d.form_code
    left join slot_change as c
        on d.unit_code = c.unit_code and d.form_code = c.form_code and d.period_code = c.period_code
    where
        t.pack_hash = %(pack_hash)s
        and d.period_code in (select period_code from slot_before where not was_published)
    group by d.period_code, d.form_code, t.minimum_pct
)

select
    period_code, form_code, null, 'incomplete',
    accepted || '/' || reports || ' < ' || trim_scale(minimum_pct) || ' %%'
from owed
where accepted * 100 < minimum_pct * reports
""")

_CLOSED = sql.SQL("""
insert into withheld
select b.period_code, b.form_code, b.unit_code, 'closed', b.before || ' → ' || b.after
from slot_before as b
inner join slot_change as c using (unit_code, form_code, period_code)
inner join catalog.period_policy as p on p.pack_hash = %(pack_hash)s and b.period_code = p.period_code
where c.restates and p.corrections = 'closed' and c.request_id is null
""")

_STAYS_OUT = sql.SQL("""
    exists (
        select from withheld as w
        where w.period_code = c.period_code and (w.unit_code is null or (w.unit_code, w.form_code) = (c.unit_code, c.form_code))
    )
""")

_AS_PUBLISHED = sql.SQL("""
update slot_change as c
set submission_id = b.submission_id, gate_run_id = b.gate_run_id, change = 'unchanged', opens = false, restates = false, replaces_id = null
from slot_before as b
where
    (c.unit_code, c.form_code, c.period_code) = (b.unit_code, b.form_code, b.period_code)
    and {stays_out}
    and (%(rebuilds_all)s or exists (
        select from slot_reach as r
        where
            (r.form_code is null or r.form_code = c.form_code)
            and (r.unit_code is null or (r.unit_code, r.period_code) = (c.unit_code, c.period_code))
    ))
    and b.is_recorded
""").format(stays_out=_STAYS_OUT)

_LEFT_OUT = sql.SQL("""
delete from slot_change as c where c.change <> 'unchanged' and {stays_out}
""").format(stays_out=_STAYS_OUT)
