"""What differs between two publications: figures, and the submissions behind them. The cost follows the change, not the history."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from tonghop.database import connect
from tonghop.publication.records import read_publication, require_shown


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
    """One slot for which two publications have another submission in force; None where one of them has none."""

    period_code: str
    unit_code: str
    form_code: str
    submission_a: int | None
    submission_b: int | None
    source_a: str | None
    source_b: str | None
    sha256_a: str | None
    sha256_b: str | None


@dataclass(frozen=True)
class Difference:
    """Everything that differs between publications `a` and `b`."""

    a: int
    b: int
    figures: list[ChangedFigure]
    submissions: list[ChangedSubmission]


def diff(a: int, b: int) -> Difference:
    """Compare two publications: every unit at every level and every period type, `value` and `ytd_value`.

    Raises PublicationProblem when one of them was never published.
    """
    with connect("auditor") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for number in (a, b):
            require_shown(read_publication(connection, number))
        numbers = {"a": a, "b": b, "low": min(a, b), "high": max(a, b)}
        with connection.cursor(row_factory=class_row(ChangedFigure)) as figures:
            changed_figures = figures.execute(_FIGURES, numbers).fetchall()
        with connection.cursor(row_factory=class_row(ChangedSubmission)) as submissions:
            changed_submissions = submissions.execute(_SUBMISSIONS, numbers).fetchall()
    return Difference(a, b, changed_figures, changed_submissions)


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
        s.unit_code, s.form_code, s.period_code, s.submission_id, s.source_uri, s.sha256,
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
)

select
    period_code, unit_code, form_code,
    at_a.submission_id as submission_a, at_b.submission_id as submission_b,
    at_a.source_uri as source_a, at_b.source_uri as source_b,
    at_a.sha256 as sha256_a, at_b.sha256 as sha256_b
from at_a
full join at_b using (unit_code, form_code, period_code)
where at_a.submission_id is distinct from at_b.submission_id
order by period_code, unit_code, form_code
""").format(touched=_TOUCHED)
