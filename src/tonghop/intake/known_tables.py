"""Tables that stand in a sheet as they stood in one before, word for word: found at one look, and their figures read in one go.

Where the figures of a form are follows from the words around them, from where the sheet has its cells, and from nothing else. When
a sheet of a known layout (`known_sheets`) was searched row by row and gave no finding, a later one of the same layout with the same
words between the first line of its header and its last row has its figures in the same cells. What stands above and below the table
is free to differ; where nothing was found above it, other texts behind the first ones of the rows make no difference either. A figure
that is not just read (one with a finding, or with a plan beside it) leaves the table to the usual way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import getitem
from typing import NamedTuple, TypeGuard, cast

from tonghop.catalog import normalise
from tonghop.intake.cells import Kind, RawCell, Sheet, address
from tonghop.intake.form_index import SheetIndex
from tonghop.intake.headers import Header
from tonghop.intake.known_sheets import KnownRows, Picker, StoredCell, picker
from tonghop.intake.numbers import PlainValues
from tonghop.model import CellAddress, Frame, Measure, Role, Value

_NOTHING = -1
"""The place of an empty cell: behind all others, where a None is put."""


class KnownHead(NamedTuple):
    """The rows above a table, in which nothing is found: neither a header nor a comment, nor a number that nobody reads."""

    cells: Picker
    """takes its cells out of those of the sheet"""
    said: tuple[StoredCell, ...]
    """what stood there"""
    is_free: tuple[bool, ...]
    """whether another text changes nothing, unless it is a header: what stands behind the first cell of a row, as units and periods do"""

    def is_in(self, cells: Sequence[StoredCell], index: SheetIndex) -> bool:
        """Whether nothing is found above the table of this sheet either."""
        for now, before, is_free in zip(self.cells(cells), self.said, self.is_free, strict=True):
            if now != before and not (is_free and _is_text(now) and normalise(now.text) not in index.headers):
                return False
        return True


@dataclass(frozen=True, eq=False)
class KnownTable:
    """A table of a known layout whose figures were found before."""

    header: Header
    top: int
    """its first row in the sheet"""
    bottom: int
    """its last row in the sheet"""
    first_row: Mapping[int, int]
    """row of the form -> row of the sheet"""
    words: Picker
    """takes everything but figures out of the cells of the sheet"""
    said: tuple[StoredCell, ...]
    """what stood there"""
    texts: Picker
    """takes those figures out that may be texts"""
    figures: Picker
    """takes all figures out, in the order of the form"""
    expected: tuple[PlainValues, ...]
    """what cells say in the place of each figure"""
    frame: Frame
    head: KnownHead | None
    """what stands above it; None when that has a part in what is found"""

    def covers(self, first: int, last: int) -> bool:
        """Whether it has one of these rows of the sheet."""
        return self.top <= last and first <= self.bottom


class KnownFigures(NamedTuple):
    """The figures of a known table in a sheet."""

    table: KnownTable
    rows: KnownRows
    is_all: bool
    """whether nothing is to be found above the table"""

    @property
    def values(self) -> tuple[Value, ...] | None:
        """What they say, in the order of the form; None when there is more to say about one of them than its value."""
        values = tuple(map(getitem, self.table.expected, self.table.figures((*self.rows.stored, None))))
        return cast("tuple[Value, ...]", values) if all(values) else None  # a value is a tuple, and so is never false


def known_figures(sheet: Sheet, index: SheetIndex) -> KnownFigures | None:
    """The figures of a sheet whose table is known; None when it is not, or says something else beside its figures."""
    rows = sheet.rows
    if not isinstance(rows, KnownRows):
        return None
    table = index.known_tables.get((rows.layout, sheet.name))
    if table is None or table.words(rows.stored) != table.said:
        return None
    if not all(cell.kind is not Kind.TEXT or index.may_be_figure(cell.text) for cell in table.texts(rows.stored)):
        return None
    return KnownFigures(table, rows, table.head is not None and table.head.is_in(rows.stored, index))


def remember_table(sheet: Sheet, index: SheetIndex, header: Header, first_row: Mapping[int, int], *, with_head: bool) -> None:
    """Remember where the figures of a sheet are: in its rows `first_row` (row of the form -> row of the sheet), all of the form, and
    in the columns of the header, all of the form; and that nothing was found wrong with the rows from the header to the last of them.

    `with_head`: nothing at all was found above the header.
    """
    rows = sheet.rows
    if not isinstance(rows, KnownRows):
        return
    layout = rows.layout
    top, bottom = header.last_row - index.layout.header_rows + 1, max(first_row.values())
    figures: list[int] = []
    places: list[tuple[CellAddress, str, Measure, str, Role]] = []
    expected: list[PlainValues] = []
    for position, row in enumerate(index.sheet.grid):
        number = first_row[position]
        for form_column, figure in enumerate(row):
            column = header.by_form_column[form_column]
            figures.append(layout.rows[number].get(column, _NOTHING))
            places.append((CellAddress(sheet.name, address(number, column)), *figure[:4]))
            expected.append(index.expects[position][form_column].plain_values)
    of_figures = {*figures}
    words = [place for number, row in layout.rows.items() if top <= number <= bottom for place in row.values() if place not in of_figures]
    take_words = picker(words)
    index.known_tables[layout, sheet.name] = KnownTable(
        header=header,
        top=top,
        bottom=bottom,
        first_row=dict(first_row),
        words=take_words,
        said=take_words(rows.stored),
        texts=picker([place for place in figures if place != _NOTHING and not layout.is_number(place)]),
        figures=picker(figures),
        expected=tuple(expected),
        frame=_frame(tuple(places)),
        head=_head(rows, top) if with_head and index.layout.header_rows == 1 and not index.topics else None,
    )


def _head(rows: KnownRows, top: int) -> KnownHead:
    above = [(place, column > min(row)) for number, row in rows.layout.rows.items() if number < top for column, place in row.items()]
    take = picker([place for place, _ in above])
    said: tuple[StoredCell, ...] = take(rows.stored)
    return KnownHead(take, said, tuple(behind and _is_text(cell) for (_, behind), cell in zip(above, said, strict=True)))


def _is_text(stored: StoredCell) -> TypeGuard[RawCell]:
    return isinstance(stored, RawCell) and stored.kind is Kind.TEXT


@lru_cache(maxsize=1_024)  # layouts that differ in what is blank share their frame
def _frame(places: tuple[tuple[CellAddress, str, Measure, str, Role], ...]) -> Frame:
    return Frame(places)
