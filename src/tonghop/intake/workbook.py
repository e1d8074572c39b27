"""Opens a workbook safely and yields its cells as they are stored.

`.xlsx` and `.xlsm` are read by hand: a zip whose declared sizes are bounded, and sheet XML with every document
type refused. The fast readers lose what intake must know: they cannot tell an error from a blank, nor a
percentage from a share, nor a formula that was never calculated.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser, fromstring

from tonghop.intake import findings
from tonghop.intake.findings import Issue
from tonghop.intake.limits import Limits

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


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


@dataclass
class Sheet:
    """The filled cells of one sheet, by row and column (both from 1)."""

    name: str
    rows: dict[int, dict[int, RawCell]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    """first row, first column, last row, last column"""
    hidden: bool = False


class Unopenable(Exception):
    """The file cannot be read as a workbook; carries the issue to report."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.kind.code)
        self.issue = issue


DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ParseError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
)
"""What zipfile, the decompressors and the XML parser raise on damaged input."""


def open_zip(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """The zip behind a workbook. Raises Unopenable when it is damaged, encrypted or unpacks to more than `limits` allow.

    The declared size is checked before anything is unpacked, and zipfile never yields more than was declared.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except DAMAGED as error:
        raise Unopenable(findings.FILE_DAMAGED.issue(found=_reason(error))) from error
    entries = archive.infolist()
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unopenable(findings.PASSWORD_PROTECTED.issue())
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.max_unpacked_bytes:
        raise Unopenable(findings.TOO_LARGE.issue(found=f"{unpacked:,} bytes unpacked", expected=f"{limits.max_unpacked_bytes:,} bytes"))
    return archive


def read_workbook(archive: zipfile.ZipFile, limits: Limits) -> list[Sheet]:
    """The sheets of an .xlsx or .xlsm, in the order of their tabs. Raises Unopenable, and nothing else."""
    try:
        return _read_parts(archive, limits)
    except DAMAGED as error:
        raise Unopenable(findings.FILE_DAMAGED.issue(found=_reason(error))) from error


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def _read_parts(archive: zipfile.ZipFile, limits: Limits) -> list[Sheet]:
    book_path = _book_path(archive)
    book = _read_book(archive.read(book_path))
    if len(book.sheets) > limits.max_sheets:
        raise Unopenable(findings.TOO_LARGE.issue(found=f"{len(book.sheets)} sheets", expected=f"{limits.max_sheets} sheets"))
    if len({name for name, _, _ in book.sheets}) < len(book.sheets):
        raise ValueError("two sheets of one name")
    folder, _, name = book_path.rpartition("/")
    parts = _relations(archive, _joined(folder, f"_rels/{name}.rels"), folder)

    def part(ending: str) -> bytes | None:
        path = next((path for kind, path in parts.values() if kind.endswith(ending)), "")
        return archive.read(path) if path in archive.NameToInfo else None

    strings_xml, styles_xml = part("/sharedStrings"), part("/styles")
    strings = _read_strings(strings_xml, limits) if strings_xml else []
    formats = _read_formats(styles_xml) if styles_xml else {}
    sheets = []
    budget = limits.max_cells
    for name, relation, hidden in book.sheets:
        kind, path = parts.get(relation, ("", ""))
        if not kind.endswith("/worksheet"):
            continue  # a chart or dialog sheet holds no cells
        sheet = Sheet(name=name, hidden=hidden)
        budget = _read_sheet(archive.read(path), sheet, strings, formats, book.first_day, budget, limits)
        sheets.append(sheet)
    return sheets


def _book_path(archive: zipfile.ZipFile) -> str:
    for kind, path in _relations(archive, "_rels/.rels", "").values():
        if kind.endswith("/officeDocument"):
            return path
    raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="zip"))


def _relations(archive: zipfile.ZipFile, path: str, base: str) -> dict[str, tuple[str, str]]:
    """Relation id -> (type, path inside the zip)."""
    if path not in archive.NameToInfo:
        raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="zip"))
    relations: dict[str, tuple[str, str]] = {}
    for element in elements(archive.read(path)):
        if _local(element.tag) == "Relationship" and element.get("TargetMode") != "External":
            target = element.attrib["Target"]
            whole = target.lstrip("/") if target.startswith("/") else _joined(base, target)
            relations[element.attrib["Id"]] = element.attrib["Type"], whole
    return relations


def _joined(base: str, target: str) -> str:
    """The path inside the zip that `target` means, seen from the folder `base`."""
    steps: list[str] = []
    for step in f"{base}/{target}".split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


# XML


CHUNK = 1 << 18
"""Characters of XML that are held as a tree at a time; larger parts are read piece by piece."""
_MAX_PENDING = 1_000_000
"""Elements that may come between two that are read; no row has more."""


def elements(xml: bytes) -> Iterator[Element]:
    """Every element with all that is in it; clear those that are done with. Raises Unopenable for a document type, ParseError for bad XML.

    Without a document type there are no entities to expand. The text is decoded before it is searched for one and handed
    over decoded, so that no declared encoding can hide it.
    """
    text = xml.decode("utf-16" if xml[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    if "<!DOCTYPE" in text:
        raise Unopenable(findings.UNSAFE_CONTENT.issue(found="DOCTYPE"))
    return fromstring(text).iter() if len(text) <= CHUNK else _elements_of_large(text)  # noqa: S314 - no document type, see above


def _elements_of_large(text: str) -> Iterator[Element]:
    parser = XMLPullParser(("end",))
    for start in range(0, len(text), CHUNK):
        parser.feed(text[start : start + CHUNK])
        yield from _ended(parser)
    parser.close()
    yield from _ended(parser)


def _ended(parser: XMLPullParser[Element]) -> Iterator[Element]:
    for _, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
        yield element


def _local(tag: str) -> str:
    """A tag or attribute without its namespace."""
    return tag.rpartition("}")[2]


class _Book(NamedTuple):
    sheets: list[tuple[str, str, bool]]
    """name, relation id, hidden"""
    first_day: date
    """day 0 of the workbook's calendar"""


def _read_book(xml: bytes) -> _Book:
    sheets: list[tuple[str, str, bool]] = []
    first_day = date(1899, 12, 30)
    for element in elements(xml):
        tag = _local(element.tag)
        if tag == "sheet":
            relation = next((value for name, value in element.items() if name.endswith("}id")), "")
            sheets.append((clean(element.attrib["name"]), relation, element.get("state", "visible") != "visible"))
        elif tag == "workbookPr" and element.get("date1904") in ("1", "true"):
            first_day = date(1904, 1, 1)
    return _Book(sheets, first_day)


def _read_strings(xml: bytes, limits: Limits) -> list[RawCell]:
    """The shared strings, as the cells that they stand in."""
    strings: list[RawCell] = []
    for element in elements(xml):
        if element.tag.endswith("}si"):
            strings.append(RawCell(Kind.TEXT, _bounded(_rich_text(element), limits)))
            element.clear()
    return strings


def _rich_text(element: Element) -> str:
    """The text of a string item: its own, or that of its runs; phonetic hints are left out."""
    space = element.tag.rpartition("}")[0] + "}"
    if len(element) == 1 and element[0].tag == space + "t":
        return element[0].text or ""
    texts = (child.text if child.tag == space + "t" else child.findtext(space + "t") for child in element if child.tag != space + "rPh")
    return "".join(text or "" for text in texts)


_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` without what no database can store: NUL and lone surrogates become U+FFFD."""
    return _NOT_STORABLE.sub("\ufffd", text)


def _bounded(text: str, limits: Limits) -> str:
    if len(text) > limits.max_cell_characters:
        raise Unopenable(
            findings.TOO_LARGE.issue(found=f"a cell of {len(text):,} characters", expected=f"{limits.max_cell_characters:,} characters")
        )
    return clean(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)) if "_x" in text else text


class _Format(Enum):
    PLAIN = 0
    PERCENT = 1
    DATE = 2


_BUILT_IN: Mapping[int, _Format] = {
    9: _Format.PERCENT,
    10: _Format.PERCENT,
    **dict.fromkeys((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)), _Format.DATE),
}
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


def _format_of(code: str) -> _Format:
    """What a number format shows: its literals, colours and conditions do not count, only its first section does."""
    shown = _NOT_SHOWN.sub("", code).split(";")[0].lower()
    if "%" in shown:
        return _Format.PERCENT
    if "general" not in shown and re.search(r"[dmyhs]", shown):
        return _Format.DATE
    return _Format.PLAIN


@lru_cache(maxsize=64)  # workbooks made from one template share their styles
def _read_formats(xml: bytes) -> Mapping[str, _Format]:
    """The kind of number format of each cell style that has one other than plain, by the style's number as written."""
    own: dict[int, _Format] = {}
    styles: dict[str, _Format] = {}
    for element in elements(xml):
        tag = _local(element.tag)
        if tag == "numFmt":
            own[int(element.attrib["numFmtId"])] = _format_of(element.get("formatCode", ""))
        elif tag == "cellXfs":
            for index, style in enumerate(element):
                number = int(style.get("numFmtId", "0"))
                shown = own.get(number) or _BUILT_IN.get(number, _Format.PLAIN)
                if shown is not _Format.PLAIN:
                    styles[str(index)] = shown
    return styles


@lru_cache(maxsize=65_536)
def position(reference: str) -> tuple[int, int]:
    """Row and column of an A1 reference. Raises ValueError when it is none."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(f"{reference!r} is not a cell reference")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")


@lru_cache(maxsize=65_536)
def address(row: int, column: int) -> str:
    """The A1 reference of a row and a column, both from 1."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


_NUMBER_CHARACTERS = 40
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")


def day_of(serial: str, first_day: date) -> str:
    """The ISO date of an Excel serial number; the number itself when it is no date that Python knows (times of day too)."""
    days = int(float(serial))
    try:
        return (first_day + timedelta(days=days)).isoformat() if days >= 1 else serial
    except OverflowError:
        return serial


_SPACES = (
    "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}",
    "{http://purl.oclc.org/ooxml/spreadsheetml/main}",
)
"""The namespace of sheets, transitional and strict."""
_ROW = frozenset(space + "row" for space in _SPACES)
_MERGE = frozenset(space + "mergeCell" for space in _SPACES)


def _read_sheet(
    xml: bytes, sheet: Sheet, strings: list[RawCell], formats: Mapping[str, _Format], first_day: date, budget: int, limits: Limits
) -> int:
    """Fill `sheet` from its XML, row by row; returns what is left of the budget of cells."""
    row_number = pending = 0
    for element in elements(xml):
        pending += 1
        tag = element.tag
        if tag in _ROW:
            row_number = int(element.get("r") or row_number + 1)
            row = sheet.rows.get(row_number, {})
            _read_row(element, row, strings, formats, first_day, limits)
            if row:
                sheet.rows[row_number] = row
                budget -= len(row)
            if element.get("hidden") in ("1", "true"):
                sheet.hidden_rows.add(row_number)
            element.clear()
            pending = 0
        elif tag in _MERGE:
            first, _, last = element.attrib["ref"].partition(":")
            sheet.merges.append((*position(first), *position(last or first)))
            pending = 0
        if budget < 0 or pending > _MAX_PENDING:
            raise Unopenable(findings.TOO_LARGE.issue(found="cells", expected=f"{limits.max_cells:,} cells"))
    return budget


def _read_row(
    element: Element, row: dict[int, RawCell], strings: list[RawCell], formats: Mapping[str, _Format], first_day: date, limits: Limits
) -> None:
    """Add the filled cells of a row. The hot path of intake: kept flat on purpose."""
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
                row[column] = strings[index]
        elif cell_type is None or cell_type == "n":
            if text:
                shown = formats.get(attributes.get("s", "0"))
                figure = _number_cell(text, shown, first_day) if len(text) <= _NUMBER_CHARACTERS else None
                row[column] = figure or RawCell(Kind.TEXT, _bounded(text, limits))
            elif cell.find(formula_tag) is not None:
                row[column] = RawCell(Kind.NO_VALUE, "")
        elif cell_type == "inlineStr":
            inline = cell.find(inline_tag)
            if inline is not None:
                row[column] = RawCell(Kind.TEXT, _bounded(_rich_text(inline), limits))
        elif text is None:
            if cell.find(formula_tag) is not None:
                row[column] = RawCell(Kind.NO_VALUE, "")
        elif cell_type == "e":
            row[column] = RawCell(Kind.ERROR, text)
        elif cell_type == "b":
            row[column] = RawCell(Kind.BOOLEAN, "TRUE" if text.strip() in ("1", "true") else "FALSE")
        elif cell_type == "d":
            row[column] = RawCell(Kind.DATE, text[:10])
        else:
            row[column] = RawCell(Kind.TEXT, _bounded(text, limits))


@lru_cache(maxsize=65_536)
def _number_cell(text: str, shown: _Format | None, first_day: date) -> RawCell | None:
    """The cell of a stored number by its format; None when the text is no number."""
    if not _NUMBER.fullmatch(text):
        return None
    if shown is None:
        return RawCell(Kind.NUMBER, text)
    if shown is _Format.PERCENT:
        return RawCell(Kind.NUMBER, text, True)
    return RawCell(Kind.DATE, day_of(text, first_day))


def is_password_protected(data: bytes) -> bool:
    """Whether these bytes are an encrypted workbook (an OLE container with an encrypted package)."""
    return data.startswith(OLE_MAGIC) and ENCRYPTED_PACKAGE in data
