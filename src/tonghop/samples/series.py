"""The figures of every unit and period, such that their sums are the series that print the report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from tonghop.catalog import Pack
from tonghop.catalog.rows import Form, Indicator, Unit
from tonghop.model import Period, Role
from tonghop.samples.data import Data, Relation, SamplesError
from tonghop.samples.figures import (
    Figure,
    Points,
    complete_parts,
    days,
    flow_by_period,
    invented,
    level_by_period,
    points_of,
    seasons,
)
from tonghop.samples.split import SCALE, between, concentrate, noise, split


@dataclass(frozen=True)
class Series:
    """One indicator: for each period (outer) the value of each unit (inner)."""

    units: tuple[str, ...]
    values: tuple[tuple[int, ...], ...]

    @cached_property
    def totals(self) -> list[int]:
        """The series of all units together."""
        return [sum(values) for values in self.values]

    @cached_property
    def by_unit(self) -> dict[str, list[int]]:
        """The series of each unit."""
        return {unit: [values[place] for values in self.values] for place, unit in enumerate(self.units)}

    def of(self, units: Sequence[str]) -> list[list[int]]:
        """The values of some units, period by period; a unit that does not report it has 0."""
        places = {unit: place for place, unit in enumerate(self.units)}
        return [[values[places[unit]] if unit in places else 0 for unit in units] for values in self.values]


def reporting_units(pack: Pack, data: Data) -> dict[str, list[Unit]]:
    """The units that report each indicator as additive for the printed period, on forms of its type."""
    at = data.calendar.printed.end_date
    by_type: defaultdict[str, list[Unit]] = defaultdict(list)
    for unit in pack.units_at(at):
        by_type[unit.unit_type].append(unit)
    units: defaultdict[str, list[Unit]] = defaultdict(list)
    for form in forms_of(pack, data.calendar.printed):
        for row in pack.form_rows:
            if row.indicator_code and (row.form_code, row.version, row.role) == (form.form_code, form.version, Role.ADDITIVE):
                units[row.indicator_code].extend(unit for unit_type in form.unit_types for unit in by_type[unit_type])
    return dict(units)


def forms_of(pack: Pack, period: Period) -> tuple[Form, ...]:
    """The forms that are filled in for a period: valid on its last day, and of its type."""
    return tuple(form for form in pack.forms_at(period.end_date) if form.period_type is period.type)


def unit_series(pack: Pack, data: Data) -> dict[str, Series]:
    """The series of every additive indicator. Raises SamplesError naming the indicator whose figures admit no solution."""
    return _Solver(pack, data).solve()


class _Solver:
    """Works the indicators out one after the other, those first that others are made of or bounded by."""

    def __init__(self, pack: Pack, data: Data) -> None:
        self.pack, self.data, self.calendar = pack, data, data.calendar
        self.units = reporting_units(pack, data)
        self.done: dict[str, Series] = {}
        self.points = self._points()

    def solve(self) -> dict[str, Series]:
        graph = {code: {link.other_code for link in self.data.links if link.indicator_code == code} for code in self.units}
        try:
            for code in TopologicalSorter(graph).static_order():
                try:
                    self.done[code] = self._series(code)
                except (ValueError, KeyError) as error:
                    raise SamplesError(f"no sample series of {code} fits its printed figures: {error}") from error
        except CycleError as error:
            raise SamplesError(f"relations.csv: indicators hang on each other in a circle: {', '.join(error.args[1])}") from None
        return self.done

    # -- whole numbers

    def _indicator(self, code: str) -> Indicator:
        indicator = self.pack.indicator(code)
        if indicator is None:
            raise SamplesError(f"relations.csv: {code} is no indicator of the pack")
        return indicator

    def _targets(self) -> dict[tuple[str, int], Decimal]:
        """The sum of all targets by indicator and year, as they were at the end of the printed period and of its year before."""
        printed = self.calendar.printed
        before = printed.same_period_last_year
        ends = {period.year: period.end_date for period in (printed, before) if period}
        targets: defaultdict[tuple[str, int], Decimal] = defaultdict(Decimal)
        for target in self.pack.targets:
            if target.year in ends and target.valid_at(ends[target.year]):
                targets[target.indicator_code, target.year] += target.target or 0
        return targets

    def _points(self) -> dict[str, Points]:
        targets, year = self._targets(), self.calendar.printed.year
        points: dict[str, Points] = {}
        for code, figure in self.data.figures.items():
            is_flow = self._indicator(code).kind == "flow"
            try:
                points[code] = points_of(figure, is_flow, targets.get((code, year)), targets.get((code, year - 1)))
            except ValueError as error:
                raise SamplesError(f"figures.csv: {code}: {error}") from None
        for code in points:
            links = self.data.related(code, Relation.SUM_OF)
            if not links or any(link.weight != 1 for link in links):
                continue
            parts = [points.get(link.other_code, Points()) for link in links]
            sizes = [part.ytd or part.value or 0 for part in parts]
            values = complete_parts(points[code].value, [part.value for part in parts], sizes)
            befores = complete_parts(points[code].before, [part.before for part in parts], sizes)
            for link, part, value, before in zip(links, parts, values, befores, strict=True):
                points[link.other_code] = replace(part, value=value, before=before)
        return points

    def _known(self, code: str) -> Points:
        if code not in self.points:
            raise ValueError("it has no row in figures.csv or series.csv")
        return self.points[code]

    def _filled(self, code: str, points: Points, is_flow: bool) -> Points:
        """The points of an indicator with what is not printed invented: like the indicator that bounds it, else near this year's."""
        bound = next(iter(self.data.related(code, Relation.WITHIN)), None)
        whole = self.done[bound.other_code] if bound else None
        now, ytd, before = points.value, points.ytd, points.before
        year, same = self.calendar.this_year, self.calendar.year_before

        def like(value: int, here: int, there: int) -> int:
            return value * there // here if here else 0

        if is_flow and ytd is None:
            if whole:
                ytd = like(_needed(now), whole.totals[self.calendar.last], sum(whole.totals[place] for place in year))
            else:
                ytd = _needed(now) + _needed(now) * (len(year) - 1) * between(0.85, 1.1, "ytd", code) // SCALE
        if before is None:
            current = _needed(ytd if is_flow else now)
            if whole and is_flow:
                before = like(current, sum(whole.totals[place] for place in year), sum(whole.totals[place] for place in same))
            elif whole:
                before = like(current, whole.totals[self.calendar.last], whole.totals[self.calendar.same_period])
            else:
                before = invented(current, code, 0.12 if is_flow else 0.02)
        return Points(now, ytd, before)

    # -- series

    def _series(self, code: str) -> Series:
        units = tuple(unit.unit_code for unit in self.units[code])
        if links := self.data.related(code, Relation.SUM_OF):
            return self._total(code, units, [(link.other_code, link.weight) for link in links], links[0].carrier)
        if links := self.data.related(code, Relation.SINCE_OF):
            return self._running_total(code, units, links[0].other_code)
        indicator = self._indicator(code)
        figure = self.data.figures.get(code, Figure(code))
        bound = next(iter(self.data.related(code, Relation.WITHIN)), None)
        model = bound or next(iter(self.data.related(code, Relation.FOLLOWS)), None)
        like = self.done[model.other_code].of(units) if model else None
        caps = like if bound else None
        totals = self._totals(code, indicator, figure, like, caps)
        if figure.pattern == "each":
            return Series(units, tuple(tuple([total // len(units)] * len(units)) for total in totals))

        values: list[list[int]] = []
        shares = self._shares(code, figure.pattern, totals, like, indicator.kind == "flow")
        for place, total in enumerate(totals):
            lows = values[-1] if indicator.kind == "since" and values else None
            values.append(split(total, shares[place], lows, caps[place] if caps else None))
        if given := self.data.by_unit.get(code):
            self._put_given(values, units, given, seasons(self.calendar, code), caps)
        return Series(units, tuple(map(tuple, values)))

    def _totals(
        self, code: str, indicator: Indicator, figure: Figure, like: list[list[int]] | None, caps: list[list[int]] | None
    ) -> list[int]:
        if given := self.data.series.get(code):
            return [given[period] for period in self.calendar.periods]
        is_flow = indicator.kind == "flow"
        points = self._filled(code, self._known(code), is_flow)
        ceilings = [sum(values) for values in caps] if caps else None
        if not is_flow:
            return level_by_period(self.calendar, points, ceilings)
        weights = days(self.calendar) if figure.pattern == "steady" else seasons(self.calendar, code)
        if like:
            weights = [sum(values) for values in like]
        return flow_by_period(self.calendar, points, weights, ceilings, figure.pattern)

    def _shares(self, code: str, pattern: str, totals: list[int], like: list[list[int]] | None, is_flow: bool) -> list[list[int]]:
        """A weight for each period and unit: the size of the unit (or its figure of the indicator that this one is like), what
        `weights.csv` says of it, and noise, more of it the smaller the counts are."""
        units = self.units[code]
        own = [
            self.data.weight(code, unit.unit_code, unit.unit_type) * between(0.9, 1.1, "unit", code, unit.unit_code) // SCALE
            for unit in units
        ]
        sizes = [self.data.weight("", unit.unit_code, unit.unit_type) for unit in units]
        shares = []
        for period, total, base in zip(self.calendar.periods, totals, like or [sizes] * len(totals), strict=True):
            spread = min(0.9, 0.12 + len(units) / (2 * total + 1)) if is_flow and pattern != "steady" else 0.0
            jitter = [between(1 - spread, 1 + spread, "split", code, unit.unit_code, period.code) for unit in units] if spread else None
            weights = [mine * size for mine, size in zip(own, base, strict=True)]
            shares.append([weight * wobble for weight, wobble in zip(weights, jitter, strict=True)] if jitter else weights)
        return shares

    def _put_given(
        self, values: list[list[int]], units: tuple[str, ...], given: dict[str, int], weights: list[int], caps: list[list[int]] | None
    ) -> None:
        """Replace this year's periods of the units whose sum since January is printed."""
        now = self.calendar.this_year
        for column, unit in enumerate(units):
            if unit not in given:
                continue
            own = [weights[place] * between(0.3, 1.7, unit, place) // SCALE for place in now]
            highs = [caps[place][column] for place in now] if caps else None
            for place, share in zip(now, split(given[unit], own, highs=highs), strict=True):
                values[place][column] = share

    def _running_total(self, code: str, units: tuple[str, ...], flow_code: str) -> Series:
        """A total since an epoch: what there was at the start, and the flow on top, unit by unit."""
        flow = self.done[flow_code].of(units)
        now = _needed(self._known(code).value)
        sizes = [self.data.weight("", unit.unit_code, unit.unit_type) for unit in self.units[code]]
        level = split(now - sum(map(sum, flow)), sizes)
        values = []
        for added in flow:
            level = [reached + new for reached, new in zip(level, added, strict=True)]
            values.append(tuple(level))
        return Series(units, tuple(values))

    def _total(self, code: str, units: tuple[str, ...], parts: list[tuple[str, int]], carrier: str | None) -> Series:
        """A sum of parts, unit by unit. Where the printed total is not the sum of the printed parts, few periods and units bear it."""
        matrices = [(self.done[part].of(units), weight) for part, weight in parts]
        values = [
            [sum(matrix[place][column] * weight for matrix, weight in matrices) for column in range(len(units))]
            for place in range(len(self.calendar.periods))
        ]
        order = sorted(range(len(units)), key=lambda column: (units[column] != carrier, noise("bears", code, units[column])))
        for place, difference in enumerate(self._differences(code, [sum(row) for row in values])):
            row = values[place]
            capacities = [max(row[column] // 2, int(difference > 0)) for column in order]
            for column, share in zip(order, concentrate(difference, capacities), strict=True):
                row[column] += share
        return Series(units, tuple(map(tuple, values)))

    def _differences(self, code: str, sums: list[int]) -> list[int]:
        """Printed total less the sum of the parts, period by period."""
        points = self.points.get(code, Points())
        differences = [0] * len(sums)
        last, same, now = self.calendar.last, self.calendar.same_period, self.calendar.this_year
        if points.value is not None:
            differences[last] = points.value - sums[last]
        if self._indicator(code).kind != "flow":
            if points.before is not None:
                differences[same] = points.before - sums[same]
            return differences

        def bear(difference: int, places: Sequence[int]) -> None:
            order = sorted(places, key=lambda place: noise("bears", code, place))
            for place, share in zip(order, concentrate(difference, [max(1, sums[place] // 5) for place in order]), strict=True):
                differences[place] = share

        if points.ytd is not None:
            free = now[:-1] if points.value is not None else now
            bear(points.ytd - sum(sums[place] for place in now) - differences[last], free)
        if points.before is not None:
            bear(points.before - sum(sums[place] for place in self.calendar.year_before), self.calendar.year_before)
        return differences


def _needed(value: int | None) -> int:
    if value is None:
        raise ValueError("figures.csv gives neither the value nor the sum since January that it needs")
    return value
