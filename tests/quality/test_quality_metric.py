"""WHO's metrics of data quality, worked by hand on small series, and against a slow reference on random ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.deployed import empty_warehouse
from tests.quality.reference import metrics_of_month, metrics_of_year
from tests.quality.world import MANY, figures, guarding_small_numbers, make_world, no_figures, quarter_key, report

from tonghop.database import connect

pytestmark = pytest.mark.database

Found = tuple[float | None, int, str]
"""Value, points, judgement."""


@pytest.fixture(scope="module")
def published(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One publication with criteria and dimensions."""
    make_world(tmp_path_factory.mktemp("pack"))
    yield
    empty_warehouse()


@pytest.fixture
def world(published: None) -> None:
    """The same without figures."""
    no_figures()


def measured(*periods: str) -> list[tuple[Any, ...]]:
    """All that was measured in these periods, as BI sees it."""
    with connect("bi_reader") as connection:
        return connection.execute(
            """
            select
                case when pair_code = '' then metric else pair_code end, indicator_code, value, points, judgement, profile_code,
                profile_version, score, threshold, unit_code, period_code
            from marts.quality_metric where period_code = any(%s)
            """,
            (list(periods),),
        ).fetchall()


def rows(period: str, unit: str = "S") -> list[tuple[Any, ...]]:
    """What was measured of a unit in a period."""
    return [row for row in measured(period) if row[9] == unit]


def metrics(period: str, unit: str = "S", indicator: str | None = "A") -> dict[str, Found]:
    """What was measured of a unit, by metric or pair."""
    found = [row for row in rows(period, unit) if row[1] == indicator]
    assert len({row[0] for row in found}) == len(found), "one row a metric"
    return {row[0]: (None if row[2] is None else round(float(row[2]), 4), row[3], row[4]) for row in found}


def year(values: Mapping[int, float] | list[float], of: int = 2022) -> dict[tuple[int, int], float]:
    """The months of a year."""
    return {(of, month): value for month, value in (values.items() if isinstance(values, Mapping) else enumerate(values, start=1))}


class TestOutliersOfAYear:
    def test_nothing_eleven_times_and_then_fifty(self, world: None) -> None:
        """Median 0, and so the median deviation: the mean deviation counts, 50 / 12 = 4.1667. z = 50 / (1.2533 x 4.1667) = 9.57 > 3.5.
        Mean 4.1667, sum of squares 11 x 4.1667² + 45.8333² = 2291.67, sample SD √(2291.67 / 11) = 14.434: 45.8333 / 14.434 = 3.175 > 3."""
        figures("S", "A", year([0] * 11 + [50]))
        found = metrics("2022")
        assert found["modified_outliers"] == (1, 12, "fail")
        assert found["extreme_outliers"] == (1, 12, "fail")
        assert found["moderate_outliers"] == (0, 12, "pass"), "what is extreme is not moderate as well"
        scores = {row[0]: round(float(row[7]), 2) for row in rows("2022") if row[7] is not None}
        assert scores == {"extreme_outliers": 3.18, "moderate_outliers": 3.18, "modified_outliers": 9.57}

    def test_of_ten_figures_none_can_be_extreme(self, world: None) -> None:
        """At most (10 - 1) / √10 = 2.846 deviations: nothing is found, and nothing is said."""
        figures("S", "A", year([0] * 9 + [50]))
        assert metrics("2022")["extreme_outliers"] == (0, 10, "cannot_judge")
        assert metrics("2022")["modified_outliers"] == (1, 10, "cannot_judge")

    def test_of_eleven_one_can(self, world: None) -> None:
        """(11 - 1) / √11 = 3.015."""
        figures("S", "A", year([0] * 10 + [50]))
        assert metrics("2022")["extreme_outliers"] == (1, 11, "fail")

    def test_two_moderate_ones_are_too_many(self, world: None) -> None:
        """Ten times 0 and twice 60: mean 10, sum of squares 10 x 100 + 2 x 2500 = 6000, sample SD √(6000 / 11) = 23.355,
        50 / 23.355 = 2.141: beyond 2, within 3."""
        figures("S", "A", year([0] * 10 + [60, 60]))
        assert metrics("2022")["moderate_outliers"] == (2, 12, "fail")
        assert metrics("2022")["extreme_outliers"] == (0, 12, "pass")

    def test_the_deviation_is_that_of_a_sample(self, world: None) -> None:
        """Sum 32, mean 2.6667, squares 1 + 4 x 3 + 9 x 3 + 64 x 2 = 168, less 12 x 2.6667² = 82.67. Of a sample √(82.67 / 11) = 2.741, and
        (8 - 2.6667) / 2.741 = 1.945: no outlier. Of a population √(82.67 / 12) = 2.625, and 2.032: there would be two."""
        figures("S", "A", year([0, 0, 0, 1, 2, 2, 2, 3, 3, 3, 8, 8]))
        assert metrics("2022")["moderate_outliers"] == (0, 12, "pass")

    def test_figures_that_are_all_the_same_have_no_outlier(self, world: None) -> None:
        figures("S", "A", year([7] * 12))
        assert {metrics("2022")[name] for name in ("extreme_outliers", "moderate_outliers", "modified_outliers")} == {(0, 12, "pass")}

    def test_small_numbers_are_no_outliers_unless_large_ones_are_usual(self, world: None) -> None:
        figures("S", "A", year([0] * 12, of=2021) | {(2022, 1): 29})
        figures("T", "A", year([0] * 12, of=2021) | {(2022, 1): 30})
        figures("U0", "A", year([30] * 12, of=2021) | {(2022, 1): 1})
        with guarding_small_numbers(30):
            found = {row[9]: row[2:5] for row in measured("2022-01") if row[0] == "extreme_outliers"}
            assert found == {row[9]: row[2:5] for row in measured("2022-01") if row[0] == "modified_outliers"}
        assert found == {"S": (0, 12, "pass"), "T": (1, 12, "fail"), "U0": (1, 12, "fail")}
        assert metrics("2022-01")["extreme_outliers"] == (1, 12, "fail")

    def test_a_running_total_is_not_measured(self, world: None) -> None:
        figures("S", "CASES", year([number * 10 for number in range(12)]))
        assert set(metrics("2022", indicator="CASES")) == {"indicator_completeness"}


class TestMonths:
    def test_the_month_under_test_is_not_part_of_its_own_measure(self, world: None) -> None:
        """Six times 9 and six times 11: mean 10, sample SD √(12 / 11) = 1.0445, (14 - 10) / 1.0445 = 3.83 > 3. With the month itself the
        mean would be 10.31, the SD 1.494, and the distance 2.47."""
        figures("S", "A", year([9, 11] * 6, of=2021) | {(2022, 1): 14})
        assert metrics("2022-01")["extreme_outliers"] == (1, 12, "fail")
        assert metrics("2022-01")["moderate_outliers"] == (0, 12, "pass")
        # median 10, median deviation 1: 0.6745 x 4 = 2.70 < 3.5
        assert metrics("2022-01")["modified_outliers"] == (0, 12, "pass")
        # 14 / 10 - 1 = 40 % > 33 %
        assert metrics("2022-01")["consistency_over_time"] == (40, 12, "fail")

    def test_nothing_twelve_times_and_then_fifty(self, world: None) -> None:
        """No spread at all: the month under test is counted in, (12 + 1) / 1.2533 = 10.37 > 3.5. Nothing can be said about the level."""
        figures("S", "A", year([0] * 12, of=2021) | {(2022, 1): 50})
        found = metrics("2022-01")
        assert found["modified_outliers"] == (1, 12, "fail")
        assert found["extreme_outliers"] == (1, 12, "fail")
        assert found["consistency_over_time"] == (None, 12, "cannot_judge")
        assert {round(float(row[7]), 2) for row in rows("2022-01") if row[7] is not None} == {10.37}

    def test_a_level_that_just_reaches_the_threshold_passes(self, world: None) -> None:
        figures("S", "A", year([100] * 12, of=2021) | {(2022, 1): 133})
        figures("T", "A", year([100] * 12, of=2021) | {(2022, 1): 66})
        assert metrics("2022-01")["consistency_over_time"] == (33, 12, "pass")
        assert metrics("2022-01", "T")["consistency_over_time"] == (-34, 12, "fail")

    def test_eleven_months_are_too_few(self, world: None) -> None:
        figures("S", "A", year(dict.fromkeys(range(2, 13), 10), of=2021) | {(2022, 1): 500})
        assert {metrics("2022-01")[name][1:] for name in ("extreme_outliers", "modified_outliers", "consistency_over_time")} == {
            (11, "cannot_judge")
        }

    def test_only_three_years_back_are_looked_at(self, world: None) -> None:
        figures("S", "A", {(2019, 1): 10} | year(dict.fromkeys(range(2, 13), 10), of=2021) | {(2022, 2): 500})
        assert metrics("2022-02")["extreme_outliers"][1] == 11


class TestYears:
    def test_the_level_is_that_of_three_full_years(self, world: None) -> None:
        """192 against 120, 120, 120: 60 % more."""
        months = year([10] * 12, 2019) | year([10] * 12, 2020) | year([10] * 12, 2021)
        figures("S", "A", months | year([16] * 12))
        assert metrics("2022")["consistency_over_time"] == (60, 3, "fail")
        no_figures()
        figures("S", "A", months | year([13] * 12))
        assert metrics("2022")["consistency_over_time"] == (30, 3, "pass")

    def test_years_that_are_not_full_say_nothing(self, world: None) -> None:
        figures("S", "A", year([10] * 11, 2020) | year([10] * 12, 2021) | year([16] * 12))
        assert metrics("2022")["consistency_over_time"] == (60, 1, "fail"), "2020 has eleven months"
        no_figures()
        figures("S", "A", year([10] * 12, 2021) | year([16] * 8))
        assert metrics("2022")["consistency_over_time"][1:] == (0, "cannot_judge")

    def test_four_quarters_are_a_full_year(self, world: None) -> None:
        quarters = {(of, quarter): 10.0 for of in (2019, 2020, 2021) for quarter in range(1, 5)}
        del quarters[2020, 3]
        figures("S", "A", quarters | {(2022, quarter): 16.0 for quarter in range(1, 5)}, key=quarter_key)
        assert metrics("2022")["consistency_over_time"] == (60, 2, "fail"), "2020 has three quarters"
        assert metrics("2022")["extreme_outliers"] == (0, 4, "cannot_judge")

    def test_enough_answers_are_just_enough(self, world: None) -> None:
        figures("S", "A", year([10]), reporting=9, expected=10)
        assert metrics("2022-01")["indicator_completeness"] == (90, 10, "pass")
        assert metrics("2022")["indicator_completeness"] == (90, 120, "pass")

    def test_completeness_is_not_cut(self, world: None) -> None:
        figures("S", "A", year([10] * 12), reporting=3, expected=2)
        figures("T", "A", year([10] * 12), reporting=1, expected=2)
        assert metrics("2022")["indicator_completeness"] == (150, 24, "pass")
        assert metrics("2022-03", "T")["indicator_completeness"] == (50, 2, "fail")

    def test_a_year_that_is_not_over_is_not_incomplete(self, world: None) -> None:
        """Published in March 2023: ten months of that year can't have come."""
        figures("S", "A", year([10] * 2, 2023), reporting=1, expected=2)
        assert metrics("2023")["indicator_completeness"] == (None, 24, "cannot_judge")
        assert metrics("2023-02")["indicator_completeness"] == (50, 2, "fail")


class TestPairs:
    def test_figures_that_are_near_enough(self, world: None) -> None:
        """105 and 100 for the station; 200 and 100 above it."""
        figures("S", "A", {(2022, 1): 105})
        figures("S", "B", {(2022, 1): 100})
        figures("D", "A", {(2022, 1): 200})
        figures("D", "B", {(2022, 1): 100})
        found = metrics("2022-01")
        assert found["BAND"] == found["DENOMINATORS"] == (5, 2, "pass")
        assert found["AT_LEAST"] == (5, 2, "pass")
        # (105 - 100) / 105
        assert found["DROPOUT"] == (round(500 / 105, 4), 2, "pass")
        # 1.05 against 2
        assert found["PARENT"] == (-47.5, 2, "fail")
        # nothing is cut: 100 % more
        assert metrics("2022-01", "D")["BAND"] == (100, 2, "fail")
        assert metrics("2022-01", "D")["PARENT"] == (None, 2, "cannot_judge"), "nobody above has the figures"
        assert {row[8] for row in rows("2022-01") if row[0] == "BAND"} == {10}
        # the year has nothing but this month
        of_the_year, pairs = metrics("2022"), ("BAND", "DENOMINATORS", "AT_LEAST", "DROPOUT", "PARENT")
        assert {pair: of_the_year[pair] for pair in pairs} == {pair: found[pair] for pair in pairs}

    def test_a_threshold_that_is_just_reached_is_kept(self, world: None) -> None:
        """110 against 100 is 10 % more, against 1 of the unit above 10 %, too; 100 against 100 is no dropout."""
        figures("S", "A", {(2022, 1): 110, (2022, 2): 111, (2022, 3): 100})
        figures("S", "B", dict.fromkeys([(2022, 1), (2022, 2), (2022, 3)], 100))
        figures("D", "A", dict.fromkeys([(2022, 1), (2022, 2), (2022, 3)], 100))
        figures("D", "B", dict.fromkeys([(2022, 1), (2022, 2), (2022, 3)], 100))
        within, january, february, march = ("BAND", "DENOMINATORS", "PARENT"), *(metrics(f"2022-{month:02d}") for month in (1, 2, 3))
        assert {january[pair] for pair in within} == {(10, 2, "pass")}
        assert {february[pair] for pair in within} == {(11, 2, "fail")}
        assert {march[pair] for pair in ("DROPOUT", "AT_LEAST")} == {(0, 2, "pass")}

    def test_the_map_of_its_time_counts(self, world: None) -> None:
        figures("S", "A", {(2022, 1): 105}, map_="as_reported")
        figures("S", "A", {(2022, 1): 900}, map_="today")
        figures("S", "B", {(2022, 1): 100})
        assert metrics("2022-01")["BAND"] == (5, 2, "pass")

    def test_more_at_the_end_than_at_the_beginning_is_an_error(self, world: None) -> None:
        """(100 - 110) / 100 = -10 %."""
        figures("S", "A", {(2022, 1): 100})
        figures("S", "B", {(2022, 1): 110})
        found = metrics("2022-01")
        assert found["DROPOUT"] == (-10, 2, "fail")
        assert found["AT_LEAST"] == (round(-1000 / 110, 4), 2, "fail")
        assert found["BAND"] == (round(-1000 / 110, 4), 2, "pass")

    def test_of_nothing_nothing_can_be_said(self, world: None) -> None:
        figures("S", "A", {(2022, 1): 0})
        figures("S", "B", {(2022, 1): 0})
        found = metrics("2022-01")
        assert {found[pair] for pair in ("BAND", "AT_LEAST", "PARENT", "DROPOUT", "DENOMINATORS")} == {(None, 2, "cannot_judge")}


class TestReports:
    def test_what_came_and_what_came_in_time(self, world: None) -> None:
        """Of four reports that are due three have come, two of them in time; one that is not due yet is not expected."""
        for month, received in ((1, "2022-01-09"), (2, "2022-01-10"), (3, "2022-02-01"), (4, None)):
            report("S", 2022, month, received)
        report("S", 2022, 5, None, due="2023-12-31")
        found = metrics("2022", indicator=None)
        assert found["report_completeness"] == (75, 4, "fail")
        assert found["timeliness"] == (50, 4, "fail")
        assert metrics("2022-03", indicator=None)["report_completeness"] == (100, 1, "pass")
        assert metrics("2022-03", indicator=None)["timeliness"] == (0, 1, "fail")
        assert metrics("2022", "P", indicator=None)["report_completeness"] == (75, 4, "fail"), "counted for all above"
        assert metrics("2022-05", indicator=None) == {}

    def test_what_just_reaches_the_threshold_passes(self, world: None) -> None:
        """Of twenty reports eighteen came, fifteen of them in time: 90 % and 75 %."""
        for number in range(20):
            report("S", 2022, 3, "2022-01-10" if number < 15 else "2022-01-11" if number < 18 else None)
        for period in ("2022-03", "2022"):
            found = metrics(period, indicator=None)
            assert (found["report_completeness"], found["timeliness"]) == ((90, 20, "pass"), (75, 20, "pass"))

    def test_a_month_is_measured_against_the_one_above_as_well(self, world: None) -> None:
        """S sent in January and February and not in March: 0. T sent all: 1. Above them 2 of 2, 2 of 2, 1 of 2: 0.5."""
        for month in (1, 2, 3):
            report("S", 2022, month, "2022-02-01" if month < 3 else None)
            report("T", 2022, month, "2022-02-01")
        found = {unit: metrics("2022-03", unit, indicator=None)["completeness_consistency"] for unit in "DST"}
        assert found == {"D": (0, 2, "pass"), "S": (-100, 2, "fail"), "T": (100, 2, "fail")}

    def test_completeness_of_more_than_three_years_ago_does_not_count(self, world: None) -> None:
        """S sent nothing in 2019 and half of its reports in the years after, T all: in 2023 both are what they were."""
        for of in range(2019, 2024):
            for month in (1, 2):
                report("S", of, month, "2022-02-01" if of > 2019 and month == 1 else None)
                report("T", of, month, "2022-02-01")
        assert {metrics("2023", unit, indicator=None)["completeness_consistency"] for unit in "ST"} == {(0, 3, "pass")}

    def test_a_unit_is_measured_against_the_one_above(self, world: None) -> None:
        """S sent 4 of 4 in 2021 and 1 of 4 in 2022: 0.25. T sent all: 1. Above them 8 of 8, then 5 of 8: 0.625. 0.25 / 0.625 - 1 = -60 %,
        1 / 0.625 - 1 = +60 %."""
        for month in range(1, 5):
            for unit in ("S", "T"):
                report(unit, 2021, month, "2021-02-01")
            report("S", 2022, month, "2022-02-01" if month == 1 else None)
            report("T", 2022, month, "2022-02-01")
        found = {unit: metrics("2022", unit, indicator=None)["completeness_consistency"] for unit in "PDST"}
        assert found == {"P": (None, 1, "cannot_judge"), "D": (0, 1, "pass"), "S": (-60, 1, "fail"), "T": (60, 1, "fail")}
        assert metrics("2021", indicator=None)["completeness_consistency"] == (None, 0, "cannot_judge")

    def test_the_version_that_held_then_judges_and_is_named(self, world: None) -> None:
        """19 of 20 reports, 95 %: enough for the first version, until June; too few for the second."""
        for month in (6, 7):
            for form in range(20):
                report("S", 2022, month, "2022-01-05" if form else None)
        told = {}
        for period in ("2022-06", "2022-07"):
            (told[period],) = [row[2:7] for row in rows(period) if row[0] == "report_completeness"]
        assert told == {"2022-06": (95, 20, "pass", "M", 1), "2022-07": (95, 20, "fail", "M", 2)}


MONTHS = [(of, month) for of in range(2019, 2023) for month in range(1, 13)]
SERIES = st.dictionaries(st.sampled_from(MONTHS), st.sampled_from([0, 0, 0, 1, 2, 5, 10, 11, 12, 40, 100]), min_size=1)
STEADY = {key: 10 + key[1] % 3 for key in MONTHS} | {(2022, 12): 90}


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(found=st.lists(SERIES, min_size=len(MANY), max_size=len(MANY)), month=st.integers(1, 12))
@example(found=[STEADY] * len(MANY), month=12)
def test_as_the_slow_reference_has_it(world: None, found: list[dict[tuple[int, int], int]], month: int) -> None:
    """Many series at a time, a unit for each."""
    no_figures()
    for unit, series in zip(MANY, found, strict=True):
        figures(unit, "A", series)
    rows_found = measured("2022", f"2022-{month:02d}")
    for unit, series in zip(MANY, found, strict=True):
        for period, expected in (
            (f"2022-{month:02d}", metrics_of_month(series, 2022, month, back=36, minimum=12)),
            ("2022", metrics_of_year(series, 2022, minimum=11) if any(of == 2022 for of, _ in series) else {}),
        ):
            told = {row[0]: row[2:5] for row in rows_found if row[9:11] == (unit, period)}
            assert {name: (each.points, each.judgement) for name, each in expected.items()} == {name: told[name][1:] for name in expected}
            for name, each in expected.items():
                assert (told[name][0] is None) == (each.value is None), name
                assert each.value is None or float(told[name][0]) == pytest.approx(each.value, abs=1e-6), name
            assert bool(told) == bool(expected)
