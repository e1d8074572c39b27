"""Intake: the bytes of a file and the catalog go in, a `Reading` comes out. Pure: no database, no clock, no Airflow."""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from zipfile import ZipFile

from tonghop.catalog import Pack
from tonghop.intake import findings, legacy
from tonghop.intake.evidence import Origin, of_sender
from tonghop.intake.findings import KINDS, FindingKind
from tonghop.intake.form_index import pack_index
from tonghop.intake.limits import Limits
from tonghop.intake.package import ZIP_MAGIC, open_zip
from tonghop.intake.reading import read_report
from tonghop.intake.recognise import recognise
from tonghop.intake.workbook import Sheet, Unopenable, clean, read_workbook
from tonghop.model import Finding, Reading

__all__ = ["KINDS", "FindingKind", "Limits", "read_file"]

_DEFAULT_LIMITS = Limits()


def read_file(data: bytes, path: str, pack: Pack, limits: Limits = _DEFAULT_LIMITS, sender: str | None = None) -> Reading:
    """What a file says, by the forms of `pack`. Its name, the folders of its `path` below the landing area, and its sender decide
    nothing: where they disagree with the content, that is a finding.

    Never raises on bad input: a file that cannot be read has a critical finding and no submissions.
    """
    origin = Origin.of(clean(path), sender)
    name = origin.name
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        sheets, notes = _open(data, name, limits)
    except Unopenable as refused:
        return Reading(name, sha256, len(data), findings=(refused.issue.at(),))
    index = pack_index(pack)
    reports, problems = recognise(sheets, origin, index)
    readings = [read_report(report, index) for report in reports]
    submissions = tuple(submission for reading in readings for submission in reading.submissions)
    problems = [*problems, *(finding for reading in readings for finding in reading.findings)]
    problems += of_sender([submission.slot for submission in submissions], origin, index)
    return Reading(name, sha256, len(data), submissions, (*notes, *problems))


def _open(data: bytes, name: str, limits: Limits) -> tuple[list[Sheet], list[Finding]]:
    """The sheets of a file of whatever kind, with what should be said about that kind. Raises Unopenable."""
    if name.startswith("~$"):
        raise Unopenable(findings.LOCK_FILE.issue(found=name))
    if not data:
        raise Unopenable(findings.EMPTY_FILE.issue())
    if len(data) > limits.max_bytes:
        raise Unopenable(findings.TOO_LARGE.issue(found=f"{len(data):,} bytes", expected=f"{limits.max_bytes:,} bytes"))
    if legacy.is_password_protected(data):
        raise Unopenable(findings.PASSWORD_PROTECTED.issue())
    if data.startswith(ZIP_MAGIC):
        with open_zip(data, limits) as archive:
            kind = legacy.kind_of_zip(archive)
            if kind is None:
                return _worksheets(archive, limits), []
        sheets = legacy.read_legacy(data, limits)
    elif legacy.is_xls(data):
        kind, sheets = ".xls", legacy.read_legacy(data, limits)
    elif name.lower().endswith(".csv"):
        kind, sheets = ".csv", legacy.read_csv(data, PurePath(name).stem, limits)
    else:
        raise Unopenable(findings.NOT_A_WORKBOOK.issue(found=_sniffed(data)))
    return sheets, [findings.LIMITED_READER.at(found=kind, expected=".xlsx")]


def _worksheets(archive: ZipFile, limits: Limits) -> list[Sheet]:
    sheets = read_workbook(archive, limits)
    if not sheets:
        raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="zip"))
    return sheets


_SIGNATURES = (
    (b"%PDF", "PDF"),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "shortcut (.lnk)"),
    (b"\xd0\xcf\x11\xe0", "OLE"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"<", "HTML/XML"),
)


def _sniffed(data: bytes) -> str:
    """What kind of file these bytes look like, for people."""
    return next((kind for magic, kind in _SIGNATURES if data.startswith(magic)), "?")
