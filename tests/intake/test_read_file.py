"""A whole workbook, from bytes to cells."""

from __future__ import annotations

import hashlib
import io
import zipfile
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.intake.workbooks import (
    STATION_FIGURES,
    STATION_HEADERS,
    Grid,
    head,
    saved,
    shared,
    station_file,
    station_head,
    station_sheet,
    station_table,
    workbook,
)

from tonghop.catalog import Pack
from tonghop.intake import KINDS, read_file
from tonghop.intake.places import MOST_ROWS
from tonghop.model import Cell, Finding, Measure, Reading, Role, State, SubmissionReading

HEADER = 8
"""Where the header row stands in `station_sheet`, from 0."""


def read(data: bytes, pack: Pack) -> SubmissionReading:
    reading = read_file(data, "bao cao.xlsx", pack)
    (submission,) = reading.submissions
    return submission


def read_grid(grid: Grid, pack: Pack) -> SubmissionReading:
    return read(station_file(grid), pack)


def cell_of(submission: SubmissionReading, indicator: str, measure: Measure = Measure.VALUE, breakdown: str = "TOTAL") -> Cell:
    (cell,) = [
        cell for cell in submission.cells if (cell.indicator_code, cell.measure, cell.breakdown_code) == (indicator, measure, breakdown)
    ]
    return cell


def codes(submission: SubmissionReading) -> list[str]:
    return [finding.code for finding in submission.findings]


def the(submission: SubmissionReading, code: str) -> Finding:
    (finding,) = [finding for finding in submission.findings if finding.code == code]
    return finding


def figures(submission: SubmissionReading) -> dict[tuple[str, Measure, str], Decimal | None]:
    return {(cell.indicator_code, cell.measure, cell.breakdown_code): cell.value.number for cell in submission.cells}


def with_figure(code: str, column: int, content: Any) -> Grid:
    table = deepcopy(STATION_FIGURES)
    table[code][column] = content
    return station_sheet(table)


def test_every_figure_has_its_value_and_its_address(pack: Pack) -> None:
    submission = read_grid(station_sheet(), pack)
    assert codes(submission) == []
    assert len(submission.cells) == 20
    visits = cell_of(submission, "VISITS")
    assert (visits.value.number, visits.value.state, str(visits.at)) == (120, State.NUMBER, "Khám bệnh!D10")
    assert visits.role is Role.ADDITIVE
    assert cell_of(submission, "VISITS", breakdown="F").value.number == 60
    assert cell_of(submission, "VISITS", Measure.YTD).value.number == 900
    assert cell_of(submission, "VISITS", Measure.PLAN).value.number == 1200
    blank = cell_of(submission, "CASES", Measure.PLAN)
    assert (blank.value.state, str(blank.at)) == (State.BLANK, "Khám bệnh!G14")


def test_the_file_is_known_by_its_hash(pack: Pack) -> None:
    data = station_file()
    reading = read_file(data, "thư mục/bao cao.xlsx", pack)
    assert (reading.sha256, reading.size, reading.file_name) == (hashlib.sha256(data).hexdigest(), len(data), "bao cao.xlsx")


def test_reading_is_a_pure_function(pack: Pack) -> None:
    data = station_file()
    assert read_file(data, "a.xlsx", pack) == read_file(data, "a.xlsx", pack)


def test_shared_and_inline_texts_read_alike(pack: Pack) -> None:
    grid = station_sheet()
    assert read(shared({"Khám bệnh": grid}), pack) == read_grid(grid, pack)


def test_comments_are_narratives(pack: Pack) -> None:
    (narrative,) = read_grid(station_sheet(), pack).narratives
    assert (narrative.topic, narrative.text, str(narrative.at)) == ("Nhận xét", "Bình thường", "Khám bệnh!B16")
    below = station_head() + station_table() + [["Khó khăn:"], ["Thiếu thuốc"], ["Ghi chú: gửi lại"]]
    assert [(each.topic, each.text) for each in read_grid(below, pack).narratives] == [
        ("Khó khăn", "Thiếu thuốc"),
        ("Ghi chú", "gửi lại"),
    ]


# Tables that have changed


def same_figures(grid: Grid, pack: Pack) -> SubmissionReading:
    submission = read_grid(grid, pack)
    assert figures(submission) == figures(read_grid(station_sheet(), pack))
    return submission


def test_columns_may_have_moved(pack: Pack) -> None:
    order = [1, 0, 2, 6, 5, 4, 3]
    table = [[row[column] for column in order] for row in station_table()]
    assert codes(same_figures(station_head() + table, pack)) == []


def test_the_table_may_start_anywhere(pack: Pack) -> None:
    table: Grid = [[], []] + [[None, None, *row] for row in station_table()]
    assert codes(same_figures(station_head() + table, pack)) == []


def test_rows_may_have_been_inserted_moved_or_recoded(pack: Pack) -> None:
    header, *rows = station_table()
    table = [header, ["I", "KHÁM CHỮA BỆNH"], *reversed(rows), []]
    assert codes(same_figures(station_head() + table, pack)) == []
    without_codes = [header, *([None, *row[1:]] for row in rows)]
    assert codes(same_figures(station_head() + without_codes, pack)) == []
    recoded = [header, ["7.1", *rows[0][1:]], *rows[1:]]
    finding = the(same_figures(station_head() + recoded, pack), "row_code_changed")
    assert (finding.found, finding.expected, finding.cell) == ("7.1", "A.1", "A10")


def test_a_repeated_header_starts_the_columns_anew(pack: Pack) -> None:
    header, *rows = station_table()
    moved = [0, 1, 2, 4, 3, 6, 5]
    second = [[row[column] for column in moved] for row in [header, *rows[2:]]]
    assert codes(same_figures([*station_head(), header, *rows[:2], [], *second], pack)) == []


def test_a_second_table_may_hold_the_other_columns(pack: Pack) -> None:
    first = [row[:5] for row in station_table()]
    second = [row[:3] + row[5:] for row in station_table()]
    assert codes(same_figures(station_head() + first + [[]] + second, pack)) == []


def test_labels_in_other_letters_and_spaces(pack: Pack) -> None:
    header, first, *rows = station_table()
    table = [[text.upper() for text in header], ["a.1", " lượt  KHÁM ", *first[2:]], *rows]
    assert codes(same_figures(station_head() + table, pack)) == []


def test_a_missing_column_is_a_finding_and_its_cells_are_blank(pack: Pack) -> None:
    submission = read_grid(station_head() + [row[:6] for row in station_table()], pack)
    assert the(submission, "missing_column").expected == "Kế hoạch năm"
    cell = cell_of(submission, "VISITS", Measure.PLAN)
    assert (cell.value.state, cell.value.flags, cell.at.cell) == (State.BLANK, ("missing",), "")


def test_a_missing_row_is_a_finding_and_its_cells_are_blank(pack: Pack) -> None:
    submission = read_grid(station_head() + station_table()[:-1], pack)
    finding = the(submission, "missing_row")
    assert (finding.expected, finding.indicator_code) == ("A.5 Số ca tích lũy", "CASES")
    assert len(submission.cells) == 20


def test_numbers_that_fit_nowhere_are_findings(pack: Pack) -> None:
    grid = station_sheet()
    grid[HEADER].append("Ghi chú thêm")
    grid[HEADER + 1].append(5)
    grid.insert(HEADER + 2, ["A.9", "Chỉ tiêu lạ", "ca", 17])
    submission = read_grid(grid, pack)
    assert the(submission, "unknown_row").found == "A.9 Chỉ tiêu lạ ca"
    assert the(submission, "unknown_row").cell == "A11"
    assert (the(submission, "unknown_column").found, the(submission, "unknown_column").cell) == ("Ghi chú thêm", "H10")


def test_very_many_unknown_rows_are_counted(pack: Pack) -> None:
    strange = [["Z", f"Chỉ tiêu lạ {number}", "ca", number] for number in range(MOST_ROWS + 50)]
    submission = read_grid(station_head() + station_table() + strange, pack)
    unknown = [finding for finding in submission.findings if finding.code == "unknown_row"]
    assert len(unknown) == MOST_ROWS + 1
    assert (unknown[-1].found, unknown[-1].cell) == ("+50", None)


def test_code_and_label_that_disagree(pack: Pack) -> None:
    grid = station_sheet()
    grid[HEADER + 1][1] = "Trẻ em"
    finding = the(read_grid(grid, pack), "row_contradiction")
    assert (finding.found, finding.expected, finding.cell) == ("A.1: Trẻ em", "Lượt khám", "B10")


def test_a_row_that_stands_twice(pack: Pack) -> None:
    same = station_head() + station_table() + [station_table()[1]]
    assert codes(same_figures(same, pack)) == ["repeated_row"]
    other = deepcopy(station_table()[1])
    other[3] = 121
    submission = read_grid(station_head() + station_table() + [other], pack)
    finding = the(submission, "duplicate_row")
    assert (finding.found, finding.expected, finding.cell, finding.indicator_code) == ("Lượt khám", "10", "D15", "VISITS")
    assert cell_of(submission, "VISITS").value.state is State.UNREADABLE
    assert cell_of(submission, "VISITS", Measure.YTD).value.number == 900


def test_a_column_that_stands_twice(pack: Pack) -> None:
    grid = station_sheet()
    grid[HEADER].append(STATION_HEADERS[0])
    finding = the(same_figures(grid, pack), "duplicate_column")
    assert (finding.cell, finding.expected) == ("H9", "D9")


def test_another_unit_of_measure_than_the_indicators(pack: Pack) -> None:
    grid = station_sheet()
    grid[HEADER + 1][2] = "nghìn lượt"
    grid[HEADER + 5][2] = "cas"  # a word for it that the pack knows
    finding = the(same_figures(grid, pack), "unit_of_measure_mismatch")
    assert (finding.cell, finding.found, finding.expected, finding.indicator_code) == ("C10", "nghìn lượt", "lượt", "VISITS")


def test_hidden_rows_are_read_and_noted(pack: Pack) -> None:
    book = workbook({"Khám bệnh": station_sheet()})
    book["Khám bệnh"].row_dimensions[11].hidden = True
    submission = read(saved(book), pack)
    assert the(submission, "hidden_row").cell == "A11"
    assert cell_of(submission, "VISITS_CHILD").value.number == 40


def test_hidden_columns_are_read_and_noted(pack: Pack) -> None:
    book = workbook({"Khám bệnh": station_sheet()})
    book["Khám bệnh"].column_dimensions["D"].hidden = True
    book["Khám bệnh"].column_dimensions["Z"].hidden = True
    submission = read(saved(book), pack)
    assert (the(submission, "hidden_column").cell, the(submission, "hidden_column").found) == ("D9", "Thực hiện trong tháng")
    assert cell_of(submission, "VISITS").value.number == 120


def test_a_figure_that_is_merged_over_several_cells_belongs_to_none(pack: Pack) -> None:
    book = workbook({"Khám bệnh": station_sheet()})
    book["Khám bệnh"].merge_cells("D10:D11")
    book["Khám bệnh"].merge_cells("A1:G1")
    submission = read(saved(book), pack)
    assert [finding.cell for finding in submission.findings if finding.code == "merged_figure"] == ["D10", "D11"]
    assert cell_of(submission, "VISITS").value.state is State.UNREADABLE
    assert cell_of(submission, "VISITS_CHILD").value.state is State.UNREADABLE
    assert cell_of(submission, "VISITS_ADULT").value.number == 80


# Figures


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("#REF!", "error_cell"),
        ("=1+1", "formula_without_value"),
        ("Tiêm nhắc 60", "words_in_number_cell"),
        (55.21, "not_an_integer"),
        (-3, "negative"),
    ],
)
def test_a_cell_that_cannot_be_read_is_a_finding_with_its_address(content: Any, code: str, pack: Pack) -> None:
    submission = read_grid(with_figure("A.1", 0, content), pack)
    finding = the(submission, code)
    assert (finding.sheet, finding.cell, finding.indicator_code) == ("Khám bệnh", "D10", "VISITS")
    assert "Khám bệnh!D10" in finding.text_vi
    assert "Khám bệnh!D10" in finding.text_en
    assert cell_of(submission, "VISITS").value.state is State.UNREADABLE


def test_zero_words_count_where_the_form_says_so(pack: Pack) -> None:
    assert cell_of(read_grid(with_figure("A.1", 0, "không có"), pack), "VISITS").value.state is State.ZERO
    submission = read_grid(with_figure("A.5", 0, "không có ca"), pack)
    assert cell_of(submission, "CASES").value.state is State.UNREADABLE
    assert codes(submission) == ["zero_word"]


def test_done_and_plan_in_a_cumulative_column_fills_a_blank_plan(pack: Pack) -> None:
    table = deepcopy(STATION_FIGURES)
    table["A.1"][2:] = ["900/1.200", None]
    submission = read_grid(station_sheet(table), pack)
    assert cell_of(submission, "VISITS", Measure.YTD).value.number == 900
    plan = cell_of(submission, "VISITS", Measure.PLAN)
    assert (plan.value.number, plan.value.flags, plan.at.cell, plan.value.raw) == (1200, ("beside_value",), "F10", "900/1.200")
    assert codes(submission) == []


def test_done_and_plan_that_contradicts_the_plan_column(pack: Pack) -> None:
    submission = read_grid(with_figure("A.1", 2, "900/1.300"), pack)
    assert cell_of(submission, "VISITS", Measure.PLAN).value.number == 1200
    finding = the(submission, "plan_contradiction")
    assert (finding.found, finding.expected, finding.cell) == ("900/1.300", "1200", "F10")


def test_done_and_plan_without_a_plan_column_is_a_cell_of_its_own(pack: Pack) -> None:
    table: Grid = [
        ["Mã", "Chỉ tiêu", "Đơn vị tính", "Thực hiện trong tháng", "Cộng dồn"],
        ["B.1", "Lượt khám", "lượt", 10, "80/100"],
        ["B.2", "Trẻ em", "lượt", "4/5", 30],
        ["B.3", "Người lớn", "lượt", 6, 50],
    ]
    lines = head("HO v1", "Bệnh viện Đa khoa", "H1", "Tháng 8/2022")
    submission = read(saved(workbook({"Khám bệnh": lines + table})), pack)
    plan = cell_of(submission, "VISITS", Measure.PLAN)
    assert (plan.value.number, str(plan.at)) == (100, "Khám bệnh!E10")
    assert cell_of(submission, "VISITS_CHILD").value.state is State.UNREADABLE  # a month's figure has no plan beside it


def test_printed_changes_and_percentages(pack: Pack) -> None:
    table: Grid = [
        ["Mã", "Chỉ tiêu", "ĐVT", "Thực hiện trong tháng", "Cộng dồn", "Kế hoạch năm", "Đạt % kế hoạch", "Cùng kỳ", "Tăng/giảm"],
        [1, "Lượt khám", "lượt", "1.448", "6.967", "10.483", "66,46", "7.365", "↓398"],
        [2, "Trẻ em", "lượt", "571 (-)", "4.040(-)", "5.000", "80.8", "-", "tăng 302 lượt"],
        [3, "Người lớn", "lượt", "2066.356", "<5", "x", "<1%", None, "tương đương"],
        [4, "Bệnh nhân đang quản lý", "người", "2,831", "2,831", None, None, None, None],
        [5, "Số ca tích lũy", "ca", "52.620", "52.620", None, None, None, None],
        [6, "Công suất giường", "%", "57%", None, None, None, "66,93%", "-9,93%"],
    ]
    lines = head("CT v1", "Tỉnh Thử Nghiệm", "P", "Tháng 8/2022")
    submission = read(saved(workbook({"Tổng hợp": lines + table})), pack)
    read_figures = figures(submission)
    assert codes(submission) == ["irregular_grouping"]
    assert read_figures["VISITS", Measure.VALUE, "TOTAL"] == 1448
    assert read_figures["VISITS", Measure.PCT_OF_PLAN, "TOTAL"] == Decimal("66.46")
    assert read_figures["VISITS", Measure.CHANGE, "TOTAL"] == -398
    assert cell_of(submission, "VISITS_CHILD").value.flags == ("none_positive",)
    assert read_figures["VISITS_CHILD", Measure.CHANGE, "TOTAL"] == 302
    assert read_figures["VISITS_ADULT", Measure.VALUE, "TOTAL"] == 2066356
    assert cell_of(submission, "VISITS_ADULT", Measure.YTD).value.state is State.SUPPRESSED
    assert cell_of(submission, "VISITS_ADULT", Measure.PLAN).value.state is State.NOT_APPLICABLE
    assert read_figures["OCCUPANCY", Measure.CHANGE, "TOTAL"] == Decimal("-9.93")
    assert {cell.role for cell in submission.cells} == {Role.CONTROL}


# Other kinds of file


def test_a_csv_is_read_with_a_warning_that_it_hides_things(pack: Pack) -> None:
    lines = [";".join("" if content is None else str(content) for content in row) for row in station_sheet()]
    reading = read_file("\n".join(lines).encode(), "Khám bệnh.csv", pack)
    assert [finding.code for finding in reading.findings] == ["limited_reader"]
    assert figures(reading.submissions[0]) == figures(read_grid(station_sheet(), pack))


def test_an_ods_is_read_with_a_warning(pack: Pack) -> None:
    reading = read_file(open_document("Khám bệnh", station_sheet()), "bao cao.ods", pack)
    assert [finding.code for finding in reading.findings] == ["limited_reader"]
    assert figures(reading.submissions[0]) == figures(read_grid(station_sheet(), pack))


def open_document(name: str, grid: Grid) -> bytes:
    """An .ods with one sheet: the least that a reader takes."""

    def cell(content: Any) -> str:
        if isinstance(content, int):
            return f'<table:table-cell office:value-type="float" office:value="{content}"/>'
        text = "" if content is None else f"<text:p>{content}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'

    rows = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in grid)
    spaces = " ".join(f'xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{each}:1.0"' for each in ("office", "table", "text"))
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="{name}">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    return buffer.getvalue()


# The list of findings


def test_every_kind_of_finding_speaks_both_languages_and_has_its_code() -> None:
    for code, kind in KINDS.items():
        assert code == kind.code
        finding = kind.at("Trang", "B7", found="đã thấy", expected="cần thấy")
        for text in (finding.text_vi, finding.text_en):
            assert "{" not in text
            assert text.endswith(".")
        assert ("{found}" in kind.text_vi) == ("{found}" in kind.text_en)
        assert ("{expected}" in kind.text_vi) == ("{expected}" in kind.text_en)


# Properties


whole = st.one_of(st.none(), st.integers(0, 10**12))


@given(st.lists(st.tuples(whole, whole, whole, whole), min_size=5, max_size=5), st.randoms(use_true_random=False))
def test_any_figures_read_back_in_any_order_of_rows_and_columns(rows: list[tuple[int | None, ...]], random: Any) -> None:
    table = {code: list(row) for code, row in zip(STATION_FIGURES, rows, strict=True)}
    columns = list(range(7))
    random.shuffle(columns)
    header, *body = station_table(table)
    random.shuffle(body)
    shuffled = [[row[column] for column in columns] for row in [header, *body]]
    submission = read_grid(station_head() + shuffled, _pack())
    assert submission.findings == ()
    expected = [figure for row in table.values() for figure in row]
    assert [cell.value.number for cell in submission.cells] == expected
    assert [cell.value.state is State.BLANK for cell in submission.cells] == [figure is None for figure in expected]


PACKS: list[Pack] = []


def _pack() -> Pack:
    return PACKS[0]


@pytest.fixture(autouse=True)
def _remember(pack: Pack) -> None:
    PACKS[:] = [pack]


def test_a_reading_without_trouble_has_no_findings(pack: Pack) -> None:
    reading: Reading = read_file(station_file(), "bao cao.xlsx", pack)
    assert reading.findings == ()
