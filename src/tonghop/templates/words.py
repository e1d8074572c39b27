"""The Vietnamese words of a workbook that a unit fills in: labels of its head, headers, periods. `intake` reads every one of them."""

from __future__ import annotations

from tonghop.model import Period, PeriodType

FORM, UNIT, UNIT_CODE, PERIOD, AS_OF, COMPILER = (
    "Biểu mẫu:",
    "Đơn vị:",
    "Mã đơn vị:",
    "Kỳ báo cáo:",
    "Số liệu tính đến ngày:",
    "Người lập:",
)
DEADLINE, CONTACT = "Hạn gửi:", "Liên hệ:"
CODE, INDICATOR, CONTENT, UNIT_OF_MEASURE = "Mã", "Chỉ tiêu", "Nội dung", "Đơn vị tính"
CHECKS, INSTRUCTIONS = "Kiểm tra", "Hướng dẫn"
REMARKS = "Nhận xét:"

PENDING = "…"
"""What a formula shows while figures that it needs are not there. It reads as blank."""

_PERIOD_LABELS = {
    PeriodType.WEEK: "Tuần {number}/{year}",
    PeriodType.MONTH: "Tháng {number}/{year}",
    PeriodType.QUARTER: "Quý {number}/{year}",
    PeriodType.HALF: "6 tháng đầu năm {year}",
    PeriodType.NINE_MONTHS: "9 tháng đầu năm {year}",
    PeriodType.YEAR: "Năm {year}",
}


def period_number(period: Period) -> str:
    """The number of a period within its year as people write it: 08 for a month or week, 3 for a quarter."""
    return f"{period.number:02d}" if period.type in (PeriodType.WEEK, PeriodType.MONTH) else str(period.number)


def period_label(period: Period) -> str:
    """A period as the head of a Vietnamese report names it: *Tháng 08/2022*, *Quý 3/2022*."""
    return _PERIOD_LABELS[period.type].format(number=period_number(period), year=period.year)
