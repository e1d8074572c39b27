"""Files that were made to do harm, or that are absurd: each is refused with one clear finding, in little time and memory."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib

import pytest
from tests.intake.test_open_workbook import with_part
from tests.intake.workbooks import saved, shared, station_file, station_sheet, workbook

from tonghop.catalog import Pack
from tonghop.intake import Limits, read_file
from tonghop.intake.limits import MEGABYTE

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"
VALID = shared({"Khám bệnh": station_sheet()})


def refused(data: bytes, pack: Pack, limits: Limits = Limits(), name: str = "x.xlsx") -> str:  # noqa: B008 - it is frozen
    """The one finding about a file that is not read."""
    reading = read_file(data, name, pack, limits)
    assert reading.submissions == ()
    (finding,) = [each for each in reading.findings if each.severity == "critical"]
    return finding.code


def sheet(rows: str) -> bytes:
    return with_part(VALID, SHEET, f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode())


def test_a_zip_that_unpacks_to_very_much_is_not_unpacked(pack: Pack) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(7):
            archive.writestr(f"{number}.xml", bytes(50 * MEGABYTE))
    tracemalloc.start()
    try:
        assert refused(bomb.getvalue(), pack) == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 5 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_zip_in_a_zip_is_not_opened(pack: Pack) -> None:
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("inner.xlsx", VALID)
    assert refused(outer.getvalue(), pack) == "not_a_workbook"


def test_entries_that_share_their_bytes_count_each_for_itself(pack: Pack) -> None:
    """Many directory entries that point to one piece of data: a small file that unpacks to any size."""
    packed = zlib.compressobj(wbits=-15)
    size = 30 * MEGABYTE
    body = packed.compress(bytes(size)) + packed.flush()
    checksum = zlib.crc32(bytes(size))
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, checksum, len(body), size, 1, 0) + b"a" + body
    central = b"".join(
        struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, checksum, len(body), size, 3, 0, 0, 0, 0, 0, 0) + b"%03d" % number
        for number in range(200)
    )
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 200, 200, len(central), len(local), 0)
    assert refused(local + central + end, pack) == "too_large"


def test_very_many_parts_are_refused(pack: Pack) -> None:
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(60):
            archive.writestr(str(number), b"")
    assert refused(many.getvalue(), pack, Limits(max_parts=50)) == "too_large"


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
    ],
)
def test_entities_and_document_types_are_refused(declared: str, pack: Pack) -> None:
    xml = f'{declared}<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="str"><v>x</v></c></row></sheetData></worksheet>'
    assert refused(with_part(VALID, SHEET, xml.encode()), pack) == "unsafe_content"


def test_parts_outside_the_file_are_not_fetched(pack: Pack) -> None:
    """Neither a link to another place, nor a path that climbs out of the zip."""
    links = "xl/_rels/workbook.xml.rels"
    outside = with_part(
        VALID, links, lambda xml: xml.replace('Target="worksheets/sheet1.xml"', 'Target="file:///etc/passwd" TargetMode="External"')
    )
    assert refused(outside, pack) == "not_a_workbook"
    climbing = with_part(VALID, links, lambda xml: xml.replace("worksheets/sheet1.xml", "../../../../../../etc/passwd"))
    assert refused(climbing, pack) == "file_damaged"


def test_a_sheet_of_a_million_rows_is_refused_within_its_limit(pack: Pack) -> None:
    rows = "".join(f'<row r="{number}"><c r="A{number}"><v>1</v></c></row>' for number in range(1, 30_001))
    assert refused(sheet(rows), pack, Limits(max_cells=20_000)) == "too_large"


def test_empty_rows_and_far_addresses_cost_nothing(pack: Pack) -> None:
    far = "".join(f'<row r="{number * 9_999_991 % 9_999_999}"/>' for number in range(1, 1_000))
    reading = read_file(sheet(f'{far}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "x.xlsx", pack)
    assert reading.submissions == ()


def test_ten_thousand_sheets_are_refused(pack: Pack) -> None:
    def many(xml: str) -> str:
        tabs = "".join(f'<sheet name="{number}" sheetId="{number + 1}" r:id="rId1"/>' for number in range(10_000))
        return xml[: xml.index("<sheets>") + len("<sheets>")] + tabs + xml[xml.index("</sheets>") :]

    assert refused(with_part(VALID, "xl/workbook.xml", many), pack) == "too_large"


@pytest.mark.parametrize("length", [32_768, 3_000_000])
def test_an_absurdly_long_text_is_refused(length: int, pack: Pack) -> None:
    assert refused(sheet(f'<row r="1"><c r="A1" t="str"><v>{"x" * length}</v></c></row>'), pack) == "too_large"
    strings = with_part(VALID, "xl/sharedStrings.xml", f'<sst xmlns="{MAIN}"><si><t>{"x" * length}</t></si></sst>'.encode())
    assert refused(strings, pack) == "too_large"


def test_very_many_shared_strings_are_refused(pack: Pack) -> None:
    strings = f'<sst xmlns="{MAIN}">' + "<si><t/></si>" * 5_000 + "</sst>"
    assert refused(with_part(VALID, "xl/sharedStrings.xml", strings.encode()), pack, Limits(max_cells=2_000)) == "too_large"


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/styles.xml"])
def test_deep_nesting_is_survived(part: str, pack: Pack) -> None:
    deep = f'<a xmlns="{MAIN}">' + "<a>" * 100_000 + "</a>" * 100_000 + "</a>"
    reading = read_file(with_part(VALID, part, deep.encode()), "x.xlsx", pack)
    assert reading.submissions or reading.findings


@pytest.mark.parametrize("name", ["../../etc/passwd.xlsx", "C:\\Windows\\x.xlsx", "a\x00b.xlsx", "\ud800.xlsx", "x" * 5_000 + ".xlsx", ""])
def test_names_of_files_are_only_names(name: str, pack: Pack) -> None:
    reading = read_file(station_file(), name, pack)
    assert len(reading.submissions) == 1
    assert not {"/", "\\", "\x00"} & set(reading.file_name)


def test_a_repeated_cell_of_another_format_does_not_fill_the_memory(pack: Pack) -> None:
    """One cell of an .ods that says that it stands there a billion times."""
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        '<office:body><office:spreadsheet><table:table table:name="S"><table:table-row table:number-rows-repeated="3000">'
        '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="1000"/>'
        "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>')
    assert refused(file.getvalue(), pack, name="x.ods") == "too_large"


def test_a_formula_is_text_that_nobody_runs(pack: Pack) -> None:
    book = workbook({"Khám bệnh": station_sheet()})
    book["Khám bệnh"]["B17"] = "=cmd|' /C calc'!A0"
    book["Khám bệnh"]["A17"] = "Ghi chú:"
    reading = read_file(saved(book), "x.xlsx", pack)
    assert len(reading.submissions) == 1
