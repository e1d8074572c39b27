"""What a workbook holds, as its file stores it: cells of a kind, in the sheets where they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from tonghop.intake import findings
from tonghop.intake.findings import Issue
from tonghop.intake.limits import Limits
from tonghop.remembered import Remembered


class Kind(Enum):
    """What a cell holds, as the file stores it."""

    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    BOOLEAN = "boolean"
    ERROR = "error"
    NO_VALUE = "formula without a value"

    __hash__ = object.__hash__  # members are single; Enum's own hash is slow, and cells are hashed often


class RawCell(NamedTuple):
    """One filled cell. `text` is the number, text or error code as written in the file; a date is ISO 8601."""

    kind: Kind
    text: str
    percent: bool = False


NO_VALUE = RawCell(Kind.NO_VALUE, "")


@dataclass
class Sheet:
    """The filled cells of one sheet, by row and column (both from 1)."""

    name: str
    rows: Mapping[int, Mapping[int, RawCell]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """first and last column of each run"""
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    """first row, first column, last row, last column"""
    hidden: bool = False


class Unopenable(Exception):
    """The file cannot be read as a workbook; carries the issue to report."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.kind.code)
        self.issue = issue


_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` without what no database can store: NUL and lone surrogates become U+FFFD."""
    return _NOT_STORABLE.sub("\ufffd", text)


def bounded(text: str, limits: Limits) -> str:
    """`text` as it can be stored. Raises Unopenable when it is longer than a cell may be."""
    if len(text) > limits.max_cell_characters:
        raise Unopenable(
            findings.TOO_LARGE.issue(found=f"a cell of {len(text):,} characters", expected=f"{limits.max_cell_characters:,} characters")
        )
    return clean(text)


def text_cell(text: str, limits: Limits) -> RawCell:
    """The cell of a text as a workbook stores it, where `_x000D_` stands for a character. Raises Unopenable when it is too long."""
    if len(text) <= min(_REMEMBERED_CHARACTERS, limits.max_cell_characters):
        return _text_cells[text]
    return RawCell(Kind.TEXT, _unescaped(bounded(text, limits)))


def text_cells(texts: Sequence[str], limits: Limits) -> list[RawCell]:
    """The cells of texts. Raises Unopenable as `text_cell` does."""
    if max(map(len, texts), default=0) <= min(_REMEMBERED_CHARACTERS, limits.max_cell_characters):
        return list(map(_text_cells.__getitem__, texts))  # the usual case, made short
    return [text_cell(text, limits) for text in texts]


class _TextCells(Remembered[str, RawCell]):
    """The cells of short texts. Labels come again in every workbook, so they are remembered."""

    def __missing__(self, text: str) -> RawCell:
        cell = self[text] = RawCell(Kind.TEXT, _unescaped(text))
        return cell


_text_cells = _TextCells(32_768)
_REMEMBERED_CHARACTERS = 200


_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _unescaped(text: str) -> str:
    return clean(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)) if "_x" in text else text


@lru_cache(maxsize=65_536)
def position(reference: str) -> tuple[int, int]:
    """Row and column of an A1 reference. Raises ValueError when it is none."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(f"{reference!r} is not a cell reference")
    return int(match[2]), column_number(match[1])


_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")


@lru_cache(maxsize=16_384)
def column_number(letters: str) -> int:
    """The number of a column by its letters, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


@lru_cache(maxsize=65_536)
def address(row: int, column: int) -> str:
    """The A1 reference of a row and a column, both from 1."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"
