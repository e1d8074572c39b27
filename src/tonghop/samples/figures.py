"""From printed figures to whole numbers, and from whole numbers to a series by period for the whole organisation.

A printed report gives its period (a month, a quarter …), the sum since January and some change against the year before. Everything
here answers one question: which whole numbers, period by period since the start of the year before, print exactly that?

The periods of a series run from the first of the year before to the printed one; `Calendar` knows the places in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from tonghop.catalog.duties import periods_of
from tonghop.model import Period
from tonghop.samples.split import SCALE, between, split


@dataclass(frozen=True)
class Calendar:
    """The periods of the samples: from the first of the year before to the one that the report is printed for, all of its type."""

    printed: Period

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """All periods, oldest first."""
        year = self.printed.year
        return tuple(period for period in periods_of(self.printed.type, year - 1, year) if period <= self.printed)

    @cached_property
    def place(self) -> dict[Period, int]:
        """The place of each period."""
        return {period: place for place, period in enumerate(self.periods)}

    @property
    def last(self) -> int:
        """Place of the printed period."""
        return len(self.periods) - 1

    @cached_property
    def same_period(self) -> int:
        """Place of the same period of the year before; of the last one of that year when it has none (week 53)."""
        same = self.printed.same_period_last_year
        return self.place[same] if same else self.this_year.start - 1

    @cached_property
    def this_year(self) -> range:
        """Places from the first period of the year to the printed one."""
        return range(sum(period.year < self.printed.year for period in self.periods), len(self.periods))

    @property
    def year_before(self) -> range:
        """Places of the same periods of the year before."""
        return range(self.same_period + 1)

    @property
    def rest(self) -> range:
        """Places of the year before that the printed comparison does not reach."""
        return range(self.same_period + 1, self.this_year.start)

    def since_january(self, place: int) -> range:
        """Places from the first period of that place's year up to it."""
        return range(0 if place < self.this_year.start else self.this_year.start, place + 1)

    def year_earlier(self, place: int) -> int | None:
        """Place of the same period one year earlier; None where the samples do not reach that far back."""
        same = self.periods[place].same_period_last_year
        return self.place.get(same) if same else None


@dataclass(frozen=True)
class Figure:
    """What the report prints of one indicator, and what was chosen where it prints nothing (`year_before`, `pattern`).

    `value` is that of the printed period. `pattern`: how the figure spreads over periods and units: `seasonal` (the usual), `steady`
    (by the days of the period), `final` (all in the last period), `each` (the same for every unit).
    """

    indicator_code: str
    value: int | None = None
    ytd: int | None = None
    change: int | None = None
    change_pct: Decimal | None = None
    change_points: Decimal | None = None
    year_before: int | None = None
    pattern: str = "seasonal"


@dataclass(frozen=True)
class Points:
    """The whole numbers that a series must go through. For a flow `ytd` and `before` are sums since January; else `before` is
    the value of the same period of the year before and `ytd` stays empty."""

    value: int | None = None
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
    now = figure.ytd if is_flow else figure.value
    before = figure.year_before
    if before is None and now is not None:
        if figure.change is not None:
            before = now - figure.change
        elif figure.change_pct is not None:
            before = before_by_percent(now, figure.change_pct)
        elif figure.change_points is not None and target and target_before:
            before = before_by_points(now, target, target_before, figure.change_points)
    return Points(figure.value, figure.ytd, before)


def complete_parts(total: int | None, parts: Sequence[int | None], sizes: Sequence[int]) -> list[int | None]:
    """Give the parts that are not printed what the total leaves, by size. Without a total nothing is known."""
    free = [place for place, part in enumerate(parts) if part is None]
    left = (total or 0) - sum(part for part in parts if part is not None)
    if total is None or not free or left < 0:
        return list(parts)
    shares = dict(zip(free, split(left, [sizes[place] for place in free]), strict=True))
    return [shares.get(place, part) for place, part in enumerate(parts)]


def seasons(calendar: Calendar, indicator_code: str) -> list[int]:
    """A weight for each period: a season that comes back every year, and some noise."""
    return [
        between(0.85, 1.15, "season", indicator_code, period.number) * between(0.92, 1.08, "month", indicator_code, period.code) // SCALE
        for period in calendar.periods
    ]


def days(calendar: Calendar) -> list[int]:
    """The days of each period, as weights."""
    return [(period.end_date - period.start_date).days + 1 for period in calendar.periods]


def flow_by_period(calendar: Calendar, points: Points, weights: Sequence[int], caps: Sequence[int] | None, pattern: str) -> list[int]:
    """A flow period by period: the printed one, the sum since January, the same sum of the year before; the rest by `weights`.

    `caps` bound each period. Raises ValueError when the points cannot be met.
    """
    if points.ytd is None or points.before is None:
        raise ValueError("a flow needs its sum since January of both years")
    series = [0] * len(calendar.periods)
    if pattern == "final":
        series[calendar.last], series[calendar.same_period] = points.ytd, points.before
        return series

    def put(total: int, places: Sequence[int]) -> None:
        highs = None if caps is None else [caps[place] for place in places]
        for place, share in zip(places, split(total, [weights[place] for place in places], highs=highs), strict=True):
            series[place] = share

    if points.value is None:
        put(points.ytd, calendar.this_year)
    else:
        series[calendar.last] = points.value
        put(points.ytd - points.value, calendar.this_year[:-1])
    put(points.before, calendar.year_before)
    reached = sum(weights[place] for place in calendar.year_before)
    rest = points.before * sum(weights[place] for place in calendar.rest) // max(reached, 1)
    put(rest if caps is None else min(rest, sum(caps[place] for place in calendar.rest)), calendar.rest)
    return series


def level_by_period(calendar: Calendar, points: Points, caps: Sequence[int] | None) -> list[int]:
    """A stock or running total period by period: the line through the same period of the year before and the printed one, never
    below zero, never above `caps`."""
    if points.value is None or points.before is None:
        raise ValueError("a level needs its value of both years")
    step = Decimal(points.value - points.before) / (calendar.last - calendar.same_period)
    line = [max(0, nearest(points.before + step * (place - calendar.same_period))) for place in range(len(calendar.periods))]
    return line if caps is None else [min(value, cap) for value, cap in zip(line, caps, strict=True)]


def invented(now: int, indicator_code: str, spread: float) -> int:
    """A value of the year before where nothing is printed: `now` give or take `spread`."""
    return now * between(1 - spread, 1 + spread, "year before", indicator_code) // SCALE
