"""The quick reader of sheets agrees with the exact one on whatever it reads, and reads what spreadsheet programs write."""

from __future__ import annotations

import io
import re
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import date
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.intake.workbooks import saved, shared, station_sheet, workbook

from tonghop.intake import known_sheets, sheet_text, sheet_xml
from tonghop.intake.cells import Kind, RawCell, Sheet, Unopenable
from tonghop.intake.formats import Format
from tonghop.intake.head import Found, read_head
from tonghop.intake.limits import Limits
from tonghop.intake.package import DAMAGED
from tonghop.intake.sheet_text import NotPlain
from tonghop.intake.sheet_xml import Book
from tonghop.model import CellAddress

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BOOK = Book(
    strings=[RawCell(Kind.TEXT, text) for text in ("Lượt khám", "1.448", "", "a & b")],
    formats={"1": Format.PERCENT, "2": Format.DATE},
    first_day=date(1899, 12, 30),
    limits=Limits(max_cell_characters=50),
)
PLENTY = 1_000

TEXTS = st.text(alphabet="aĐ1.,% <>&\"'_x000D_\n\t\x85\u2028😀", max_size=8).map(escape) | st.sampled_from(
    ["&quot;", "&#272;", "&#0;", "&#13;", "&#x110;", "&apos;x", "x" * 60]
)
FIGURES = st.sampled_from(["", "0", "1.448", "44837.5", "-3", "1E+3", "3", "9", "-1", "abc", "1" * 45, " 1"]) | TEXTS

FORMULAS = ["<f>A1&amp;B1</f>", "<f>A1*2</f>", "<f></f>", '<f t="shared" si="0"/>', "<f/>", '<f xmlns="other">1</f>', "<x/>"]


@st.composite
def cells(draw: st.DrawFn, row: int) -> str:
    column = draw(st.sampled_from(["A", "B", "C", "AA", "XFD"]))
    reference = draw(st.sampled_from([f' r="{column}{row}"'] * 12 + ["", f' r="{column}{row + 1}"', f' r="${column}${row}"']))
    style = draw(st.sampled_from(["", ' s="0"', ' s="1"', ' s="2"']))
    kind = draw(st.sampled_from(["", "n", "s", "str", "b", "e", "inlineStr"] * 4 + ["d", "other"]))
    formula = draw(st.sampled_from(["", "", "", *FORMULAS]))
    value = draw(FIGURES)
    content = draw(
        st.sampled_from([f"<v>{value}</v>"] * 4 + ["", "<v/>", f"<is><t>{value}</t></is>", f'<is><t xml:space="preserve">{value}</t></is>'])
        | st.just(f"<is><r><t>{value}</t></r><rPh><t>no</t></rPh></is>")
    )
    if draw(st.integers(0, 20)) == 0:
        return f"<c{reference}{style}/>"
    t = f' t="{kind}"' if kind else ""
    return f"<c{reference}{style}{t}>{formula}{content}</c>"


@st.composite
def sheets(draw: st.DrawFn) -> str:
    rows = []
    for _ in range(draw(st.integers(0, 3))):
        number = draw(st.integers(1, 4))
        attributes = draw(st.sampled_from(["", ' spans="1:3"', ' hidden="1"', ' ht="15" x14ac:dyDescent="0.25"', ' hidden="0" hidden="1"']))
        inside = "".join(draw(st.lists(cells(number), max_size=4)))
        rows.append(f'<row r="{number}"{attributes}>{inside}</row>' if inside else f'<row r="{number}"{attributes}/>')
    between = draw(st.sampled_from([""] * 6 + [" ", "<!-- x -->", "<row/>", "</sheetData><sheetData>"]))
    after = draw(st.sampled_from(["", '<mergeCells count="1"><mergeCell ref="B1:C2"/></mergeCells>', "<a>", '<row r="7"/>']))
    space = draw(st.sampled_from([MAIN] * 5 + ["other"]))
    dynamic = draw(st.sampled_from(["", ' xmlns:x14ac="other"']))
    return f'<worksheet xmlns="{space}"{dynamic}><sheetData>{between.join(rows)}</sheetData>{after}</worksheet>'


def quick(xml: str, budget: int) -> tuple[Sheet, int] | None:
    """What the quick reader makes of a sheet; None when it leaves it to the exact one."""
    if not sheet_text.is_plain(xml.encode()):
        return None
    sheet = Sheet("S")
    try:
        return sheet, sheet_text.read_cells(xml, sheet, BOOK, budget)
    except NotPlain:
        assert sheet == Sheet("S")
        return None


def exact(xml: str, budget: int) -> tuple[Sheet, int]:
    sheet = Sheet("S")
    return sheet, sheet_xml.read_sheet(xml, sheet, BOOK, budget)


@settings(max_examples=400)
@given(sheets(), st.sampled_from([PLENTY, 2]))
@example(
    f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="e"><v>#REF!</v></c><c r="B1"><f>1</f></c></row></sheetData></worksheet>',
    PLENTY,
)
def test_the_two_readers_agree(xml: str, budget: int) -> None:
    try:
        expected = exact(xml, budget)
    except (Unopenable, *DAMAGED):
        with suppress(Unopenable, *DAMAGED):
            assert quick(xml, budget) is None
    else:
        assert quick(xml, budget) in (None, expected)


def known(xml: str, budget: int) -> tuple[Sheet, int] | None:
    """What is made of a sheet whose layout is known; None when it is not, or a value is not plain."""
    sheet = Sheet("S")
    left = known_sheets.read_known(known_sheets.cut(xml), sheet, BOOK, budget)
    return None if left is None else (sheet, left)


def learn(xml: str) -> bool:
    """Read a sheet twice, as it comes from two units; whether its layout is known then."""
    met = quick(xml, PLENTY)
    if met is None:
        return False
    for _ in range(2):
        known_sheets.remember(known_sheets.cut(xml), xml, met[0], BOOK.limits)
    return known(xml, PLENTY) is not None


@settings(max_examples=400)
@given(
    sheets(),
    st.lists(FIGURES | st.sampled_from(["2", "7", "1.5", "A\x01", "a]]>b"]), min_size=16, max_size=16),
    st.lists(st.sampled_from(["A1*3", "", "Đ 1", "1<2", "1>2", "&lt;", "&no;", "A\x01", "\ufffe", "]]>"]), min_size=16, max_size=16),
    st.sampled_from([PLENTY, 2]),
)
def test_a_sheet_of_a_known_layout_is_read_as_any_other(xml: str, figures: list[str], formulas: list[str], budget: int) -> None:
    with suppress(Unopenable, *DAMAGED):
        learn(xml)
    others, calculated = iter(figures), iter(formulas)
    other = re.sub("<v>[^<]*</v>", lambda _: f"<v>{next(others)}</v>", xml)
    other = re.sub("<f>[^<]*</f>", lambda _: f"<f>{next(calculated)}</f>", other)
    try:
        expected = exact(other, budget)
    except (Unopenable, *DAMAGED):
        with suppress(Unopenable, *DAMAGED):
            assert known(other, budget) is None
    else:
        found = known(other, budget)
        assert found in (None, expected)
        assert found is None or read_head(found[0]) == read_head(expected[0])


def test_the_head_of_a_known_layout_is_read_from_left_to_right() -> None:
    row = '<row r="{0}"><c r="B{0}"><v>{1}</v></c><c r="A{0}" t="str"><v>Mã đơn vị:</v></c></row>'
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{row}</sheetData></worksheet>'
    assert learn(sheet.format(1, 7))
    for number in ("93", "94", "93"):
        found = known(sheet.format(1, number), PLENTY)
        assert found is not None
        assert read_head(found[0]).unit_code == Found(number, CellAddress("S", "B1"), Kind.NUMBER)
    assert learn(sheet.format(2, 7))
    moved = known(sheet.format(2, "93"), PLENTY)
    assert moved is not None
    assert read_head(moved[0]).unit_code == Found("93", CellAddress("S", "B2"), Kind.NUMBER)


def test_values_that_are_not_plain_are_left_to_the_others() -> None:
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1"{{0}}><v>{{1}}</v></c></row></sheetData></worksheet>'
    for kind, plain, others in (
        (' t="s"', "1", ("", "a", "-1")),
        (' t="str"', "x", ("a &amp; b", "a\x01", "a>b")),
        ("", "12", ("", "x", "1" * 45, "²", "٣")),
    ):
        assert learn(sheet.format(kind, plain))
        assert all(known(sheet.format(kind, each), PLENTY) is None for each in others)
    assert not learn(sheet.format(' t="b"', "1"))


def test_a_number_of_a_known_layout_is_shown_by_its_style() -> None:
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1"{{}}><v>{{}}</v></c></row></sheetData></worksheet>'
    for style, cell in (
        ("1", RawCell(Kind.NUMBER, "0.5", True)),
        ("3", RawCell(Kind.NUMBER, "0.5")),
        ("2", RawCell(Kind.DATE, "1900-01-07")),
    ):
        number = "8" if cell.kind is Kind.DATE else "0.5"
        assert learn(sheet.format(f' s="{style}"', 7))
        found = known(sheet.format(f' s="{style}"', number), PLENTY)
        assert found is not None
        assert found[0].rows == {1: {1: cell}}
    assert learn(sheet.format("", 7))
    unnamed = known_sheets.read_known(
        known_sheets.cut(sheet.format("", "0.5")), first := Sheet("S"), replace(BOOK, formats={"0": Format.PERCENT}), 9
    )
    assert (unnamed, first.rows) == (8, {1: {1: RawCell(Kind.NUMBER, "0.5", True)}})


def test_a_formula_that_says_something_else_leaves_a_layout_known() -> None:
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1"><f>{{}}</f><v>1</v></c></row></sheetData></worksheet>'
    assert learn(sheet.format("B1*7"))
    assert known(sheet.format("B1*8"), PLENTY) is not None
    assert all(known(sheet.format(other), PLENTY) is None for other in ("B1&lt;8", "B1>8", "B1\x01"))


@given(st.lists(TEXTS, max_size=6), st.sampled_from(["", ' xml:space="preserve"']))
def test_the_two_readers_agree_on_shared_strings(texts: list[str], space: str) -> None:
    xml = f'<sst xmlns="{MAIN}" count="1">' + "".join(f"<si><t{space}>{text}</t></si>" for text in texts) + "</sst>"
    limits = Limits(max_cell_characters=100)
    try:
        expected = sheet_xml.read_strings(xml, limits)
    except ParseError:
        assert "&#0;" in xml
        return
    try:
        assert not sheet_text.is_plain(xml.encode()) or sheet_text.read_strings(xml, limits) == expected
    except NotPlain:
        assert "&#x" in xml


@pytest.mark.parametrize(
    "xml",
    [
        '<sst xmlns="other"><si><t>a</t></si></sst>',
        f'<sst xmlns="{MAIN}"><si><r><t>a</t></r></si></sst>',
        f'<sst xmlns="{MAIN}"><si><t>a</t><rPh><t>b</t></rPh></si></sst>',
        f'<sst xmlns="{MAIN}" xmlns="{MAIN}"><si><t>a</t></si></sst>',
        f'<sst xmlns="{MAIN}"><si><t>a</t></si> </sst>',
    ],
)
def test_unusual_strings_are_left_to_the_exact_reader(xml: str) -> None:
    with pytest.raises(NotPlain):
        sheet_text.read_strings(xml, Limits())


@pytest.mark.parametrize(
    "xml", [b"<a>\r</a>", b"<a>\x01</a>", b"<!-- --><a/>", b"<?xml?><?b?><a/>", b"\xef\xbb\xbf<a/>", b"<a>\xef\xbf\xbf</a>", b"<a>]]></a>"]
)
def test_what_may_not_be_read_by_pattern(xml: bytes) -> None:
    assert not sheet_text.is_plain(xml)
    assert sheet_text.is_plain(b'<?xml version="1.0"?>\n<a>\t</a>')


NO_STRINGS = f'<sst xmlns="{MAIN}"></sst>'.encode()


def usual_workbooks() -> list[bytes]:
    grid = [*station_sheet(), [None, "a & b < c", True, 0.5, date(2022, 8, 1), "=1+1", "  spaced "]]
    styled = workbook({"S": grid})
    styled["S"]["D18"].number_format = "0.0%"
    styled["S"].row_dimensions[3].hidden = True
    styled["S"].merge_cells("F2:G3")
    plain = openpyxl.load_workbook(io.BytesIO(shared({"S": station_sheet()})))
    return [saved(styled), shared({"S": station_sheet()}), saved(plain)]


@pytest.mark.parametrize("data", usual_workbooks())
def test_usual_workbooks_are_read_by_the_quick_reader(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
        strings = archive.read("xl/sharedStrings.xml") if "xl/sharedStrings.xml" in archive.namelist() else NO_STRINGS
    assert sheet_text.is_plain(strings)
    found = sheet_text.read_strings(strings.decode(), Limits())
    assert found == sheet_xml.read_strings(strings.decode(), Limits())
    book = Book(found, BOOK.formats, BOOK.first_day, Limits())
    one, other = Sheet("S"), Sheet("S")
    assert sheet_text.is_plain(xml.encode())
    assert sheet_text.read_cells(xml, one, book, PLENTY) == sheet_xml.read_sheet(xml, other, book, PLENTY)
    assert one == other
    assert one.rows
    cut = known_sheets.cut(xml)
    for _ in range(2):
        known_sheets.remember(cut, xml, one, book.limits)
    again = Sheet("S")
    has_empty_values = "" in cut.values  # of formulas that no program has calculated
    assert (known_sheets.read_known(cut, again, book, PLENTY) is None) == has_empty_values
    assert has_empty_values or again == one
