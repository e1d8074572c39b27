"""What stands above the table of a sheet: form, unit, period and date, behind their labels or in cells that the form fixes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tonghop.catalog import normalise
from tonghop.intake import vocabulary
from tonghop.intake.cells import Kind, RawCell, Sheet, address, position
from tonghop.intake.form_index import FormIndex, PackIndex, SheetIndex
from tonghop.intake.known_sheets import KnownRows, StoredCell, cell_of
from tonghop.intake.vocabulary import LABEL_CHARACTERS, VALUE_CHARACTERS, fold, squeeze
from tonghop.model import CellAddress, Period
from tonghop.remembered import Remembered

HEAD_ROWS = 60
"""The head of a sheet stands in its first filled rows."""


class Found(NamedTuple):
    """A text of the head and where it stands."""

    text: str
    at: CellAddress
    kind: Kind = Kind.TEXT


@dataclass
class Head:
    """What stands above the table of a sheet."""

    form: Found | None = None
    unit_code: Found | None = None
    unit: Found | None = None
    period: Found | None = None
    as_of: Found | None = None
    titles: list[Found] = field(default_factory=list)

    @property
    def says_whose(self) -> bool:
        """Whether the sheet introduces itself as a report."""
        return any((self.form, self.unit_code, self.unit, self.period))


class Introduced(NamedTuple):
    """A sheet with its head, gaps filled from the other sheets."""

    sheet: Sheet
    head: Head

    def says(self, found: Found | None) -> bool:
        """Whether a line of the head stands in the sheet itself, and was not taken over from another."""
        return found is not None and found.at.sheet == self.sheet.name


FIELDS = {
    **dict.fromkeys(vocabulary.FORM_LABELS, "form"),
    **dict.fromkeys(vocabulary.UNIT_CODE_LABELS, "unit_code"),
    **dict.fromkeys(vocabulary.UNIT_LABELS, "unit"),
    **dict.fromkeys(vocabulary.PERIOD_LABELS, "period"),
    **dict.fromkeys(vocabulary.AS_OF_LABELS, "as_of"),
}
_ASIDE = fold(vocabulary.ASIDE_MARK)
_TABLE_HEADERS = vocabulary.LABEL_HEADERS | vocabulary.UNIT_OF_MEASURE_HEADERS


def is_aside(sheet: Sheet) -> bool:
    """Whether a sheet says of itself that it is part of no report: what we put into a workbook for its reader."""
    first_row = sheet.rows[min(sheet.rows)] if sheet.rows else {}
    return bool(first_row) and fold(first_row[min(first_row)].text[:VALUE_CHARACTERS]).startswith(_ASIDE)


def read_head(sheet: Sheet) -> Head:
    """The labels and values above the table: `Label: value` in one cell, or the value in the next filled cell to the right."""
    head, rows = Head(), sheet.rows
    for row_number in sorted(rows)[:HEAD_ROWS]:
        line = _said[rows.line(row_number) if isinstance(rows, KnownRows) else _row(rows[row_number])]
        for name, said in line.said:
            found = said and Found(said.text, CellAddress(sheet.name, address(row_number, said.column)), said.kind)
            if name is None and found is not None:
                head.titles.append(found)
            elif name is not None and getattr(head, name) is None:
                setattr(head, name, found)
        if line.is_header:
            break
    return head


class _Said(NamedTuple):
    """A text in a row of the head, and its column."""

    text: str
    column: int
    kind: Kind = Kind.TEXT


class _Line(NamedTuple):
    """What a row of the head says: for each field (None: a title) its text, if there is one; and whether the table begins in it."""

    said: tuple[tuple[str | None, _Said | None], ...]
    is_header: bool


_Row = tuple[tuple[int, ...], tuple[StoredCell, ...]]
"""The columns and cells of a row, in their order."""


def _row(cells: Mapping[int, RawCell]) -> _Row:
    in_order = sorted(cells)
    return tuple(in_order), tuple([cells[column] for column in in_order])


class _Lines(Remembered[_Row, _Line]):
    """What rows say. The sheets of a workbook have the same head, and so have the workbooks of a unit, so it is remembered; long texts
    would only fill the memory."""

    def __missing__(self, row: _Row) -> _Line:
        cells = tuple(zip(row[0], map(cell_of, row[1]), strict=True))
        line = _said_in(cells)
        if all(len(cell.text) <= _REMEMBERED_CHARACTERS for _, cell in cells):
            self[row] = line
        return line


_said = _Lines(4_096)
_REMEMBERED_CHARACTERS = 200


def _said_in(row: tuple[tuple[int, RawCell], ...]) -> _Line:
    said: list[tuple[str | None, _Said | None]] = []
    for place, (column, cell) in enumerate(row):
        if cell.kind is not Kind.TEXT:
            continue
        label, _, rest = cell.text.partition(":")
        folded = fold(label) if len(label) <= LABEL_CHARACTERS else ""
        if folded in _TABLE_HEADERS:
            return _Line(tuple(said), True)
        name = FIELDS.get(folded)
        value = _Said(squeeze(cell.text[:VALUE_CHARACTERS]), column) if name is None else _value_of(column, rest, row[place + 1 :])
        said.append((name, value))
    return _Line(tuple(said), False)


def _value_of(column: int, rest: str, right: Sequence[tuple[int, RawCell]]) -> _Said | None:
    if rest.strip():
        return _Said(squeeze(rest[:VALUE_CHARACTERS]), column)
    for next_column, cell in right:
        text = squeeze(cell.text[:VALUE_CHARACTERS])
        if text:
            is_label = fold(text.partition(":")[0]) in FIELDS
            return None if is_label else _Said(text, next_column, cell.kind)
    return None


def read_period(found: Found) -> Period | None:
    """The period that a line of the head names."""
    if found.kind is Kind.DATE:  # Excel makes the first of the month of a typed 8/2022
        day = vocabulary.read_date(found.text)
        return Period.month(day.year, day.month) if day and day.day == 1 else None
    return vocabulary.read_period(found.text)


_MARKER = re.compile(r"([a-z0-9][a-z0-9_.-]*?)(?:[\s(,-]*\b(?:v|ver|version|phien ban|pb)[\s.]*([0-9]{1,4})\)?)?")


def read_marker(found: Found) -> tuple[str, int | None]:
    """Code and version of a form as a head names them; the code is empty when it is none."""
    match = _MARKER.fullmatch(fold(found.text))
    return (match[1].upper(), int(match[2]) if match[2] else None) if match else ("", None)


def texts_of(sheet: Sheet) -> set[str]:
    """All texts of a sheet that may be labels, normalised."""
    texts = (cell.text for row in sheet.rows.values() for cell in row.values() if cell.kind is Kind.TEXT)
    return {normalise(text) for text in texts if len(text) <= VALUE_CHARACTERS}


def form_sheet(sheet: Sheet, form: FormIndex) -> int | None:
    """Which sheet of the form this one is: by its name, else by most labels in common; None when it has none."""
    by_name = form.by_name.get(normalise(sheet.name))
    if by_name is not None:
        return by_name
    texts = texts_of(sheet)

    def common(index: SheetIndex) -> int:
        return len(index.marks & texts)

    best = max(range(len(form.sheets)), key=lambda place: common(form.sheets[place]))
    return best if common(form.sheets[best]) else None


# Heads in fixed cells


def read_fixed_head(each: Introduced, index: PackIndex) -> None:
    """Fill in unit, period and date from the cells in which a form has them; nothing when forms disagree about what stands there."""
    readings = {tuple(found.items()) for form in index.with_fixed_head if (found := _fixed_head(each, form, index))}
    if len(readings) == 1:
        for name, value in readings.pop():
            setattr(each.head, name, value)


def _fixed_head(each: Introduced, form: FormIndex, index: PackIndex) -> dict[str, Found]:
    """What the cells say that this form fixes; empty when the sheet is none of the form, or the form was not in use then."""
    marker = each.head.form
    if marker is not None and read_marker(marker)[0] != form.form.form_code:
        return {}
    place = form_sheet(each.sheet, form)
    if place is None:
        return {}
    layout = form.sheets[place].layout
    cells = (("unit", layout.unit_cell), ("period", layout.period_cell), ("as_of", layout.as_of_cell))
    found = {name: value for name, cell in cells if cell and (value := _at(each.sheet, cell))}
    said = found.get("period") or each.head.period
    in_titles = {period for title in each.head.titles for period in vocabulary.periods_in(title.text, short=False)}
    period = read_period(said) if said else in_titles.pop() if len(in_titles) == 1 else None
    if period is None or not form.form.valid_at(period.end_date):
        return {}
    if "unit" in found and index.pack.unit_history(found["unit"].text.upper()):
        found["unit_code"] = found.pop("unit")
    return found


def _at(sheet: Sheet, cell: str) -> Found | None:
    """What stands in a cell of the head, without the label that may stand before it."""
    row, column = position(cell)
    raw = sheet.rows.get(row, {}).get(column)
    if raw is None:
        return None
    label, colon, rest = raw.text.partition(":")
    text = rest if colon and fold(label[:LABEL_CHARACTERS]) in vocabulary.HEAD_LABELS else raw.text
    return Found(squeeze(text[:VALUE_CHARACTERS]), CellAddress(sheet.name, cell), raw.kind) if text.strip() else None
