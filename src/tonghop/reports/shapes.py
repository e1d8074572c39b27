"""Rows as charts and tables want them: one value a period, gaps where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from tonghop.reports import words
from tonghop.reports.charts import Row
from tonghop.reports.rows import DAYS_BOUNDS, Timeliness, YearMetric
from tonghop.reports.words import Language

Points = Sequence[dict[str, Any] | None]
"""What a trend holds of each period; None where it holds nothing."""


class MetricTable(NamedTuple):
    """Metrics of single indicators as a table: its columns with their thresholds, and by indicator the metric of each column."""

    metrics: list[str]
    thresholds: dict[str, Decimal]
    rows: dict[str, dict[str, YearMetric]]


def in_periods(trend: Iterable[dict[str, Any]], whole: Iterable[dict[str, Any]]) -> Points:
    """The points of a trend at the periods of another one, so that the same place means the same period."""
    points = {point["period_code"]: point for point in trend}
    return [points.get(point["period_code"]) for point in whole]


def values_of(points: Points, what: str) -> list[Any]:
    """One value of each point."""
    return [point and point[what] for point in points]


def shares(points: Points, what: str) -> list[Decimal | None]:
    """How many of the reports owed, in percent."""
    return [_share(point, what) if point else None for point in points]


def failures(points: Points) -> list[int | None]:
    """Critical problems and warnings together."""
    return [int(point["critical"] + point["warning"]) if point else None for point in points]


def counted_rows(trend: Iterable[dict[str, Any]]) -> list[Row]:
    """Reports of each period by how they stand, named like the standings of slots."""
    return [
        (
            words.short_period(point["period_code"]),
            {"accepted": point["in_force"], "quarantined": point["held_back"], "missing": point["owed"] - point["received"]},
        )
        for point in trend
    ]


def shared_rows(trend: Iterable[dict[str, Any]]) -> list[Row]:
    """The percentages of each period."""
    return [
        (
            words.short_period(point["period_code"]),
            {
                "completeness": point["completeness"],
                "first_on_time": _share(point, "first_on_time"),
                "last_on_time": _share(point, "last_on_time"),
            },
        )
        for point in trend
    ]


def publication_rows(reports: Iterable[dict[str, Any]]) -> list[Row]:
    """The counts of reports of publications, from their summaries."""
    return [(str(report["number"]), report["counts"]) for report in reports]


def spans(rows: Iterable[Timeliness], language: Language) -> list[Row]:
    """How many first and last versions came in each span of working days, over all rows."""
    listed = list(rows)
    return [
        (label, {"first": sum(row.first_counts[place] for row in listed), "last": sum(row.last_counts[place] for row in listed)})
        for place, label in enumerate(_span_labels(language))
    ]


def most(rows: Iterable[Row]) -> list[Any]:
    """Every number of the rows."""
    return [count for _, counts in rows for count in counts.values()]


def by_subject(metrics: Iterable[YearMetric]) -> list[tuple[str, list[YearMetric]]]:
    """Metrics of reports, of single indicators and of pairs apart."""
    parts: dict[str, list[YearMetric]] = {"of_reports": [], "of_indicators": [], "of_pairs": []}
    for metric in metrics:
        kind = "of_pairs" if metric.pair_code else "of_indicators" if metric.indicator_code else "of_reports"
        parts[kind].append(metric)
    return [(kind, found) for kind, found in parts.items() if found]


def by_indicator(metrics: Iterable[YearMetric]) -> MetricTable:
    """Metrics of single indicators as a table of indicators by metrics."""
    table = MetricTable([], {}, {})
    for metric in metrics:
        if metric.metric not in table.thresholds:
            table.metrics.append(metric.metric)
            table.thresholds[metric.metric] = metric.threshold
        table.rows.setdefault(metric.indicator_code or "", {})[metric.metric] = metric
    return table


def round_to(value: Decimal | None, decimals: int) -> Decimal | None:
    """The value rounded half up for display."""
    return None if value is None else value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _share(point: dict[str, Any], what: str) -> Decimal | None:
    return Decimal(100 * point[what]) / point["owed"] if point["owed"] else None


def _span_labels(language: Language) -> list[str]:
    """`DAYS_BOUNDS` in words: what came before the first, between two of them, from the last on."""
    labels = [words.word("days_from", language, 1 - DAYS_BOUNDS[0])]
    for low, after in pairwise(DAYS_BOUNDS):
        high = after - 1
        near, far = sorted((abs(low), abs(high)))
        between = str(near) if near == far else f"{near}–{far}"
        key = "days_due" if low == high == 0 else "days_late" if low > 0 else "days_early"
        labels.append(words.word(key, language, between))
    return [*labels, words.word("days_over", language, DAYS_BOUNDS[-1])]
