"""The exact reader of sheets and shared strings: any valid XML, element by element. `sheet_text` is the quick one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element

from tonghop.intake import findings
from tonghop.intake.cells import NO_VALUE, Kind, RawCell, Sheet, Unopenable, position, text_cell
from tonghop.intake.formats import NUMBER_CHARACTERS, Format, number_cell
from tonghop.intake.limits import Limits
from tonghop.intake.package import elements_of

SPACES = (
    "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}",
    "{http://purl.oclc.org/ooxml/spreadsheetml/main}",
)
"""The namespace of sheets, transitional and strict."""
ROWS = frozenset(space + "row" for space in SPACES)
MERGES = frozenset(space + "mergeCell" for space in SPACES)
_MAX_PENDING = 1_000_000
"""Elements that may come between two that are read; no row has more."""


@dataclass(frozen=True)
class Book:
    """What the cells of all sheets of a workbook refer to."""

    strings: Sequence[RawCell]
    formats: Mapping[str, Format]
    first_day: date
    """day 0 of the workbook's calendar"""
    limits: Limits


def read_strings(text: str, limits: Limits) -> list[RawCell]:
    """The shared strings, as the cells that they stand in."""
    strings: list[RawCell] = []
    for element in elements_of(text):
        if element.tag.endswith("}si"):
            strings.append(text_cell(_rich_text(element), limits))
            element.clear()
            if len(strings) > limits.max_cells:
                raise too_many_cells(limits)
    return strings


def _rich_text(element: Element) -> str:
    """The text of a string item: its own, or that of its runs; phonetic hints are left out."""
    space = element.tag.rpartition("}")[0] + "}"
    if len(element) == 1 and element[0].tag == space + "t":
        return element[0].text or ""
    texts = (child.text if child.tag == space + "t" else child.findtext(space + "t") for child in element if child.tag != space + "rPh")
    return "".join(text or "" for text in texts)


def read_sheet(text: str, sheet: Sheet, book: Book, budget: int) -> int:
    """Fill `sheet` from its XML, row by row; returns what is left of the budget of cells. Raises Unopenable when it is used up."""
    rows: dict[int, dict[int, RawCell]] = {}
    sheet.rows = rows
    row_number = pending = 0
    for element in elements_of(text):
        pending += 1
        tag = element.tag
        if tag in ROWS:
            row_number = int(element.get("r") or row_number + 1)
            row = rows.get(row_number, {})
            _read_row(element, row, book)
            if row:
                rows[row_number] = row
                budget -= len(row)
            if is_hidden(element):
                sheet.hidden_rows.add(row_number)
            element.clear()
            pending = 0
        elif tag in MERGES:
            sheet.merges.append(merged_range(element))
            pending = 0
        if budget < 0 or pending > _MAX_PENDING:
            raise too_many_cells(book.limits)
    return budget


def too_many_cells(limits: Limits) -> Unopenable:
    """The refusal of a workbook that holds more cells than the limits allow."""
    return Unopenable(findings.TOO_LARGE.issue(found="cells", expected=f"{limits.max_cells:,} cells"))


def merged_range(element: Element) -> tuple[int, int, int, int]:
    """First row, first column, last row and last column of a merged cell. Raises ValueError when they are none."""
    first, _, last = element.attrib["ref"].partition(":")
    return (*position(first), *position(last or first))


_COLUMN = re.compile(r"<(?:\w+:)?col\s([^>]*)>")
_ATTRIBUTE = re.compile(r"\b(min|max|hidden)\s*=\s*[\"']([0-9a-z]{1,5})[\"']")
_BEFORE_CELLS = 100_000
"""The columns are described before the cells, in few characters."""


def hidden_columns(text: str) -> list[tuple[int, int]]:
    """First and last column of each run of columns that a sheet hides."""
    start = text.find("cols>", 0, _BEFORE_CELLS)
    if start < 0:
        return []
    columns = (dict(_ATTRIBUTE.findall(attributes)) for attributes in _COLUMN.findall(text, start, text.find("sheetData", start)))
    return [
        (int(each["min"]), int(each["max"]))
        for each in columns
        if each.get("hidden") in ("1", "true") and each.get("min", "").isdecimal() and each.get("max", "").isdecimal()
    ]


def is_hidden(row: Element) -> bool:
    """Whether a row is not shown."""
    return row.get("hidden") in ("1", "true")


def _read_row(element: Element, row: dict[int, RawCell], book: Book) -> None:
    """Add the filled cells of a row. Kept flat on purpose: every cell passes here."""
    space = element.tag[:-3]
    cell_tag, value_tag, formula_tag, inline_tag = space + "c", space + "v", space + "f", space + "is"
    column = 0
    for cell in element:
        if cell.tag != cell_tag:
            continue
        attributes = cell.attrib
        reference = attributes.get("r")
        column = position(reference)[1] if reference else column + 1
        cell_type = attributes.get("t")
        text = cell.findtext(value_tag)
        if cell_type == "s":
            if text:
                index = int(text)
                if index < 0:
                    raise ValueError("a negative string number")
                row[column] = book.strings[index]
        elif cell_type is None or cell_type == "n":
            if text:
                shown = book.formats.get(attributes.get("s", "0"))
                figure = number_cell(text, shown, book.first_day) if len(text) <= NUMBER_CHARACTERS else None
                row[column] = figure or text_cell(text, book.limits)
            elif cell.find(formula_tag) is not None:
                row[column] = NO_VALUE
        elif cell_type == "inlineStr":
            inline = cell.find(inline_tag)
            if inline is not None:
                row[column] = text_cell(_rich_text(inline), book.limits)
        elif text is None:
            if cell.find(formula_tag) is not None:
                row[column] = NO_VALUE
        elif cell_type == "e":
            row[column] = RawCell(Kind.ERROR, text)
        elif cell_type == "b":
            row[column] = RawCell(Kind.BOOLEAN, "TRUE" if text.strip() in ("1", "true") else "FALSE")
        elif cell_type == "d":
            row[column] = RawCell(Kind.DATE, text[:10])
        else:
            row[column] = text_cell(text, book.limits)
