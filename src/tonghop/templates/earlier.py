"""What was published of earlier reports: the only part of this package that asks a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache

import psycopg

from tonghop.database import connect
from tonghop.model import Measure, Slot
from tonghop.templates.formulas import Earlier, Reported

_FIGURES = """
    select indicators.indicator_code, breakdowns.breakdown_code, facts.measure, facts.value
    from marts.fct_indicator_value as facts
    inner join marts.dim_unit as units on facts.unit_key = units.unit_key
    inner join marts.dim_form as forms on facts.form_key = forms.form_key
    inner join marts.dim_period as periods on facts.period_key = periods.period_key
    inner join marts.dim_indicator as indicators on facts.indicator_key = indicators.indicator_key
    inner join marts.dim_breakdown as breakdowns on facts.breakdown_key = breakdowns.breakdown_key
    where
        units.unit_code = %(unit)s
        and forms.form_code = %(form)s
        and periods.period_code = %(period)s
        and facts.state in ('number', 'zero')
"""
_REMEMBERED = 64
"""Reports of a workbook are asked for cell by cell; those of the workbooks before are not asked for again."""


@contextmanager
def published_figures() -> Iterator[Earlier]:
    """What the live publication says of the reports of units, all of it as of one moment; nothing before there is a publication.

    Raises DatabaseDown when PostgreSQL does not answer.
    """
    with connect("bi_reader") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        there = connection.execute("select to_regclass('marts.fct_indicator_value') is not null").fetchone()

        @lru_cache(maxsize=_REMEMBERED)
        def figures(slot: Slot) -> Reported:
            if there is None or not there[0]:
                return {}
            asked = {"unit": slot.unit_code, "form": slot.form_code, "period": slot.period.code}
            rows: list[tuple[str, str, str, Decimal]] = connection.execute(_FIGURES, asked).fetchall()
            return {(indicator, breakdown, Measure(measure)): value for indicator, breakdown, measure, value in rows}

        yield figures
