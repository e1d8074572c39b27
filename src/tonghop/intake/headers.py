"""The header of a table: which column of the sheet is which column of the form. A header may be several rows high."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from tonghop.catalog import normalise
from tonghop.catalog.rows import HEADER_PARTS, Unit
from tonghop.intake import findings, vocabulary
from tonghop.intake.cells import Kind, RawCell, Sheet, address
from tonghop.intake.form_index import SheetIndex
from tonghop.intake.scope import Scope
from tonghop.intake.vocabulary import LABEL_CHARACTERS, VALUE_CHARACTERS, fold
from tonghop.model import Finding

_BETWEEN = normalise(HEADER_PARTS)


class Part(NamedTuple):
    """The columns of a header that belong to one unit; to the report's own when `unit` is None."""

    unit: Unit | None
    columns: dict[int, int]
    """column of the sheet -> column of the form"""


@dataclass
class Header:
    """The columns below a header."""

    parts: list[Part]
    code: int | None
    label: int | None
    unit_of_measure: int | None
    last_row: int
    names: Mapping[int, str]
    """column -> what stands above it"""
    columns: frozenset[int] = field(init=False)
    """the columns that hold figures of the form"""
    texts: frozenset[int] = field(init=False)
    """the columns that hold no figures"""
    known: frozenset[int] = field(init=False)
    """all of these"""
    by_form_column: Mapping[int, int] = field(init=False)
    """column of the form -> column of the sheet, in the first part"""

    def __post_init__(self) -> None:
        self.columns = frozenset(column for part in self.parts for column in part.columns)
        self.texts = frozenset(column for column in (self.code, self.label, self.unit_of_measure) if column is not None)
        self.known = self.columns | self.texts
        self.by_form_column = {place: column for column, place in self.parts[0].columns.items()}


def may_be_header(row: Mapping[int, RawCell], header: Header) -> bool:
    """Whether a row below a header may be another one: words where figures stand, or a header's words where labels stand."""
    for column in header.columns:
        cell = row.get(column)
        if cell is not None and cell.kind is Kind.TEXT:
            return True
    return fold(text_at(row, header.label)[:LABEL_CHARACTERS]) in vocabulary.LABEL_HEADERS


def names_columns(row: Mapping[int, RawCell], header: Header) -> bool:
    """Whether a row below a header is one of another table: words above codes or labels, and words above figures."""
    if header.columns.isdisjoint(row):
        return False
    texts = [cell.text for cell in row.values() if cell.kind is Kind.TEXT and len(cell.text) <= LABEL_CHARACTERS]
    return len(texts) == len(row) > 1 and any(fold(text) in _NAMES_OF_ROWS for text in texts)


_NAMES_OF_ROWS = vocabulary.CODE_HEADERS | vocabulary.LABEL_HEADERS


def is_worded_as_header(row: Mapping[int, RawCell], header: Header) -> bool:
    """Whether beside the figures of a row stand words that usually stand above codes or labels."""
    return any(fold(text_at(row, column)[:LABEL_CHARACTERS]) in _NAMES_OF_ROWS for column in header.texts)


def text_at(row: Mapping[int, RawCell], column: int | None) -> str:
    """What stands in a column of a row, as far as it matters."""
    cell = row.get(column) if column is not None else None
    return cell.text[:VALUE_CHARACTERS] if cell is not None else ""


def header_at(sheet: Sheet, row_number: int, index: SheetIndex, scope: Scope) -> tuple[Header, list[Finding]] | None:
    """The header that begins in a row, with what is wrong about it; None when there is none.

    A header names at least one column of the form beside its label or code, or two.
    """
    height = index.layout.header_rows
    if (
        height == 1
        and not index.unit_headers
        and not any(normalise(cell.text) in index.headers for cell in sheet.rows[row_number].values() if _is_worded(cell))
    ):
        return None  # the usual case, made short
    texts = _texts(sheet.rows[row_number]) if height == 1 else _texts_of_rows(sheet, row_number, height)
    columns: list[tuple[int, int, Unit | None]] = []
    words: dict[str, int] = {}
    for column, text in texts.items():
        place = index.headers.get(normalise(text))
        if place is not None:
            columns.append((column, place, None))
        elif index.unit_headers and (of_unit := _of_unit(text, index, scope)):
            columns.append((column, *of_unit))
        else:
            words.setdefault(fold(text), column)
    if not columns:
        return None
    code, label, unit_of_measure = (
        next((words[word] for word in words if word in known), None)
        for known in (vocabulary.CODE_HEADERS, vocabulary.LABEL_HEADERS, vocabulary.UNIT_OF_MEASURE_HEADERS)
    )
    if code is None and label is None and len(columns) < 2:
        return None
    if label is None and code is None:
        first = min(column for column, _, _ in columns)
        label = 2 if first > 2 else 1
        code = 1 if label == 2 else None
    parts, repeated = _parts(sheet.name, row_number, columns, index)
    return Header(parts, code, label, unit_of_measure, row_number + height - 1, texts), repeated


def _is_worded(cell: RawCell) -> bool:
    """Whether a cell holds a text that may name a column."""
    return cell.kind is Kind.TEXT and len(cell.text) <= VALUE_CHARACTERS


def _texts(row: Mapping[int, RawCell]) -> dict[int, str]:
    return {column: cell.text for column, cell in row.items() if _is_worded(cell)}


def _texts_of_rows(sheet: Sheet, first: int, height: int) -> dict[int, str]:
    """What stands above each column from top to bottom. A text above others reaches to the right as far as nothing else stands."""
    rows = [_texts(sheet.rows.get(number, {})) for number in range(first, first + height)]
    columns = sorted({column for row in rows for column in row})
    paths: dict[int, list[str]] = {}
    left: list[str] = []
    for column in columns:
        lowest = max(level for level, row in enumerate(rows) if column in row)
        path: list[str] = []
        for level in range(lowest + 1):
            reaches = level < lowest and level + 1 < len(left) and path == left[:level]
            text = rows[level].get(column, left[level] if reaches else "")
            path.append(text)
        paths[column] = left = path
    return {column: f" {_BETWEEN} ".join(text for text in path if text) for column, path in paths.items()}


def _of_unit(text: str, index: SheetIndex, scope: Scope) -> tuple[int, Unit] | None:
    """The column of the form, and the unit, that a header stands for."""
    parts = [part.strip() for part in text.split(_BETWEEN)]
    for pattern, place in index.unit_headers:
        if len(pattern) != len(parts):
            continue
        if all(wanted is None or wanted == normalise(part) for wanted, part in zip(pattern, parts, strict=True)):
            unit = scope.unit_called(parts[pattern.index(None)])
            if unit is not None:
                return place, unit
    return None


def _parts(
    sheet: str, row_number: int, columns: Iterable[tuple[int, int, Unit | None]], index: SheetIndex
) -> tuple[list[Part], list[Finding]]:
    """The columns by unit. Of a column that stands twice the first counts, with a finding."""
    parts: dict[str | None, Part] = {}
    first: dict[tuple[str | None, int], int] = {}
    repeated: list[Finding] = []
    for column, place, unit in sorted(columns, key=lambda found: found[0]):
        code = unit.unit_code if unit else None
        if (code, place) in first:
            name, at = index.sheet.columns[place].header_vi, address(row_number, first[code, place])
            repeated.append(findings.DUPLICATE_COLUMN.at(sheet, address(row_number, column), found=name, expected=at))
            continue
        first[code, place] = column
        parts.setdefault(code, Part(unit, {})).columns[column] = place
    return list(parts.values()), repeated


def is_numbering(row: Mapping[int, RawCell], header: Header) -> bool:
    """Whether a row only numbers the columns, as forms do below their header: `A, B, 1, 2, 3=1+2`."""
    if len(row) < 2 or not all(_numbers_a_column(cell) for cell in row.values()):
        return False
    if header.label is not None and header.label not in row:
        return False
    numbers = list(_leading_numbers(row))
    return all(one < other for one, other in pairwise(numbers))


def may_be_numbering(row: Mapping[int, RawCell], header: Header) -> bool:
    """Whether what stands beside the figures of a row would be there in one that only numbers the columns."""
    return all(_numbers_a_column(row[column]) for column in header.texts if column in row)


def _numbers_a_column(cell: RawCell) -> bool:
    text = cell.text.strip()
    if cell.kind is Kind.NUMBER:
        return text.isdecimal() and 0 < int(text) < 100
    bare = text.partition("=")[0].strip().removeprefix("(").removesuffix(")")
    return cell.kind is Kind.TEXT and ((bare.isascii() and bare.isdecimal() and len(bare) < 3) or (len(bare) == 1 and bare.isalpha()))


def _leading_numbers(row: Mapping[int, RawCell]) -> Iterator[int]:
    for _, cell in sorted(row.items()):
        bare = cell.text.partition("=")[0].strip().removeprefix("(").removesuffix(")")
        if bare.isdecimal():
            yield int(bare)
