"""A marked workbook: the marks are there, and nothing else is different."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook
from tests.answers.workbooks import MACROS, MARKS, OTHER, SHEET, SUMMARY, parts, prefixed, rewritten, rich_workbook

from tonghop.answers.evidence import Answer, Name, Problem
from tonghop.answers.marking import COLOURS, Level, Mark, NotMarkable, mark_workbook
from tonghop.answers.marking.comments import HEADING
from tonghop.answers.returned import returned_file
from tonghop.intake.vocabulary import ASIDE_MARK
from tonghop.model import Severity

FRONT = "Kết quả kiểm tra"


def opened(data: bytes) -> Any:
    book = openpyxl.load_workbook(io.BytesIO(data), keep_vba=True)
    book.vba_archive.close()  # a copy of the file, kept open for whoever saves the workbook again
    return book


def fill(sheet: Worksheet, cell: str) -> str:
    return str(sheet[cell].fill.fgColor.rgb)


def is_marked(sheet: Worksheet, cell: str, level: Level) -> bool:
    red, green, blue = bytes.fromhex(fill(sheet, cell)[2:])
    return (red, green) == COLOURS[level][:2] and 0 <= COLOURS[level][2] - blue < 64


@pytest.fixture(scope="module")
def original() -> bytes:
    return rich_workbook()


@pytest.fixture(scope="module")
def marked(original: bytes) -> bytes:
    return mark_workbook(original, MARKS, SUMMARY).data


def test_cells_are_coloured_and_commented_once(marked: bytes) -> None:
    sheet = opened(marked)[SHEET]
    for (_, cell), mark in MARKS.items():
        assert is_marked(sheet, cell, mark.level), cell
        assert (sheet[cell].comment is not None) == bool(mark.said)
        assert mark.said in (sheet[cell].comment.text if mark.said else "")
    assert sheet["D11"].comment.text.startswith("Số ước tính\n\n▶")  # the unit's own words stay, ours follow
    assert (sheet["B10"].comment.text, fill(sheet, "B11")) == ("Ghi chú của đơn vị", "00000000")


def test_only_the_fill_of_a_cell_changes(original: bytes, marked: bytes) -> None:
    before, after = opened(original)[SHEET]["D12"], opened(marked)[SHEET]["D12"]
    for look in ("number_format", "border", "font", "alignment", "protection", "value"):
        assert repr(getattr(after, look)) == repr(getattr(before, look)), look


def test_every_other_part_stays_byte_for_byte(original: bytes, marked: bytes) -> None:
    before, after = parts(original), parts(marked)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "[Content_Types].xml", "xl/_rels/workbook.xml.rels", "xl/workbook.xml", "xl/styles.xml",
        "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml",
    }  # fmt: skip
    assert set(after) - set(before) == {"xl/worksheets/sheet4.xml"}
    assert after["xl/vbaProject.bin"] == MACROS
    assert after["xl/worksheets/sheet2.xml"] == before["xl/worksheets/sheet2.xml"].replace(b'tabSelected="1"', b'tabSelected="0"')


def test_what_a_form_relies_on_survives(original: bytes, marked: bytes) -> None:
    before, after = opened(original), opened(marked)
    assert after.sheetnames == [FRONT, *before.sheetnames]
    for name in before.sheetnames:
        old, new = before[name], after[name]
        assert new.protection.sheet == old.protection.sheet
        assert [str(rule.sqref) for rule in new.data_validations.dataValidation] == [
            str(r.sqref) for r in old.data_validations.dataValidation
        ]
        assert {str(area.sqref) for area in new.conditional_formatting} == {str(area.sqref) for area in old.conditional_formatting}
        assert {key: (column.width, column.hidden) for key, column in new.column_dimensions.items()} == {
            key: (column.width, column.hidden) for key, column in old.column_dimensions.items()
        }
        assert [number for number, row in new.row_dimensions.items() if row.hidden] == [
            n for n, r in old.row_dimensions.items() if r.hidden
        ]
        assert (new.print_area, new.sheet_state, list(new.tables)) == (old.print_area, old.sheet_state, list(old.tables))
    assert after.defined_names["Tổng"].attr_text == before.defined_names["Tổng"].attr_text
    assert after.active.title == FRONT
    assert [sheet.title for sheet in after if sheet.sheet_view.tabSelected] == [FRONT]  # or typing would go into two sheets


def test_the_summary_links_to_the_cells_and_holds_text_only(marked: bytes) -> None:
    front = opened(marked)[FRONT]
    assert front["A1"].value == ASIDE_MARK
    assert [cell.hyperlink.location for cell in front["B"] if cell.hyperlink] == [f"'{SHEET}'!D12", "'Ghi chú ''22'!A1"]
    assert {cell.data_type for row in front.iter_rows() for cell in row if cell.value is not None} == {"s"}  # no formula, no number


def test_a_second_round_takes_the_first_ones_marks_away(original: bytes, marked: bytes) -> None:
    again = mark_workbook(marked, {(SHEET, "D12"): Mark(Level.CRITICAL, f"{HEADING}\nvẫn sai")}, SUMMARY).data
    book, was = opened(again), opened(original)[SHEET]
    sheet = book[SHEET]
    assert book.sheetnames == [FRONT, SHEET, OTHER, "Ẩn"]
    assert sheet["D12"].comment.text == f"{HEADING}\nvẫn sai"
    assert is_marked(sheet, "D12", Level.CRITICAL)
    for cell in ("D10", "D11", "G10", "F30"):
        assert fill(sheet, cell) == fill(was, cell), cell
        assert (sheet[cell].comment and sheet[cell].comment.text.strip()) == (was[cell].comment and was[cell].comment.text), cell
    third = opened(mark_workbook(again, {}, SUMMARY).data)[SHEET]
    assert (third["D12"].comment, fill(third, "D12")) == (None, fill(was, "D12"))  # the fill is known however often it came back


def test_equal_marks_give_equal_bytes(original: bytes, marked: bytes) -> None:
    assert mark_workbook(original, MARKS, SUMMARY).data == marked


@pytest.mark.parametrize(("macros", "extension"), [(True, ".xlsm"), (False, ".xlsx")])
def test_the_ending_is_that_of_the_content(original: bytes, macros: bool, extension: str) -> None:
    plain = rewritten(
        original,
        lambda name, content: content.replace(
            b"ms-excel.sheet.macroEnabled.main", b"openxmlformats-officedocument.spreadsheetml.sheet.main"
        ),
    )
    assert mark_workbook(original if macros else plain, {}, SUMMARY).extension == extension


def test_a_workbook_whose_elements_have_prefixes(original: bytes) -> None:
    data = mark_workbook(rewritten(original, prefixed), MARKS, SUMMARY).data
    sheet = opened(data)[SHEET]
    assert is_marked(sheet, "D12", Level.CRITICAL)
    assert sheet["D12"].comment.text == MARKS[SHEET, "D12"].said
    again = opened(mark_workbook(data, {}, SUMMARY).data)[SHEET]
    assert (again["D12"].comment, fill(again, "D12"), again["D11"].comment.text) == (None, "FFE2EFDA", "Số ước tính")


def test_a_sheet_of_that_name_that_the_unit_made_stays() -> None:
    book = openpyxl.Workbook()
    book.active.title = FRONT
    book.active["A1"] = 5
    buffer = io.BytesIO()
    book.save(buffer)
    marked = opened(mark_workbook(buffer.getvalue(), {(FRONT, "A1"): Mark(Level.INFO, "▶ Tổng Hợp")}, SUMMARY).data)
    assert marked.sheetnames == [f"{FRONT} (2)", FRONT]
    assert marked[FRONT]["A1"].value == 5


@pytest.mark.parametrize(
    "broken",
    [
        b"PK\x03\x04 no zip at all",
        b"\xd0\xcf\x11\xe0 an .xls",
        rewritten(rich_workbook(), lambda _, content: content, **{"_xmlsignatures/sig1.xml": b"<Signature/>"}),
        rewritten(rich_workbook(), lambda name, content: None if name == "xl/styles.xml" else content),
        rewritten(rich_workbook(), lambda name, content: content[:-20] if name == "xl/worksheets/sheet1.xml" else content),
        rewritten(rich_workbook(), lambda name, content: content.replace(b' r="D12"', b"") if "sheet1.xml" in name else content),
        rewritten(
            rich_workbook(),
            lambda name, content: content.replace(b"<worksheet", b"<!DOCTYPE x><worksheet") if "sheet1.xml" in name else content,
        ),
    ],
    ids=["no zip", "xls", "signed", "no styles", "cut off", "a cell without its place", "document type"],
)
def test_what_cannot_be_marked_safely_is_refused(broken: bytes) -> None:
    with pytest.raises(NotMarkable):
        mark_workbook(broken, MARKS, SUMMARY)


def test_whatever_a_workbook_holds_the_unit_gets_its_answer(original: bytes) -> None:
    odd = rewritten(original, lambda name, content: content.replace(b'defaultRowHeight="15"', b'defaultRowHeight="tall"'))
    problem = Problem(1, Severity.CRITICAL, "X", Name("sai", "wrong"), SHEET, "D12", None, None, "1", "2", False)
    answer = Answer(
        "returned",
        1,
        1,
        "0" * 64,
        "/landing/x.xlsx",
        None,
        datetime(2022, 9, 1, tzinfo=UTC),
        "staged",
        (),
        (problem,),
        Name("T", "T"),
        None,
        "UTC",
    )
    assert (returned_file(answer, original).extension, returned_file(answer, odd).extension) == (".xlsm", ".html")
    assert "D12" in returned_file(answer, odd).data.decode()


cells = st.builds(lambda column, row: f"{column}{row}", st.sampled_from(["A", "B", "D", "Z", "AA"]), st.integers(1, 40))
values = st.one_of(st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=12), st.booleans())


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(cells, values, max_size=12), st.dictionaries(cells, st.sampled_from(list(Level)), max_size=8))
def test_any_cells_can_be_marked_and_none_reads_differently(filled: dict[str, Any], levels: dict[str, Level]) -> None:
    book = openpyxl.Workbook()
    for cell, value in filled.items():
        try:
            book.active[cell] = value
        except openpyxl.utils.exceptions.IllegalCharacterError:
            continue
    buffer = io.BytesIO()
    book.save(buffer)
    marks = {("Sheet", cell): Mark(level, f"▶ Tổng Hợp\n{level} & <{cell}>") for cell, level in levels.items()}
    data = mark_workbook(buffer.getvalue(), marks, SUMMARY).data
    sheet = opened(data)["Sheet"]
    assert {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment} == {
        cell: f"▶ Tổng Hợp\n{level} & <{cell}>" for cell, level in levels.items()
    }
    before, after = (CalamineWorkbook.from_filelike(io.BytesIO(each)) for each in (buffer.getvalue(), data))
    assert after.get_sheet_by_name("Sheet").to_python(skip_empty_area=True) == before.get_sheet_by_name("Sheet").to_python(
        skip_empty_area=True
    )
