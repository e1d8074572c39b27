"""How the hand corrections of the catalog stand: which are at work, which find something else, which have expired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from psycopg import sql
from psycopg.rows import class_row

from tonghop.database import connect
from tonghop.publication.versions import table_exists


@dataclass(frozen=True)
class CorrectionStanding:
    """A hand correction of the catalog loaded last, and how it stands against the latest report of its slot.

    `standing`: `matches`, `differs` (another value stands there), `no such figure`, `no report` or `expired`. `found_now` is what
    stands in the figure. `is_published` says whether the live publication has it at work.
    """

    correction_code: str
    unit_code: str
    form_code: str
    period_code: str
    indicator_code: str
    measure: str
    breakdown_code: str
    found: str
    use: str
    reason: str
    author: str
    expires_on: date
    standing: str
    found_now: str | None
    version: int | None
    is_published: bool


def list_corrections() -> list[CorrectionStanding]:
    """Every hand correction of the catalog loaded last, by its code."""
    with connect("auditor") as connection:
        published = _PUBLISHED if table_exists(connection, "fct_indicator_value") else sql.SQL("false")
        with connection.cursor(row_factory=class_row(CorrectionStanding)) as cursor:
            return cursor.execute(_STANDINGS.format(published=published)).fetchall()


_STANDINGS = sql.SQL("""
with pack as (
    select pack_hash, time_zone from catalog.pack order by load_number desc limit 1
),

correction as (
    select c.*, c.expires_on <= (now() at time zone pack.time_zone)::date as is_expired
    from catalog.correction as c
    inner join pack on c.pack_hash = pack.pack_hash
)

select
    c.correction_code, c.unit_code, c.form_code, c.period_code, c.indicator_code, c.measure, c.breakdown_code,
    coalesce(trim_scale(c.found_value)::text, c.found_state) as found,
    coalesce(trim_scale(c.use_value)::text, c.use_state) as use,
    c.reason, c.author, c.expires_on,
    case
        when c.is_expired then 'expired'
        when latest.submission_id is null then 'no report'
        when cell.submission_id is null then 'no such figure'
        when (cell.state, cell.value) is distinct from (c.found_state, c.found_value) then 'differs'
        else 'matches'
    end as standing,
    coalesce(trim_scale(cell.value)::text, cell.state) as found_now,
    latest.version,
    {published} as is_published
from correction as c
left join lateral (
    select s.submission_id, s.version
    from staging.submission as s
    left join lateral (
        select v.verdict from audit.verdict as v where v.submission_id = s.submission_id order by v.verdict_id desc limit 1
    ) as last on true
    where
        (s.unit_code, s.form_code, s.period_code) = (c.unit_code, c.form_code, c.period_code)
        and coalesce(last.verdict, '') not in ('held', 'withdrawn')
    order by s.received_at desc, s.version desc
    limit 1
) as latest on true
left join staging.cell
    on
        latest.submission_id = cell.submission_id
        and (cell.indicator_code, cell.measure, cell.breakdown_code) = (c.indicator_code, c.measure, c.breakdown_code)
order by c.correction_code
""")

_PUBLISHED = sql.SQL("""
    exists (
        select from warehouse.fct_indicator_value as f
        inner join staging.submission as s on f.submission_id = s.submission_id
        where
            f.correction_code = c.correction_code
            and f.from_publication <= (select number from audit.live)
            and f.to_publication > (select number from audit.live)
            and (s.unit_code, s.form_code, s.period_code) = (c.unit_code, c.form_code, c.period_code)
    )
""")
