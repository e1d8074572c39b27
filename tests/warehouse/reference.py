"""What the marts must say, worked out from the submissions one figure at a time.

It follows the words of the design, shares no formulation with the SQL, and does not mind being slow. Numbers are fractions: nothing
is rounded on the way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property

from tonghop.catalog import Pack
from tonghop.catalog.rows import TOTAL, Indicator, Target, Unit
from tonghop.model import Measure, Period, PeriodType, Role

Slot = tuple[str, str, str]
"""Unit, form, period."""

Figure = Decimal | int | str
"""A number, or the state of a cell that has none."""

Cells = Mapping[tuple[str, str], Figure]
"""By indicator and breakdown."""

Key = tuple[str, str, str, str]
"""Unit (or `hierarchy:group`), indicator, period, breakdown."""

_REPORTED_IN = {
    PeriodType.WEEK: (PeriodType.WEEK,),
    PeriodType.MONTH: (PeriodType.MONTH,),
    PeriodType.QUARTER: (PeriodType.MONTH, PeriodType.QUARTER),
    PeriodType.HALF: (PeriodType.MONTH, PeriodType.QUARTER, PeriodType.HALF),
    PeriodType.NINE_MONTHS: (PeriodType.MONTH, PeriodType.QUARTER, PeriodType.NINE_MONTHS),
    PeriodType.YEAR: (PeriodType.MONTH, PeriodType.QUARTER, PeriodType.YEAR),
}
"""What a period can be made of: reports of these types."""


@dataclass(frozen=True)
class Said:
    """What one unit said of one figure in one period: a number or none, and whether that is an answer."""

    value: Fraction | None
    answered: bool


@dataclass(frozen=True)
class Sums:
    """A figure of a branch: its value and cumulative value, and who and what is behind them."""

    value: Fraction | None
    ytd_value: Fraction | None
    reporting_units: int
    expected_units: int
    is_complete: bool
    ytd_reports: int
    ytd_expected_reports: int


@dataclass(frozen=True)
class Comparable:
    """A figure and the same of a year before, of those units and reports only that are there in both."""

    units: int
    now: Fraction | None
    before: Fraction | None


@dataclass(frozen=True)
class Reference:
    """The meaning of the marts after a publication: `slots` is what it holds of each slot (None: nothing), `cells` what was sent."""

    pack: Pack
    slots: Mapping[Slot, int | None]
    cells: Mapping[int, Cells]

    # -- what was sent

    @cached_property
    def _sent(self) -> Mapping[tuple[str, str, str], Mapping[str, Figure]]:
        """By indicator, unit and period: the additive figures by breakdown."""
        sent: defaultdict[tuple[str, str, str], dict[str, Figure]] = defaultdict(dict)
        for (unit, form, period), submission in self.slots.items():
            if submission is not None:
                asked = self._asked(form, Period.parse(period))
                for (indicator, breakdown), figure in self.cells[submission].items():
                    if (indicator, breakdown) in asked:
                        sent[indicator, unit, period][breakdown] = figure
        return sent

    def _asked(self, form_code: str, period: Period) -> set[tuple[str, str]]:
        """Indicators and breakdowns that a form adds up."""
        form = self.pack.form_at(form_code, period.end_date)
        assert form is not None
        return {
            (figure.indicator_code, figure.breakdown_code)
            for figure in self.pack.figures(form)
            if figure.measure is Measure.VALUE and figure.role is Role.ADDITIVE
        }

    @cached_property
    def _partitions(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Wholes and their parts, in the order of the pack."""
        partitions: dict[tuple[str, str], list[str]] = {}
        for row in self.pack.breakdown_parts:
            partitions.setdefault((row.partition_code, row.whole_code), []).append(row.part_code)
        return [(whole, tuple(parts)) for (_, whole), parts in partitions.items()]

    @cached_property
    def _said(self) -> Mapping[tuple[str, str], Mapping[tuple[str, Period], Said]]:
        """By indicator and breakdown: what each unit said in each period, wholes made of their parts included."""
        said: defaultdict[tuple[str, str], dict[tuple[str, Period], Said]] = defaultdict(dict)
        for (indicator, unit, period), figures in self._sent.items():
            for breakdown in {*figures, *(whole for whole, _ in self._partitions)}:
                found = self._one(indicator, figures, breakdown)
                if found is not None:
                    said[indicator, breakdown][unit, Period.parse(period)] = found
        return said

    def _one(self, indicator: str, figures: Mapping[str, Figure], breakdown: str) -> Said | None:
        figure = figures.get(breakdown)
        if figure is not None and figure != "blank":
            return Said(_number(figure), _is_answer(figure))
        for whole, parts in self._partitions if self._kind(indicator) != "ratio" else ():
            if whole == breakdown and all(part in figures and _is_answer(figures[part]) for part in parts):
                return Said(_total(_number(figures[part]) for part in parts), True)
        return None if figure is None else Said(None, False)

    # -- what is owed

    @cached_property
    def _owed(self) -> Mapping[tuple[str, str], Mapping[tuple[str, Period], bool]]:
        """By indicator and breakdown: who owes it for which period, and whether that report was due to be in the publication."""
        owed: defaultdict[tuple[str, str], dict[tuple[str, Period], bool]] = defaultdict(dict)
        for duty in self.pack.duties:
            for period in self._calendar:
                if period.type is duty.period_type and duty.valid_at(period.end_date):
                    asked = self._asked(duty.form_code, period)
                    wholes = {
                        (indicator, whole)
                        for indicator, _ in asked
                        if self._kind(indicator) != "ratio"
                        for whole, parts in self._partitions
                        if all((indicator, part) in asked for part in parts)
                    }
                    for unit in self.pack.units:
                        if (
                            unit.valid_at(period.end_date)
                            and duty.unit_type in (None, unit.unit_type)
                            and duty.unit_code in (None, unit.unit_code)
                        ):
                            for figure in asked | wholes:
                                at = (unit.unit_code, period)
                                is_published = (unit.unit_code, duty.form_code, period.code) in self.slots
                                owed[figure][at] = owed[figure].get(at, False) or is_published
        return owed

    # -- time and units

    @cached_property
    def _calendar(self) -> Sequence[Period]:
        """Every period of the pack's years."""
        periods: list[Period] = []
        for year in range(self.pack.head.first_year, self.pack.head.last_year + 1):
            weeks = date(year, 12, 28).isocalendar().week
            codes = [f"{year}-{month:02d}" for month in range(1, 13)] + [f"{year}-W{week:02d}" for week in range(1, weeks + 1)]
            periods += map(Period.parse, (*codes, *(f"{year}{rest}" for rest in ("-Q1", "-Q2", "-Q3", "-Q4", "-H1", "-9M", ""))))
        return periods

    @cached_property
    def periods(self) -> Sequence[Period]:
        """Every period with a slot in it; no other can have a figure."""
        reported = {Period.parse(code) for _, _, code in self.slots}
        return [period for period in self._calendar if any(_inside(at, period) for at in reported)]

    @cached_property
    def _versions(self) -> dict[tuple[str, Period], Unit | None]:
        return {}

    def version(self, unit_code: str, period: Period) -> Unit | None:
        """The row that stands for a unit in a period: that of the last day, or the last one of the period."""
        if (unit_code, period) not in self._versions:
            rows = [unit for unit in self.pack.units if unit.unit_code == unit_code and unit.valid_from <= period.end_date]
            last = max(rows, key=lambda unit: unit.valid_from, default=None)
            self._versions[unit_code, period] = last if last and last.valid_to > period.start_date else None
        return self._versions[unit_code, period]

    def _belongs(self, reporter: str, unit: str, period: Period) -> bool:
        version = self.version(reporter, period)
        return version is not None and unit in (*version.path.split("/"), *self._groups.get((reporter, version.valid_from), ()))

    @cached_property
    def _groups(self) -> Mapping[tuple[str, date], Sequence[str]]:
        """Every group of every hierarchy that a version of a unit is in, the nearest ones and those above them."""
        above = {(group.hierarchy_code, group.group_code): group.parent_code for group in self.pack.unit_groups}
        found: defaultdict[tuple[str, date], list[str]] = defaultdict(list)
        for place in self.pack.group_places:
            group: str | None = place.group_code
            while group is not None:
                found[place.unit_code, place.valid_from].append(f"{place.hierarchy_code}:{group}")
                group = above[place.hierarchy_code, group]
        return found

    @cached_property
    def _indicators(self) -> Mapping[str, Indicator]:
        return {indicator.indicator_code: indicator for indicator in self.pack.indicators}

    def _kind(self, indicator: str) -> str:
        return self._indicators[indicator].kind

    def _decides(self, indicator: str, at: Period, period: Period) -> bool:
        """Whether the report of `at` makes the figure of `period`."""
        if not _inside(at, period):
            return False
        match self._kind(indicator):
            case "flow":
                return True
            case "ratio":
                return at == period
            case _ if self._indicators[indicator].stock_at == "start":
                return at.start_date == period.start_date
            case _:
                return at.end_date == period.end_date

    def _since_january(self, indicator: str, at: Period, period: Period) -> bool:
        if self._kind(indicator) != "flow":
            return self._decides(indicator, at, period)
        return at.type in _REPORTED_IN[period.type] and at.year == period.year and at.end_date <= period.end_date

    # -- figures

    @cached_property
    def breakdowns(self) -> Sequence[str]:
        """Every breakdown, the total first."""
        return [TOTAL, *(row.breakdown_code for row in self.pack.breakdowns if row.breakdown_code != TOTAL)]

    @cached_property
    def totals(self) -> Mapping[Key, Sums]:
        """The totals of every unit at every level."""
        return self._all([TOTAL], own=False)

    @cached_property
    def group_totals(self) -> Mapping[Key, Sums]:
        """The totals of every group of every hierarchy."""
        nodes = [group.node_code for group in self.pack.unit_groups]
        return dict(self._of_nodes(nodes, [TOTAL], own=False, exists=lambda _group, _period: True))

    @cached_property
    def broken_down(self) -> Mapping[Key, Sums]:
        """The other breakdowns of every unit at every level."""
        return self._all(self.breakdowns[1:], own=False)

    @cached_property
    def own_totals(self) -> Mapping[Key, Sums]:
        """The totals of submitting units, from their own reports."""
        return {key: sums for key, sums in self._all([TOTAL], own=True).items() if self._submits(key)}

    @cached_property
    def own_broken_down(self) -> Mapping[Key, Sums]:
        """The other breakdowns of submitting units, from their own reports."""
        return {key: sums for key, sums in self._all(self.breakdowns[1:], own=True).items() if self._submits(key)}

    def figure(self, key: Key) -> Sums | None:
        """One of them."""
        return (self.group_totals if ":" in key[0] else self.totals if key[3] == TOTAL else self.broken_down).get(key)

    def _submits(self, key: Key) -> bool:
        unit, code, period_code, breakdown = key
        indicator = self._indicators[code]
        parts = [part for part in (indicator.numerator_code, indicator.denominator_code) if part] or [code]
        period = Period.parse(period_code)
        return all(any(at_unit == unit and _inside(at, period) for at_unit, at in self._known(part, breakdown)) for part in parts)

    def _known(self, indicator: str, breakdown: str) -> set[tuple[str, Period]]:
        """Reports of a figure that were sent, or that should be in the publication."""
        owed = self._owed.get((indicator, breakdown), {})
        return {*self._said.get((indicator, breakdown), {}), *(at for at, is_published in owed.items() if is_published)}

    def _all(self, breakdowns: Sequence[str], *, own: bool) -> dict[Key, Sums]:
        units = sorted({unit.unit_code for unit in self.pack.units})
        return dict(self._of_nodes(units, breakdowns, own=own, exists=lambda unit, period: self.version(unit, period) is not None))

    def _of_nodes(
        self, nodes: Sequence[str], breakdowns: Sequence[str], *, own: bool, exists: Callable[[str, Period], bool]
    ) -> Iterator[tuple[Key, Sums]]:
        for indicator in self.pack.indicators:
            for breakdown in breakdowns:
                for node in nodes:
                    for period in self.periods:
                        sums = self._figure(node, indicator, period, breakdown, own) if exists(node, period) else None
                        if sums is not None:
                            yield (node, indicator.indicator_code, period.code, breakdown), sums

    def _figure(self, unit: str, indicator: Indicator, period: Period, breakdown: str, own: bool) -> Sums | None:
        if indicator.factor is None:
            return self._sums(unit, indicator.indicator_code, period, breakdown, own)
        above, below = (
            self._sums(unit, code or "", period, breakdown, own) for code in (indicator.numerator_code, indicator.denominator_code)
        )
        if above is None or below is None:
            return None
        worse = min((above, below), key=lambda part: _share(part.reporting_units, part.expected_units))
        worse_ytd = min((above, below), key=lambda part: _share(part.ytd_reports, part.ytd_expected_reports))
        return Sums(
            _ratio(indicator.factor, above.value, below.value),
            _ratio(indicator.factor, above.ytd_value, below.ytd_value),
            worse.reporting_units,
            worse.expected_units,
            above.is_complete and below.is_complete,
            worse_ytd.ytd_reports,
            worse_ytd.ytd_expected_reports,
        )

    def _sums(self, unit: str, indicator: str, period: Period, breakdown: str, own: bool) -> Sums | None:
        said = self._said.get((indicator, breakdown), {})
        owed = self._owed.get((indicator, breakdown), {})
        mine = self._reports_of(unit, indicator, breakdown)

        def where(counts: Callable[[Period], bool]) -> list[tuple[str, Period]]:
            return [report for at, reports in mine.items() if counts(at) for report in reports if not own or report[0] == unit]

        if not any(at in said or owed.get(at) for at in where(lambda at: _inside(at, period))):
            return None
        deciding = where(lambda at: self._decides(indicator, at, period))
        in_year = where(lambda at: self._since_january(indicator, at, period))

        def total(reports: Iterable[tuple[str, Period]]) -> Fraction | None:
            """A ratio that is only submitted stays where it was submitted."""
            return _total(said[at].value for at in reports if at in said and (self._kind(indicator) != "ratio" or at[0] == unit))

        due = [at for at in deciding if at in owed]
        answered = {at for at in {*due, *in_year} if owed.get(at) and at in said and said[at].answered}
        expected = {reporter for reporter, _ in due}
        reporting = {
            reporter
            for reporter in expected
            if any(owed[at] for at in due if at[0] == reporter) and all(at in answered for at in due if at[0] == reporter and owed[at])
        }
        return Sums(
            total(deciding),
            None if self._kind(indicator) == "ratio" else total(in_year),
            len(reporting),
            len(expected),
            bool(due) and all(at in answered for at in due),
            len([at for at in in_year if at in answered]),
            len([at for at in in_year if at in owed]),
        )

    def _reports_of(self, unit: str, indicator: str, breakdown: str) -> Mapping[Period, Sequence[tuple[str, Period]]]:
        """The reports of a figure, sent or owed, in the branch of a unit, by their periods."""
        key = (unit, indicator, breakdown)
        if key not in self._branches:
            grouped: defaultdict[Period, list[tuple[str, Period]]] = defaultdict(list)
            for reporter, at in {*self._said.get(key[1:], {}), *self._owed.get(key[1:], {})}:
                if self._belongs(reporter, unit, at):
                    grouped[at].append((reporter, at))
            self._branches[key] = grouped
        return self._branches[key]

    @cached_property
    def _branches(self) -> dict[tuple[str, str, str], Mapping[Period, Sequence[tuple[str, Period]]]]:
        return {}

    # -- comparisons

    def before(self, key: Key) -> Sums | None:
        """The same figure a year before."""
        unit, indicator, period, breakdown = key
        last_year = Period.parse(period).same_period_last_year
        return self.figure((unit, indicator, last_year.code, breakdown)) if last_year else None

    def comparable(self, key: Key) -> Comparable | None:
        """The comparison with the year before of those that reported in both years, in the same branch."""
        unit, code, period_code, breakdown = key
        period, indicator = Period.parse(period_code), self._indicators[code]
        if indicator.factor is None:
            pairs = self._pairs(unit, code, period, breakdown)
            return Comparable(len(pairs), *_sum_pairs(pairs.values())) if pairs else None
        above, below = (self._pairs(unit, part or "", period, breakdown) for part in (indicator.numerator_code, indicator.denominator_code))
        both = above.keys() & below.keys()
        if not both:
            return None
        (above_now, above_before), (now, before) = (_sum_pairs(pairs[reporter] for reporter in both) for pairs in (above, below))
        return Comparable(len(both), _ratio(indicator.factor, above_now, now), _ratio(indicator.factor, above_before, before))

    def _pairs(self, unit: str, indicator: str, period: Period, breakdown: str) -> dict[str, tuple[Fraction, Fraction]]:
        """By reporting unit: what its reports say now, and what the same reports said a year before."""
        said = self._said.get((indicator, breakdown), {})
        pairs: dict[str, tuple[Fraction, Fraction]] = {}
        mine = self._reports_of(unit, indicator, breakdown)
        for reporter, at in (report for at, reports in mine.items() if self._decides(indicator, at, period) for report in reports):
            if self._kind(indicator) == "ratio" and reporter != unit:
                continue
            at_before = at.same_period_last_year
            now, before = said.get((reporter, at)), said.get((reporter, at_before)) if at_before else None
            if now is None or now.value is None or at_before is None or before is None or before.value is None:
                continue
            if self._belongs(reporter, unit, at_before):
                sums = pairs.get(reporter, (Fraction(0), Fraction(0)))
                pairs[reporter] = (sums[0] + now.value, sums[1] + before.value)
        return pairs

    # -- targets

    def target(self, key: Key) -> tuple[Fraction | None, str | None]:
        """The target of a figure and how it is compared: given, or a rate from above, or the sum of those below."""
        unit, indicator, period_code, _ = key
        period = Period.parse(period_code)
        version = self.version(unit, period)
        assert version is not None
        day = min(date.fromordinal(version.valid_to.toordinal() - 1), date(period.year, 12, 31))
        of_year = [row for row in self.pack.targets if (row.indicator_code, row.year) == (indicator, period.year)]
        paths = {row.unit_code: row.path.split("/") for row in self.pack.units if row.valid_at(day)}
        own = [row for row in of_year if row.unit_code == unit]
        upwards = reversed(version.path.split("/")[:-1])
        rates = [row for above in upwards for row in of_year if row.unit_code == above and row.rate is not None and above in paths]
        below = [row for row in of_year if row.target is not None and row.unit_code != unit and unit in paths.get(row.unit_code, ())]
        if own or rates:
            return self._value_of((own or rates)[0], key), (own or rates)[0].comparison
        comparisons = {row.comparison for row in below}
        return _total(_number(row.target) for row in below if row.target is not None), comparisons.pop() if len(comparisons) == 1 else None

    def _value_of(self, row: Target, key: Key) -> Fraction | None:
        if row.rate is None:
            return None if row.target is None else Fraction(row.target)
        base = self.figure((key[0], row.of_indicator_code or "", *key[2:]))
        return None if base is None or base.ytd_value is None else Fraction(row.rate) / 100 * base.ytd_value


@cache
def _inside(at: Period, period: Period) -> bool:
    return at.type in _REPORTED_IN[period.type] and period.start_date <= at.start_date and at.end_date <= period.end_date


def _number(figure: Figure) -> Fraction | None:
    return None if isinstance(figure, str) else Fraction(figure)


def _is_answer(figure: Figure) -> bool:
    return not isinstance(figure, str) or figure == "not_applicable"


def _total(values: Iterable[Fraction | None]) -> Fraction | None:
    numbers = [value for value in values if value is not None]
    return sum(numbers, Fraction(0)) if numbers else None


def _sum_pairs(pairs: Iterable[tuple[Fraction, Fraction]]) -> tuple[Fraction, Fraction]:
    listed = list(pairs)
    return sum((now for now, _ in listed), Fraction(0)), sum((before for _, before in listed), Fraction(0))


def _ratio(factor: Decimal, above: Fraction | None, below: Fraction | None) -> Fraction | None:
    return Fraction(factor) * above / below if above is not None and below else None


def _share(part: int, whole: int) -> Fraction:
    return Fraction(part, whole) if whole else Fraction(-1)
