"""Whose report it is: form, unit and period, and what happens when two sources disagree."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.intake.workbooks import Grid, head, saved, station_file, station_head, station_sheet, station_table, workbook
from tests.packs import FILES, edited, write_pack

from tonghop.catalog import Pack, read_pack
from tonghop.intake import read_file
from tonghop.intake.vocabulary import periods_in, read_date, read_period
from tonghop.model import Finding, Period, Reading

# Periods and dates


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Tháng 8/2022", "2022-08"),
        ("Tháng 08/2022", "2022-08"),
        ("THÁNG 08 NĂM 2022", "2022-08"),
        ("tháng 8 - 2022", "2022-08"),
        ("8/2022", "2022-08"),
        ("08-2022", "2022-08"),
        ("T8.2022", "2022-08"),
        ("2022-08", "2022-08"),
        ("Quý 3/2022", "2022-Q3"),
        ("Quý III năm 2022", "2022-Q3"),
        ("3 tháng đầu năm 2022", "2022-Q1"),
        ("6 tháng đầu năm 2022", "2022-H1"),
        ("9 tháng năm 2022", "2022-9M"),
        ("12 tháng năm 2022", "2022"),
        ("Năm 2022", "2022"),
        ("2022", "2022"),
        ("Tuần 33/2022", "2022-W33"),
        ("2022-Q3", "2022-Q3"),
    ],
)
def test_a_period_in_its_usual_spellings(text: str, code: str) -> None:
    assert read_period(text) == Period.parse(code)


@pytest.mark.parametrize("text", ["", "Tháng 13/2022", "tháng tám", "14/08/2022", "tháng 7/2022 và tháng 8/2022", "8", "Tháng 8/22"])
def test_what_names_no_single_period(text: str) -> None:
    assert read_period(text) is None


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("BC thang 8-2022 (1) final", ["2022-08"]),
        ("BC_T8_2022", ["2022-08"]),
        ("TYT_thang08_2022_sua_lai", ["2022-08"]),
        ("HG-CT-01_2022-08", ["2022-08"]),
        ("nop 05-09-2022", []),
        ("2022-09-05 bao cao", []),
        ("bao cao", []),
        ("Quy 3 nam 2022", ["2022-Q3"]),
    ],
)
def test_periods_in_file_names(name: str, codes: list[str]) -> None:
    assert [period.code for period in periods_in(name)] == codes


@given(
    st.integers(2000, 2099), st.integers(1, 12), st.sampled_from(["Tháng {0}/{1}", "tháng {0:02d} năm {1}", "{0:02d}/{1}", "{1}-{0:02d}"])
)
def test_every_month_reads_back(year: int, month: int, style: str) -> None:
    assert read_period(style.format(month, year)) == Period.month(year, month)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(["%d/%m/%Y", "%d-%m-%Y", "ngày %d tháng %m năm %Y", "%Y-%m-%d"]))
def test_every_date_reads_back(day: date, style: str) -> None:
    assert read_date(day.strftime(style)) == day


def test_impossible_dates_are_no_dates() -> None:
    assert read_date("30//2022") is None
    assert read_date("31/02/2022") is None


# Files


def read(data: bytes, pack: Pack, name: str = "bao cao.xlsx") -> Reading:
    return read_file(data, name, pack)


def station(pack: Pack, name: str = "bao cao.xlsx", **changed: Any) -> Reading:
    return read(station_file(station_sheet(**changed)), pack, name)


def slots(reading: Reading) -> list[str]:
    return [str(submission.slot) for submission in reading.submissions]


def of_file(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


def of_submission(reading: Reading) -> list[str]:
    (submission,) = reading.submissions
    return [finding.code for finding in submission.findings]


def the(reading: Reading, code: str) -> Finding:
    everything = [*reading.findings, *(finding for submission in reading.submissions for finding in submission.findings)]
    (finding,) = [finding for finding in everything if finding.code == code]
    return finding


def test_a_report_is_known_by_its_head(pack: Pack) -> None:
    reading = station(pack)
    assert slots(reading) == ["C11 ST 2022-08"]
    assert reading.submissions[0].form_version == 2
    assert reading.submissions[0].as_of_date == date(2022, 8, 31)
    assert (of_file(reading), of_submission(reading)) == ([], [])


@pytest.mark.parametrize(
    "changed",
    [
        {"form": "ST"},
        {"form": "st phiên bản 2"},
        {"form": "ST (v2)"},
        {"unit_code": "c11 "},
        {"unit_code": "31318"},  # the official code of that day
        {"unit_code": None},
        {"unit_code": None, "unit": "TYT  xã Một"},
        {"unit": "Trạm y tế một tên khác"},
        {"period": "08 / 2022"},
        {"period": datetime(2022, 8, 1)},
        {"as_of": datetime(2022, 8, 31)},
    ],
)
def test_a_head_in_other_spellings(changed: dict[str, Any], pack: Pack) -> None:
    reading = station(pack, **changed)
    assert slots(reading) == ["C11 ST 2022-08"]
    assert (of_file(reading), of_submission(reading)) == ([], [])


REUSED = "C23,31327,Trạm Y tế xã Mới,New commune,3,3,station,D2,2022-07-01,,\n"
"""A commune that bears the code that C22 bore until it was merged."""


def test_an_official_code_means_who_bore_it_in_the_period(tmp_path: Path) -> None:
    changed = read_pack(write_pack(tmp_path, units=FILES["units.csv"] + REUSED))
    head = {"unit_code": "31327", "unit": None}
    assert slots(station(changed, period="Tháng 06/2022", form="ST v1", **head)) == ["C22 ST 2022-06"]
    assert slots(station(changed, period="Tháng 08/2022", **head)) == ["C23 ST 2022-08"]


def test_an_old_official_code_that_nobody_bears_any_more_names_who_took_over(pack: Pack) -> None:
    finding = the(station(pack, unit_code="31327", unit=None), "unit_not_valid")
    assert finding.found == "31327: C22 (Trạm Y tế xã Bốn, from 2004-01-01 until 2022-07-01)"
    assert finding.proposal is not None and [each.code for each in finding.proposal.candidates] == ["C21"]


def test_label_and_value_in_one_cell_and_elsewhere(pack: Pack) -> None:
    lines: Grid = [
        [None, "Biểu mẫu: ST v2", None, "Mã đơn vị", None, "C11"],
        [],
        [None, "KỲ BÁO CÁO :  tháng 8 năm 2022"],
    ]
    assert slots(read(station_file(lines + station_table()), pack)) == ["C11 ST 2022-08"]


def test_without_labels_the_titles_and_the_rows_tell(pack: Pack) -> None:
    lines: Grid = [["TRẠM Y TẾ XÃ MỘT"], ["BÁO CÁO HOẠT ĐỘNG THÁNG 8 NĂM 2022"], []]
    reading = read(station_file(lines + station_table()), pack)
    assert slots(reading) == ["C11 ST 2022-08"]
    assert of_submission(reading) == []


@pytest.mark.parametrize(
    ("changed", "code", "found"),
    [
        ({"form": "XX v1"}, "unknown_form", "XX v1"),
        ({"form": "ST v9"}, "unknown_form", "ST v9"),
        ({"unit_code": "C99"}, "unknown_unit", "C99"),
        ({"unit_code": None, "unit": "Trạm y tế xã Năm"}, "unknown_unit", "Trạm y tế xã Năm"),
        ({"unit_code": "C22"}, "unit_not_valid", "C22"),
        ({"period": "tháng tám"}, "unknown_period", "tháng tám"),
        ({"period": "Tháng 8/2032"}, "period_out_of_range", "2032-08"),
        ({"period": datetime(2022, 8, 14)}, "unknown_period", "2022-08-14"),
    ],
)
def test_without_form_unit_or_period_there_is_no_submission(changed: dict[str, Any], code: str, found: str, pack: Pack) -> None:
    reading = station(pack, **changed)
    assert slots(reading) == []
    finding = the(reading, code)
    assert (finding.found, finding.severity) == (found, "critical")
    assert finding.sheet == "Khám bệnh"
    assert finding.cell in {"B3", "B4", "B5", "B6"}


def test_an_unknown_code_with_a_known_name_proposes_the_code(pack: Pack) -> None:
    assert the(station(pack, unit_code="C111"), "unknown_unit").expected == "C11 (Trạm Y tế xã Một)"


def test_a_name_that_several_units_bear_is_refused(tmp_path: Path) -> None:
    pack = read_pack(write_pack(tmp_path, **edited("units", "Trạm Y tế thị trấn Hai", "Trạm Y tế xã Một")))
    reading = station(pack, unit_code=None)
    assert slots(reading) == []
    assert the(reading, "ambiguous_unit").expected == "C11, C12"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"unit": "Trạm Y tế xã Ba"}, "unit_contradiction"),
        ({"form": "ST v1"}, "form_version_not_valid"),
        ({"form": "HO v1"}, "form_not_for_unit"),
        ({"period": "Quý 3/2022"}, "period_type_mismatch"),
        ({"as_of": "30//2022"}, "as_of_date_unreadable"),
        ({"as_of": "31/07/2022"}, "as_of_date_before_period"),
    ],
)
def test_contradictions_are_findings_of_the_submission(changed: dict[str, Any], code: str, pack: Pack) -> None:
    assert code in of_submission(station(pack, **changed))


def test_a_version_that_the_rows_and_columns_are_not_is_a_contradiction(pack: Pack) -> None:
    marked_old = station(pack, form="ST v1")
    finding = the(marked_old, "form_version_contradiction")
    assert (finding.found, finding.expected, finding.severity) == ("ST v1", "ST v2", "critical")
    assert finding.sheet == "Khám bệnh"
    assert the(read(station_file(as_before()), pack), "form_version_contradiction").expected == "ST v1"
    for agreeing in (as_before(form="ST v1", period="Tháng 6/2022"), station_sheet()):
        reading = read(station_file(agreeing), pack)
        assert "form_version_contradiction" not in of_submission(reading) + of_file(reading)


def as_before(**changed: Any) -> Grid:
    """The station's sheet without the column that version 2 has added."""
    added = station_table()[0].index("Trong đó nữ")
    return station_head(**changed) + [row[:added] + row[added + 1 :] for row in station_table()]


def test_a_period_in_the_title_that_differs_is_a_contradiction_with_its_evidence(pack: Pack) -> None:
    grid = station_sheet()
    grid[1] = ["BÁO CÁO HOẠT ĐỘNG THÁNG 7/2022"]
    finding = the(read(station_file(grid), pack), "period_contradiction")
    assert finding.found == "Khám bệnh!B6: 2022-08; Khám bệnh!A2: 2022-07"


@pytest.mark.parametrize(
    "name", ["bao cao.xlsx", "C11_2022-08.xlsx", "/nop 2022-08/C11 T8-2022 (1).xlsx", "P thang 8 nam 2022.xlsx", "Q3-2022.xlsx"]
)
def test_file_names_that_agree_or_say_nothing(name: str, pack: Pack) -> None:
    assert of_submission(station(pack, name)) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("C11 thang 7-2022.xlsx", "period_contradiction"),
        ("2021-08 C11.xlsx", "period_contradiction"),
        ("C12_2022-08.xlsx", "unit_contradiction"),
    ],
)
def test_file_names_that_contradict(name: str, code: str, pack: Pack) -> None:
    reading = station(pack, name)
    assert slots(reading) == ["C11 ST 2022-08"]
    assert of_submission(reading) == [code]


# Several sheets


HOSPITAL_TABLES: dict[str, Grid] = {
    "Khám bệnh": [
        ["Mã", "Chỉ tiêu", "Đơn vị tính", "Thực hiện trong tháng", "Cộng dồn"],
        ["B.1", "Lượt khám", "lượt", 10, 80],
        ["B.2", "Trẻ em", "lượt", 4, 30],
        ["B.3", "Người lớn", "lượt", 6, 50],
    ],
    "Giường bệnh": [
        ["Mã", "Chỉ tiêu", "Đơn vị tính", "Thực hiện trong tháng", "Tỷ lệ %"],
        ["B.4", "Ngày điều trị", "ngày", 150, None],
        ["B.5", "Ngày giường kế hoạch", "ngày", 300, None],
        ["B.6", "Công suất giường", "%", "50,00", "50,00"],
    ],
}


def hospital_sheet(name: str, **changed: Any) -> Grid:
    lines = {"form": "HO v1", "unit": "Bệnh viện Đa khoa", "unit_code": "H1", "period": "Tháng 8/2022"} | changed
    return head(**lines) + HOSPITAL_TABLES[name]


def hospital(pack: Pack, sheets: dict[str, Grid]) -> Reading:
    return read(saved(workbook(sheets)), pack)


def test_the_sheets_of_a_form_are_one_submission(pack: Pack) -> None:
    reading = hospital(pack, {name: hospital_sheet(name) for name in HOSPITAL_TABLES})
    assert slots(reading) == ["H1 HO 2022-08"]
    assert of_submission(reading) == []
    assert len(reading.submissions[0].cells) == 12


def test_a_sheet_without_a_head_takes_over_that_of_the_others(pack: Pack) -> None:
    sheets = {"Khám bệnh": hospital_sheet("Khám bệnh"), "Giường bệnh": HOSPITAL_TABLES["Giường bệnh"]}
    reading = hospital(pack, sheets)
    assert slots(reading) == ["H1 HO 2022-08"]
    assert of_submission(reading) == []


def test_renamed_tabs_are_known_by_their_rows(pack: Pack) -> None:
    reading = hospital(pack, {"Sheet1": hospital_sheet("Giường bệnh"), "Sheet2": hospital_sheet("Khám bệnh")})
    assert of_submission(reading) == []
    assert {cell.at.sheet for cell in reading.submissions[0].cells} == {"Sheet1", "Sheet2"}


def test_a_missing_sheet_is_a_finding_and_its_cells_are_blank(pack: Pack) -> None:
    reading = hospital(pack, {"Khám bệnh": hospital_sheet("Khám bệnh")})
    assert of_submission(reading) == ["missing_sheet"]
    assert [cell.value.flags for cell in reading.submissions[0].cells[6:]] == [("missing",)] * 6


def test_a_sheet_with_another_month_than_its_neighbours_is_refused(pack: Pack) -> None:
    sheets = {"Khám bệnh": hospital_sheet("Khám bệnh"), "Giường bệnh": hospital_sheet("Giường bệnh", period="Tháng 7/2022")}
    reading = hospital(pack, sheets)
    assert slots(reading) == []
    assert the(reading, "period_contradiction").found == "Khám bệnh: 2022-08; Giường bệnh: 2022-07"


def test_sheets_headed_with_different_units_are_refused(pack: Pack) -> None:
    other = hospital_sheet("Giường bệnh", unit="Bệnh viện Sản Nhi", unit_code="H2")
    reading = hospital(pack, {"Khám bệnh": hospital_sheet("Khám bệnh"), "Giường bệnh": other})
    assert slots(reading) == []
    assert the(reading, "unit_contradiction").found == "Khám bệnh: H1; Giường bệnh: H2"


def test_a_sheet_for_each_month_is_a_submission_for_each_month(pack: Pack) -> None:
    sheets = {f"T{month}": station_sheet(period=f"Tháng {month}/2022") for month in (7, 8)}
    reading = read(saved(workbook(sheets)), pack)
    assert slots(reading) == ["C11 ST 2022-07", "C11 ST 2022-08"]
    assert [submission.findings for submission in reading.submissions] == [(), ()]


def test_a_sheet_for_each_facility_is_a_submission_for_each_and_a_total_is_not_read(pack: Pack) -> None:
    sheets = {
        "Một": station_sheet(),
        "Hai": station_sheet(unit="Trạm Y tế thị trấn Hai", unit_code="C12"),
        "TOTAL": station_table(),
    }
    reading = read(saved(workbook(sheets)), pack)
    assert slots(reading) == ["C11 ST 2022-08", "C12 ST 2022-08"]
    assert of_file(reading) == ["unknown_sheet"]
    assert the(reading, "unknown_sheet").sheet == "TOTAL"


def test_a_tab_named_after_one_facility_and_headed_with_another(pack: Pack) -> None:
    reading = read(saved(workbook({"TYT Hai": station_sheet()})), pack)
    assert the(reading, "unit_contradiction").found == "TYT Hai: C12; C11 (Trạm Y tế xã Một)"


def test_one_facility_on_two_sheets_is_a_finding(pack: Pack) -> None:
    reading = read(saved(workbook({"Khám bệnh": station_sheet(), "Khám bệnh (2)": station_sheet()})), pack)
    assert slots(reading) == ["C11 ST 2022-08"]
    assert the(reading, "duplicate_sheet").found == "Khám bệnh"


def test_a_sheet_of_another_kind_is_only_noted(pack: Pack) -> None:
    reading = read(saved(workbook({"Khám bệnh": station_sheet(), "Tính nháp": [["x", 1, 2]], "Ghi": [["chữ"]]})), pack)
    assert of_file(reading) == ["unknown_sheet"]
    assert the(reading, "unknown_sheet").found == "2"


def test_a_hidden_sheet_is_read_and_noted(pack: Pack) -> None:
    book = workbook({"Khám bệnh": station_sheet(), "Ghi": [["chữ"]]})
    book["Khám bệnh"].sheet_state = "hidden"
    reading = read(saved(book), pack)
    assert of_submission(reading) == ["hidden_sheet"]


def test_an_empty_workbook(pack: Pack) -> None:
    assert of_file(read(saved(workbook({"Sheet1": []})), pack)) == ["empty_file"]


def test_a_workbook_of_something_else(pack: Pack) -> None:
    reading = read(saved(workbook({"Sheet1": [["Danh sách", "Điện thoại"], ["A", 123]]})), pack)
    assert slots(reading) == []
    assert reading.findings[0].severity == "critical"


def test_head_alone_is_no_report(pack: Pack) -> None:
    reading = read(station_file(station_head()), pack)
    assert "missing_header" in of_submission(reading)
