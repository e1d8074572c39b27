"""Sheets that differ from one before in their values alone, which is most of what units send: workbooks come from templates.

A sheet is cut at its values (`<v>…</v>`). What stands between them, formulas aside, says where each cell is, of which kind and style,
what is hidden and merged; when that was read before, character by character the same, only the values are left to read. Nothing is
guessed: any value that is not as plain as can be leaves the whole sheet to `sheet_text`, and both read alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple, cast

from tonghop.intake.cells import Kind, RawCell, Sheet, text_cell
from tonghop.intake.formats import BARE_NUMBERS, NUMBER_CHARACTERS, number_cell
from tonghop.intake.limits import Limits
from tonghop.intake.sheet_text import Token, tokens
from tonghop.intake.sheet_xml import Book, too_many_cells
from tonghop.remembered import Remembered

_LARGEST = 1 << 18
"""Characters of a sheet; larger ones are read without this."""
_MOST = 256
"""Layouts, and sheets met once, that are remembered."""
_VALUE = re.compile(r"<v>([^<]*)</v>")
_FORMULA = re.compile(r"<f>([^<>&]*)</f>")

Picker = Callable[[Sequence[Any]], tuple[Any, ...]]


def picker(places: Sequence[int]) -> Picker:
    """What takes the items at these places out of a sequence, in this order."""
    return itemgetter(*places) if len(places) > 1 else lambda items: tuple(items[place] for place in places)


@dataclass(frozen=True, eq=False)
class Layout:
    """Everything about a sheet but its values. Compared by identity: equal ones are one object as long as they are remembered."""

    rows: Mapping[int, Mapping[int, int]]
    """row -> column -> place of the cell: among the shared strings of the sheet, then its numbers, its other values, its constants"""
    values: int
    strings: Picker
    """takes the numbers of the shared strings out of the values"""
    numbers: Picker
    """takes the stored numbers out of the values"""
    styles: tuple[str, ...]
    """of the stored numbers"""
    own_styles: frozenset[str]
    """the different ones of them; a cell without a style has the first one"""
    others: tuple[tuple[int, str], ...]
    """what else has a value: which of the values, and of which kind"""
    constants: tuple[RawCell, ...]
    """cells that are part of the layout"""
    cells: int
    hidden_rows: frozenset[int]
    hidden_columns: tuple[tuple[int, int], ...]
    merges: tuple[tuple[int, int, int, int], ...]
    limits: Limits
    """under which it was read"""
    _lines: dict[int, tuple[tuple[int, ...], Picker]] = field(default_factory=dict)

    def line(self, row: int) -> tuple[tuple[int, ...], Picker]:
        """The columns of a row, in their order, and what takes its cells out of those of the sheet."""
        line = self._lines.get(row)
        if line is None:
            places = dict(sorted(self.rows[row].items()))
            line = self._lines[row] = tuple(places), picker(list(places.values()))
        return line

    def is_number(self, place: int) -> bool:
        """Whether the cell at a place is a stored number (or the date that it stands for), whatever its value."""
        last = self.cells - len(self.constants) - len(self.others)
        return last - len(self.styles) <= place < last


StoredCell = RawCell | str
"""A cell, or the text of a stored number without a format, of which a cell is made when somebody asks for it."""


class KnownRows(Mapping[int, Mapping[int, RawCell]]):
    """The rows of a sheet whose layout is known, each put together when somebody asks for it: mostly nobody does."""

    def __init__(self, layout: Layout, stored: tuple[StoredCell, ...]) -> None:
        self.layout = layout
        self.stored = stored
        """by their places in the layout"""
        self._rows: dict[int, dict[int, RawCell]] = {}

    def __getitem__(self, number: int) -> Mapping[int, RawCell]:
        row = self._rows.get(number)
        if row is None:
            row = self._rows[number] = {column: cell_of(self.stored[place]) for column, place in self.layout.rows[number].items()}
        return row

    def line(self, number: int) -> tuple[tuple[int, ...], tuple[StoredCell, ...]]:
        """The columns and cells of a row, in their order."""
        columns, cells = self.layout.line(number)
        return columns, cells(self.stored)

    def __iter__(self) -> Iterator[int]:
        return iter(self.layout.rows)

    def __len__(self) -> int:
        return len(self.layout.rows)


def cell_of(stored: StoredCell) -> RawCell:
    """The cell itself."""
    return RawCell(Kind.NUMBER, stored) if isinstance(stored, str) else stored


class CutSheet(NamedTuple):
    """A sheet cut at its values; `between` is empty for one that is too large."""

    between: str
    values: list[str]


_layouts = Remembered[str, Layout](_MOST)
_met = Remembered[int, None](_MOST)
"""hashes of what stood between the values of sheets met once: a sheet that never comes again is not worth remembering"""


def cut(text: str) -> CutSheet:
    """Cut the XML of a sheet at its values."""
    if len(text) > _LARGEST:
        return CutSheet("", [])
    if "<f>" in text:
        text = _without_formulas(text)
    pieces = _VALUE.split(text)
    return CutSheet("\0".join(pieces[::2]), pieces[1::2])


def _without_formulas(text: str) -> str:
    """The XML of a sheet without what its formulas say, which differs where a month or a year has a part in it and is not read. As it
    is when one of them is not as plain as can be."""
    pieces = _FORMULA.split(text)
    return "<f></f>".join(pieces[::2]) if "".join(pieces[1::2]).isprintable() else text


def read_known(cut_sheet: CutSheet, sheet: Sheet, book: Book, budget: int) -> int | None:
    """Fill `sheet` when its layout is known and its values are plain; returns what is left of the budget of cells, else None.

    Raises Unopenable when the budget is used up, ValueError or IndexError for a shared string that does not exist.
    """
    layout, values = _layouts.get(cut_sheet.between), cut_sheet.values
    if layout is None or layout.values != len(values) or layout.limits != book.limits:
        return None
    strings = layout.strings(values)
    numbers = _numbers(layout, values, book)
    others = _others(layout, values, book.limits)
    if numbers is None or others is None or not all(map(str.isdigit, strings)):
        return None
    budget -= layout.cells
    if budget < 0:
        raise too_many_cells(book.limits)
    texts = map(book.strings.__getitem__, map(int, strings))
    sheet.rows = KnownRows(layout, (*texts, *numbers, *others, *layout.constants))
    sheet.hidden_rows = set(layout.hidden_rows)
    sheet.hidden_columns = list(layout.hidden_columns)
    sheet.merges = list(layout.merges)
    return budget


def _numbers(layout: Layout, values: Sequence[str], book: Book) -> Sequence[StoredCell] | None:
    """The stored numbers: as cells where formats say what they are, else as they are; None when one of them is no number."""
    stored = layout.numbers(values)
    if max(map(len, stored), default=0) > NUMBER_CHARACTERS:
        return None
    if not layout.own_styles.isdisjoint(book.formats):
        formats, first_day = {**book.formats, "": book.formats.get("0")}, book.first_day  # a cell without a style has the first one
        cells = [number_cell(number, formats.get(style), first_day) for number, style in zip(stored, layout.styles, strict=True)]
        return cast("list[RawCell]", cells) if all(cells) else None  # a cell is a tuple, and so is never false
    digits = "".join(stored)
    if digits.isascii() and digits.isdigit() and all(stored):
        return stored
    return stored if all(map(BARE_NUMBERS.__getitem__, stored)) else None


def _others(layout: Layout, values: Sequence[str], limits: Limits) -> list[RawCell] | None:
    """The cells of texts and errors that are stored in place; None when one of them is not as plain as can be."""
    cells: list[RawCell] = []
    for number, kind in layout.others:
        value = values[number]
        if not value.isprintable() or "&" in value or ">" in value:
            return None
        cells.append(text_cell(value, limits) if kind == "str" else RawCell(Kind.ERROR, value))
    return cells


def remember(cut_sheet: CutSheet, text: str, sheet: Sheet, limits: Limits) -> bool:
    """Remember the layout of a sheet that `sheet_text.read_cells` has read, the second time that it comes; answers whether it did."""
    if not cut_sheet.between or cut_sheet.between in _layouts:
        return False
    met = hash(cut_sheet.between)
    if met not in _met:
        _met[met] = None
        return False
    layout = _layout(cut_sheet, text, sheet, limits)
    if layout is None:
        return False
    _layouts[cut_sheet.between] = layout
    return True


_STRINGS, _NUMBERS, _OTHERS, _CONSTANTS = range(4)
_GROUPS = {"s": _STRINGS, "": _NUMBERS, "n": _NUMBERS, "str": _OTHERS, "e": _OTHERS}
"""The kinds of value that are read here."""


class _Held(NamedTuple):
    """A cell with something in it: which of the values of its sheet that is (-1: none), or what the layout says itself."""

    group: int
    row: int
    column: int
    number: int
    token: Token
    constant: RawCell | None


def _layout(cut_sheet: CutSheet, text: str, sheet: Sheet, limits: Limits) -> Layout | None:
    """The layout of a sheet; None for unusual kinds of value, a cell that stands twice, or what looks like a value and is none."""
    held: list[_Held] = []
    values: list[str] = []
    for token in tokens(text):
        if token.has_value:
            if token.kind not in _GROUPS:
                return None
            held.append(_Held(_GROUPS[token.kind], token.row, token.column, len(values), token, None))
            values.append(token.value)
        elif (constant := sheet.rows.get(token.row, {}).get(token.column)) is not None:
            held.append(_Held(_CONSTANTS, token.row, token.column, -1, token, constant))
    in_groups = sorted(held, key=lambda each: each.group)
    places = {(each.row, each.column): place for place, each in enumerate(in_groups)}
    if values != cut_sheet.values or len(places) < len(held):
        return None
    rows: dict[int, dict[int, int]] = {}
    for each in held:
        rows.setdefault(each.row, {})[each.column] = places[each.row, each.column]
    numbers = [each for each in in_groups if each.group == _NUMBERS]
    return Layout(
        rows=rows,
        values=len(values),
        strings=picker([each.number for each in in_groups if each.group == _STRINGS]),
        numbers=picker([each.number for each in numbers]),
        styles=tuple(each.token.style for each in numbers),
        own_styles=frozenset(each.token.style or "0" for each in numbers),
        others=tuple((each.number, each.token.kind) for each in in_groups if each.group == _OTHERS),
        constants=tuple(each.constant for each in in_groups if each.constant is not None),
        cells=len(held),
        hidden_rows=frozenset(sheet.hidden_rows),
        hidden_columns=tuple(sheet.hidden_columns),
        merges=tuple(sheet.merges),
        limits=limits,
    )
