"""Opens a workbook safely and yields its cells as they are stored.

`.xlsx` and `.xlsm` are read by hand: a zip whose declared sizes are bounded, and sheet XML through expat with every
document type refused. The fast readers lose what intake must know: they cannot tell an error from a blank, nor a
percentage from a share, nor a formula that was never calculated.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple
from xml.parsers import expat

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
    expat.ExpatError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
)
"""What zipfile, the decompressors and expat raise on damaged input."""


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


def read_workbook(data: bytes, limits: Limits) -> list[Sheet]:
    """The sheets of an .xlsx or .xlsm, in the order of their tabs. Raises Unopenable, and nothing else."""
    with open_zip(data, limits) as archive:
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
    folder = PurePosixPath(book_path).parent
    parts = _relations(archive, folder / "_rels" / f"{PurePosixPath(book_path).name}.rels", folder)
    names = set(archive.namelist())

    def part(ending: str) -> bytes | None:
        path = next((path for kind, path in parts.values() if kind.endswith(ending)), "")
        return archive.read(path) if path in names else None

    strings_xml, styles_xml = part("/sharedStrings"), part("/styles")
    strings = _read_strings(strings_xml, limits) if strings_xml else []
    formats = _read_formats(styles_xml) if styles_xml else []
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
    for kind, path in _relations(archive, PurePosixPath("_rels/.rels"), PurePosixPath()).values():
        if kind.endswith("/officeDocument"):
            return path
    raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="zip"))


def _relations(archive: zipfile.ZipFile, path: PurePosixPath, base: PurePosixPath) -> dict[str, tuple[str, str]]:
    """Relation id -> (type, path inside the zip)."""
    relations: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes["Target"]
            whole = target.lstrip("/") if target.startswith("/") else _joined(base, target)
            relations[attributes["Id"]] = attributes["Type"], whole

    if str(path) not in archive.NameToInfo:
        raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="zip"))
    _parse(archive.read(str(path)), start)
    return relations


def _joined(base: PurePosixPath, target: str) -> str:
    steps: list[str] = list(base.parts)
    for step in target.split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


def _refuse_doctype(*_: object) -> None:
    raise Unopenable(findings.UNSAFE_CONTENT.issue(found="DOCTYPE"))


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _parse(
    xml: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    characters: Callable[[str], None] | None = None,
) -> None:
    """Parse a small part; the handlers see local names."""
    parser = _parser()
    parser.StartElementHandler = lambda tag, attributes: start(_local(tag), attributes)
    if end is not None:
        parser.EndElementHandler = lambda tag: end(_local(tag))
    if characters is not None:
        parser.CharacterDataHandler = characters
    parser.Parse(xml, True)


class _Book(NamedTuple):
    sheets: list[tuple[str, str, bool]]
    """name, relation id, hidden"""
    first_day: date
    """day 0 of the workbook's calendar"""


def _read_book(xml: bytes) -> _Book:
    sheets: list[tuple[str, str, bool]] = []
    first_day = date(1899, 12, 30)

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal first_day
        if tag == "sheet":
            relation = next(value for name, value in attributes.items() if _local(name) == "id" and name != "id")
            sheets.append((attributes["name"], relation, attributes.get("state", "visible") != "visible"))
        elif tag == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            first_day = date(1904, 1, 1)

    try:
        _parse(xml, start)
    except StopIteration:
        raise ValueError("a sheet without a relation") from None
    return _Book(sheets, first_day)


def _read_strings(xml: bytes, limits: Limits) -> list[str]:
    """The shared strings: the runs of a rich text joined, phonetic hints left out."""
    strings: list[str] = []
    pieces: list[str] = []
    inside_text = False
    phonetic = 0

    def start(tag: str, _attributes: dict[str, str]) -> None:
        nonlocal inside_text, phonetic
        if tag == "t":
            inside_text = not phonetic
        elif tag == "rPh":
            phonetic += 1

    def end(tag: str) -> None:
        nonlocal inside_text, phonetic
        if tag == "t":
            inside_text = False
        elif tag == "si":
            strings.append(_bounded("".join(pieces), limits))
            pieces.clear()
        elif tag == "rPh":
            phonetic -= 1

    def characters(data: str) -> None:
        if inside_text:
            pieces.append(data)

    _parse(xml, start, end, characters)
    return strings


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


def _read_formats(xml: bytes) -> list[_Format]:
    """The kind of number format of each cell style."""
    own: dict[int, _Format] = {}
    styles: list[_Format] = []
    in_cell_styles = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal in_cell_styles
        if tag == "numFmt":
            own[int(attributes["numFmtId"])] = _format_of(attributes.get("formatCode", ""))
        elif tag == "cellXfs":
            in_cell_styles = True
        elif tag == "xf" and in_cell_styles:
            number = int(attributes.get("numFmtId", "0"))
            styles.append(own.get(number) or _BUILT_IN.get(number, _Format.PLAIN))

    def end(tag: str) -> None:
        nonlocal in_cell_styles
        if tag == "cellXfs":
            in_cell_styles = False

    _parse(xml, start, end)
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


_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")


def day_of(serial: str, first_day: date) -> str:
    """The ISO date of an Excel serial number; the number itself when it is no date that Python knows (times of day too)."""
    days = int(float(serial))
    try:
        return (first_day + timedelta(days=days)).isoformat() if days >= 1 else serial
    except OverflowError:
        return serial


def _read_sheet(xml: bytes, sheet: Sheet, strings: list[str], formats: list[_Format], first_day: date, budget: int, limits: Limits) -> int:
    """Fill `sheet` from its XML; returns what is left of the budget of cells. The hot path of intake: kept flat on purpose."""
    rows = sheet.rows
    row_number = 0
    column = 0
    row: dict[int, RawCell] = {}
    reference, style = "", "0"
    cell_type: str | None = None
    has_formula = has_value = collecting = False
    phonetic = 0
    pieces: list[str] = []
    number, text_kind = Kind.NUMBER, Kind.TEXT
    raw_cell = RawCell
    plain = _Format.PLAIN
    shown_by_style = {str(index): shown for index, shown in enumerate(formats)}
    prefix = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal reference, cell_type, style, has_formula, has_value, collecting, row, row_number, column, phonetic
        if prefix:
            tag = tag.removeprefix(prefix)
        if tag == "c":
            reference = attributes.get("r", "")
            cell_type = attributes.get("t")
            style = attributes.get("s", "0")
            has_formula = has_value = False
            pieces.clear()
        elif tag == "v":
            collecting = has_value = True
        elif tag == "t":
            collecting = not phonetic
            has_value = True
        elif tag == "f":
            has_formula = True
        elif tag == "row":
            row_number = int(attributes["r"]) if "r" in attributes else row_number + 1
            column = 0
            row = rows.setdefault(row_number, {})
            if attributes.get("hidden") in ("1", "true"):
                sheet.hidden_rows.add(row_number)
        elif tag == "mergeCell":
            first, _, last = attributes["ref"].partition(":")
            sheet.merges.append((*position(first), *position(last or first)))
        elif tag == "rPh":
            phonetic += 1

    def end(tag: str) -> None:
        nonlocal collecting, column, phonetic, budget
        if prefix:
            tag = tag.removeprefix(prefix)
        if tag == "v" or tag == "t":
            collecting = False
        elif tag == "c":
            column = position(reference)[1] if reference else column + 1
            if not has_value and not has_formula:
                return
            budget -= 1
            if budget < 0:
                raise Unopenable(findings.TOO_LARGE.issue(found="cells", expected=f"{limits.max_cells:,} cells"))
            text = "".join(pieces)
            if cell_type is None or cell_type == "n":
                if text:
                    row[column] = number_cell(text)
                elif has_formula:
                    row[column] = raw_cell(Kind.NO_VALUE, "")
            elif cell_type == "s":
                row[column] = raw_cell(text_kind, strings[int(text)])
            elif cell_type == "e":
                row[column] = raw_cell(Kind.ERROR, text)
            elif cell_type == "b":
                row[column] = raw_cell(Kind.BOOLEAN, "TRUE" if text.strip() in ("1", "true") else "FALSE")
            elif cell_type == "d":
                row[column] = raw_cell(Kind.DATE, text[:10])
            elif cell_type == "str" and has_formula and not has_value:
                row[column] = raw_cell(Kind.NO_VALUE, "")
            else:
                row[column] = raw_cell(text_kind, _bounded(text, limits))
        elif tag == "rPh":
            phonetic -= 1

    def number_cell(text: str) -> RawCell:
        if not _NUMBER.fullmatch(text):
            return raw_cell(text_kind, _bounded(text, limits))
        shown = shown_by_style.get(style, plain)
        if shown is plain:
            return raw_cell(number, text)
        if shown is _Format.PERCENT:
            return raw_cell(number, text, True)
        return raw_cell(Kind.DATE, day_of(text, first_day))

    def characters(data: str) -> None:
        if collecting:
            pieces.append(data)

    def root(tag: str, _attributes: dict[str, str]) -> None:
        nonlocal prefix
        prefix = tag[: -len(_local(tag))] if ":" in tag else ""
        parser.StartElementHandler = start

    parser = _parser()
    parser.StartElementHandler = root
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.Parse(xml, True)
    return budget


def is_password_protected(data: bytes) -> bool:
    """Whether these bytes are an encrypted workbook (an OLE container with an encrypted package)."""
    return data.startswith(OLE_MAGIC) and ENCRYPTED_PACKAGE in data


def has_figures(cells: Iterable[RawCell]) -> bool:
    """Whether any of the cells holds a number."""
    return any(cell.kind is Kind.NUMBER for cell in cells)
