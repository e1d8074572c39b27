"""Opens an .xlsx or .xlsm safely and yields its cells as they are stored.

Read by hand: a zip whose declared sizes are bounded, and XML with every document type refused. Libraries that read fast
lose what intake must know: they cannot tell an error from a blank, nor a percentage from a share, nor a formula that was
never calculated. So sheets have two readers here, a quick one for what programs usually write, and an exact one for the rest.
"""

from __future__ import annotations

import zipfile
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from tonghop.intake import findings, known_sheets, sheet_text, sheet_xml
from tonghop.intake.cells import Kind, RawCell, Sheet, Unopenable, address, clean, position
from tonghop.intake.formats import read_formats
from tonghop.intake.limits import Limits
from tonghop.intake.package import DAMAGED, REMEMBERED_BYTES, decoded, elements, joined, local, reason, relations
from tonghop.intake.sheet_xml import Book

__all__ = ["Kind", "RawCell", "Sheet", "Unopenable", "address", "clean", "position", "read_workbook"]


def read_workbook(archive: zipfile.ZipFile, limits: Limits) -> list[Sheet]:
    """The sheets of an .xlsx or .xlsm, in the order of their tabs. Raises Unopenable, and nothing else."""
    try:
        return _read_parts(archive, limits)
    except DAMAGED as error:
        raise Unopenable(findings.FILE_DAMAGED.issue(found=reason(error))) from error


def _read_parts(archive: zipfile.ZipFile, limits: Limits) -> list[Sheet]:
    book_path = _book_path(archive)
    book_xml = archive.read(book_path)
    tabs = _read_tabs_again(book_xml) if len(book_xml) <= REMEMBERED_BYTES else _read_tabs(book_xml)
    if len(tabs.sheets) > limits.max_sheets:
        raise Unopenable(findings.TOO_LARGE.issue(found=f"{len(tabs.sheets)} sheets", expected=f"{limits.max_sheets} sheets"))
    if len({name for name, _, _ in tabs.sheets}) < len(tabs.sheets):
        raise ValueError("two sheets of one name")
    folder, _, name = book_path.rpartition("/")
    parts = relations(archive, joined(folder, f"_rels/{name}.rels"), folder)

    def part(ending: str) -> bytes | None:
        path = next((path for kind, path in parts.values() if kind.endswith(ending)), "")
        return archive.read(path) if path in archive.NameToInfo else None

    strings_xml, styles_xml = part("/sharedStrings"), part("/styles")
    strings = _read_strings(strings_xml, limits) if strings_xml else []
    formats = read_formats(styles_xml) if styles_xml else {}
    book = Book(strings, formats, tabs.first_day, limits)
    sheets: list[Sheet] = []
    budget = limits.max_cells
    for name, relation, hidden in tabs.sheets:
        kind, path = parts.get(relation, ("", ""))
        if not kind.endswith("/worksheet"):
            continue  # a chart or dialog sheet holds no cells
        sheet = Sheet(name=name, hidden=hidden)
        budget = _read_sheet(archive.read(path), sheet, book, budget)
        sheets.append(sheet)
    return sheets


def _read_strings(xml: bytes, limits: Limits) -> list[RawCell]:
    text = decoded(xml)
    if sheet_text.is_plain(xml):
        try:
            return sheet_text.read_strings(text, limits)
        except sheet_text.NotPlain:
            pass
    return sheet_xml.read_strings(text, limits)


def _read_sheet(xml: bytes, sheet: Sheet, book: Book, budget: int) -> int:
    text = decoded(xml)
    cut = known_sheets.cut(text)
    left = known_sheets.read_known(cut, sheet, book, budget)
    if left is not None:
        return left
    sheet.hidden_columns = sheet_xml.hidden_columns(text)
    if sheet_text.is_plain(xml):
        try:
            left = sheet_text.read_cells(text, sheet, book, budget)
        except sheet_text.NotPlain:
            pass
        else:
            if known_sheets.remember(cut, text, sheet, book.limits):
                known_sheets.read_known(cut, sheet, book, budget)
            return left
    return sheet_xml.read_sheet(text, sheet, book, budget)


def _book_path(archive: zipfile.ZipFile) -> str:
    for kind, path in relations(archive, "_rels/.rels", "").values():
        if kind.endswith("/officeDocument"):
            return path
    raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="zip"))


class _Tabs(NamedTuple):
    sheets: list[tuple[str, str, bool]]
    """name, relation id, hidden"""
    first_day: date
    """day 0 of the workbook's calendar"""


def _read_tabs(xml: bytes) -> _Tabs:
    sheets: list[tuple[str, str, bool]] = []
    first_day = date(1899, 12, 30)
    for element in elements(xml):
        tag = local(element.tag)
        if tag == "sheet":
            relation = next((value for name, value in element.items() if name.endswith("}id")), "")
            sheets.append((clean(element.attrib["name"]), relation, element.get("state", "visible") != "visible"))
        elif tag == "workbookPr" and element.get("date1904") in ("1", "true"):
            first_day = date(1904, 1, 1)
    return _Tabs(sheets, first_day)


_read_tabs_again = lru_cache(maxsize=64)(_read_tabs)
