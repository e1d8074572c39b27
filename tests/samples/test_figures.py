"""From printed figures to whole numbers and months."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonghop.model import Period
from tonghop.samples.figures import (
    Calendar,
    Figure,
    Points,
    before_by_percent,
    before_by_points,
    complete_parts,
    days,
    flow_by_period,
    last_digit,
    level_by_period,
    points_of,
    round_half_up,
)

CALENDAR = Calendar(Period.parse("2022-08"))
EVEN = [1] * 20


def test_months_run_from_january_of_the_year_before() -> None:
    months = CALENDAR.periods
    assert (months[0].code, months[CALENDAR.same_period].code, months[CALENDAR.last].code) == ("2021-01", "2021-08", "2022-08")
    assert [months[place].code for place in CALENDAR.rest] == ["2021-09", "2021-10", "2021-11", "2021-12"]
    assert [months[place].number for place in CALENDAR.this_year] == [months[place].number for place in CALENDAR.year_before]


@pytest.mark.parametrize(
    ("printed", "first", "same", "this_year"),
    [
        ("2024-Q1", "2023-Q1", "2023-Q1", ["2024-Q1"]),
        ("2024-Q3", "2023-Q1", "2023-Q3", ["2024-Q1", "2024-Q2", "2024-Q3"]),
        ("2024", "2023", "2023", ["2024"]),
        ("2021-W02", "2020-W01", "2020-W02", ["2021-W01", "2021-W02"]),
        ("2020-W53", "2019-W01", "2019-W52", [f"2020-W{week:02d}" for week in range(1, 54)]),
    ],
)
def test_a_calendar_is_made_of_periods_of_the_printed_type(printed: str, first: str, same: str, this_year: list[str]) -> None:
    calendar = Calendar(Period.parse(printed))
    codes = [period.code for period in calendar.periods]
    assert (codes[0], codes[calendar.same_period], codes[calendar.last]) == (first, same, printed)
    assert [codes[place] for place in calendar.this_year] == this_year
    assert [*calendar.year_before, *calendar.rest, *calendar.this_year] == list(range(len(codes)))
    assert [codes[place] for place in calendar.since_january(calendar.last)] == this_year
    assert calendar.since_january(calendar.this_year.start - 1) == range(calendar.this_year.start)


def test_a_place_knows_the_one_a_year_earlier() -> None:
    quarters = Calendar(Period.parse("2024-Q2"))
    assert [quarters.year_earlier(place) for place in range(6)] == [None, None, None, None, 0, 1]
    assert CALENDAR.year_earlier(19) == 7
    weeks = Calendar(Period.parse("2020-W53"))
    assert weeks.year_earlier(weeks.last) is None


def test_quarters_meet_their_points() -> None:
    calendar = Calendar(Period.parse("2024-Q2"))
    flow = flow_by_period(calendar, Points(30, 70, 50), [1] * 6, None, "seasonal")
    assert (flow[4:], sum(flow[:2]), len(flow)) == ([40, 30], 50, 6)
    assert level_by_period(calendar, Points(30, None, 10), None) == [5, 10, 15, 20, 25, 30]
    assert days(calendar) == [90, 91, 92, 92, 91, 91]


def test_the_year_before_follows_from_what_is_printed() -> None:
    # 687 is 40 % more than 491; 22 is 63.3 % less than 60; 84 of 186 is 13.44 points less than 109 of 186
    assert before_by_percent(687, Decimal(40)) == 491
    assert before_by_percent(22, Decimal("-63.3")) == 60
    assert before_by_points(84, Decimal(186), Decimal(186), Decimal("-13.44")) == 109
    assert points_of(Figure("X", value=0, ytd=17, change=-41), True, None, None) == Points(0, 17, 58)
    assert points_of(Figure("X", value=34783, change=1132), False, None, None) == Points(34783, None, 33651)
    assert points_of(Figure("X", value=5, ytd=6), True, None, None).before is None


def test_a_change_that_no_whole_number_gives_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no whole number makes 3 a change of 10\.00 %"):
        before_by_percent(3, Decimal("10.00"))
    with pytest.raises(ValueError, match="no whole number of a target of 7"):
        before_by_points(8, Decimal(7), Decimal(7), Decimal("21.43"))


@given(st.integers(1, 2_000_000), st.integers(1, 2_000_000), st.integers(0, 2))
def test_a_change_printed_from_whole_numbers_is_always_solved(now: int, before: int, digits: int) -> None:
    printed = round_half_up((now - before) * Decimal(100) / before, digits)
    if printed <= -100:
        return
    solved = before_by_percent(now, printed)
    assert abs((now - solved) * Decimal(100) / solved - printed) < last_digit(printed)


def test_parts_take_what_the_total_leaves() -> None:
    assert complete_parts(33, [None, None, None], [334, 47, 11]) == [28, 4, 1]
    assert complete_parts(10, [4, None], [1, 1]) == [4, 6]
    assert complete_parts(None, [4, None], [1, 1]) == [4, None]
    assert complete_parts(3, [4, None], [1, 1]) == [4, None]  # the report contradicts itself: nothing follows


flows = st.tuples(st.integers(0, 5000), st.integers(0, 50_000), st.integers(0, 50_000))


@given(flows, st.lists(st.integers(1, 1000), min_size=20, max_size=20))
def test_a_flow_meets_its_points(flow: tuple[int, int, int], weights: list[int]) -> None:
    month, earlier, before = flow
    series = flow_by_period(CALENDAR, Points(month, month + earlier, before), weights, None, "seasonal")
    assert series[19] == month
    assert sum(series[12:]) == month + earlier
    assert sum(series[:8]) == before
    assert min(series) >= 0


def test_a_flow_stays_below_its_caps_or_is_refused() -> None:
    caps = [10] * 19 + [3]
    series = flow_by_period(CALENDAR, Points(3, 60, 70), EVEN, caps, "seasonal")
    assert all(value <= cap for value, cap in zip(series, caps, strict=True))
    with pytest.raises(ValueError, match="cannot be shared out"):
        flow_by_period(CALENDAR, Points(3, 80, 70), EVEN, caps, "seasonal")


def test_a_final_flow_stands_in_the_last_month() -> None:
    series = flow_by_period(CALENDAR, Points(9, 9, 7), EVEN, None, "final")
    assert {place: value for place, value in enumerate(series) if value} == {7: 7, 19: 9}


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_level_meets_its_points(month: int, before: int) -> None:
    series = level_by_period(CALENDAR, Points(month, None, before), None)
    assert (series[7], series[19]) == (before, month)
    assert min(series) >= 0
    assert series == sorted(series, reverse=month < before)
