"""From printed figures to whole numbers, and from whole numbers to a provincial series by month.

A printed report gives the month, the sum since January and some change against the year before. Everything here answers one
question: which whole numbers, month by month since January of the year before, print exactly that?

The months of a series run from January of the year before to the printed month; `Calendar` knows the places in between.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from tonghop.model import Period
from tonghop.samples.split import SCALE, between, split


@dataclass(frozen=True)
class Calendar:
    """The months of the samples: January of the year before up to the month that the report is printed for."""

    printed: Period

    @cached_property
    def months(self) -> tuple[Period, ...]:
        """All months, oldest first."""
        year, last = self.printed.year, self.printed.number
        return tuple(
            [Period.month(year - 1, month) for month in range(1, 13)] + [Period.month(year, month) for month in range(1, last + 1)]
        )

    @property
    def last(self) -> int:
        """Place of the printed month."""
        return len(self.months) - 1

    @property
    def same_month(self) -> int:
        """Place of the same month of the year before."""
        return self.last - 12

    @property
    def this_year(self) -> range:
        """Places from January to the printed month."""
        return range(12, len(self.months))

    @property
    def year_before(self) -> range:
        """Places of the same months of the year before."""
        return range(self.same_month + 1)

    @property
    def rest(self) -> range:
        """Places of the year before that the printed comparison does not reach."""
        return range(self.same_month + 1, 12)


@dataclass(frozen=True)
class Figure:
    """What the report prints of one indicator, and what was chosen where it prints nothing (`year_before`, `pattern`).

    `pattern`: how the figure spreads over months and units: `seasonal` (the usual), `steady` (by the days of the month), `final`
    (all in the last month), `each` (the same for every unit).
    """

    indicator_code: str
    month: int | None = None
    ytd: int | None = None
    change: int | None = None
    change_pct: Decimal | None = None
    change_points: Decimal | None = None
    year_before: int | None = None
    pattern: str = "seasonal"


@dataclass(frozen=True)
class Points:
    """The whole numbers that a series must go through. For a flow `ytd` and `before` are sums since January; else `before` is
    the value of the same month of the year before and `ytd` stays empty."""

    month: int | None = None
    ytd: int | None = None
    before: int | None = None


def round_half_up(number: Decimal, digits: int) -> Decimal:
    """Round as reports do."""
    return number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def last_digit(printed: Decimal) -> Decimal:
    """One unit of the last printed digit: 0.01 for 67.57."""
    exponent = printed.as_tuple().exponent
    return Decimal(1).scaleb(min(int(exponent), 0))


def nearest(number: Decimal) -> int:
    """The nearest whole number, halves up."""
    return int(round_half_up(number, 0))


def before_by_percent(now: int, change_pct: Decimal) -> int:
    """The whole number from which `now` is a change of so many percent, within one unit of the last printed digit.

    Raises ValueError when there is none.
    """
    before = nearest(now / (1 + change_pct / 100))
    if before <= 0 or abs((now - before) * Decimal(100) / before - change_pct) >= last_digit(change_pct):
        raise ValueError(f"no whole number makes {now} a change of {change_pct} %")
    return before


def before_by_points(now: int, target: Decimal, target_before: Decimal, change_points: Decimal) -> int:
    """The whole number whose share of last year's target differs by so many points from the share of this year's,
    within two units of the last printed digit.

    Raises ValueError when there is none.
    """
    share = now * Decimal(100) / target
    before = nearest((share - change_points) * target_before / 100)
    if before < 0 or abs(share - before * Decimal(100) / target_before - change_points) >= 2 * last_digit(change_points):
        raise ValueError(f"no whole number of a target of {target_before} lies {change_points} points from {now} of {target}")
    return before


def points_of(figure: Figure, is_flow: bool, target: Decimal | None, target_before: Decimal | None) -> Points:
    """The whole numbers that follow from what is printed. Raises ValueError when no whole number does."""
    now = figure.ytd if is_flow else figure.month
    before = figure.year_before
    if before is None and now is not None:
        if figure.change is not None:
            before = now - figure.change
        elif figure.change_pct is not None:
            before = before_by_percent(now, figure.change_pct)
        elif figure.change_points is not None and target and target_before:
            before = before_by_points(now, target, target_before, figure.change_points)
    return Points(figure.month, figure.ytd, before)


def complete_parts(total: int | None, parts: Sequence[int | None], sizes: Sequence[int]) -> list[int | None]:
    """Give the parts that are not printed what the total leaves, by size. Without a total nothing is known."""
    free = [place for place, part in enumerate(parts) if part is None]
    left = (total or 0) - sum(part for part in parts if part is not None)
    if total is None or not free or left < 0:
        return list(parts)
    shares = dict(zip(free, split(left, [sizes[place] for place in free]), strict=True))
    return [shares.get(place, part) for place, part in enumerate(parts)]


def seasons(calendar: Calendar, indicator_code: str) -> list[int]:
    """A weight for each month: a season that comes back every year, and some noise."""
    return [
        between(0.85, 1.15, "season", indicator_code, month.number) * between(0.92, 1.08, "month", indicator_code, month.code) // SCALE
        for month in calendar.months
    ]


def days(calendar: Calendar) -> list[int]:
    """The days of each month, as weights."""
    return [monthrange(month.year, month.number)[1] for month in calendar.months]


def flow_by_month(calendar: Calendar, points: Points, weights: Sequence[int], caps: Sequence[int] | None, pattern: str) -> list[int]:
    """A flow month by month: the printed month, the sum since January, the same sum of the year before; the rest by `weights`.

    `caps` bound each month. Raises ValueError when the points cannot be met.
    """
    if points.ytd is None or points.before is None:
        raise ValueError("a flow needs its sum since January of both years")
    series = [0] * len(calendar.months)
    if pattern == "final":
        series[calendar.last], series[calendar.same_month] = points.ytd, points.before
        return series

    def put(total: int, places: Sequence[int]) -> None:
        highs = None if caps is None else [caps[place] for place in places]
        for place, share in zip(places, split(total, [weights[place] for place in places], highs=highs), strict=True):
            series[place] = share

    if points.month is None:
        put(points.ytd, calendar.this_year)
    else:
        series[calendar.last] = points.month
        put(points.ytd - points.month, calendar.this_year[:-1])
    put(points.before, calendar.year_before)
    reached = sum(weights[place] for place in calendar.year_before)
    rest = points.before * sum(weights[place] for place in calendar.rest) // max(reached, 1)
    put(rest if caps is None else min(rest, sum(caps[place] for place in calendar.rest)), calendar.rest)
    return series


def level_by_month(calendar: Calendar, points: Points, caps: Sequence[int] | None) -> list[int]:
    """A stock or running total month by month: the line through the same month of the year before and the printed month, never
    below zero, never above `caps`."""
    if points.month is None or points.before is None:
        raise ValueError("a level needs its value of both years")
    step = Decimal(points.month - points.before) / 12
    line = [max(0, nearest(points.before + step * (place - calendar.same_month))) for place in range(len(calendar.months))]
    return line if caps is None else [min(value, cap) for value, cap in zip(line, caps, strict=True)]


def invented(now: int, indicator_code: str, spread: float) -> int:
    """A value of the year before where nothing is printed: `now` give or take `spread`."""
    return now * between(1 - spread, 1 + spread, "year before", indicator_code) // SCALE
