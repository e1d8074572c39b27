"""A pack's forms made ready for reading: headers, row codes and labels as keys, and what each figure looks like."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tonghop.catalog import Figure, FormSheet, Pack, normalise
from tonghop.catalog.rows import ANY_UNIT, HEADER_PARTS, Form, FormCell, Indicator, SheetLayout
from tonghop.intake.cells import RawCell, position
from tonghop.intake.matching import UnitNames
from tonghop.intake.numbers import Expects
from tonghop.intake.vocabulary import VALUE_CHARACTERS, fold
from tonghop.model import Measure
from tonghop.remembered import Remembered

if TYPE_CHECKING:
    from tonghop.intake.known_sheets import Layout
    from tonghop.intake.known_tables import KnownTable

PERCENT_MEASURES = frozenset({Measure.PCT_OF_PLAN, Measure.CHANGE_PCT, Measure.CHANGE_POINTS, Measure.RATE})
SIGNED_MEASURES = frozenset({Measure.CHANGE, Measure.CHANGE_PCT, Measure.CHANGE_POINTS})

HeaderParts = tuple[str | None, ...]
"""The normalised texts of a header from top to bottom; None where the name of a unit stands."""


class FixedCell(NamedTuple):
    """A figure that stands in one cell."""

    at: tuple[int, int]
    figure: Figure
    expects: Expects
    cell: FormCell
    label_at: tuple[int, int] | None
    label: str
    """normalised text that must stand in `label_at`"""


@dataclass(frozen=True)
class SheetIndex:
    """One sheet of a form; rows and columns are known by their position in `sheet`."""

    sheet: FormSheet
    headers: Mapping[str, int]
    """normalised header -> column"""
    unit_headers: tuple[tuple[HeaderParts, int], ...]
    """the headers of columns that stand for units -> column"""
    codes: Mapping[str, int]
    """normalised row code -> row"""
    labels: Mapping[str, tuple[int, ...]]
    """normalised label -> rows; several when labels repeat"""
    own_labels: frozenset[str]
    """the labels without their aliases"""
    unit_row: int | None
    """the row that stands for units"""
    parents: tuple[int | None, ...]
    """by row: the row under which it stands; empty when no row stands under another"""
    expects: tuple[tuple[Expects, ...], ...]
    """by row and column"""
    units_of_measure: tuple[str | None, ...]
    """of each row's indicator; None where the columns say it"""
    cells: tuple[FixedCell, ...]
    topics: Mapping[str, str]
    """folded label of a field of free text -> topic"""

    @cached_property
    def layout(self) -> SheetLayout:
        """How the sheet is found and read."""
        return self.sheet.layout

    @cached_property
    def has_units(self) -> bool:
        """Whether its rows or columns stand for units."""
        return self.sheet.has_units

    @cached_property
    def has_months(self) -> bool:
        """Whether it holds figures of several months."""
        return self.sheet.has_months

    @cached_property
    def rows_seen(self) -> Remembered[tuple[RawCell | None, ...], int]:
        """What stood beside the figures of rows that gave no finding (code, label, unit of measure) -> row of the form."""
        return Remembered(10_000)

    @cached_property
    def known_tables(self) -> Remembered[tuple[Layout, str], KnownTable]:
        """Where the figures stood in tables that gave no finding, by the layout and the name of their sheet."""
        return Remembered(256)

    def may_be_figure(self, text: str) -> bool:
        """Whether a text in a column of figures may be one, and is surely no header."""
        return text[:1].isdigit() and normalise(text[:VALUE_CHARACTERS]) not in self.headers

    @cached_property
    def marks(self) -> frozenset[str]:
        """The normalised texts by which the sheet is recognised: labels of rows and cells, headers that are indicators."""
        headers = (normalise(column.header_vi) for column in self.sheet.columns if column.indicator_code and not column.stands_for_units)
        return frozenset([*self.own_labels, *headers, *(each.label for each in self.cells if each.label)])


@dataclass(frozen=True)
class FormIndex:
    """One form version."""

    form: Form
    sheets: tuple[SheetIndex, ...]

    @cached_property
    def by_name(self) -> Mapping[str, int]:
        """Normalised sheet name -> position in `sheets`."""
        return {name: place for place, index in enumerate(self.sheets) for name in names_of(index.layout)}

    @cached_property
    def has_units(self) -> bool:
        """Whether its rows or columns stand for units."""
        return any(index.has_units for index in self.sheets)

    @cached_property
    def has_months(self) -> bool:
        """Whether it holds figures of several months."""
        return any(index.has_months for index in self.sheets)

    @cached_property
    def one_per(self) -> str | None:
        """`unit` or `month` when there is a tab for each."""
        return next((index.layout.one_per for index in self.sheets if index.layout.one_per), None)

    @cached_property
    def has_fixed_head(self) -> bool:
        """Whether cells of a sheet say unit, period or date without a label."""
        return any(index.layout.unit_cell or index.layout.period_cell or index.layout.as_of_cell for index in self.sheets)


def names_of(layout: SheetLayout) -> Iterable[str]:
    """The normalised names of a sheet's tab."""
    return (normalise(name) for name in (layout.sheet, *layout.other_names))


class PackIndex:
    """The forms of a pack, each made ready when it is first asked for."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        sheets = [sheet for form in pack.forms for sheet in pack.sheets(form)]
        self.form_sheet_names = frozenset(name for sheet in sheets if not sheet.layout.ignored for name in names_of(sheet.layout))
        """the normalised names of the sheets of all forms that are read"""
        self.ignored_names = frozenset(name for sheet in sheets if sheet.layout.ignored for name in names_of(sheet.layout))
        """those of the sheets that are known, and not read"""
        self.tabs_per = frozenset(sheet.layout.one_per for sheet in sheets if sheet.layout.one_per)
        """`unit`, `month`: whether some form has a tab for each"""
        self.guests = {
            host: frozenset(sheet.layout.form_code for sheet in sheets if sheet.layout.stands_in == host)
            for host in dict.fromkeys(sheet.layout.stands_in for sheet in sheets if sheet.layout.stands_in)
        }
        """form -> the forms that have a sheet in its workbooks"""
        self.guest_names = frozenset(name for sheet in sheets if sheet.layout.stands_in for name in names_of(sheet.layout)) - frozenset(
            name for sheet in sheets if not sheet.layout.stands_in and not sheet.layout.ignored for name in names_of(sheet.layout)
        )
        """the normalised names of tabs that only stand in workbooks of another form"""
        self.types_in_tabs = frozenset(
            unit_type
            for form in pack.forms
            if any(sheet.layout.one_per == "unit" for sheet in pack.sheets(form))
            for unit_type in form.unit_types
        )
        """the types of unit that have a tab each in some form"""
        self.units_remembered = Remembered[tuple[str, date], frozenset[str]](4_096)
        """which units the name of a file or folder names on a day, as `evidence` found out before"""
        self._forms: dict[tuple[str, int], FormIndex] = {}
        self._expects: dict[tuple[int, bool, bool, str, bool, bool, str | None], Expects] = {}

    def form(self, form: Form) -> FormIndex:
        """The index of a form version of this pack."""
        key = form.form_code, form.version
        if key not in self._forms:
            self._forms[key] = self._index(form)
        return self._forms[key]

    @cached_property
    def unit_names(self) -> UnitNames:
        """The names of units, ready for what is spelt otherwise."""
        return UnitNames(self.pack)

    @cached_property
    def with_fixed_head(self) -> tuple[FormIndex, ...]:
        """The forms of which cells say unit, period or date without a label."""
        return tuple(index for form in self.pack.forms if (index := self.form(form)).has_fixed_head)

    def _index(self, form: Form) -> FormIndex:
        sheets = self.pack.sheets(form)
        with_ytd = {(figure.indicator_code, figure.breakdown_code) for figure in self.pack.figures(form) if figure.measure is Measure.YTD}
        return FormIndex(form, tuple(self._sheet(sheet, form, with_ytd) for sheet in sheets))

    def _sheet(self, sheet: FormSheet, form: Form, with_ytd: set[tuple[str, str]]) -> SheetIndex:
        labels: defaultdict[str, list[int]] = defaultdict(list)
        codes: dict[str, int] = {}
        for place, row in enumerate(sheet.rows):
            if not row.stands_for_units:
                labels[normalise(row.label_vi)].append(place)
                codes[normalise(row.row_code)] = place
        headers = {normalise(each.header_vi): place for place, each in enumerate(sheet.columns) if not each.stands_for_units}
        own_labels = frozenset(labels)
        for alias in self.pack.aliases(form.form_code, sheet.name):
            text, name = normalise(alias.alias), normalise(alias.name or "")
            if alias.part == "row" and name in codes:
                labels[text].append(codes[name])
            elif alias.part == "column" and name in headers:
                headers.setdefault(text, headers[name])
        return SheetIndex(
            sheet=sheet,
            headers=headers,
            unit_headers=tuple((_parts(each.header_vi), place) for place, each in enumerate(sheet.columns) if each.stands_for_units),
            codes=codes,
            labels={label: tuple(rows) for label, rows in labels.items()},
            own_labels=own_labels,
            unit_row=next((place for place, row in enumerate(sheet.rows) if row.stands_for_units), None),
            parents=tuple(codes[normalise(row.under)] if row.under else None for row in sheet.rows)
            if any(row.under for row in sheet.rows)
            else (),
            expects=tuple(tuple(self._expected(figure, form, with_ytd) for figure in figures) for figures in sheet.grid),
            units_of_measure=tuple(self._unit_of_measure(row.indicator_code) if row.indicator_code else None for row in sheet.rows),
            cells=tuple(
                FixedCell(
                    position(cell.cell),
                    figure,
                    self._expected(figure, form, with_ytd),
                    cell,
                    position(cell.label_cell) if cell.label_cell else None,
                    normalise(cell.label_vi or ""),
                )
                for cell, figure in zip(sheet.cells, sheet.in_cells, strict=True)
            ),
            topics={fold(each.label_vi): each.topic for each in sheet.narratives},
        )

    def _indicator(self, code: str) -> Indicator:
        indicator = self.pack.indicator(code)
        if indicator is None:
            raise LookupError(f"the pack has a form row for {code}, which is no indicator")
        return indicator

    def _unit_of_measure(self, indicator_code: str) -> str:
        own = self._indicator(indicator_code).unit_of_measure
        return self.pack.unit_of_measure(own) or own

    def _expected(self, figure: Figure, form: Form, with_ytd: set[tuple[str, str]]) -> Expects:
        """Equal kinds of figure share one object, so that what was read for one is known for all."""
        measure = figure.measure
        indicator = self._indicator(figure.indicator_code)
        unit_of_measure = self._unit_of_measure(figure.indicator_code)
        percent = measure in PERCENT_MEASURES or unit_of_measure == "%"
        holds_plan = measure is Measure.YTD or (measure is Measure.VALUE and (figure.indicator_code, figure.breakdown_code) not in with_ytd)
        key = (indicator.decimals, percent, measure in SIGNED_MEASURES, unit_of_measure, figure.zero_words, holds_plan, form.number_style)
        if key not in self._expects:
            decimals, percent, signed, unit_of_measure, zero_words, plan, style = key
            self._expects[key] = Expects(decimals, percent, signed, unit_of_measure, self.pack.unit_of_measure, zero_words, plan, style)
        return self._expects[key]


def _parts(header: str) -> HeaderParts:
    return tuple(None if part == ANY_UNIT else normalise(part) for part in header.split(HEADER_PARTS))


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
