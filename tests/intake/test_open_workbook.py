"""Cells as they are stored in a workbook, and files that are none."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from contextlib import suppress
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from tests.intake.workbooks import saved, shared, station_file, station_sheet, workbook

from tonghop.catalog import Pack
from tonghop.intake import Limits, read_file
from tonghop.intake.cells import Kind, RawCell, Sheet, Unopenable, address, position
from tonghop.intake.package import CHUNK, DAMAGED, open_zip, reason
from tonghop.intake.workbook import read_workbook

LIMITS = Limits()


def opened(data: bytes, limits: Limits = LIMITS) -> list[Sheet]:
    with open_zip(data, limits) as archive:
        return read_workbook(archive, limits)


def refusal(data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(Unopenable) as refused:
        opened(data, limits)
    return refused.value.issue.kind.code


def codes(data: bytes, pack: Pack, name: str = "x.xlsx", limits: Limits = LIMITS) -> list[str]:
    reading = read_file(data, name, pack, limits)
    assert reading.submissions == ()
    return [finding.code for finding in reading.findings]


def with_part(data: bytes, path: str, change: object) -> bytes:
    """The zip with one part replaced: by bytes, or by a function of its text."""
    buffer = io.BytesIO()
    assert path in zipfile.ZipFile(io.BytesIO(data)).namelist()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == path:
                content = change(content.decode()).encode() if callable(change) else change  # type: ignore[assignment]
            new.writestr(name, content)
    return buffer.getvalue()


def with_cells(xml: str) -> bytes:
    """A workbook whose one sheet has these rows as XML."""
    return with_part(saved(workbook({"S": [[1]]})), "xl/worksheets/sheet1.xml", lambda _: SHEET.format(xml))


VALID = shared({"Khám bệnh": station_sheet()})
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'


# Cells


def test_shared_strings_are_texts() -> None:
    (sheet,) = opened(shared({"S": [["Trẻ em", "a", "Trẻ em"]]}))
    assert [cell.text for cell in sheet.rows[1].values()] == ["Trẻ em", "a", "Trẻ em"]


def test_every_kind_of_cell_is_told_apart() -> None:
    book = workbook({"Số liệu": [[5, 1448.5, "chữ", True, datetime(2022, 10, 3), 0.6646, "#REF!", "=1+1"]]})
    book["Số liệu"]["F1"].number_format = "0.00%"
    book["Số liệu"]["A2"].number_format = "0.00"
    (sheet,) = opened(saved(book))
    assert sheet.name == "Số liệu"
    assert list(sheet.rows[1].values()) == [
        RawCell(Kind.NUMBER, "5"),
        RawCell(Kind.NUMBER, "1448.5"),
        RawCell(Kind.TEXT, "chữ"),
        RawCell(Kind.BOOLEAN, "TRUE"),
        RawCell(Kind.DATE, "2022-10-03"),
        RawCell(Kind.NUMBER, "0.6646", True),
        RawCell(Kind.ERROR, "#REF!"),
        RawCell(Kind.NO_VALUE, ""),
    ]
    assert not sheet.rows.get(2)  # a cell that has a format only is empty


def test_a_formula_with_a_cached_value_is_its_value() -> None:
    (sheet,) = opened(
        with_cells(
            '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>"a"</f><v>a</v></c>'
            '<c r="C1" t="str"><f>""</f><v></v></c><c r="D1" t="str"><f>X</f></c><c r="E1"><f>Y</f><v/></c></row>'
        )
    )
    assert [(cell.kind, cell.text) for cell in sheet.rows[1].values()] == [
        (Kind.NUMBER, "2"),
        (Kind.TEXT, "a"),
        (Kind.TEXT, ""),
        (Kind.NO_VALUE, ""),
        (Kind.NO_VALUE, ""),
    ]


def test_cells_and_rows_without_a_reference_follow_one_another() -> None:
    (sheet,) = opened(with_cells("<row><c><v>1</v></c><c><v>2</v></c></row><row r='5'><c r='C5'><v>3</v></c><c><v>4</v></c></row>"))
    assert {row: {column: cell.text for column, cell in cells.items()} for row, cells in sheet.rows.items()} == {
        1: {1: "1", 2: "2"},
        5: {3: "3", 4: "4"},
    }


def test_rich_inline_and_escaped_texts() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = CellRichText("Số ", TextBlock(InlineFont(b=True), "ca"), " mắc")  # type: ignore[index]
    assert opened(saved(book))[0].rows[1][1].text == "Số ca mắc"
    (sheet,) = opened(
        with_cells(
            '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c>'
            '<c r="B1" t="inlineStr"><is><r><t>b</t></r><r><t>c</t></r><rPh><t>no</t></rPh></is></c>'
            '<c r="C1" t="str"><v>d_x000D_e_x0000_</v></c></row>'
        )
    )
    assert [cell.text for cell in sheet.rows[1].values()] == ["a", "bc", "d\re\ufffd"]


@pytest.mark.parametrize(
    ("number_format", "kind", "percent"),
    [
        ("General", Kind.NUMBER, False),
        ("#,##0", Kind.NUMBER, False),
        ('0.0" ca mỗi tháng d"', Kind.NUMBER, False),
        ("[Red]0.00", Kind.NUMBER, False),
        ("0%", Kind.NUMBER, True),
        ("0.000%;[Red]-0.0%", Kind.NUMBER, True),
        ("dd/mm/yyyy", Kind.DATE, False),
        ("[$-42A]d mmmm yyyy", Kind.DATE, False),
        ("m/d", Kind.DATE, False),
    ],
)
def test_what_a_number_format_shows(number_format: str, kind: Kind, percent: bool) -> None:
    book = workbook({"S": [[44837]]})
    book["S"]["A1"].number_format = number_format
    cell = opened(saved(book))[0].rows[1][1]
    assert (cell.kind, cell.percent) == (kind, percent)
    assert cell.text == ("2022-10-03" if kind is Kind.DATE else "44837")


def test_dates_in_the_calendar_of_1904() -> None:
    book = workbook({"S": [[date(2022, 10, 3)]]})
    book.epoch = datetime(1904, 1, 1)
    assert opened(saved(book))[0].rows[1][1] == RawCell(Kind.DATE, "2022-10-03")


def test_hidden_rows_hidden_sheets_and_merged_cells_are_known() -> None:
    book = workbook({"A": [[1], [2]], "B": [[3]]})
    book["A"].row_dimensions[2].hidden = True
    book["A"].merge_cells("B1:C2")
    book["B"].sheet_state = "hidden"
    first, second = opened(saved(book))
    assert first.hidden_rows == {2}
    assert first.merges == [(1, 2, 2, 3)]
    assert (first.hidden, second.hidden) == (False, True)


def test_a_sheet_larger_than_one_piece_reads_like_a_small_one() -> None:
    rows = 6000
    grid = [[number, f"chữ {number}"] for number in range(rows)]
    (sheet,) = opened(saved(workbook({"S": grid})))
    assert len(with_part_text(saved(workbook({"S": grid})))) > CHUNK
    assert [cells[1].text for cells in sheet.rows.values()] == [str(number) for number in range(rows)]
    assert sheet.rows[rows][2].text == f"chữ {rows - 1}"


def with_part_text(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("xl/worksheets/sheet1.xml").decode()


@given(st.integers(1, 1_048_576), st.integers(1, 16_384))
def test_an_address_reads_back(row: int, column: int) -> None:
    assert position(address(row, column)) == (row, column)


# Files that cannot be read


def test_files_that_are_no_workbook(pack: Pack) -> None:
    assert codes(b"", pack) == ["empty_file"]
    assert codes(b"%PDF-1.7 ...", pack) == ["not_a_workbook"]
    assert codes(b"\x4c\x00\x00\x00\x01\x14\x02\x00", pack, "report.xlsx.lnk") == ["not_a_workbook"]
    assert codes(b"anything", pack, "~$report.xlsx") == ["lock_file"]
    assert codes(with_part(saved(workbook({"S": [[1]]})), "_rels/.rels", b"<Relationships/>"), pack) == ["not_a_workbook"]
    empty_zip = io.BytesIO()
    with zipfile.ZipFile(empty_zip, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert codes(empty_zip.getvalue(), pack) == ["not_a_workbook"]


def test_an_encrypted_workbook_is_password_protected(pack: Pack) -> None:
    container = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(400)
    assert codes(container, pack) == ["password_protected"]


def test_a_zip_with_encrypted_parts_is_password_protected() -> None:
    data = bytearray(station_file())
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    assert refusal(bytes(data)) == "password_protected"


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.999])
def test_a_truncated_workbook_is_damaged(kept: float, pack: Pack) -> None:
    data = station_file()
    assert codes(data[: int(len(data) * kept)], pack) == ["file_damaged"]


def test_a_broken_part_is_damaged(pack: Pack) -> None:
    for path in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"):
        assert codes(with_part(VALID, path, b"<broken"), pack) == ["file_damaged"]
    text = with_cells('<row r="1"><c r="A1" t="s"><v>999</v></c></row>')
    assert codes(text, pack) == ["file_damaged"]


def test_two_sheets_of_one_name_are_damaged(pack: Pack) -> None:
    data = shared({"Một": [["a"]], "Hai": [["b"]]})
    assert codes(with_part(data, "xl/workbook.xml", lambda xml: xml.replace("Hai", "Một")), pack) == ["file_damaged"]


# Hostile files


def test_a_zip_bomb_is_refused_before_it_is_unpacked(pack: Pack) -> None:
    bomb = with_part(station_file(), "xl/worksheets/sheet1.xml", b" " * 3_000_000)
    assert len(bomb) < 20_000
    assert codes(bomb, pack, limits=Limits(max_unpacked_bytes=1_000_000)) == ["too_large"]


def test_a_zip_that_lies_about_its_size_yields_no_more_than_it_declares(pack: Pack) -> None:
    payload = zlib.compress(b"A" * 5_000_000)[2:-4]
    name = b"xl/workbook.xml"
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(payload), 10, len(name), 0) + name + payload
    central = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, 0, len(payload), 10, len(name), 0, 0, 0, 0, 0, 0) + name
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local), 0)
    with open_zip(local + central + end, LIMITS) as archive, pytest.raises(zipfile.BadZipFile):
        archive.read("xl/workbook.xml")


ENTITIES = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]>'


@pytest.mark.parametrize("path", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "_rels/.rels"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_every_part(path: str, encoding: str, pack: Pack) -> None:
    bomb = (ENTITIES + "<a>&y;</a>").encode(encoding)
    assert codes(with_part(VALID, path, bomb), pack) == ["unsafe_content"]


def test_entities_behind_another_declared_encoding_are_not_expanded(pack: Pack) -> None:
    hidden = b'<?xml version="1.0" encoding="cp037"?>' + (ENTITIES + "<a>&y;</a>").encode("cp037")
    assert codes(with_part(station_file(), "xl/workbook.xml", hidden), pack) == ["file_damaged"]


def test_limits_on_bytes_sheets_cells_and_texts(pack: Pack) -> None:
    data = station_file()
    assert codes(data, pack, limits=Limits(max_bytes=100)) == ["too_large"]
    assert codes(data, pack, limits=Limits(max_cells=20)) == ["too_large"]
    assert codes(data, pack, limits=Limits(max_cell_characters=10)) == ["too_large"]
    many = saved(workbook({f"S{number}": [[1]] for number in range(5)}))
    assert codes(many, pack, limits=Limits(max_sheets=4)) == ["too_large"]


def test_deeply_nested_xml_is_survived(pack: Pack) -> None:
    depth = 200_000
    codes(with_part(station_file(), "xl/worksheets/sheet1.xml", b"<a>" * depth + b"</a>" * depth), pack)


@given(st.binary(max_size=2000), st.sampled_from(["x.xlsx", "x.csv", "x.xls", ""]))
def test_no_bytes_raise(data: bytes, name: str) -> None:
    _never_raises(data, name)


@given(st.binary(max_size=400), st.sampled_from([b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"%PDF"]))
def test_no_bytes_behind_a_known_signature_raise(data: bytes, magic: bytes) -> None:
    _never_raises(magic + data, "x.xlsx")


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(VALID) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_no_flipped_bytes_raise(changes: list[tuple[int, int]]) -> None:
    data = bytearray(VALID)
    for at, byte in changes:
        data[at] = byte
    _never_raises(bytes(data), "x.xlsx")


PARTS = ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"]


@settings(max_examples=300)
@given(st.sampled_from(PARTS), st.floats(0, 1), st.text(alphabet='<>/="&;rtvcsf0123456789A-. ', max_size=12), st.integers(0, 20))
def test_no_changed_xml_raises(path: str, where: float, text: str, removed: int) -> None:
    def change(xml: str) -> str:
        at = int(where * len(xml))
        return xml[:at] + text + xml[at + removed :]

    _never_raises(with_part(VALID, path, change), "x.xlsx")


def _never_raises(data: bytes, name: str) -> None:
    reading = read_file(data, name, PACK())
    assert reading.submissions or reading.findings


class _Later:
    """The pack of the fixture, for tests whose examples may not use fixtures."""

    pack: Pack | None = None

    def __call__(self) -> Pack:
        assert self.pack is not None
        return self.pack


PACK = _Later()


@pytest.fixture(autouse=True)
def _remember(pack: Pack) -> None:
    PACK.pack = pack


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_part_is_unpacked_as_zipfile_does_it(data: st.DataObject) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("a.xml", "xl/đ.xml"):
            method = data.draw(st.sampled_from([zipfile.ZIP_DEFLATED] * 3 + [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2]))
            archive.writestr(zipfile.ZipInfo(name), data.draw(st.binary(max_size=40)), method)
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.integers(0, len(content) - 1) | st.integers(35, 60))  # mostly in what the first part holds
        content[place] = data.draw(st.integers(0, 255))

    def unpacked(archive: zipfile.ZipFile) -> list[bytes | str]:
        parts: list[bytes | str] = []
        for part in archive.infolist():
            try:
                parts.append(archive.read(part))
            except DAMAGED as error:
                parts.append(reason(error))
        return parts

    try:
        expected = zipfile.ZipFile(io.BytesIO(content))
    except DAMAGED as error:
        with pytest.raises(Unopenable) as refused:
            open_zip(bytes(content), LIMITS)
        assert refused.value.issue.found == reason(error)
        return
    with suppress(Unopenable):
        assert unpacked(open_zip(bytes(content), LIMITS)) == unpacked(expected)
