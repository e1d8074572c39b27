"""Reads the older and rarer kinds of workbook (.xls, .xlsb, .ods) and .csv, as far as they can be read.

Their reader shows errors, formulas that were never calculated and blanks as the same empty cell, and loses percent
formats and hidden rows; intake says so in a finding.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

import python_calamine

from tonghop.intake import findings
from tonghop.intake.cells import Kind, RawCell, Sheet, Unopenable, clean
from tonghop.intake.limits import Limits

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_ENCODINGS = ("utf-8-sig", "utf-16", "cp1258")
_DELIMITERS = ";,\t|"


def read_legacy(data: bytes, limits: Limits) -> list[Sheet]:
    """The sheets of an .xls, .xlsb or .ods. Raises Unopenable, and nothing else."""
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        names = book.sheet_names
        if len(names) > limits.max_sheets:
            raise Unopenable(findings.TOO_LARGE.issue(found=f"{len(names)} sheets", expected=f"{limits.max_sheets} sheets"))
        sheets: list[Sheet] = []
        left = limits.max_cells
        for name in names:
            rows = book.get_sheet_by_name(name)
            left -= rows.total_height * rows.total_width
            if left < 0:
                raise _too_many_cells(limits)
            sheets.append(_sheet(clean(name), rows.to_python(skip_empty_area=False), limits))
    except Unopenable:
        raise
    except Exception as error:  # whatever the reader makes of damaged bytes: its errors have no common class of their own
        raise Unopenable(findings.FILE_DAMAGED.issue(found=f"{type(error).__name__}: {error}"[:200])) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a panic of the reader is no Exception
            raise
        raise Unopenable(findings.FILE_DAMAGED.issue(found=str(error)[:200])) from error
    return sheets


def read_csv(data: bytes, name: str, limits: Limits) -> list[Sheet]:
    """The one sheet of a .csv, named `name`. Raises Unopenable when it is no text."""
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="csv"))
    delimiter = max(_DELIMITERS, key=text[:20_000].count)
    try:
        rows = list(csv.reader(io.StringIO(clean(text)), delimiter=delimiter))
    except csv.Error as error:
        raise Unopenable(findings.FILE_DAMAGED.issue(found=str(error)[:200])) from error
    if sum(map(len, rows)) > limits.max_cells:
        raise _too_many_cells(limits)
    return [_sheet(name, rows, limits)]


def _too_many_cells(limits: Limits) -> Unopenable:
    return Unopenable(findings.TOO_LARGE.issue(found="cells", expected=f"{limits.max_cells:,} cells"))


CellContent = int | float | str | bool | time | date | datetime | timedelta


def _sheet(name: str, rows: Iterable[Sequence[CellContent]], limits: Limits) -> Sheet:
    sheet = Sheet(name)
    for row_number, row in enumerate(rows, start=1):
        cells = {column: _cell(content, limits) for column, content in enumerate(row, start=1) if content != ""}
        if cells:
            sheet.rows[row_number] = cells
    return sheet


def _cell(content: CellContent, limits: Limits) -> RawCell:
    match content:
        case bool():
            return RawCell(Kind.BOOLEAN, str(content).upper())
        case int():
            return RawCell(Kind.NUMBER, str(content))
        case float():
            return RawCell(Kind.NUMBER, str(int(content)) if content.is_integer() and abs(content) < 1e15 else repr(content))
        case str():
            return RawCell(Kind.TEXT, clean(content[: limits.max_cell_characters]))
        case datetime():
            return RawCell(Kind.DATE, content.date().isoformat())
        case _:
            return RawCell(Kind.DATE, str(content))


def is_xls(data: bytes) -> bool:
    """Whether these bytes are a workbook of Excel 97 to 2003: an OLE container with a stream of that name."""
    return data.startswith(OLE_MAGIC) and ("Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data)


def is_password_protected(data: bytes) -> bool:
    """Whether these bytes are an encrypted workbook (an OLE container with an encrypted package)."""
    return data.startswith(OLE_MAGIC) and _ENCRYPTED_PACKAGE in data


def kind_of_zip(archive: zipfile.ZipFile) -> str | None:
    """`.xlsb` or `.ods` when the zip is one of these; None for anything else."""
    names = archive.NameToInfo
    if "xl/workbook.bin" in names:
        return ".xlsb"
    return ".ods" if "content.xml" in names and "mimetype" in names else None
