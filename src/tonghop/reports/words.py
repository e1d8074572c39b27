"""How a report speaks: its own words in Vietnamese and English, and numbers, periods and times as each language writes them."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from tonghop.model import Period, PeriodType

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Báo cáo chất lượng số liệu", "Data quality report"),
    "all_reports": ("Các báo cáo chất lượng", "Quality reports"),
    "publication": ("Lần công bố", "Publication"),
    "published_at": ("Công bố lúc", "Published at"),
    "built_on": ("Dựa trên", "Built on"),
    "restates": ("Lập lại", "Restates"),
    "kind": ("Loại", "Kind"),
    "kind_refresh": ("cập nhật", "refresh"),
    "kind_restatement": ("khôi phục lần công bố cũ", "return to an earlier publication"),
    "reason": ("Lý do", "Reason"),
    "periods": ("Kỳ báo cáo", "Periods"),
    "period": ("Kỳ", "Period"),
    "catalog": ("Danh mục", "Catalog"),
    "catalog_version": ("bản nạp thứ {0}", "load {0}"),
    "code_version": ("Phiên bản mã", "Code version"),
    "overview": ("Tổng quan", "Overview"),
    "in_short": ("Tóm tắt", "In short"),
    "reports_by_period": ("Tình hình báo cáo theo kỳ", "Reports by period"),
    "rules": ("Quy tắc kiểm tra", "Rules"),
    "rules_found": ("Sai lệch theo quy tắc", "Problems by rule"),
    "rule": ("Quy tắc", "Rule"),
    "rejected_files": ("Tệp không đọc được", "Files that could not be read"),
    "no_rejected_files": ("Không có tệp nào bị từ chối.", "No file was rejected."),
    "gates": ("Kết quả các cổng kiểm tra", "What the gates checked"),
    "gate": ("Cổng {0}", "Gate {0}"),
    "gate_1": ("số liệu từng báo cáo", "each report's figures"),
    "gate_2": ("toàn bộ lần công bố, như BI sẽ thấy", "the whole publication, as BI will see it"),
    "check": ("Kiểm tra", "Check"),
    "result": ("Kết quả", "Result"),
    "passed": ("Đạt", "Passed"),
    "failed": ("Không đạt", "Failed"),
    "status_passed": ("đạt", "passed"),
    "status_refused": ("từ chối", "refused"),
    "status_failed": ("lỗi khi chạy", "broke off"),
    "status_judging": ("đang chạy", "running"),
    "unit": ("Đơn vị", "Unit"),
    "units": ("Đơn vị", "Units"),
    "under": ("Trực thuộc", "Part of"),
    "form": ("Biểu mẫu", "Form"),
    "file": ("Tệp", "File"),
    "files": ("Tệp nhận được", "Files received"),
    "files_staged": ("có số liệu mới", "with new figures"),
    "files_unchanged": ("trùng bản đã có", "same as before"),
    "files_rejected": ("không đọc được", "could not be read"),
    "sender": ("Người gửi", "Sender"),
    "received_at": ("Nhận lúc", "Received at"),
    "due_at": ("Hạn nộp", "Due"),
    "as_of": ("Số liệu tính đến", "Figures as of"),
    "version": ("Bản {0}", "Version {0}"),
    "owed": ("Phải nộp", "Owed"),
    "received": ("Đã nộp", "Received"),
    "accepted": ("Đã nhận", "Accepted"),
    "accepted_with_warnings": ("Nhận, có cảnh báo", "Accepted, warnings"),
    "quarantined": ("Chưa nhận, cần sửa", "Held back"),
    "held": ("Tạm giữ", "Taken back"),
    "missing": ("Chưa nộp", "Missing"),
    "not_due": ("Chưa đến hạn", "Not due yet"),
    "late": ("Nộp muộn", "Late"),
    "critical": ("Nghiêm trọng", "Critical"),
    "warning": ("Cảnh báo", "Warning"),
    "info": ("Lưu ý", "Note"),
    "waived": ("Được cho qua", "Waived"),
    "waived_by": (
        "Được cho qua (số {0}) vì: {1}. Hết hạn ngày {2}. Người đề nghị: {3}; người duyệt: {4}.",
        "Waived (number {0}) because: {1}. It expires on {2}. Asked for by {3}, approved by {4}.",
    ),
    "withheld": ("Chưa công bố", "Not published yet"),
    "why_needs_approval": ("Chưa có hai người duyệt kỳ này.", "Two people have not approved this period yet."),
    "why_incomplete": ("Chưa đủ báo cáo được nhận.", "Too few reports are accepted."),
    "why_closed": ("Kỳ đã khóa sổ: cần duyệt việc sửa.", "The period is closed: the correction needs an approval."),
    "restatements": ("Số liệu đã công bố được sửa sau khi khóa sổ", "Restatements: published figures changed after the period had closed"),
    "closed_at": ("Khóa sổ lúc", "Closed at"),
    "change": ("Thay đổi", "Change"),
    "approval": ("Phê duyệt", "Approval"),
    "approved_by": ("{0} đề nghị, {1} duyệt: {2}", "Asked for by {0}, approved by {1}: {2}"),
    "nothing": ("không có", "none"),
    "severity": ("Mức độ", "Severity"),
    "problem": ("Sai lệch và việc cần làm", "Problem and what to do"),
    "problems": ("Sai lệch", "Problems"),
    "where": ("Trang tính, ô", "Sheet, cell"),
    "found": ("Tìm thấy", "Found"),
    "expected": ("Đúng ra", "Expected"),
    "typed": ("ghi trong ô: {0}", "typed: {0}"),
    "cells_involved": ("Các ô liên quan", "Cells involved"),
    "more_cells": ("và {0} ô khác", "and {0} more"),
    "count": ("Số lượng", "Count"),
    "owner": ("Phụ trách", "Owner"),
    "in_use": ("đang được dùng", "in use"),
    "not_in_use": ("không được dùng", "not in use"),
    "quarantined_text": (
        "Bản này chưa được nhận vì có sai lệch nghiêm trọng. Hãy sửa các ô nêu dưới đây và gửi lại cả tệp.",
        "This version was held back for critical problems. Correct the cells below and send the whole file again.",
    ),
    "earlier_in_use": (
        "Số liệu của bản {0} vẫn đang được dùng.",
        "The figures of version {0} stay in use.",
    ),
    "nothing_in_use": (
        "Chưa có số liệu nào của đơn vị cho kỳ này được dùng.",
        "No figure of the unit for this period is in use.",
    ),
    "held_text": (
        "Bản này bị rút lại khi khôi phục một lần công bố cũ.",
        "This version was taken back when an earlier publication was restored.",
    ),
    "missing_text": (
        "Chưa nhận được báo cáo. Hãy gửi tệp theo đúng biểu mẫu.",
        "The report has not come. Send the workbook of this form.",
    ),
    "not_due_text": ("Báo cáo chưa đến hạn nộp.", "The report is not due yet."),
    "no_problem": ("Không có sai lệch.", "No problem was found."),
    "nobody_failed": ("Không có sai lệch nào.", "No problem was found."),
    "no_slots": ("Không có báo cáo nào trong lần công bố này.", "This publication touches no report."),
    "switch": ("English", "Tiếng Việt"),
    "skip": ("Đến nội dung", "Skip to the content"),
    "matrix": ("Đơn vị và biểu mẫu", "Units and forms"),
    "legend": ("Chú giải", "Legend"),
    "back": ("Về", "Back to"),
    "none": ("không có", "none"),
    "submissions": ("báo cáo", "reports"),
    "reports_by_unit": ("Tình hình gửi báo cáo của các đơn vị", "How each unit stands with its reports"),
    "reports": ("Báo cáo", "Reports"),
    "dictionary": ("Từ điển số liệu", "Data dictionary"),
    "unit_intro": (
        "Những báo cáo của đơn vị cần xem lại trong lần công bố này.",
        "The reports of this unit that need a look in this publication.",
    ),
    "trace": ("Số liệu này từ đâu mà có", "Where this figure comes from"),
    "value": ("Trong kỳ", "Of the period"),
    "ytd_value": ("Cộng dồn", "Cumulative"),
    "target": ("Kế hoạch", "Target"),
    "units_reported": ("Đơn vị đã báo cáo", "Units that reported"),
    "of": ("{0} trên {1}", "{0} of {1}"),
    "part_value": ("Các ô tạo nên số liệu", "The cells that it is made of"),
    "part_numerator": ("Tử số: {0}", "Numerator: {0}"),
    "part_denominator": ("Mẫu số: {0}", "Denominator: {0}"),
    "adds_up": (
        "Đã công bố {0}; {1} ô dưới đây cộng lại bằng {2}: khớp.",
        "Published: {0}. The {1} cells below add up to {2}: they agree.",
    ),
    "does_not_add_up": (
        "Đã công bố {0}, nhưng {1} ô dưới đây cộng lại bằng {2}: KHÔNG KHỚP.",
        "Published: {0}, but the {1} cells below add up to {2}: THEY DO NOT AGREE.",
    ),
    "as_written": ("Ghi trong ô", "As written"),
    "verdict": ("Kết luận", "Verdict"),
    "sha256": ("SHA-256 của tệp", "SHA-256 of the file"),
    "corrected_by_hand": (
        "Sửa tay ({0}): trong ô là {1}, dùng {2}. {3} ({4})",
        "Corrected by hand ({0}): the cell says {1}, {2} is used. {3} ({4})",
    ),
    "failure": ("Quy tắc {0}: tìm thấy {1}, đúng ra {2}", "Rule {0}: found {1}, expected {2}"),
    "waiver_number": ("được bỏ qua theo miễn trừ số {0}", "waived, number {0}"),
    "not_in_force": ("Phải nộp mà không có trong số liệu này: {0}", "Owed, and not part of this figure: {0}"),
}

_MEASURES: dict[str, tuple[str, str]] = {
    "value": ("trong kỳ", "of the period"),
    "ytd": ("cộng dồn", "cumulative"),
    "plan": ("kế hoạch năm", "yearly plan"),
    "pct_of_plan": ("đạt % kế hoạch", "% of plan"),
    "same_period": ("cùng kỳ năm trước", "same period last year"),
    "change": ("tăng/giảm", "change"),
    "change_pct": ("tăng/giảm %", "change in %"),
    "change_points": ("tăng/giảm điểm %", "change in points"),
    "rate": ("tỷ lệ", "rate"),
}

_PERIODS: dict[PeriodType, tuple[str, str]] = {
    PeriodType.WEEK: ("Tuần {number}/{year}", "Week {number}, {year}"),
    PeriodType.MONTH: ("Tháng {number}/{year}", "{month} {year}"),
    PeriodType.QUARTER: ("Quý {number}/{year}", "Quarter {number}, {year}"),
    PeriodType.HALF: ("6 tháng đầu năm {year}", "First half of {year}"),
    PeriodType.NINE_MONTHS: ("9 tháng đầu năm {year}", "First nine months of {year}"),
    PeriodType.YEAR: ("Năm {year}", "{year}"),
}

_EXPECTATION = re.compile(r"(=|<=|>=|<|>|≤|≥)?\s*(-?\d+(?:\.\d+)?)")


def word(key: str, language: Language, *values: object) -> str:
    """The report's own word for `key`, with `values` in their places. KeyError for a word that nobody wrote."""
    return _WORDS[key][LANGUAGES.index(language)].format(*values)


def measure(code: str | None, language: Language) -> str:
    """What a measure is called; empty for none."""
    return _MEASURES[code][LANGUAGES.index(language)] if code else ""


def period(code: str, language: Language) -> str:
    """A period code as people write it: `2022-08` is *Tháng 8/2022*, *August 2022*."""
    at = Period.parse(code)
    text = _PERIODS[at.type][LANGUAGES.index(language)]
    return text.format(number=at.number, year=at.year, month=calendar.month_name[at.start_date.month])


def number(value: Decimal | int | None, language: Language) -> str:
    """A number with the thousands and decimal marks of the language, at most six decimals; empty for none."""
    if value is None:
        return ""
    text = f"{Decimal(value):,.6f}".rstrip("0").rstrip(".")
    if text in ("-0", ""):
        return "0"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def expectation(text: str | None, language: Language) -> str:
    """What a rule expected, such as `= 1234.5`, with its number as the language writes it; other texts stay as they are."""
    if match := _EXPECTATION.fullmatch((text or "").strip()):
        sign = {"<=": "≤", ">=": "≥", "=": "", None: ""}.get(match[1], match[1])
        return f"{sign} {number(Decimal(match[2]), language)}".strip()
    return text or ""


def moment(at: datetime | None, zone: str, language: Language) -> str:
    """A moment in the pack's time zone; empty for none."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone))
    return local.strftime("%H:%M ngày %d/%m/%Y" if language == "vi" else "%Y-%m-%d %H:%M")


def day(on: date, language: Language) -> str:
    """A date as the language writes it."""
    return on.strftime("%d/%m/%Y" if language == "vi" else "%Y-%m-%d")


def half(text: str, language: Language) -> str:
    """The half of a text that gives both languages as `Vietnamese / English`; all of a text that does not."""
    vietnamese, slash, english = text.partition(" / ")
    return english if slash and language == "en" else vietnamese
