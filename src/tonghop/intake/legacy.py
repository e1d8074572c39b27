"""Reads the older and rarer kinds of workbook (.xls, .xlsb, .ods), as far as they can be read.

Their reader shows errors, formulas that were never calculated and blanks as the same empty cell, and loses percent
formats and hidden rows; intake says so in a finding.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

import python_calamine

from tonghop.intake import findings
from tonghop.intake.cells import Kind, RawCell, Sheet, Unopenable, bounded, clean
from tonghop.intake.limits import Limits
from tonghop.intake.package import DAMAGED
from tonghop.intake.sheet_xml import too_many_cells

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage"
ENCRYPTED = "encrypted"


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
                raise too_many_cells(limits)
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


CellContent = int | float | str | bool | time | date | datetime | timedelta


def _sheet(name: str, rows: Iterable[Sequence[CellContent]], limits: Limits) -> Sheet:
    filled: dict[int, dict[int, RawCell]] = {}
    for row_number, row in enumerate(rows, start=1):
        cells = {column: _cell(content, limits) for column, content in enumerate(row, start=1) if content != ""}
        if cells:
            filled[row_number] = cells
    return Sheet(name, filled)


def _cell(content: CellContent, limits: Limits) -> RawCell:
    match content:
        case bool():
            return RawCell(Kind.BOOLEAN, str(content).upper())
        case int():
            return RawCell(Kind.NUMBER, str(content))
        case float():
            return RawCell(Kind.NUMBER, str(int(content)) if content.is_integer() and abs(content) < 1e15 else repr(content))
        case str():
            return RawCell(Kind.TEXT, bounded(content, limits))
        case datetime():
            return RawCell(Kind.DATE, content.date().isoformat())
        case _:
            return RawCell(Kind.DATE, str(content))


def kind_of_ole(data: bytes) -> str:
    """What an OLE container holds, by the names of its streams: `.xls`, ENCRYPTED, or what it is called."""
    names = ((_ENCRYPTED_PACKAGE, ENCRYPTED), ("WordDocument", "Word (.doc)"), ("PowerPoint Document", "PowerPoint (.ppt)"))
    for name, kind in (*names, ("Workbook", ".xls"), ("Book", ".xls")):
        if name.encode("utf-16-le") in data:
            return kind
    return "OLE"


def kind_of_zip(archive: zipfile.ZipFile) -> str | None:
    """What a zip holds: `.xlsb`, `.ods`, ENCRYPTED, or what it is called; None for what may be an .xlsx."""
    names = archive.NameToInfo
    if "xl/workbook.bin" in names:
        return ".xlsb"
    if "content.xml" in names and "mimetype" in names:
        return ENCRYPTED if _is_encrypted_ods(archive) else ".ods"
    return next((kind for part, kind in _OTHER_PACKAGES if part in names), None)


_OTHER_PACKAGES = (("word/document.xml", "Word (.docx)"), ("ppt/presentation.xml", "PowerPoint (.pptx)"))


def _is_encrypted_ods(archive: zipfile.ZipFile) -> bool:
    try:
        return b"encryption-data" in archive.read("META-INF/manifest.xml")
    except (*DAMAGED, KeyError):
        return False
