"""A pack's forms made ready for reading: headers, row codes and labels as keys, and what each figure looks like."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tonghop.catalog import FormSheet, Pack, normalise
from tonghop.catalog.rows import Form, FormColumn, Indicator
from tonghop.intake.numbers import Expects
from tonghop.model import Measure

PERCENT_MEASURES = frozenset({Measure.PCT_OF_PLAN, Measure.CHANGE_PCT, Measure.CHANGE_POINTS, Measure.RATE})
SIGNED_MEASURES = frozenset({Measure.CHANGE, Measure.CHANGE_PCT, Measure.CHANGE_POINTS})


@dataclass(frozen=True)
class SheetIndex:
    """One sheet of a form; rows and columns are known by their position in `sheet`."""

    sheet: FormSheet
    headers: Mapping[str, int]
    """normalised header -> column"""
    codes: Mapping[str, int]
    """normalised row code -> row"""
    labels: Mapping[str, tuple[int, ...]]
    """normalised label -> rows; several when labels repeat"""
    expects: tuple[tuple[Expects, ...], ...]
    """by row and column"""
    units_of_measure: tuple[str, ...]
    """of each row's indicator"""


@dataclass(frozen=True)
class FormIndex:
    """One form version."""

    form: Form
    sheets: tuple[SheetIndex, ...]

    @cached_property
    def by_name(self) -> Mapping[str, int]:
        """Normalised sheet name -> position in `sheets`."""
        return {normalise(index.sheet.name): position for position, index in enumerate(self.sheets)}


class PackIndex:
    """The forms of a pack, each made ready when it is first asked for."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.form_sheet_names = frozenset(normalise(column.sheet) for column in pack.form_columns)
        """the normalised names of the sheets of all forms"""
        self._forms: dict[tuple[str, int], FormIndex] = {}
        self._expects: dict[tuple[int, bool, bool, str, bool, bool], Expects] = {}

    def form(self, form: Form) -> FormIndex:
        """The index of a form version of this pack."""
        key = form.form_code, form.version
        if key not in self._forms:
            self._forms[key] = self._index(form)
        return self._forms[key]

    def _index(self, form: Form) -> FormIndex:
        sheets = self.pack.sheets(form)
        with_ytd = {
            (row.indicator_code, column.breakdown_code)
            for sheet in sheets
            for column in sheet.columns
            if column.measure is Measure.YTD
            for row in sheet.rows
        }
        return FormIndex(form, tuple(self._sheet(sheet, with_ytd) for sheet in sheets))

    def _sheet(self, sheet: FormSheet, with_ytd: set[tuple[str, str]]) -> SheetIndex:
        labels: defaultdict[str, list[int]] = defaultdict(list)
        for position, row in enumerate(sheet.rows):
            labels[normalise(row.label_vi)].append(position)
        indicators = [self._indicator(row.indicator_code) for row in sheet.rows]
        return SheetIndex(
            sheet=sheet,
            headers={normalise(column.header_vi): position for position, column in enumerate(sheet.columns)},
            codes={normalise(row.row_code): position for position, row in enumerate(sheet.rows)},
            labels={label: tuple(rows) for label, rows in labels.items()},
            expects=tuple(
                tuple(self._expected(indicator, column, row.zero_words, with_ytd) for column in sheet.columns)
                for row, indicator in zip(sheet.rows, indicators, strict=True)
            ),
            units_of_measure=tuple(self.pack.unit_of_measure(each.unit_of_measure) or each.unit_of_measure for each in indicators),
        )

    def _indicator(self, code: str) -> Indicator:
        indicator = self.pack.indicator(code)
        if indicator is None:
            raise LookupError(f"the pack has a form row for {code}, which is no indicator")
        return indicator

    def _expected(self, indicator: Indicator, column: FormColumn, zero_words: bool, with_ytd: set[tuple[str, str]]) -> Expects:
        """Equal kinds of figure share one object, so that what was read for one is known for all."""
        measure = column.measure
        unit_of_measure = self.pack.unit_of_measure(indicator.unit_of_measure) or indicator.unit_of_measure
        percent = measure in PERCENT_MEASURES or unit_of_measure == "%"
        holds_plan = measure is Measure.YTD or (
            measure is Measure.VALUE and (indicator.indicator_code, column.breakdown_code) not in with_ytd
        )
        key = (indicator.decimals, percent, measure in SIGNED_MEASURES, unit_of_measure, zero_words, holds_plan)
        if key not in self._expects:
            decimals, percent, signed, unit_of_measure, zero_words, plan = key
            self._expects[key] = Expects(decimals, percent, signed, unit_of_measure, self.pack.unit_of_measure, zero_words, plan)
        return self._expects[key]


_KEPT_PACKS = 4
_indexes: dict[str, PackIndex] = {}


def pack_index(pack: Pack) -> PackIndex:
    """The index of a pack, made once for each content (its hash); the last few are kept."""
    index = _indexes.get(pack.pack_hash)
    if index is None:
        while len(_indexes) >= _KEPT_PACKS:
            _indexes.pop(next(iter(_indexes)))
        index = _indexes[pack.pack_hash] = PackIndex(pack)
    return index
