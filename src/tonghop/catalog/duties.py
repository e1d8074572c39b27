"""Duties resolved to units and periods: every report that is expected, and when it is due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from tonghop.catalog.pack import Pack
from tonghop.catalog.rows import Unit
from tonghop.catalog.working_days import due_at
from tonghop.model import Period, PeriodType

_NUMBERS: dict[PeriodType, Sequence[int]] = {
    PeriodType.MONTH: range(1, 13),
    PeriodType.QUARTER: range(1, 5),
    PeriodType.HALF: (1,),
    PeriodType.NINE_MONTHS: (9,),
    PeriodType.YEAR: (1,),
}


class DueReport(NamedTuple):
    """A report that a unit owes, and the moment at which it is late."""

    form_code: str
    unit_code: str
    period: Period
    due_at: datetime


def periods_of(period_type: PeriodType, first_year: int, last_year: int) -> Iterator[Period]:
    """All periods of a type from the first to the last year (both included), in the order of time."""
    for year in range(first_year, last_year + 1):
        weeks = range(1, date(year, 12, 28).isocalendar().week + 1)
        for number in weeks if period_type is PeriodType.WEEK else _NUMBERS[period_type]:
            yield Period(year, period_type, number)


def due_reports(pack: Pack) -> Iterator[DueReport]:
    """Every report that is owed in the years of the pack: units of the duty's type, or the unit that it names, as they
    are on the period's last day."""
    by_type: defaultdict[str, list[Unit]] = defaultdict(list)
    for unit in pack.units:
        by_type[unit.unit_type].append(unit)
    for duty in pack.duties:
        units = by_type[duty.unit_type] if duty.unit_type else pack.unit_history(duty.unit_code or "")
        for period in periods_of(duty.period_type, pack.head.first_year, pack.head.last_year):
            at = period.end_date
            if duty.valid_at(at):
                due = due_at(period, duty.deadline_working_days, pack.head.holidays, pack.head.time_zone)
                for unit in units:
                    if unit.valid_at(at):
                        yield DueReport(duty.form_code, unit.unit_code, period, due)
