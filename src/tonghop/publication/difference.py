"""What differs between two publications: figures, and the submissions behind them. The cost follows the change, not the history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from tonghop.database import connect
from tonghop.publication.records import read_publication, require_shown

_Row = TypeVar("_Row")
_AT_ONCE = 2_000
"""Rows that are fetched from the server at a time."""


@dataclass(frozen=True)
class ChangedFigure:
    """One figure of the summary that two publications show differently; None where one of them shows none."""

    period_code: str
    unit_code: str
    indicator_code: str
    value_a: Decimal | None
    value_b: Decimal | None
    ytd_value_a: Decimal | None
    ytd_value_b: Decimal | None


@dataclass(frozen=True)
class ChangedSubmission:
    """One slot for which two publications have another submission in force, or the same one with other hand corrections.

    None where one of them has none in force. `cause`: `new`, `corrected` (a later version), `corrected_by_hand`, `withdrawn` by its unit,
    `held` by a rollback, `released` by one, or `not_yet` (the second publication is the older one).
    """

    period_code: str
    unit_code: str
    form_code: str
    cause: str
    submission_a: int | None
    submission_b: int | None
    source_a: str | None
    source_b: str | None
    sha256_a: str | None
    sha256_b: str | None
    corrections_a: list[str]
    corrections_b: list[str]


@dataclass(frozen=True)
class Step:
    """A publication between the two that are compared, the later one included, and what it changed besides submissions."""

    number: int
    published_at: datetime
    kind: str
    base: int | None
    reason: str | None
    catalog_changed: bool
    code_changed: bool


@dataclass(frozen=True)
class Difference:
    """What differs between publications `a` and `b`. Figures and submissions are read as they are asked for, never all at once."""

    a: int
    b: int
    steps: list[Step]
    connection: psycopg.Connection

    def figures(self) -> Iterator[ChangedFigure]:
        """Every unit at every level, every group of another hierarchy (`hierarchy:group`) and every period type: figures of which `value`
        or `ytd_value` differs, by period."""
        return self._stream(ChangedFigure, _FIGURES)

    def submissions(self) -> Iterator[ChangedSubmission]:
        """The slots behind them, by period."""
        return self._stream(ChangedSubmission, _SUBMISSIONS)

    def _stream(self, kind: type[_Row], query: sql.Composed) -> Iterator[_Row]:
        """Rows through a cursor of the server: what is not asked for stays there."""
        with self.connection.cursor(name=kind.__name__, row_factory=class_row(kind)) as cursor:
            cursor.itersize = _AT_ONCE
            yield from cursor.execute(query, _numbers(self.a, self.b))


@contextmanager
def diff(a: int, b: int) -> Iterator[Difference]:
    """Compare two publications, in one snapshot that lasts as long as the context.

    Raises PublicationProblem when one of them was never published, or has expired.
    """
    with connect("auditor") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for number in (a, b):
            require_shown(read_publication(connection, number))
        with connection.cursor(row_factory=class_row(Step)) as cursor:
            steps = cursor.execute(_STEPS, _numbers(a, b)).fetchall()
        yield Difference(a, b, steps, connection)


def _numbers(a: int, b: int) -> dict[str, int]:
    return {"a": a, "b": b, "low": min(a, b), "high": max(a, b)}


_STEPS = """
with published as (
    select
        number, published_at, kind, base, reason,
        pack_hash is distinct from lag(pack_hash) over (order by number) as catalog_changed,
        code_version is distinct from lag(code_version) over (order by number) as code_changed
    from audit.publication
    where status = 'published'
)

select * from published where number > %(low)s and number <= %(high)s order by number
"""

# Rows that one of the two shows and the other does not: they began or ended between the two numbers. The cast matches the
# index on from_publication, which is hidden from the views on purpose.
_TOUCHED = sql.SQL("""
    (
        (from_publication::bigint > %(low)s and from_publication::bigint <= %(high)s)
        or (to_publication > %(low)s and to_publication <= %(high)s)
    )
""")

_FIGURES = sql.SQL("""
with touched as (
    select
        units.unit_code, indicators.indicator_code, agg.period_key, agg.value, agg.ytd_value,
        agg.from_publication <= %(a)s and agg.to_publication > %(a)s as at_a,
        agg.from_publication <= %(b)s and agg.to_publication > %(b)s as at_b
    from warehouse.agg_indicator_period as agg
    inner join catalog.unit_key as units on agg.unit_key = units.unit_key
    inner join catalog.indicator_key as indicators on agg.indicator_key = indicators.indicator_key
    where agg.map <> 'today' and {touched}
),

at_a as (
    select unit_code, indicator_code, period_key, value, ytd_value from touched where at_a
),

at_b as (
    select unit_code, indicator_code, period_key, value, ytd_value from touched where at_b
),

periods as (
    select distinct period_key, period_code from warehouse.dim_period
)

select
    periods.period_code, unit_code, indicator_code,
    at_a.value as value_a, at_b.value as value_b, at_a.ytd_value as ytd_value_a, at_b.ytd_value as ytd_value_b
from at_a
full join at_b using (unit_code, indicator_code, period_key)
inner join periods using (period_key)
where (at_a.value, at_a.ytd_value) is distinct from (at_b.value, at_b.ytd_value)
order by period_key, unit_code, indicator_code
""").format(touched=_TOUCHED)

_SUBMISSIONS = sql.SQL("""
with touched as (
    select
        s.unit_code, s.form_code, s.period_code, s.submission_id, s.source_uri, s.sha256, s.received_at, s.version,
        array(
            select j.correction_code from audit.judged_correction as j
            where j.submission_id = f.submission_id and j.gate_run_id = f.gate_run_id
            order by j.correction_code
        ) as corrections,
        audit.corrections_judged(f.submission_id, f.gate_run_id) as judged,
        f.from_publication <= %(a)s and f.to_publication > %(a)s as at_a,
        f.from_publication <= %(b)s and f.to_publication > %(b)s as at_b
    from warehouse.fct_submission as f
    inner join staging.submission as s on f.submission_id = s.submission_id
    where f.status = 'in_force' and {touched}
),

at_a as (
    select * from touched where at_a
),

at_b as (
    select * from touched where at_b
),

changed as (
    select
        period_code, unit_code, form_code,
        at_a.submission_id as submission_a, at_b.submission_id as submission_b,
        at_a.source_uri as source_a, at_b.source_uri as source_b,
        at_a.sha256 as sha256_a, at_b.sha256 as sha256_b,
        coalesce(at_a.corrections, '{{}}') as corrections_a, coalesce(at_b.corrections, '{{}}') as corrections_b,
        (at_b.received_at, at_b.version) > (at_a.received_at, at_a.version) as is_later,
        case when %(a)s < %(b)s then at_a.submission_id else at_b.submission_id end as before
    from at_a
    full join at_b using (unit_code, form_code, period_code)
    where at_a.submission_id is distinct from at_b.submission_id or at_a.judged <> at_b.judged
),

-- what had become of the report that was in force first, when the later of the two was published
with_fate as (
    select changed.*, fate.verdict
    from changed
    left join lateral (
        select v.verdict from audit.verdict as v
        where v.submission_id = changed.before
            and v.given_at <= (select published_at from audit.publication where number = %(high)s)
        order by v.verdict_id desc
        limit 1
    ) as fate on true
)

select
    period_code, unit_code, form_code,
    case
        when submission_a = submission_b then 'corrected_by_hand'
        when %(a)s > %(b)s then 'not_yet'
        when verdict in ('held', 'withdrawn') then verdict
        when submission_a is null then 'new'
        when is_later then 'corrected'
        else 'released'
    end as cause,
    submission_a, submission_b, source_a, source_b, sha256_a, sha256_b, corrections_a, corrections_b
from with_fate
order by period_code, unit_code, form_code
""").format(touched=_TOUCHED)
