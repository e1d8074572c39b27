"""Deadlines in working days: Saturdays, Sundays and public holidays do not count."""

from __future__ import annotations

from collections.abc import Container
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tonghop.model import Period

_SATURDAY = 5


@lru_cache
def _public_holidays(country: str) -> Container[date]:
    import holidays  # slow, and needed for deadlines only

    known: Container[date] = holidays.country_holidays(country)  # fills in a year when it is first asked for
    return known


def is_working_day(day: date, country: str) -> bool:
    """Whether people work on that day in a country (code such as VN)."""
    return day.weekday() < _SATURDAY and day not in _public_holidays(country)


@lru_cache(maxsize=100_000)
def working_day_from(day: date, working_days: int, country: str) -> date:
    """The n-th working day after `day`; before it where `working_days` is negative; `day` itself for 0."""
    direction = timedelta(days=1 if working_days > 0 else -1)
    left = abs(working_days)
    while left:
        day += direction
        left -= is_working_day(day, country)
    return day


@lru_cache(maxsize=10_000)
def due_at(period: Period, working_days: int, country: str, time_zone: str) -> datetime:
    """The end (23:59:59 local time) of the n-th working day after the period's last day.

    Raises ValueError when `working_days` is less than 1, KeyError for an unknown time zone, NotImplementedError for an
    unknown country.
    """
    if working_days < 1:
        raise ValueError(f"a deadline is at least 1 working day after the period, found {working_days}")
    day = working_day_from(period.end_date, working_days, country)
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(time_zone))
