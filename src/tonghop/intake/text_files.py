"""Reads text files of values (.csv) as Vietnamese Windows writes them: its encodings, its separators."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter
from itertools import islice

from tonghop.intake import findings
from tonghop.intake.cells import Kind, RawCell, Sheet, Unopenable, bounded, clean
from tonghop.intake.limits import Limits
from tonghop.intake.sheet_xml import too_many_cells

_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_DELIMITERS = ";,\t|"
_LOOKED_AT = 50
"""Lines that tell which sign separates the values."""
_SHARE_OF_OLD_FONTS = 0.2


def read_csv(data: bytes, name: str, limits: Limits) -> list[Sheet]:
    """The one sheet of a text file, named `name`. Raises Unopenable when it is no text, or in the encoding of an old font."""
    text = _decoded(data)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
        delimiter, text = first.strip()[-1], rest  # so Excel says which one it is
    else:
        delimiter = _delimiter(text)
    rows: dict[int, dict[int, RawCell]] = {}
    left = limits.max_cells
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            cells = {column: RawCell(Kind.TEXT, bounded(content, limits)) for column, content in enumerate(row, start=1) if content}
            left -= len(cells)
            if left < 0:
                raise too_many_cells(limits)
            if cells:
                rows[number] = cells
    except csv.Error as error:
        raise Unopenable(findings.FILE_DAMAGED.issue(found=str(error)[:200])) from error
    return [Sheet(name, rows)]


def _decoded(data: bytes) -> str:
    """The text of a file. UTF-16 only where it says so: almost any bytes would pass for it."""
    if encoding := _BYTE_ORDER_MARKS.get(data[:2]):
        try:
            return clean(data.decode(encoding))
        except UnicodeDecodeError:
            raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="?")) from None
    if b"\x00" in data:
        raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="?"))
    try:
        return clean(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return unicodedata.normalize("NFC", _of_windows(data))


def _of_windows(data: bytes) -> str:
    for encoding in ("cp1258", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _looks_like_old_font(text):
            raise Unopenable(findings.OLD_FONT.issue(found="TCVN3 (ABC), VISCII, VNI"))
        return text
    raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="?"))


def _looks_like_old_font(text: str) -> bool:
    """Whether signs stand within words where letters should: fonts of the time before Unicode drew letters in their places."""
    marks = [place for place, sign in enumerate(text) if ord(sign) > 127]
    within = sum(
        not (text[place].isalpha() or unicodedata.combining(text[place])) and "a" <= text[place - 1 : place].lower() <= "z"
        for place in marks
        if place
    )
    return within > _SHARE_OF_OLD_FONTS * len(marks)


def _delimiter(text: str) -> str:
    """The sign that cuts most lines into the same number of values."""

    def fitting(delimiter: str) -> tuple[int, int]:
        try:
            widths = Counter(
                len(row) for row in islice(csv.reader(io.StringIO(text[:100_000], newline=""), delimiter=delimiter), _LOOKED_AT)
            )
        except csv.Error:
            return 0, 0
        return max(((lines, width) for width, lines in widths.items() if width > 1), default=(0, 0))

    return max(_DELIMITERS, key=fitting)
