"""The metrics of data quality again, slowly and one series at a time: what the view is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

Series = dict[tuple[int, int], float]
"""A unit's figures by year and month; a month that is not there was not reported."""


@dataclass(frozen=True)
class Measured:
    """Value and judgement of a metric."""

    value: float | None
    points: int
    judgement: str


def outliers(tested: Sequence[float], base: Sequence[float], deviations: float, up_to: float | None = None) -> int:
    """How many of `tested` lie more than so many sample deviations from the mean of `base` (and not more than `up_to`)."""
    if len(base) < 2:
        return 0
    mean, deviation = fmean(base), stdev(base)
    far = [abs(value - mean) for value in tested]
    return sum(each > deviations * deviation and (up_to is None or each <= up_to * deviation) for each in far)


def modified_outliers(tested: Sequence[float], base: Sequence[float], limit: float) -> int:
    """How many have a modified z beyond the limit."""
    if not base:
        return 0
    middle = median(base)
    from_middle = [abs(value - middle) for value in base]
    count = 0
    for value in tested:
        if spread := median(from_middle):
            z = 0.6745 * (value - middle) / spread
        elif spread := fmean(from_middle):
            z = (value - middle) / (1.2533 * spread)
        elif value != middle:
            z = (len(base) + 1) / 1.2533  # the figure under test counted in: its own deviation is n + 1 times the mean one
        else:
            z = 0
        count += abs(z) > limit
    return count


def judged(value: float | None, points: int, minimum: int, passes: bool) -> Measured:
    """A metric that needs a minimum of points."""
    if value is None or points < minimum:
        return Measured(value, points, "cannot_judge")
    return Measured(value, points, "pass" if passes else "fail")


def metrics_of_month(series: Series, year: int, month: int, *, back: int, minimum: int) -> dict[str, Measured]:
    """All metrics of one month; the base is the months before."""
    at = year * 12 + month - 1
    base = [series[key] for number in range(at - back, at) if (key := (number // 12, number % 12 + 1)) in series]
    value = series.get((year, month))
    if value is None:
        return {}
    return {**_spreads([value], base, minimum, of_a_year=False), "consistency_over_time": _level(value, base, minimum)}


def metrics_of_year(series: Series, year: int, *, minimum: int) -> dict[str, Measured]:
    """All metrics of one year; it is measured by its own months, its level by the three years before. Only full years count."""
    by_year = {each: [series[each, month] for month in range(1, 13) if (each, month) in series] for each in range(year - 3, year + 1)}
    own = by_year[year]
    levels = [sum(by_year[each]) for each in range(year - 3, year) if len(by_year[each]) == 12] if len(own) == 12 else []
    return {**_spreads(own, own, minimum, of_a_year=True), "consistency_over_time": _level(sum(own), levels, 1)}


def _spreads(tested: Sequence[float], base: Sequence[float], minimum: int, *, of_a_year: bool) -> dict[str, Measured]:
    extreme, moderate = outliers(tested, base, 3), outliers(tested, base, 2, 3)
    modified, points = modified_outliers(tested, base, 3.5), len(base)
    return {
        "extreme_outliers": judged(extreme, points, minimum, extreme < 1),
        "moderate_outliers": judged(moderate, points, minimum, moderate < (2 if of_a_year else 1)),
        "modified_outliers": judged(modified, points, minimum, modified < 1),
    }


def _level(value: float, base: Sequence[float], minimum: int) -> Measured:
    mean = fmean(base) if base else 0
    change = 100 * (value / mean - 1) if mean else None
    return judged(change, len(base), minimum, change is not None and abs(change) <= 33)
