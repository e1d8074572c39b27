"""Every kind of layout, from a form's rows in the catalog to the figures of a workbook."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.intake.layouts import by_slot, codes, district, layout, read, read_tabs, station, the_one, values
from tests.intake.workbooks import Grid

from tonghop.model import Role, State

HEADER = ["Mã", "Chỉ tiêu", "Thực hiện"]
PLAIN_COLUMN = "LF,1,Bảng,Thực hiện,value,,,additive,,\n"
PLAIN_ROWS = """\
LF,1,Bảng,1,1,Số trẻ sinh,BIRTHS,,,,,,
LF,1,Bảng,2,2,Số tử vong,DEATHS,,,,,,
"""
PLAIN: Grid = [HEADER, [1, "Số trẻ sinh", 30], [2, "Số tử vong", 4]]


# Breakdowns


def test_breakdowns_on_rows_below_the_row_that_they_split(tmp_path: Path) -> None:
    pack = layout(
        tmp_path,
        columns=PLAIN_COLUMN,
        rows=PLAIN_ROWS
        + """\
LF,1,Bảng,3,1a,Trong đó: nữ,BIRTHS,,,,F,,1
LF,1,Bảng,4,2a,Trong đó: nữ,DEATHS,,,,F,,2
LF,1,Bảng,5,2b,Dưới 5 tuổi,DEATHS,,,,U5,,2
""",
    )
    table: Grid = [
        HEADER,
        [1, "Số trẻ sinh", 30],
        [None, "Trong đó: nữ", 14],
        [2, "Số tử vong", 4],
        [None, "Trong đó: nữ", 1],
        [None, "Dưới 5 tuổi", 2],
    ]
    submission = the_one(read(pack, Bảng=station() + table))
    assert codes(submission.findings) == []
    assert values(submission) == {"BIRTHS": 30, "BIRTHS F": 14, "DEATHS": 4, "DEATHS F": 1, "DEATHS U5": 2}


def test_a_label_that_stands_several_times_is_not_read_below_a_row_that_is_unknown(tmp_path: Path) -> None:
    rows = PLAIN_ROWS + "LF,1,Bảng,3,1a,nữ,BIRTHS,,,,F,,1\nLF,1,Bảng,4,2a,nữ,DEATHS,,,,F,,2\n"
    pack = layout(tmp_path, columns=PLAIN_COLUMN, rows=rows)
    table: Grid = [HEADER, [1, "Số trẻ sinh", 30], [9, "Số ca lạ", 8], [None, "nữ", 3], [2, "Số tử vong", 4], [None, "nữ", 1]]
    submission = the_one(read(pack, Bảng=station() + table))
    assert [(finding.code, finding.cell) for finding in submission.findings] == [
        ("unknown_row", "A11"),
        ("unknown_row", "B12"),
        ("missing_row", None),
    ]
    assert values(submission) == {"BIRTHS": 30, "BIRTHS F": None, "DEATHS": 4, "DEATHS F": 1}


def test_a_breakdown_on_the_row_and_another_on_the_column_are_crossed(tmp_path: Path) -> None:
    pack = layout(
        tmp_path,
        columns="LF,1,Bảng,Tổng số,value,TOTAL,,,,\nLF,1,Bảng,Nữ,value,F,,,,\n",
        rows="LF,1,Bảng,1,1,Số tử vong,DEATHS,additive,,,,,\nLF,1,Bảng,2,2,Dưới 5 tuổi,DEATHS,additive,,,U5,,\n",
    )
    table: Grid = [["TT", "Nội dung", "Tổng số", "Nữ"], [1, "Số tử vong", 9, 5], [2, "Dưới 5 tuổi", 3, 1]]
    assert values(the_one(read(pack, Bảng=station() + table))) == {"DEATHS": 9, "DEATHS F": 5, "DEATHS U5": 3, "DEATHS F_U5": 1}


# Columns that are indicators, rows that are units

LIST_COLUMNS = "LF,1,Bảng,Số trẻ sinh,value,,BIRTHS,additive,,\nLF,1,Bảng,Số tử vong,value,,DEATHS,additive,,\n"
LIST_ROWS = "LF,1,Bảng,1,{unit},{unit},,,,,,,\n"
LIST_HEADER = ["STT", "Nội dung", "Số trẻ sinh", "Số tử vong"]
TOTAL_FORM = "LF,1,Biểu,Form,station,month,2020-01-01,,\nLT,1,Tổng,Total,district,month,2020-01-01,,\n"


def test_a_list_of_units_is_a_report_of_each(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=LIST_COLUMNS, rows=LIST_ROWS)
    reading = read(pack, Bảng=[*district(), LIST_HEADER, [1, "TYT xã Một", 5, 0], [2, "trạm y tế thị trấn HAI", 7, 1]])
    assert by_slot(reading) == {"C11 LF 2022-08": {"BIRTHS": 5, "DEATHS": 0}, "C12 LF 2022-08": {"BIRTHS": 7, "DEATHS": 1}}
    assert [codes(submission.findings) for submission in reading.submissions] == [[], []]
    assert str(reading.submissions[1].cells[0].at) == "Bảng!C11"
    assert reading.findings == ()


def test_rows_of_a_list_that_are_no_report(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=LIST_COLUMNS, rows=LIST_ROWS)
    table: Grid = [LIST_HEADER, [1, "TYT xã Một", 5, 0], [2, "TYT Hai", None, "-"], [3, "TYT xã Lạ", 4, 4], [None, "Tổng cộng", 9, 4]]
    reading = read(pack, Bảng=district() + table)
    assert list(by_slot(reading)) == ["C11 LF 2022-08"]
    assert [(finding.code, finding.cell, finding.found) for finding in reading.findings] == [
        ("unknown_row", "A12", "3 TYT xã Lạ"),
        ("unknown_row", "B13", "Tổng cộng"),
        ("unit_without_figures", "C11", "C12"),
    ]


def test_a_unit_of_another_branch_than_that_of_the_compiler(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=LIST_COLUMNS, rows=LIST_ROWS)
    reading = read(pack, Bảng=[*district(), LIST_HEADER, [1, "Trạm Y tế xã Ba", 5, 0], [2, "C11", 5, 1]])
    assert [(str(each.slot), codes(each.findings)) for each in reading.submissions] == [
        ("C21 LF 2022-08", ["unit_not_below"]),
        ("C11 LF 2022-08", []),
    ]


def test_code_and_name_of_a_unit_that_disagree(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=LIST_COLUMNS, rows=LIST_ROWS)
    reading = read(pack, Bảng=[*district(), LIST_HEADER, ["C12", "TYT xã Một", 5, 0], ["31318", "TYT xã Một", 6, 0]])
    assert list(by_slot(reading)) == ["C11 LF 2022-08"]
    assert codes(reading.findings) == ["row_contradiction", "unknown_row"]


def test_a_unit_that_stands_twice_in_a_list(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=LIST_COLUMNS, rows=LIST_ROWS)
    reading = read(pack, Bảng=[*district(), LIST_HEADER, [1, "TYT xã Một", 5, 0], [2, "C11", 6, 0], [3, "TYT Hai", 1, 1]])
    first, second = reading.submissions
    assert codes(first.findings) == ["repeated_row", "duplicate_row"] or codes(first.findings) == ["duplicate_row", "repeated_row"]
    assert first.cells[0].value.state is State.UNREADABLE
    assert (codes(second.findings), values(second)) == ([], {"BIRTHS": 1, "DEATHS": 1})


def test_a_list_without_any_figure_is_refused(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=LIST_COLUMNS, rows=LIST_ROWS)
    reading = read(pack, Bảng=[*district(), LIST_HEADER, [1, "TYT xã Một", None, None]])
    assert reading.submissions == ()
    assert codes(reading.findings) == ["unit_without_figures", "no_figures"]


def test_a_row_of_totals_below_a_list_is_a_control_of_the_compiler(tmp_path: Path) -> None:
    pack = layout(
        tmp_path,
        forms=TOTAL_FORM,
        columns=LIST_COLUMNS + LIST_COLUMNS.replace("LF,", "LT,").replace("additive", ""),
        rows=LIST_ROWS + "LT,1,Bảng,1,T,Tổng cộng,,,,,,,\n",
        sheets="stands_in,control\nLT,1,Bảng,LF,yes\n",
    )
    table: Grid = [LIST_HEADER, [1, "TYT xã Một", 5, 0], [2, "TYT Hai", 7, 1], [None, "Tổng cộng", 12, 1], [None, "Ghi thêm", 3, None]]
    reading = read(pack, Bảng=district() + table)
    assert by_slot(reading)["D1 LT 2022-08"] == {"BIRTHS": 12, "DEATHS": 1}
    assert [{cell.role for cell in each.cells} for each in reading.submissions] == [{Role.ADDITIVE}, {Role.ADDITIVE}, {Role.CONTROL}]
    assert [codes(submission.findings) for submission in reading.submissions] == [[], [], []]
    assert [(finding.code, finding.found) for finding in reading.findings] == [("unknown_row", "Ghi thêm")]


def test_columns_that_are_units_below_a_header_of_two_rows(tmp_path: Path) -> None:
    pack = layout(
        tmp_path,
        columns="LF,1,Bảng,{unit} | Tổng số,value,,,additive,,\nLF,1,Bảng,{unit} | Nữ,value,F,,additive,,\n",
        rows=PLAIN_ROWS,
        sheets="header_rows\nLF,1,Bảng,2\n",
    )
    table: Grid = [
        ["Mã", "Chỉ tiêu", "TYT xã Một", None, "TYT Hai", None],
        [None, None, "Tổng số", "Nữ", "Tổng số", "Nữ"],
        [1, "Số trẻ sinh", 5, 2, 7, 3],
        [2, "Số tử vong", 0, 0, 1, 1],
    ]
    reading = read(pack, Bảng=district() + table)
    assert by_slot(reading) == {
        "C11 LF 2022-08": {"BIRTHS": 5, "BIRTHS F": 2, "DEATHS": 0, "DEATHS F": 0},
        "C12 LF 2022-08": {"BIRTHS": 7, "BIRTHS F": 3, "DEATHS": 1, "DEATHS F": 1},
    }
    assert [codes(submission.findings) for submission in reading.submissions] == [[], []]


# Months

MONTH_COLUMNS = "".join(f"LF,1,Bảng,Tháng {month},value,,,additive,,{month}\n" for month in range(1, 13))
MONTH_HEADER = ["Mã", "Chỉ tiêu", *(f"Tháng {month}" for month in range(1, 13)), "Cộng dồn"]


def months(*births: int | None) -> list[int | str | None]:
    return [1, "Số trẻ sinh", *births, *[None] * (12 - len(births))]


def test_a_column_for_each_month_is_a_report_of_each_that_has_figures(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=MONTH_COLUMNS + "LF,1,Bảng,Cộng dồn,ytd,,,additive,,\n", rows=PLAIN_ROWS)
    table: Grid = [MONTH_HEADER, [*months(5, None, 7), 12], [2, "Số tử vong", *[None] * 12, None]]
    reading = read(pack, Bảng=station("Tháng 03/2022") + table)
    assert by_slot(reading) == {
        "C11 LF 2022-01": {"BIRTHS": 5, "DEATHS": None},
        "C11 LF 2022-03": {"BIRTHS": 7, "DEATHS": None, "BIRTHS ytd": 12, "DEATHS ytd": None},
    }
    assert [codes(submission.findings) for submission in reading.submissions] == [[], []]


def test_months_of_a_quarter_and_figures_after_it(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=MONTH_COLUMNS, rows=PLAIN_ROWS.splitlines()[0] + "\n")
    reading = read(pack, Bảng=[*station("Quý 1/2022"), MONTH_HEADER[:-1], months(5, 6, 7, 8)])
    assert list(by_slot(reading)) == ["C11 LF 2022-01", "C11 LF 2022-02", "C11 LF 2022-03"]
    assert [(finding.code, finding.found, finding.cell) for finding in reading.findings] == [("figures_after_period", "04", "F10")]


def test_columns_of_months_to_come_may_be_missing(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=MONTH_COLUMNS, rows=PLAIN_ROWS.splitlines()[0] + "\n")
    reading = read(pack, Bảng=[*station("Tháng 02/2022"), MONTH_HEADER[:3], [1, "Số trẻ sinh", 5]])
    (january, february) = reading.submissions
    assert (values(january), values(february)) == ({"BIRTHS": 5}, {"BIRTHS": None})
    assert [finding.expected for finding in february.findings] == ["Tháng 2"]


def test_a_row_for_each_month(tmp_path: Path) -> None:
    pack = layout(
        tmp_path,
        columns=LIST_COLUMNS,
        rows="".join(f"LF,1,Bảng,{month},{month},Tháng {month},,,,,,{month},\n" for month in range(1, 13)),
        sheets="rows_by\nLF,1,Bảng,label\n",
    )
    table: Grid = [LIST_HEADER, *([str(month), f"Tháng {month}", 10 * month, 0] for month in range(1, 13))]
    reading = read(pack, Bảng=station("Năm 2021") + table)
    assert by_slot(reading)["C11 LF 2021-07"] == {"BIRTHS": 70, "DEATHS": 0}
    assert len(reading.submissions) == 12


# A tab for each unit or month


def tabs_per(directory: Path, kind: str) -> Path:
    return directory / kind


def test_a_tab_for_each_unit_and_a_sheet_of_totals(tmp_path: Path) -> None:
    pack = layout(
        tmp_path,
        forms=TOTAL_FORM,
        columns=PLAIN_COLUMN + "LT,1,Toàn huyện,Thực hiện,value,,,,,\n",
        rows=PLAIN_ROWS + PLAIN_ROWS.replace("LF,1,Bảng", "LT,1,Toàn huyện"),
        sheets="one_per,stands_in,control,other_names\nLF,1,Bảng,unit,,,\nLT,1,Toàn huyện,,LF,yes,TOTAL;Tổng hợp\n",
    )
    period = station(form="LF v1", unit=None, unit_code=None)
    reading = read_tabs(pack, {"TYT xã Một": period + PLAIN, "TYT Hai": PLAIN, "Total": PLAIN})
    assert list(by_slot(reading)) == ["C11 LF 2022-08", "C12 LF 2022-08", "D1 LT 2022-08"]
    assert {cell.role for cell in reading.submissions[2].cells} == {Role.CONTROL}
    assert [codes(submission.findings) for submission in reading.submissions] == [[], [], []]
    assert reading.findings == ()
    one_more = read_tabs(pack, {"TYT xã Một": period + PLAIN, "Trạm Y tế xã Ba": PLAIN, "Total": PLAIN})
    assert list(by_slot(one_more)) == ["C11 LF 2022-08", "C21 LF 2022-08"]  # no district is above both
    assert codes(one_more.findings) == ["unknown_unit"]


def test_a_tab_and_a_head_that_name_different_units(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=PLAIN_COLUMN, rows=PLAIN_ROWS, sheets="one_per\nLF,1,Bảng,unit\n")
    reading = read_tabs(pack, {"TYT Hai": station() + PLAIN})
    assert [(str(each.slot), codes(each.findings)) for each in reading.submissions] == [("C11 LF 2022-08", ["unit_contradiction"])]
    compiled = read_tabs(pack, {"TYT Hai": district() + PLAIN, "TYT xã Một": district() + PLAIN})
    assert list(by_slot(compiled)) == ["C12 LF 2022-08", "C11 LF 2022-08"]


def test_a_tab_for_each_month(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=PLAIN_COLUMN, rows=PLAIN_ROWS, sheets="one_per\nLF,1,Bảng,month\n")
    reading = read_tabs(pack, {"T1": station("Năm 2022") + PLAIN, "Tháng 2": PLAIN, "03": PLAIN})
    assert list(by_slot(reading)) == ["C11 LF 2022-01", "C11 LF 2022-02", "C11 LF 2022-03"]
    assert [codes(submission.findings) for submission in reading.submissions] == [[], [], []]
    wrong = read_tabs(pack, {"T1": station("Tháng 02/2022") + PLAIN})
    assert codes(wrong.submissions[0].findings) == ["period_contradiction"]


# Fixed cells

FIXED: Grid = [
    ["TRẠM Y TẾ", None, "C11"],
    [None, None, "Kỳ: 8/2022"],
    ["Trẻ sinh ra", None, None, 12],
    ["Tử vong", None, None, "1.002"],
    ["Khác", None, None, 7],
]
CELLS = """\
LF,1,Phiếu,D3,BIRTHS,value,,additive,A3,Trẻ sinh ra
LF,1,Phiếu,D4,DEATHS,value,F,additive,A4,Tử vong
"""


def test_figures_head_and_date_in_fixed_cells(tmp_path: Path) -> None:
    sheets = "unit_cell,period_cell,as_of_cell\nLF,1,Phiếu,C1,C2,C6\n"
    pack = layout(tmp_path, cells=CELLS, sheets=sheets)
    submission = the_one(read(pack, Phiếu=[*FIXED, [None, None, "31/08/2022"]]))
    assert str(submission.slot) == "C11 LF 2022-08"
    assert values(submission) == {"BIRTHS": 12, "DEATHS F": 1002}
    assert str(submission.as_of_date) == "2022-08-31"
    assert [(finding.code, finding.cell, finding.found) for finding in submission.findings] == [("unread_numbers", "D5", "1")]


def test_a_figure_whose_label_has_moved_is_not_read(tmp_path: Path) -> None:
    pack = layout(tmp_path, cells=CELLS, sheets="unit_cell,period_cell\nLF,1,Phiếu,C1,C2\n")
    reading = read(pack, Phiếu=[*FIXED[:3], ["Hàng chèn", None, None, 5], *FIXED[3:]])
    (submission,) = reading.submissions
    moved = next(finding for finding in submission.findings if finding.code == "label_moved")
    assert (moved.cell, moved.found, moved.expected, moved.indicator_code) == ("D4", "Hàng chèn", "Tử vong (A4)", "DEATHS")
    assert [cell.value.state for cell in submission.cells] == [State.NUMBER, State.UNREADABLE]


# Headers, rows, numbers, free text


def test_a_header_that_lies_in_a_given_row(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=PLAIN_COLUMN, rows=PLAIN_ROWS, sheets="header_row\nLF,1,Bảng,11\n")
    above: Grid = [["Mã", "Chỉ tiêu", "Thực hiện"], [1, "Số trẻ sinh", 99]]
    submission = the_one(read(pack, Bảng=[*station(), *above, *PLAIN]))
    assert values(submission) == {"BIRTHS": 30, "DEATHS": 4}
    assert [(finding.code, finding.cell, finding.found) for finding in submission.findings] == [("unread_numbers", "A10", "2")]
    elsewhere = the_one(read(pack, Bảng=[*station(), *PLAIN]))
    assert codes(elsewhere.findings) == ["missing_header"]


@pytest.mark.parametrize(
    ("rows_by", "read_rows", "found"),
    [
        ("code", {"BIRTHS": 30, "DEATHS": 4}, []),
        ("label", {"BIRTHS": 4, "DEATHS": 30}, []),
        ("both", {"BIRTHS": None, "DEATHS": None}, ["unknown_row", "unknown_row", "missing_row", "missing_row"]),
    ],
)
def test_rows_are_known_by_what_the_form_says(tmp_path: Path, rows_by: str, read_rows: dict[str, int | None], found: list[str]) -> None:
    pack = layout(tmp_path, columns=PLAIN_COLUMN, rows=PLAIN_ROWS, sheets=f"rows_by\nLF,1,Bảng,{rows_by}\n")
    submission = the_one(read(pack, Bảng=[*station(), HEADER, [1, "Số tử vong", 30], [2, "Số trẻ sinh", 4]]))
    assert values(submission) == read_rows
    assert codes(submission.findings) == found


def test_other_names_optional_and_ignored_sheets(tmp_path: Path) -> None:
    pack = layout(
        tmp_path,
        columns=PLAIN_COLUMN + PLAIN_COLUMN.replace("Bảng", "Thêm"),
        rows=PLAIN_ROWS.splitlines()[0] + "\n" + PLAIN_ROWS.splitlines()[1].replace("Bảng", "Thêm") + "\n",
        sheets="other_names,optional,ignored\nLF,1,Bảng,Biểu 1;Bieu so 1,,\nLF,1,Thêm,,yes,\nLF,1,Danh mục,,,yes\n",
    )
    submission = the_one(read_tabs(pack, {"biểu 1": station() + PLAIN[:2], "Danh mục": [["Mã", 1, 2], [3, 4, 5]]}))
    assert codes(submission.findings) == []
    assert [(cell.indicator_code, cell.value.flags) for cell in submission.cells] == [("BIRTHS", ()), ("DEATHS", ("missing",))]


def test_numbers_that_number_the_columns_are_no_row(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=PLAIN_COLUMN, rows=PLAIN_ROWS)
    for numbering in (["A", "B", 1], [1, 2, 3], ["(1)", "(2)", "(3)=(1)+(2)"]):
        submission = the_one(read(pack, Bảng=[*station(), HEADER, numbering, *PLAIN[1:]]))
        assert codes(submission.findings) == []
        assert values(submission) == {"BIRTHS": 30, "DEATHS": 4}


def test_totals_in_between_and_a_table_that_the_form_does_not_have(tmp_path: Path) -> None:
    pack = layout(tmp_path, columns=PLAIN_COLUMN, rows=PLAIN_ROWS)
    table: Grid = [*PLAIN[:2], [None, "Cộng mục I", 30], PLAIN[2], [], ["TT", "Tên thuốc", "Số lượng"], [1, "Paracetamol", 500]]
    submission = the_one(read(pack, Bảng=[*station(), *table]))
    assert values(submission) == {"BIRTHS": 30, "DEATHS": 4}
    assert [(finding.code, finding.cell) for finding in submission.findings] == [("unknown_row", "B11"), ("unknown_row", "A15")]


@pytest.mark.parametrize(
    ("style", "typed", "number", "code"),
    [
        ("vi", "1.448", 1448, None),
        ("vi", "1.448,5", 1448.5, None),
        ("vi", "1,448.5", None, "number_style"),
        ("en", "1.448", 1.448, None),
        ("en", "1,448", 1448, None),
        ("", "1.448", None, "ambiguous_number"),
    ],
)
def test_the_number_style_of_a_form(tmp_path: Path, style: str, typed: str, number: float | None, code: str | None) -> None:
    pack = layout(
        tmp_path,
        forms=f"LF,1,Biểu,Form,station,month,2020-01-01,,{style}\n",
        columns=PLAIN_COLUMN,
        rows="LF,1,Bảng,1,1,Cân nặng,WEIGHT,,,,,,\n",
    )
    submission = the_one(read(pack, Bảng=[*station(), HEADER, [1, "Cân nặng", typed]]))
    assert values(submission) == {"WEIGHT": number}
    assert codes(submission.findings) == ([code] if code else [])


def test_free_text_behind_the_labels_of_the_form(tmp_path: Path) -> None:
    pack = layout(
        tmp_path,
        columns=PLAIN_COLUMN,
        rows=PLAIN_ROWS,
        narratives="LF,1,Bảng,Tình hình dịch,Dịch bệnh\nLF,1,Bảng,Phương hướng,Kế hoạch\n",
    )
    below: Grid = [[], ["Tình hình dịch: ổn định"], ["Phương hướng"], ["Tiếp tục giám sát"], ["Nhận xét:", "không"]]
    submission = the_one(read(pack, Bảng=[*station(), *PLAIN, *below]))
    assert [(each.topic, each.text, each.at.cell) for each in submission.narratives] == [
        ("Dịch bệnh", "ổn định", "A13"),
        ("Kế hoạch", "Tiếp tục giám sát", "A15"),
        ("Nhận xét", "không", "B16"),
    ]
