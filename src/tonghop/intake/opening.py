"""Opens a file of whatever kind by its content: an extension is a name, and names are wrong."""

from __future__ import annotations

from pathlib import PurePath

from tonghop.intake import findings, legacy, text_files
from tonghop.intake.cells import Sheet, Unopenable
from tonghop.intake.limits import Limits
from tonghop.intake.package import ZIP_MAGIC, open_zip
from tonghop.intake.workbook import read_workbook
from tonghop.model import Finding

_LIKE_XLSX = (".xlsx", ".xlsm", ".xltx", ".xltm")


def open_sheets(data: bytes, name: str, limits: Limits) -> tuple[list[Sheet], list[Finding]]:
    """The sheets of a file, with what should be said about its kind. Raises Unopenable."""
    if name.startswith("~$"):
        raise Unopenable(findings.LOCK_FILE.issue(found=name))
    if not data:
        raise Unopenable(findings.EMPTY_FILE.issue())
    if len(data) > limits.max_bytes:
        raise Unopenable(findings.TOO_LARGE.issue(found=f"{len(data):,} bytes", expected=f"{limits.max_bytes:,} bytes"))
    kind, sheets = _read(data, name, limits)
    extension = PurePath(name).suffix.lower()
    notes: list[Finding] = []
    if extension not in (_LIKE_XLSX if kind == ".xlsx" else (kind,)):
        notes.append(findings.WRONG_EXTENSION.at(found=extension or "–", expected=kind))
    if kind != ".xlsx":
        notes.append(findings.LIMITED_READER.at(found=kind, expected=".xlsx"))
    return sheets, notes


def _read(data: bytes, name: str, limits: Limits) -> tuple[str, list[Sheet]]:
    """What kind of workbook it is, and its sheets."""
    if data.startswith(ZIP_MAGIC):
        return _read_zip(data, limits)
    if data.startswith(legacy.OLE_MAGIC):
        kind = legacy.kind_of_ole(data)
        if kind == legacy.ENCRYPTED:
            raise Unopenable(findings.PASSWORD_PROTECTED.issue())
        if kind != ".xls":
            raise Unopenable(findings.NOT_A_WORKBOOK.issue(found=kind))
        return kind, legacy.read_legacy(data, limits)
    if other := _signature(data):
        raise Unopenable(findings.NOT_A_WORKBOOK.issue(found=other))
    sheets = text_files.read_csv(data, PurePath(name).stem, limits)
    if PurePath(name).suffix.lower() != ".csv" and not any(len(row) > 1 for row in sheets[0].rows.values()):
        raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="text"))
    return ".csv", sheets


def _read_zip(data: bytes, limits: Limits) -> tuple[str, list[Sheet]]:
    with open_zip(data, limits) as archive:
        kind = legacy.kind_of_zip(archive)
        if kind == legacy.ENCRYPTED:
            raise Unopenable(findings.PASSWORD_PROTECTED.issue())
        if kind is None:
            sheets = read_workbook(archive, limits)
            if not sheets:
                raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="zip"))
            return ".xlsx", sheets
    if not kind.startswith("."):
        raise Unopenable(findings.NOT_A_WORKBOOK.issue(found=kind))
    return kind, legacy.read_legacy(data, limits)


_SIGNATURES = (
    (b"%pdf", "PDF"),
    (b"l\x00\x00\x00\x01\x14\x02\x00", "shortcut (.lnk)"),
    (b"rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"pk\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"\x89png", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"{\\rtf", "RTF (Word)"),
    (b"mime-version:", "MHTML"),
    (b"<?xml", "XML"),
    (b"<", "HTML"),
)


def _signature(data: bytes) -> str | None:
    """What kind of file that is no workbook these bytes begin like."""
    start = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((kind for magic, kind in _SIGNATURES if start.startswith(magic)), None)
