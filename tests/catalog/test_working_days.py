"""Deadlines: the n-th working day after a period, in local time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonghop.catalog import due_at
from tonghop.catalog.working_days import is_working_day
from tonghop.model import Period

ZONE = "Asia/Ho_Chi_Minh"
MONTHS = st.builds(Period.month, st.integers(2010, 2040), st.integers(1, 12))


@pytest.mark.parametrize(
    ("period", "working_days", "day"),
    [
        ("2022-05", 1, date(2022, 6, 1)),
        ("2022-05", 3, date(2022, 6, 3)),
        ("2022-05", 4, date(2022, 6, 6)),  # over a weekend
        ("2022-08", 1, date(2022, 9, 5)),  # 1 and 2 September are holidays, then a weekend
        ("2022-01", 1, date(2022, 2, 7)),  # the Lunar New Year
        ("2022-03", 7, date(2022, 4, 12)),  # a holiday on a Sunday is made up for on the Monday
        ("2022-Q2", 1, date(2022, 7, 1)),
        ("2022-W33", 1, date(2022, 8, 22)),
        ("2022", 1, date(2023, 1, 3)),
    ],
)
def test_deadline(period: str, working_days: int, day: date) -> None:
    assert due_at(Period.parse(period), working_days, "VN", ZONE) == datetime.combine(day, time(23, 59, 59), ZoneInfo(ZONE))


@given(MONTHS, st.integers(1, 40))
def test_it_is_a_working_day_with_as_many_before_it(period: Period, working_days: int) -> None:
    due = due_at(period, working_days, "VN", ZONE).date()
    days = [period.end_date + timedelta(days=1 + n) for n in range((due - period.end_date).days)]
    assert due.weekday() < 5 and is_working_day(due, "VN")
    assert sum(is_working_day(day, "VN") for day in days) == working_days


@given(MONTHS, st.integers(1, 40))
def test_a_longer_deadline_is_later(period: Period, working_days: int) -> None:
    assert due_at(period, working_days, "VN", ZONE) < due_at(period, working_days + 1, "VN", ZONE)


def test_no_deadline_without_a_working_day() -> None:
    with pytest.raises(ValueError, match="at least 1 working day"):
        due_at(Period.month(2022, 1), 0, "VN", ZONE)
