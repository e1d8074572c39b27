"""What a program that opens the workbook finds in it: locks, validation, conditions, names, print set-up."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet
from tests.templates.typing_in import boxes_in

from tonghop.catalog import Pack
from tonghop.intake import Limits
from tonghop.intake.vocabulary import ASIDE_MARK
from tonghop.model import Measure, Period, Slot
from tonghop.templates import FileOfUnit, TemplateProblem, make_template, owed_templates
from tonghop.templates.formulas import Reported
from tonghop.templates.layout import Box

MARCH = Period.parse("2022-03")


def known(figures: dict[tuple[str, str], Reported]) -> Callable[[Slot], Reported]:
    """What was published, by unit and period."""
    return lambda slot: figures.get((slot.unit_code, slot.period.code), {})


FEBRUARY = known(
    {
        ("H1", "2022-02"): {("BIRTHS", "TOTAL", Measure.YTD): Decimal(1448), ("WEIGHT", "TOTAL", Measure.YTD): Decimal("3.25")},
        ("H1", "2021-03"): {
            ("BIRTHS", "TOTAL", Measure.YTD): Decimal(700),
            ("BIRTHS", "TOTAL", Measure.VALUE): Decimal(9),
            ("COVERED", "TOTAL", Measure.VALUE): Decimal("66.46"),
        },
    }
)


def opened(made: FileOfUnit) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(made.content))


def box(pack: Pack, made: FileOfUnit, indicator: str, measure: Measure, **more: Any) -> Box:
    """The one box of a figure."""
    breakdown, unit = more.get("breakdown", "TOTAL"), more.get("unit", made.slot.unit_code)
    wanted = (unit, indicator, breakdown, measure)
    (found,) = [
        each
        for each in boxes_in(pack, made)
        if (each.quantity.slot.unit_code, each.quantity.indicator_code, each.quantity.breakdown_code, each.quantity.measure) == wanted
    ]
    return found


def at(made: FileOfUnit, place: Box) -> Any:
    return opened(made)[place.page].cell(place.row, place.column).value


@pytest.fixture(scope="module")
def ages(layouts: Pack) -> FileOfUnit:
    """Births by age and sex, with figures of earlier reports."""
    return make_template(layouts, "AGES", "H1", MARCH, earlier=FEBRUARY)


def test_the_same_request_gives_the_same_bytes(layouts: Pack, ages: FileOfUnit) -> None:
    again = make_template(layouts, "AGES", "H1", MARCH, earlier=FEBRUARY)
    assert again == ages and again.file_name == "AGES_H1_2022-03.xlsx"
    assert make_template(layouts, "AGES", "H2", MARCH).content != ages.content


class TestFigures:
    def test_a_cumulative_figure_goes_on_from_the_month_before(self, layouts: Pack, ages: FileOfUnit) -> None:
        ytd, value = (box(layouts, ages, "BIRTHS", measure) for measure in (Measure.YTD, Measure.VALUE))
        cell = f"{chr(64 + value.column)}{value.row}"
        assert at(ages, ytd) == f'=IF(COUNT({cell})=1,1448+{cell},"…")'
        cached = openpyxl.load_workbook(io.BytesIO(ages.content), data_only=True)
        assert cached[ytd.page].cell(ytd.row, ytd.column).value == "…"
        beside = [cell.value for cell in opened(ages)[ytd.page][ytd.row]]
        assert "đã báo 1.448" in beside

    def test_a_stock_is_its_own_cumulative_figure(self, layouts: Pack, ages: FileOfUnit) -> None:
        ytd, value = (box(layouts, ages, "WEIGHT", measure) for measure in (Measure.YTD, Measure.VALUE))
        cell = f"{chr(64 + value.column)}{value.row}"
        assert at(ages, ytd) == f'=IF(COUNT({cell})=1,{cell},"…")'

    def test_in_january_it_is_the_value(self, layouts: Pack) -> None:
        made = make_template(layouts, "AGES", "H1", Period.parse("2022-01"))
        value = box(layouts, made, "BIRTHS", Measure.VALUE)
        cell = f"{chr(64 + value.column)}{value.row}"
        assert at(made, box(layouts, made, "BIRTHS", Measure.YTD)) == f'=IF(COUNT({cell})=1,{cell},"…")'

    def test_it_is_typed_where_the_month_before_is_not_known(self, layouts: Pack) -> None:
        made = make_template(layouts, "AGES", "H1", MARCH)
        assert at(made, box(layouts, made, "BIRTHS", Measure.YTD)) is None
        texts = [cell.value for sheet in opened(made) for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
        assert not any(text.startswith("đã báo ") for text in texts if text != "đã báo 96")

    def test_plan_and_last_year_are_filled_in(self, layouts: Pack, ages: FileOfUnit) -> None:
        assert at(ages, box(layouts, ages, "BIRTHS", Measure.PLAN)) == 1200
        assert at(ages, box(layouts, ages, "BIRTHS", Measure.SAME_PERIOD)) == 700, "a flow is compared by its cumulative figure"
        assert at(ages, box(layouts, ages, "COVERED", Measure.SAME_PERIOD)) == 66.46, "a stock by its value"
        assert at(ages, box(layouts, ages, "WEIGHT", Measure.PLAN)) is None

    def test_what_follows_is_a_formula(self, layouts: Pack, ages: FileOfUnit) -> None:
        percentage = at(ages, box(layouts, ages, "BIRTHS", Measure.PCT_OF_PLAN))
        assert percentage.startswith("=IF(COUNT(") and "*100,2)" in percentage
        assert "-" in at(ages, box(layouts, ages, "BIRTHS", Measure.CHANGE))
        assert "=0" in at(ages, box(layouts, ages, "BIRTHS", Measure.CHANGE_PCT)), "nothing is divided by zero"

    def test_a_ratio_follows_from_its_parts(self, layouts: Pack) -> None:
        made = make_template(layouts, "MONTHS", "H1", MARCH)
        sheet = opened(made)["Kiểm tra"]
        tests = next(row[0].row for row in sheet.iter_rows() if row[0].value == "1")
        assert sheet[f"F{tests + 2}"].value == (
            f'=IF(COUNT(F{tests + 1},F{tests})=2,IF(F{tests}=0,"…",ROUND(F{tests + 1}/F{tests}*100,2)),"…")'
        )
        assert sheet[f"G{tests + 2}"].value is None, "April is still to come"

    def test_a_list_does_not_make_reports_of_units_that_said_nothing(self, layouts: Pack) -> None:
        made = make_template(layouts, "COLUMNS", "P", MARCH)
        sheet = opened(made)["Viện"]
        figures = [sheet.cell(each.row, each.column).value for each in boxes_in(layouts, made)]
        assert all(figure is None or str(figure).startswith("=") for figure in figures)


class TestStructure:
    def test_only_boxes_and_fields_are_unlocked(self, layouts: Pack, ages: FileOfUnit) -> None:
        places = {(each.page, each.row, each.column) for each in boxes_in(layouts, ages)}
        for sheet in opened(ages):
            assert sheet.protection.sheet and not sheet.protection.password
            unlocked = {(sheet.title, cell.row, cell.column) for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
            fields = unlocked - places
            if sheet.title == "Sinh":
                assert unlocked >= places
                assert {sheet.cell(row, column - 2).value for _, row, column in fields if row < 7} == {
                    "Số liệu tính đến ngày:",
                    "Người lập:",
                }
            else:
                assert not unlocked

    def test_a_password_is_a_setting(self, layouts: Pack) -> None:
        made = make_template(layouts, "AGES", "H1", MARCH, password="bí mật")
        assert all(sheet.protection.password for sheet in opened(made))

    def test_months_to_come_are_closed(self, layouts: Pack) -> None:
        made = make_template(layouts, "MONTHS", "H1", MARCH)
        sheet = opened(made)["Kiểm tra"]
        header = next(row for row in sheet.iter_rows() if row[0].value == "Mã")
        locked = {cell.value: sheet.cell(cell.row + 1, cell.column).protection.locked for cell in header[3:8]}
        assert locked == {"Tháng 1": False, "Tháng 2": False, "Tháng 3": False, "Tháng 4": True, "Tháng 5": True}

    def test_the_head_says_what_intake_needs_and_people_ask_for(self, layouts: Pack, ages: FileOfUnit) -> None:
        texts = [cell.value for row in opened(ages)["Sinh"].iter_rows(max_row=6) for cell in row if cell.value]
        assert texts[:2] == ["TỈNH THỬ NGHIỆM", "THEO TUỔI VÀ GIỚI"]
        for said in ("AGES v1", "Bệnh viện Đa khoa", "H1", "Tháng 03/2022"):
            assert said in texts
        assert texts[-1] == "Hạn gửi: 15/04/2022 (10 ngày làm việc sau kỳ báo cáo). Liên hệ: test@example.org"

    def test_names_say_form_unit_period_and_catalog(self, layouts: Pack, ages: FileOfUnit) -> None:
        names = opened(ages).defined_names
        said = {name: names[name].attr_text for name in names if name.startswith("TONGHOP_")}
        assert said == {
            "TONGHOP_FORM": '"AGES v1"',
            "TONGHOP_UNIT": '"H1"',
            "TONGHOP_PERIOD": '"2022-03"',
            "TONGHOP_CATALOG": f'"TEST {layouts.pack_hash[:12]}"',
        }

    def test_it_prints_on_a4_with_the_header_on_every_page(self, ages: FileOfUnit) -> None:
        sheet = opened(ages)["Sinh"]
        assert sheet.page_setup.paperSize == 9 and sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows == "$7:$8" and sheet.freeze_panes == "D9"
        assert sheet.page_setup.orientation == "landscape"

    def test_a_short_header_is_merged_downwards_and_a_common_one_sideways(self, ages: FileOfUnit) -> None:
        merged = {str(area) for area in opened(ages)["Sinh"].merged_cells.ranges}
        assert {"A7:A8", "D7:E7", "F7:F8"} <= merged

    def test_our_own_sheets_say_that_they_are_no_report(self, province: Pack) -> None:
        made = make_template(province, "TYT", "HG-CT-01", Period.parse("2022-08"))
        book = opened(made)
        form = province.form_at("TYT", Period.parse("2022-08").end_date)
        assert form is not None
        own = set(book.sheetnames) - {sheet.name for sheet in province.sheets(form)}
        assert own == {"Hướng dẫn", "Kiểm tra"}
        assert all(str(book[name]["A1"].value).startswith(ASIDE_MARK) for name in own)
        assert book.active is not None and book.active.title not in own


def covering(sheet: Worksheet, place: Box) -> list[Any]:
    """The validation rules of a box."""
    rules = []
    for rule in sheet.data_validations.dataValidation:
        for area in str(rule.sqref).split():
            left, top, right, bottom = range_boundaries(area)
            if left <= place.column <= right and top <= place.row <= bottom:
                rules.append(rule)
    return rules


class TestTyping:
    def test_every_open_box_says_what_may_be_typed(self, layouts: Pack, ages: FileOfUnit) -> None:
        book = opened(ages)
        for place in boxes_in(layouts, ages):
            (rule,) = covering(book[place.page], place)
            assert rule.type == "custom" and rule.showErrorMessage and len(rule.formula1) < 255

    def test_numbers_are_as_the_indicator_says(self, layouts: Pack, ages: FileOfUnit) -> None:
        sheet = opened(ages)["Sinh"]

        def formula(indicator: str, measure: Measure) -> str:
            return str(covering(sheet, box(layouts, ages, indicator, measure))[0].formula1)

        assert ",0)=" in formula("BIRTHS", Measure.VALUE) and ">=0" in formula("BIRTHS", Measure.VALUE)
        assert ",3)=" in formula("WEIGHT", Measure.VALUE)
        assert ",2)=" in formula("BIRTHS", Measure.PCT_OF_PLAN)
        assert ">=0" not in formula("BIRTHS", Measure.CHANGE), "a change may be negative"
        assert '="không"' in formula("BIRTHS", Measure.VALUE) and '="không"' not in formula("COVERED", Measure.VALUE)

    def test_the_date_of_the_data_is_a_date_from_the_period_on(self, ages: FileOfUnit) -> None:
        (rule,) = [rule for rule in opened(ages)["Sinh"].data_validations.dataValidation if rule.type == "date"]
        assert str(rule.sqref) == "E4" and rule.formula1 == "44621"  # 2022-03-01

    def test_a_check_turns_its_boxes_red_and_says_so_beside_them(self, layouts: Pack) -> None:
        made = make_template(layouts, "LIST", "D1", MARCH)
        book = opened(made)
        visits, children = (box(layouts, made, code, Measure.VALUE, unit="C11") for code in ("VISITS", "VISITS_CHILD"))
        names = [name for name in book.defined_names if name.startswith("KT_")]
        assert len(names) == 3, "one for each of two stations, one for the totals"
        sheet = book["Trạm"]
        for place in (visits, children):
            formulas = [
                rule.formula[0]
                for area in sheet.conditional_formatting
                for rule in area.rules
                if f"{place_name(place)}" in str(area.sqref).split() and rule.type == "expression"
            ]
            assert formulas == ['OR(KT_1="SAI")']
        checks = book["Kiểm tra"]
        assert checks["A4"].value == "C11, Tháng 03/2022: [Lượt khám trẻ em] ≤ [Lượt khám] (C11)"
        assert (checks["B4"].value, checks["C4"].value) == (f"=N('Trạm'!{place_name(children)})", f"=N('Trạm'!{place_name(visits)})")
        assert checks["D4"].value == (
            f'=IF(COUNT(\'Trạm\'!{place_name(children)})+COUNT(\'Trạm\'!{place_name(visits)})<2,"…",IF(ROUND($B$4-$C$4,6)<=0,"Đạt","SAI"))'
        )
        assert checks["F4"].value == "Số trẻ em không được lớn hơn tổng"
        beside = [cell.value for cell in sheet[visits.row] if isinstance(cell.value, str) and cell.value.startswith("=IF(KT_1")]
        assert beside == ['=IF(KT_1="SAI","✗ "&\'Kiểm tra\'!$A$4&"   ","")']

    def test_a_rule_is_written_with_its_weights_tolerance_and_constant(self, layouts: Pack) -> None:
        made = make_template(layouts, "TABS", "C11", MARCH)
        staff, posts = (place_name(box(layouts, made, code, Measure.VALUE)) for code in ("STAFF", "POSTS"))
        checks = opened(made)["Kiểm tra"]
        page = boxes_in(layouts, made)[0].page
        assert checks["A4"].value == "2 × [1] ≤ 2 × [2] + 4 (Hiện có)"
        assert checks["B4"].value == f"=2*N('{page}'!{staff})"
        assert checks["C4"].value == f"=2*N('{page}'!{posts})+4"
        assert "MAX(0,1/100*ABS($C$4))" in checks["D4"].value
        assert "LEFT(" in checks["D4"].value and "=0)" in checks["D4"].value, "one figure is enough to compare, unless one is kept secret"

    def test_every_comparison_of_a_form_is_there(self, province: Pack) -> None:
        made = make_template(province, "TYT", "HG-CT-01", Period.parse("2022-08"))
        rules = [rule for rule in province.rules if rule.kind == "comparison" and rule.applies_to("TYT")]
        told = {row[5].value for row in opened(made)["Kiểm tra"].iter_rows(min_row=4)}
        assert told == {rule.text_vi for rule in rules}

    def test_a_form_may_have_a_sheet_of_the_same_name(self, layouts: Pack) -> None:
        book = opened(make_template(layouts, "MONTHS", "H1", MARCH))
        assert book.sheetnames == ["Hướng dẫn", "Kiểm tra", "Kiểm tra 2"]
        assert book.defined_names["KT_1"].attr_text == "'Kiểm tra 2'!$D$4"
        assert "Kiểm tra 2" in [cell.value for cell in book["Hướng dẫn"]["A"]]

    def test_no_check_no_sheet_of_checks(self, layouts: Pack, ages: FileOfUnit) -> None:
        assert opened(ages).sheetnames == ["Hướng dẫn", "Sinh"]


def place_name(place: Box) -> str:
    return f"{chr(64 + place.column)}{place.row}"


class TestRequests:
    @pytest.mark.parametrize(
        ("form", "unit", "period", "told"),
        [
            ("NONE", "H1", "2022-03", "the forms of the pack are AGES, LIST"),
            ("AGES", "H9", "2022-03", "no unit of the pack has this code"),
            ("AGES", "C11", "2022-03", "it is for units of the type hospital"),
            ("AGES", "H1", "2022-Q1", "is for a month; 2022-Q1 is a quarter"),
            ("AGES", "H1", "2023-03", "outside of the years of the pack, 2021 to 2022"),
            ("AGES", "H1", "2019-03", "it has v1 from 2020-01-01"),
            ("TABSTOTAL", "D1", "2022-03", "tonghop template TABS D1 2022-03"),
            ("TABS", "C22", "2022-08", "it was there from 2004-01-01 to 2022-07-01"),
        ],
    )
    def test_a_wrong_one_says_what_is_wrong(self, layouts: Pack, form: str, unit: str, period: str, told: str) -> None:
        with pytest.raises(TemplateProblem, match=told.replace("(", r"\(")):
            make_template(layouts, form, unit, Period.parse(period))

    def test_one_is_made_for_each_report_that_is_owed(self, layouts: Pack) -> None:
        made = [file.file_name for file in owed_templates(layouts, MARCH)]
        assert sorted(made) == sorted(
            f"{name}_2022-03.xlsx" for name in ("AGES_H1", "AGES_H2", "LIST_D1", "LIST_D2", "TABS_C11", "TABS_C12", "TABS_C21", "TABS_C22")
        )

    def test_a_workbook_that_intake_would_not_read_is_not_made(self, layouts: Pack) -> None:
        assert make_template(layouts, "TABS", "D1", MARCH, limits=Limits(max_sheets=5))
        with pytest.raises(TemplateProblem, match="would have 3 tabs, and intake reads 4 at most"):
            make_template(layouts, "TABS", "D1", MARCH, limits=Limits(max_sheets=4))

    def test_nobody_owes_anything(self, layouts: Pack) -> None:
        with pytest.raises(TemplateProblem, match="Nobody owes a report for 2022-Q1"):
            list(owed_templates(layouts, Period.parse("2022-Q1")))

    def test_the_totals_of_tabs_are_for_who_compiles_them(self, layouts: Pack) -> None:
        assert opened(make_template(layouts, "TABS", "D1", MARCH)).sheetnames[-2:] == ["Tổng cộng", "Kiểm tra"]
        assert "Tổng cộng" not in opened(make_template(layouts, "TABS", "C11", MARCH)).sheetnames
