"""The tables of a report as one workbook, written row by row beside the pages: what is fetched once is not fetched again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import xlsxwriter

from tonghop.reports import words
from tonghop.reports.rows import Evidence, Names, Score, UnitPage, UnitRow
from tonghop.sheets import MOST_ROWS, write_cell

_WIDTH = 18

_UNIT = ("Đơn vị / Unit", "Tên / Name (vi)", "Tên / Name (en)")
_PERIOD, _FORM = "Kỳ / Period", "Biểu mẫu / Form"
_SEVERITIES = ("Nghiêm trọng / Critical", "Cảnh báo / Warnings", "Lưu ý / Notes", "Được cho qua / Waived")

_SHEETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "periods": (
        "Tổng quan",
        (
            _PERIOD,
            "Đơn vị / Units",
            "Phải nộp / Owed",
            "Đã nộp / Received",
            "Đã nhận / Accepted",
            "Nhận, có cảnh báo / Accepted, warnings",
            "Chưa nhận / Held back",
            "Tạm giữ / Taken back",
            "Chưa nộp / Missing",
            "Chưa đến hạn / Not due",
            "Nộp muộn / Late",
            *_SEVERITIES,
        ),
    ),
    "slots": (
        "Đơn vị x biểu mẫu",
        (_PERIOD, "Trực thuộc / Part of", *_UNIT, _FORM, "Tình trạng / Standing", "Nộp muộn / Late", *_SEVERITIES),
    ),
    "problems": (
        "Sai lệch",
        (
            _PERIOD,
            *_UNIT,
            _FORM,
            "Bản / Version",
            "Mức độ / Severity",
            "Quy tắc / Rule",
            "Trang tính / Sheet",
            "Ô / Cell",
            "Chỉ tiêu / Indicator",
            "Tên chỉ tiêu / Its name",
            "Loại số / Measure",
            "Tìm thấy / Found",
            "Đúng ra / Expected",
            "Sai lệch (vi)",
            "Problem (en)",
            "Tệp / File",
        ),
    ),
    "waivers": (
        "Miễn trừ",
        (
            "Số / Number",
            "Quy tắc / Rule",
            *_UNIT,
            _FORM,
            _PERIOD,
            "Chỉ tiêu / Indicator",
            "Cho số liệu / Given for",
            "Lý do / Reason",
            "Hết hạn / Expires on",
            "Đề nghị / Asked by",
            "Duyệt / Approved by",
        ),
    ),
    "changes": (
        "Thay đổi",
        (
            *_UNIT,
            _FORM,
            _PERIOD,
            "Thay đổi / Change",
            "Bản trước / Version before",
            "Bản sau / Version after",
            "Nhận lúc / Received at",
            "Sau khóa sổ / After closing",
        ),
    ),
    "timeliness": (
        "Đúng hạn",
        (
            _PERIOD,
            _FORM,
            "Loại đơn vị / Type of unit",
            "Phải nộp / Owed",
            "Đã nộp / Received",
            "Bản đầu đúng hạn / First on time",
            "Bản cuối đúng hạn / Last on time",
            "Gửi nhiều bản / Sent more than once",
            "Trung vị bản đầu, ngày làm việc / Median, first",
            "Trung vị bản cuối / Median, last",
            "Bản đầu muộn nhất / Latest first",
            "Bản cuối muộn nhất / Latest last",
        ),
    ),
    "scores": (
        "Phiếu điểm",
        (
            "Phạm vi / Scope",
            "Trực thuộc / Part of",
            *_UNIT,
            _PERIOD,
            "Phải nộp / Owed",
            "Đã nộp / Received",
            "Được dùng / In use",
            "Bị giữ / Held back",
            "Bản đầu đúng hạn / First on time",
            "Bản cuối đúng hạn / Last on time",
            "Ô có số liệu, % / Cells filled, %",
            "Điểm / Score",
            *_SEVERITIES[:2],
            "Bản đầu muộn nhất, ngày làm việc / Latest first",
            "Bản cuối muộn nhất / Latest last",
        ),
    ),
    "metrics": (
        "Theo năm",
        (
            "Năm / Year",
            "Bộ tiêu chí / Profile",
            "Tiêu chí / Metric",
            "Cặp / Pair",
            "Chỉ tiêu / Indicator",
            "Ngưỡng / Threshold",
            "Giá trị toàn bộ / Value of the whole",
            "Kết luận / Judgement",
            "Số điểm / Points",
            "Cần ít nhất / Needs at least",
            "Đạt / Pass",
            "Không đạt / Fail",
            "Không đủ căn cứ / Cannot judge",
            "Đơn vị không đạt / Failing units",
        ),
    ),
}
"""The sheets: title and header of each, in both languages at once."""


class ReportWorkbook:
    """`report.xlsx` of one report. A context: what was added is there when it is left."""

    def __init__(self, path: Path, found: Evidence) -> None:
        self._found = found
        self._book = xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
        self._book.set_properties({"created": found.head.published_at.astimezone(UTC)})  # not now: the same report, the same bytes
        self._head = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._quoted = self._book.add_format({"quote_prefix": True})
        self._sheets = {name: self._sheet(name) for name in _SHEETS}

    def __enter__(self) -> ReportWorkbook:
        for period in self._found.periods:
            self._add(
                "periods", period.period_code, period.units, period.owed, period.received, period.accepted, period.accepted_with_warnings,
                period.quarantined, period.held, period.missing, period.not_due, period.late, period.critical, period.warning, period.info,
                period.waived,
            )  # fmt: skip
        for waiver in self._found.waivers:
            self._add(
                "waivers", waiver.number, waiver.rule_code, waiver.unit_code, waiver.name_vi, waiver.name_en, waiver.form_code,
                waiver.period_code, waiver.indicator_code, waiver.given_for, waiver.reason, waiver.expires_on, waiver.asked_by,
                waiver.approved_by,
            )  # fmt: skip
        for change in self._found.changes:
            self._add(
                "changes", change.unit_code, change.name_vi, change.name_en, change.form_code, change.period_code, change.change,
                change.before_version, change.after_version, self._at(change.received_at), change.restates,
            )  # fmt: skip
        for row in self._found.timeliness:
            self._add(
                "timeliness", row.period_code, row.form_code, row.unit_type, row.owed, row.received, row.first_on_time, row.last_on_time,
                row.corrected, row.first_median, row.last_median, row.first_latest, row.last_latest,
            )  # fmt: skip
        for year, metrics in self._found.years.items():
            for metric in metrics:
                self._add(
                    "metrics", year, f"{metric.profile_code} {metric.profile_version}", metric.metric, metric.pair_code,
                    metric.indicator_code, metric.threshold, metric.value, metric.judgement, metric.points, metric.minimum_points,
                    metric.passed, metric.failed, metric.not_judged, [unit["unit_code"] for unit in metric.failing],
                )  # fmt: skip
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._book.close()

    def add_slots(self, row: UnitRow) -> UnitRow:
        """List the slots of a unit in a period; gives the row back."""
        for form_code, slot in row.slots.items():
            self._add(
                "slots", row.period_code, row.parent_code, row.unit_code, row.name_vi, row.name_en, form_code, slot["standing"],
                slot["is_late"], slot["critical"], slot["warning"], slot["info"], slot["waived"],
            )  # fmt: skip
        return row

    def add_problems(self, unit: UnitPage) -> None:
        """List every problem of a unit with its cell."""
        for slot in unit.slots:
            for version in slot["versions"]:
                for problem in version["problems"]:
                    self._add(
                        "problems", slot["period_code"], unit.unit_code, unit.name_vi, unit.name_en, slot["form_code"], version["version"],
                        problem["severity"], problem["rule_code"], problem["sheet"], problem["cell"], problem["indicator_code"],
                        _name(self._found.indicators, problem["indicator_code"]), problem["measure"], problem["found"],
                        problem["expected"], problem["text_vi"], problem["text_en"], version["source_uri"],
                    )  # fmt: skip

    def add_scores(self, score: Score) -> Score:
        """List the last periods of the whole or of a parent, and the latest of a unit; gives the score back."""
        for point in score.trend[-1:] if score.scope == "unit" else score.trend:
            self._add(
                "scores", score.scope, score.parent_code, score.unit_code, score.name_vi or score.parent_vi,
                score.name_en or score.parent_en, point["period_code"], point["owed"], point["received"], point["in_force"],
                point["held_back"], point["first_on_time"], point["last_on_time"], point["completeness"], point["score"],
                point["critical"], point["warning"], point["first_days"], point["last_days"],
            )  # fmt: skip
        return score

    def _sheet(self, name: str) -> Any:
        title, columns = _SHEETS[name]
        sheet = self._book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, _WIDTH)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column, self._head)
        return sheet, [0]

    def _add(self, name: str, *values: object) -> None:
        sheet, lines = self._sheets[name]
        if lines[0] >= MOST_ROWS:  # a sheet cannot hold more; the pages have them
            return
        lines[0] += 1
        for place, value in enumerate(values):
            write_cell(sheet, lines[0], place, value, self._quoted)

    def _at(self, moment: datetime | None) -> str:
        return words.moment(moment, self._found.head.time_zone, "en")


def _name(names: dict[str, Names], code: str | None) -> str | None:
    return names[code][0] if code in names else None
