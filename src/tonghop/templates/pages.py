"""Lays out the pages of a workbook from the form's data.

Each page has the department and the form's title in its first rows, then labels and what they say, two to a row, then the
header and the rows of the form, then the fields of free text. Where a form says where something stands (its header, the cell of
a figure), the rest makes room.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, groupby, islice
from typing import NamedTuple

from tonghop.catalog import Figure, Pack
from tonghop.catalog.rows import ANY_UNIT, HEADER_PARTS, TOTAL, Form, Unit
from tonghop.intake.cells import position
from tonghop.intake.form_index import SheetIndex, pack_index
from tonghop.intake.numbers import Expects
from tonghop.model import Period, Slot
from tonghop.templates import words
from tonghop.templates.layout import Box, Column, Field, Head, Line, Page, Quantity, Style, Text
from tonghop.templates.problems import TemplateProblem
from tonghop.templates.tabs import Source, Tab, name_or_code, tab_names, tabs_of


def pages_of(pack: Pack, form: Form, unit: Unit, period: Period, head: Head) -> list[Page]:
    """The pages of the workbook that a unit fills in on a form, in the order of their tabs.

    Raises TemplateProblem when there is nothing to fill in, or no place for it.
    """
    tabs = list(tabs_of(pack, form, unit, period))
    reports = [
        each for tab in tabs for source in (tab.own, *tab.guests) for each in (source.units if source.sheet.has_units else (source.unit,))
    ]
    if not any(each.unit_type in form.unit_types for each in reports):
        raise TemplateProblem(
            f"{unit.unit_code} ({unit.name_vi}, a {unit.unit_type}) has nothing to fill in on form {form.form_code} v{form.version} in "
            f"{period}: it is for units of the type {', '.join(form.unit_types)}. Name one of them, or for a list the unit above them."
        )
    names = list(tab_names(tabs, pack))
    pages: list[Page] = []
    introduced: set[tuple[str, str, Period]] = set()
    last_table = max((place for place, tab in enumerate(tabs) if tab.own.sheet.columns), default=None)
    for place, (tab, name) in enumerate(zip(tabs, names, strict=True)):
        whose = tab.own.form.form_code, tab.own.unit.unit_code, tab.own.period
        pages.append(_PageMaker(pack, tab, name, head, is_first=whose not in introduced, takes_remarks=place == last_table).page)
        introduced.add(whose)
    return pages


_PAIR_COLUMNS = (1, 2), (3, 5)
"""Columns of a label and of what it says, for the first two pairs of a row; further ones go on in steps of three."""


class _TableLine(NamedTuple):
    """A row of a table as it is printed."""

    code: str
    name: str
    unit_of_measure: str
    names_indicator: bool
    is_under: bool


class _TableColumn(NamedTuple):
    """A column of a table: the texts of its header from top to bottom."""

    header: tuple[str, ...]


class _PageMaker:
    """Fills one page, from the top downwards, around the cells that the form has fixed."""

    def __init__(self, pack: Pack, tab: Tab, name: str, head: Head, *, is_first: bool, takes_remarks: bool) -> None:
        self.pack, self.sources, self.own = pack, (tab.own, *tab.guests), tab.own
        self.sheet, self.layout = tab.own.sheet, tab.own.sheet.layout
        self.page = Page(name, tab.own.period)
        fixed = [cell.cell for cell in self.sheet.cells] + [cell.label_cell for cell in self.sheet.cells if cell.label_cell]
        said = [each for each in (self.layout.unit_cell, self.layout.period_cell, self.layout.as_of_cell) if each]
        self.fixed = {position(cell) for cell in (*fixed, *said)}
        self.fixed_rows = {row for row, _ in self.fixed}
        top = self._write_head(head, is_first)
        self._write_fixed_cells()
        bottom = self._write_table(top) if self.sheet.columns else max([top, *self.fixed_rows])
        self._write_narratives(bottom, takes_remarks)

    def _free_rows(self, start: int = 1) -> Iterator[int]:
        """The rows from `start` on in which the form has fixed nothing."""
        return (row for row in count(start) if row not in self.fixed_rows)

    # the head

    def _write_head(self, head: Head, is_first: bool) -> int:
        """Write the head; returns its last row. Date and author are asked for on the first page of a report only."""
        tab, layout = self.own, self.layout
        pairs: list[tuple[str, str | Field]] = [
            (words.FORM, f"{tab.form.form_code} v{tab.form.version}"),
            (words.PERIOD, words.period_label(tab.period)),
            (words.UNIT, tab.unit.name_vi),
            (words.AS_OF, Field(0, 0, is_date=True)),
            (words.UNIT_CODE, tab.unit.unit_code),
            (words.COMPILER, Field(0, 0)),
        ]
        in_cells = {words.PERIOD: layout.period_cell, words.AS_OF: layout.as_of_cell, words.UNIT: layout.unit_cell}
        for label, cell in in_cells.items():
            if cell is not None:
                said = name_or_code(self.pack, tab.unit, tab.period) if label == words.UNIT else dict(pairs)[label]
                row, column = position(cell)
                self._say(row, column, said)
                if column > 1 and (row, column - 1) not in self.fixed:
                    self.page.texts.append(Text(row, column - 1, label, Style.LABEL))
        pairs = [(label, said) for label, said in pairs if not in_cells.get(label) and (is_first or isinstance(said, str))]
        rows = [row for row in islice(self._free_rows(), 3 + len(pairs)) if layout.header_row is None or row < layout.header_row]
        wanted = -(-len(pairs) // len(_PAIR_COLUMNS))
        if len(rows) >= 3 + wanted:
            self.page.texts.append(Text(rows[0], 1, self.pack.head.name_vi.upper(), Style.DEPARTMENT))
            self.page.texts.append(Text(rows[1], 1, tab.form.name_vi.upper(), Style.TITLE))
            if head.line:
                self.page.texts.append(Text(rows[2 + wanted], 1, head.line, Style.NOTE))
            rows, last = rows[2 : 2 + wanted], rows[2 + wanted]
        else:
            last = rows[-1] if rows else 0
        if not rows:
            if layout.unit_cell and layout.period_cell:
                return 0
            raise TemplateProblem(
                f"Sheet {self.sheet.name} of form {tab.form.form_code} v{tab.form.version} leaves no row for unit and period: the header "
                f"stands in row {layout.header_row}. Set header_row in form_sheets.csv further down, or unit_cell and period_cell."
            )
        per_row = -(-len(pairs) // len(rows))
        for place, (label, said) in enumerate(pairs):
            row, (label_at, said_at) = rows[place // per_row], _pair_columns(place % per_row)
            self.page.texts.append(Text(row, label_at, label, Style.LABEL, columns=said_at - label_at))
            self._say(row, said_at, said)
        return last

    def _say(self, row: int, column: int, said: str | Field) -> None:
        if isinstance(said, Field):
            self.page.fields.append(said._replace(row=row, column=column))
        else:
            self.page.texts.append(Text(row, column, said, Style.SAID))

    # figures

    def _box(self, row: int, column: int, source: Source, unit: Unit, figure: Figure, expects: Expects) -> None:
        own = source.period
        period = own if figure.month is None else Period.month(own.year, figure.month)
        indicator = self.pack.indicator(figure.indicator_code)
        if indicator is None:
            raise LookupError(f"the pack has a form row for {figure.indicator_code}, which is no indicator")
        slot = Slot(unit.unit_code, source.form.form_code, period)
        quantity = Quantity(slot, figure.indicator_code, figure.breakdown_code, figure.measure)
        self.page.boxes.append(Box(self.page.name, row, column, quantity, indicator, expects, period.end_date <= own.end_date))

    def _expected(self, source: Source) -> SheetIndex:
        """What intake expects of the figures of a sheet."""
        return next(index for index in pack_index(self.pack).form(source.form).sheets if index.sheet.name == source.sheet.name)

    def _write_fixed_cells(self) -> None:
        expected = self._expected(self.own).cells
        for cell, figure, fixed in zip(self.sheet.cells, self.sheet.in_cells, expected, strict=True):
            row, column = position(cell.cell)
            if cell.label_cell and cell.label_vi:
                self.page.texts.append(Text(*position(cell.label_cell), cell.label_vi, Style.NAME))
            elif column > 1 and (row, column - 1) not in self.fixed:
                self.page.texts.append(Text(row, column - 1, self._name_of(figure), Style.NAME))
            self._box(row, column, self.own, self.own.unit, figure, fixed.expects)

    def _name_of(self, figure: Figure) -> str:
        """What a figure is called for which the form prints no label."""
        indicator = self.pack.indicator(figure.indicator_code)
        split = next((each.name_vi for each in self.pack.breakdowns if each.breakdown_code == figure.breakdown_code != TOTAL), None)
        return ", ".join(text for text in (indicator.name_vi if indicator else "", split) if text)

    def _write_table(self, top: int) -> int:
        """Write the table; returns its last row."""
        lines, columns = list(dict.fromkeys(self._lines())), list(dict.fromkeys(self._columns()))
        units_of_measure = [line.unit_of_measure for line in lines]
        labels = [words.CODE, words.INDICATOR if any(line.names_indicator for line in lines) else words.CONTENT]
        labels += [words.UNIT_OF_MEASURE] if any(units_of_measure) else []
        first = self.page.first_figure = len(labels) + 1
        height = self.layout.header_rows
        start = self.layout.header_row or next(
            row for row in self._free_rows(top + 1) if not self.fixed_rows.intersection(range(row, row + height))
        )
        self.page.header = start, start + height - 1
        self.page.texts += [Text(start, column, label, Style.HEADER, rows=height) for column, label in enumerate(labels, start=1)]
        self._write_headers(start, first, [column.header for column in columns])
        self.page.columns = [Column(first + place, HEADER_PARTS.join(column.header)) for place, column in enumerate(columns)]
        row_number = start + height - 1
        row_of: dict[_TableLine, int] = {}
        for line in lines:
            row_of[line] = row_number = next(self._free_rows(row_number + 1))
            self.page.lines.append(Line(row_number, line.code))
            self.page.texts.append(Text(row_number, 1, line.code, Style.CODE))
            self.page.texts.append(Text(row_number, 2, line.name, Style.UNDER if line.is_under else Style.NAME))
            if line.unit_of_measure:
                self.page.texts.append(Text(row_number, 3, line.unit_of_measure, Style.UNIT_OF_MEASURE))
        for source in self.sources:
            self._write_boxes(source, row_of, {column: first + place for place, column in enumerate(columns)})
        return max([row_number, *self.fixed_rows])

    def _write_boxes(self, source: Source, row_of: Mapping[_TableLine, int], column_of: Mapping[_TableColumn, int]) -> None:
        expected = self._expected(source).expects
        for row_place, row_unit, line in self._lines_of(source):
            for column_place, column_unit, column in self._columns_of(source):
                figure, expects = source.sheet.grid[row_place][column_place], expected[row_place][column_place]
                unit = column_unit or row_unit or source.unit
                self._box(row_of[line], column_of[column], source, unit, figure, expects)

    def _lines(self) -> Iterator[_TableLine]:
        return (line for source in self.sources for _, _, line in self._lines_of(source))

    def _columns(self) -> Iterator[_TableColumn]:
        return (column for source in self.sources for _, _, column in self._columns_of(source))

    def _lines_of(self, source: Source) -> Iterator[tuple[int, Unit | None, _TableLine]]:
        """The rows of a sheet: place in the form, unit that it stands for, what is printed."""
        for place, row in enumerate(source.sheet.rows):
            indicator = self.pack.indicator(row.indicator_code) if row.indicator_code else None
            unit_of_measure = indicator.unit_of_measure if indicator else ""
            if row.stands_for_units:
                for unit in source.units:
                    yield place, unit, _TableLine(unit.unit_code, unit.name_vi, unit_of_measure, False, False)
            else:
                yield place, None, _TableLine(row.row_code, row.label_vi, unit_of_measure, indicator is not None, row.under is not None)

    def _columns_of(self, source: Source) -> Iterator[tuple[int, Unit | None, _TableColumn]]:
        """The columns of a sheet: place in the form, unit that it stands for, texts of the header from top to bottom."""
        columns = source.sheet.columns
        for unit in source.units if any(column.stands_for_units for column in columns) else (None,):
            name = name_or_code(self.pack, unit, source.period) if unit else ""
            for place, column in enumerate(columns):
                parts = column.header_vi.split(HEADER_PARTS)
                yield place, unit, _TableColumn(tuple(name if part == ANY_UNIT else part for part in parts))

    def _write_headers(self, start: int, first: int, headers: Sequence[tuple[str, ...]]) -> None:
        """Headers with their common upper parts merged, and short ones merged downwards."""
        height = self.layout.header_rows

        def write(depth: int, column: int, of: Sequence[tuple[str, ...]]) -> None:
            for text, group in groupby(of, key=lambda header: header[depth] if len(header) > depth + 1 else None):
                members = list(group)
                if text is None:
                    for member in members:
                        self.page.texts.append(Text(start + depth, column, member[depth], Style.HEADER, rows=height - depth))
                        column += 1
                    continue
                self.page.texts.append(Text(start + depth, column, text, Style.HEADER, columns=len(members)))
                write(depth + 1, column, members)
                column += len(members)

        write(0, first, headers)

    # below

    def _write_narratives(self, bottom: int, takes_remarks: bool) -> None:
        """The fields of free text below everything; remarks below the last table of a form that has none."""
        labels = [narrative.label_vi for narrative in self.sheet.narratives]
        if not labels and takes_remarks and not any(sheet.narratives for sheet in self.pack.sheets(self.own.form)):
            labels = [words.REMARKS]
        for label, row in zip(labels, self._free_rows(bottom + 2), strict=False):
            self.page.texts.append(Text(row, 1, label if label.endswith(":") else f"{label}:", Style.REMARK))
            self.page.fields.append(Field(row, 2, columns=self.page.last_column - 1, is_long=True))


def _pair_columns(place: int) -> tuple[int, int]:
    if place < len(_PAIR_COLUMNS):
        return _PAIR_COLUMNS[place]
    label, said = _PAIR_COLUMNS[-1]
    return label + 3 * (place - 1), said + 3 * (place - 1)
