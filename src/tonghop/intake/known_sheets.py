"""Sheets that differ from one before in their values alone, which is most of what units send: workbooks come from templates.

A sheet is cut at its values (`<v>…</v>`). What stands between them says where each cell is, of which kind and style, what is hidden
and merged; when that was read before, character by character the same, only the values are left to read. Nothing is guessed: any
value that is not as plain as can be leaves the whole sheet to `sheet_text`, and both read alike.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tonghop.intake.cells import Kind, RawCell, Sheet, text_cell
from tonghop.intake.formats import NUMBER_CHARACTERS, bare_number, number_cell
from tonghop.intake.limits import Limits
from tonghop.intake.sheet_text import tokens
from tonghop.intake.sheet_xml import Book, too_many_cells

_LARGEST = 1 << 18
"""Characters of a sheet; larger ones are read without this."""
_MOST = 256
"""Layouts, and sheets met once, that are remembered; beyond that, remembering begins anew."""
_VALUE = re.compile(r"<v>([^<]*)</v>")


class _Place(NamedTuple):
    """A cell of a layout: its value comes from the sheet, or was part of the layout (`constant`)."""

    column: int
    kind: str
    style: str
    constant: RawCell | None


class _Layout(NamedTuple):
    """Everything about a sheet but its values."""

    rows: tuple[tuple[int, tuple[_Place, ...]], ...]
    values: int
    hidden_rows: frozenset[int]
    hidden_columns: tuple[tuple[int, int], ...]
    merges: tuple[tuple[int, int, int, int], ...]
    limits: Limits
    """under which it was read"""


class CutSheet(NamedTuple):
    """A sheet cut at its values; `between` is empty for one that is too large."""

    between: str
    values: list[str]


_layouts: dict[str, _Layout] = {}
_met: set[int] = set()
"""hashes of what stood between the values of sheets met once: a sheet that never comes again is not worth remembering"""


def cut(text: str) -> CutSheet:
    """Cut the XML of a sheet at its values."""
    if len(text) > _LARGEST:
        return CutSheet("", [])
    pieces = _VALUE.split(text)
    return CutSheet("\0".join(pieces[::2]), pieces[1::2])


def read_known(cut_sheet: CutSheet, sheet: Sheet, book: Book, budget: int) -> int | None:
    """Fill `sheet` when its layout is known and its values are plain; returns what is left of the budget of cells, else None.

    Raises Unopenable when the budget is used up, ValueError or IndexError for a shared string that does not exist.
    """
    layout = _layouts.get(cut_sheet.between)
    if layout is None or layout.values != len(cut_sheet.values) or layout.limits != book.limits:
        return None
    strings, first_day, limits = book.strings, book.first_day, book.limits
    formats = {**book.formats, "": book.formats.get("0")}
    next_value = iter(cut_sheet.values).__next__
    rows: dict[int, dict[int, RawCell]] = {}
    for number, places in layout.rows:
        row: dict[int, RawCell] = {}
        for column, kind, style, constant in places:
            if constant is not None:
                row[column] = constant
                continue
            value = next_value()
            if kind == "s":
                if not value.isdigit():
                    return None
                row[column] = strings[int(value)]
            elif not kind or kind == "n":
                shown = formats.get(style)
                cell = bare_number(value) if shown is None else number_cell(value, shown, first_day)
                if cell is None or len(value) > NUMBER_CHARACTERS:
                    return None
                row[column] = cell
            elif not value.isprintable() or "&" in value or ">" in value:
                return None
            elif kind == "str":
                row[column] = text_cell(value, limits)
            elif kind == "e":
                row[column] = RawCell(Kind.ERROR, value)
            else:
                return None
        if row:
            rows[number] = row
            budget -= len(row)
            if budget < 0:
                raise too_many_cells(limits)
    sheet.rows |= rows
    sheet.hidden_rows |= layout.hidden_rows
    sheet.hidden_columns = list(layout.hidden_columns)
    sheet.merges.extend(layout.merges)
    return budget


def remember(cut_sheet: CutSheet, text: str, sheet: Sheet, limits: Limits) -> None:
    """Remember the layout of a sheet that `sheet_text.read_cells` has read, the second time that it comes."""
    if not cut_sheet.between or cut_sheet.between in _layouts:
        return
    met = hash(cut_sheet.between)
    if met not in _met:
        if len(_met) >= _MOST:
            _met.clear()
        _met.add(met)
        return
    layout = _layout(cut_sheet, text, sheet, limits)
    if layout is not None:
        if len(_layouts) >= _MOST:
            _layouts.clear()
        _layouts[cut_sheet.between] = layout


def _layout(cut_sheet: CutSheet, text: str, sheet: Sheet, limits: Limits) -> _Layout | None:
    """The layout of a sheet; None when something outside its cells looks like their values."""
    rows: dict[int, list[_Place]] = {}
    values: list[str] = []
    for token in tokens(text):
        if token.has_value:
            values.append(token.value)
            constant = None
        else:
            constant = sheet.rows.get(token.row, {}).get(token.column)
            if constant is None:
                continue
        rows.setdefault(token.row, []).append(_Place(token.column, token.kind, token.style, constant))
    if values != cut_sheet.values:
        return None
    return _Layout(
        tuple((number, tuple(places)) for number, places in rows.items()),
        len(values),
        frozenset(sheet.hidden_rows),
        tuple(sheet.hidden_columns),
        tuple(sheet.merges),
        limits,
    )
