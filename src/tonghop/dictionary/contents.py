"""What a pack says of each of its indicators, gathered: where forms ask for it, which rules judge it, what is planned for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from tonghop.catalog import Figure, FormSheet, Pack
from tonghop.catalog.rows import Form, Indicator, Target
from tonghop.catalog.rules import Rule, Term
from tonghop.model import Measure

ONE = Decimal(1)
SIGNS = {">=": "≥", "<=": "≤", "!=": "≠", "between": "∈", "compulsory_pair": "⇔", "exclusive_pair": "⊕"}
"""How comparisons are printed."""


class Asked(NamedTuple):
    """A row (or fixed cell) of a form that asks for an indicator, with the figures that its columns hold."""

    form: Form
    sheet: str
    row_code: str
    label: str
    columns: tuple[tuple[str, Figure], ...]


class Sign(NamedTuple):
    """A part of a rule that is no indicator: an operator, a weight, a constant."""

    text: str


class Judged(NamedTuple):
    """A figure in a rule."""

    indicator_code: str
    measure: Measure | None
    breakdown_code: str | None


class Plan(NamedTuple):
    """The targets of an indicator in a year: those given as numbers added up (of a ratio: that are equal), or the one that is a rate."""

    year: int
    comparison: str
    units: int
    total: Decimal | None
    rate: Decimal | None
    of_indicator_code: str | None


@dataclass(frozen=True)
class Contents:
    """The pack, looked at from its indicators."""

    pack: Pack

    @cached_property
    def indicators(self) -> Mapping[str, Indicator]:
        """Every indicator by its code."""
        return {indicator.indicator_code: indicator for indicator in self.pack.indicators}

    @cached_property
    def by_programme(self) -> Mapping[str, Sequence[Indicator]]:
        """The indicators of each section, in their order."""
        ordered = sorted(self.pack.indicators, key=lambda indicator: indicator.sort_order)
        return {
            programme.programme_code: [each for each in ordered if each.programme_code == programme.programme_code]
            for programme in sorted(self.pack.programmes, key=lambda programme: programme.sort_order)
        }

    @cached_property
    def asked(self) -> Mapping[str, Sequence[Asked]]:
        """Where the forms ask for each indicator."""
        places: defaultdict[str, list[Asked]] = defaultdict(list)
        for form in self.pack.forms:
            for sheet in self.pack.sheets(form):
                for code, place in _asked_in(form, sheet):
                    places[code].append(place)
        return places

    @cached_property
    def rules(self) -> Mapping[str, Sequence[Rule]]:
        """The rules that name each indicator."""
        rules: defaultdict[str, dict[str, Rule]] = defaultdict(dict)
        for rule in self.pack.rules:
            for term in rule.terms():
                rules[term.indicator_code][rule.rule_code] = rule
        return {code: list(found.values()) for code, found in rules.items()}

    @cached_property
    def ratios(self) -> Mapping[str, Sequence[Indicator]]:
        """The ratios that are computed from each indicator."""
        ratios: defaultdict[str, list[Indicator]] = defaultdict(list)
        for indicator in self.pack.indicators:
            for part in dict.fromkeys((indicator.numerator_code, indicator.denominator_code)):
                if part is not None:
                    ratios[part].append(indicator)
        return ratios

    @cached_property
    def plans(self) -> Mapping[str, Sequence[Plan]]:
        """What is planned for each indicator at the end of each year."""
        targets: defaultdict[str, list[Target]] = defaultdict(list)
        for target in self.pack.targets:
            if target.valid_at(date(target.year, 12, 31)):  # of a plan that was changed during the year, what it ended with
                targets[target.indicator_code].append(target)
        ratios = {code for code, indicator in self.indicators.items() if indicator.kind == "ratio"}
        return {code: list(_plans(rows, adds_up=code not in ratios)) for code, rows in targets.items()}


def _asked_in(form: Form, sheet: FormSheet) -> Iterator[tuple[str, Asked]]:
    for row, figures in zip(sheet.rows, sheet.grid, strict=True):
        by_indicator: defaultdict[str, list[tuple[str, Figure]]] = defaultdict(list)
        for column, figure in zip(sheet.columns, figures, strict=True):
            by_indicator[figure.indicator_code].append((column.header_vi, figure))
        for code, columns in by_indicator.items():
            yield code, Asked(form, sheet.name, row.row_code, row.label_vi, tuple(columns))
    for cell, figure in zip(sheet.cells, sheet.in_cells, strict=True):
        yield cell.indicator_code, Asked(form, sheet.name, cell.cell, cell.label_vi or "", (("", figure),))


def _plans(targets: Sequence[Target], *, adds_up: bool) -> Iterator[Plan]:
    def kind(target: Target) -> tuple[int, str, str, Decimal]:
        alone = target.rate if adds_up else target.rate or target.target
        return target.year, target.comparison, target.of_indicator_code or "", alone or Decimal(0)

    for (year, comparison, of, number), group in groupby(sorted(targets, key=kind), key=kind):
        rows = list(group)
        given = sum((row.target for row in rows if row.target is not None), Decimal(0)) if adds_up else number
        yield Plan(year, comparison, len({row.unit_code for row in rows}), None if of else given, number if of else None, of or None)


def formula(rule: Rule) -> list[Sign | Judged]:
    """A rule as it would be written: its terms with their weights, its operator, its constant; empty where it names no figure."""
    left = _sum(rule.left)
    if rule.kind == "ratio":
        return [*_sum(rule.left, Measure.RATE), Sign("="), *_sum(rule.numerator), Sign("/"), *_sum(rule.denominator), *_times(rule.factor)]
    if rule.kind == "implied_denominator":
        return [*_sum(rule.left, rule.percentage), Sign("↔"), *_sum(rule.right, rule.percentage)]
    right = _sum(rule.right, plus=";" if rule.operator == "between" else "+")
    if rule.constant is not None and (rule.constant or not right):
        right += [Sign("+")] * bool(right) + [Sign(f"{rule.constant:f}")]
    return [*left, Sign(SIGNS.get(rule.operator or "", rule.operator or "")), *right] if left else []


def _sum(terms: Sequence[Term], usual: Measure | None = None, plus: str = "+") -> list[Sign | Judged]:
    parts: list[Sign | Judged] = []
    for place, term in enumerate(terms):
        if term.weight < 0 or place:
            parts.append(Sign("−" if term.weight < 0 else plus))
        if abs(term.weight) != ONE:
            parts.append(Sign(f"{abs(term.weight):f} ×"))
        parts.append(Judged(term.indicator_code, term.measure or usual, term.breakdown_code))
    return parts


def _times(factor: Decimal | None) -> list[Sign | Judged]:
    return [] if factor in (None, ONE) else [Sign(f"× {factor:f}")]
