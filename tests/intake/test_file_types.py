"""Files of every type that units send, named rightly and wrongly, and files that are no workbooks."""

from __future__ import annotations

import csv
import io
import struct
import unicodedata
import zipfile
from collections.abc import Iterator
from decimal import Decimal

import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from tests.intake.workbooks import Grid, saved, shared, station_file, station_sheet, workbook

from tonghop.catalog import Pack
from tonghop.intake import Limits, read_file
from tonghop.model import Measure

GRID = station_sheet()


def as_xls(grid: Grid) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Khám bệnh")
    for row, cells in enumerate(grid):
        for column, content in enumerate(cells):
            if content is not None:
                sheet.write(row, column, content)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def as_ods(grid: Grid) -> bytes:
    document = OpenDocumentSpreadsheet()
    table = Table(name="Khám bệnh")
    for cells in grid:
        row = TableRow()
        for content in cells:
            number = isinstance(content, int | float)
            cell = TableCell(valuetype="float", value=content) if number else TableCell(valuetype="string") if content else TableCell()
            if content is not None:
                cell.addElement(P(text=str(content)))
            row.addElement(cell)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    buffer = io.BytesIO()
    document.write(buffer)
    return buffer.getvalue()


def as_csv(grid: Grid, delimiter: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([["" if content is None else content for content in row] for row in grid])
    return text.getvalue()


def as_xlsb(grid: Grid) -> bytes:
    """The least that is a workbook in the binary format: records of a type, a length and fields (BIFF12)."""

    def record(kind: int, content: bytes = b"") -> bytes:
        length = bytes([len(content) & 0x7F | 0x80, len(content) >> 7]) if len(content) > 0x7F else bytes([len(content)])
        return (bytes([kind]) if kind < 0x80 else bytes([kind & 0xFF, kind >> 8])) + length + content

    def text(content: str) -> bytes:
        return struct.pack("<I", len(content)) + content.encode("utf-16-le")

    def cells() -> Iterator[bytes]:
        for row, contents in enumerate(grid):
            yield record(0x00, struct.pack("<IIHHBI", row, 0, 300, 0, 0, 0))
            for column, content in enumerate(contents):
                at = struct.pack("<II", column, 0)
                if isinstance(content, str):
                    yield record(0x06, at + text(content))
                elif content is not None:
                    yield record(0x05, at + struct.pack("<d", content))

    size = struct.pack("<IIII", 0, len(grid) - 1, 0, max(map(len, grid)) - 1)
    sheet = record(0x0181) + record(0x0194, size) + record(0x0191) + b"".join(cells()) + record(0x0192) + record(0x0182)
    tab = record(0x019C, struct.pack("<II", 0, 1) + text("rId1") + text("Khám bệnh"))
    book = record(0x0183) + record(0x018F) + tab + record(0x0190) + record(0x0184)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{kind}" Target="worksheets/sheet1.bin"/></Relationships>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("xl/workbook.bin", book)
        package.writestr("xl/_rels/workbook.bin.rels", relations)
        package.writestr("xl/worksheets/sheet1.bin", sheet)
    return buffer.getvalue()


def in_cp1258(text: str) -> bytes:
    """As Vietnamese Windows writes it: letters composed, tone marks behind them."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    letters = []
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        kept = unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones))
        letters.append(kept + "".join(part for part in parts if part in tones))
    return "".join(letters).encode("cp1258")


FILES: dict[str, bytes] = {
    "a.xlsx": shared({"Khám bệnh": GRID}),
    "a.xlsm": station_file(),
    "a.xls": as_xls(GRID),
    "a.xlsb": as_xlsb(GRID),
    "a.ods": as_ods(GRID),
    "a.csv": as_csv(GRID).encode(),
    "excel.csv": b"\xef\xbb\xbf" + as_csv(GRID, ";").encode(),
    "sep.csv": b"sep=;\r\n" + as_csv(GRID, ";").encode(),
    "unicode.csv": as_csv(GRID, "\t").encode("utf-16"),
    "windows.csv": in_cp1258(as_csv(GRID, ";")),
}


@pytest.mark.parametrize("name", FILES)
def test_every_type_says_the_same(name: str, pack: Pack) -> None:
    reading = read_file(FILES[name], name, pack)
    (submission,) = reading.submissions
    assert str(submission.slot) == "C11 ST 2022-08"
    found = {(cell.indicator_code, cell.breakdown_code): cell.value.number for cell in submission.cells if cell.measure is Measure.VALUE}
    assert (found["VISITS", "TOTAL"], found["VISITS", "F"], found["CASES", "TOTAL"]) == (Decimal(120), Decimal(60), Decimal(7))
    assert [finding.code for finding in reading.findings] == ([] if name.startswith("a.xls") and name[-1] in "xm" else ["limited_reader"])


@pytest.mark.parametrize(
    ("name", "kind", "like"),
    [("a.xls", ".xlsx", "a.xlsx"), ("a.xlsx", ".xls", "a.xls"), ("a.xlsx", ".csv", "a.csv"), ("a.csv", ".ods", "a.ods")],
)
def test_a_wrong_extension_is_told_and_does_not_matter(name: str, kind: str, like: str, pack: Pack) -> None:
    reading = read_file(FILES[like], name, pack)
    assert len(reading.submissions) == 1
    assert [(finding.found, finding.expected) for finding in reading.findings if finding.code == "wrong_extension"] == [(name[1:], kind)]


def zipped(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return buffer.getvalue()


def in_ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(400)


@pytest.mark.parametrize(
    ("data", "code", "found"),
    [
        (b"", "empty_file", None),
        (b"%PDF-1.7 ...", "not_a_workbook", "PDF"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "not_a_workbook", "HTML"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html>", "not_a_workbook", "HTML"),
        (b"<?xml version='1.0'?><Workbook/>", "not_a_workbook", "XML"),
        (zipped(word__document_xml=b"<a/>"), "not_a_workbook", "Word (.docx)"),
        (in_ole("WordDocument"), "not_a_workbook", "Word (.doc)"),
        (in_ole("EncryptedPackage"), "password_protected", None),
        (zipped(mimetype=b"", content_xml=b"x", **{"META-INF__manifest_xml": b"<encryption-data/>"}), "password_protected", None),
        (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "not_a_workbook", "shortcut (.lnk)"),
        (b"{\\rtf1 hello}", "not_a_workbook", "RTF (Word)"),
        ("một dòng chữ".encode(), "not_a_workbook", "text"),
        (b"a\x00b\x81", "not_a_workbook", "?"),
        (b"\xff\xfea", "not_a_workbook", "?"),
        (b"S\xe8 l\xad\xeeng kh\xb8m; b\xd6nh nh\xa9n ng\xb5y\r\n1;2\r\n", "old_font", "TCVN3 (ABC), VISCII, VNI"),
        (FILES["a.xls"][:512] + bytes(1024) + FILES["a.xls"][1536:], "file_damaged", None),
        (FILES["a.ods"][:-300], "file_damaged", None),
    ],
)
def test_what_is_no_workbook_is_named(data: bytes, code: str, found: str | None, pack: Pack) -> None:
    reading = read_file(data, "report.xlsx", pack)
    (finding,) = reading.findings
    assert (reading.submissions, finding.code) == ((), code)
    assert found is None or finding.found == found


def test_what_a_cell_of_text_may_hold_is_kept_and_bounded(pack: Pack) -> None:
    grid = [*GRID[:-1], ["Nhận xét:", 'dòng 1\ndòng 2; "trích"']]
    reading = read_file(as_csv(grid).encode(), "a.csv", pack)
    assert [narrative.text for narrative in reading.submissions[0].narratives] == ['dòng 1\ndòng 2; "trích"']
    for name in ("a.csv", "a.ods", "a.xls", "a.xlsb"):
        (finding,) = read_file(FILES[name], name, pack, Limits(max_cell_characters=10)).findings
        assert finding.code == "too_large"
        (finding,) = read_file(FILES[name], name, pack, Limits(max_cells=10)).findings
        assert finding.code == "too_large"


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6), st.floats(0.5, 1))
def test_no_change_of_bytes_raises_in_any_type(name: str, changes: list[tuple[float, int]], kept: float) -> None:
    data = bytearray(FILES[name])
    for where, byte in changes:
        data[int(where * (len(data) - 1))] = byte
    reading = read_file(bytes(data[: int(kept * len(data))] if kept < 0.6 else data), name, PACK[0])
    assert reading.submissions or reading.findings
    assert len(reading.findings) < 1_000


PACK: list[Pack] = []


@pytest.fixture(autouse=True)
def _remember(pack: Pack) -> None:
    PACK[:] = [pack]


def test_macros_are_bytes_that_nobody_looks_at(pack: Pack) -> None:
    buffer = io.BytesIO(saved(workbook({"Khám bệnh": GRID})))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\x00 anything")
    assert len(read_file(buffer.getvalue(), "a.xlsm", pack).submissions) == 1
