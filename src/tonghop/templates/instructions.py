"""The sheet that tells a person how to fill in the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tonghop.catalog.rows import Form, Unit
from tonghop.model import Period
from tonghop.templates.layout import Head
from tonghop.templates.words import CHECKS, period_label


class Paragraph(NamedTuple):
    """A line of the sheet; `example` stands in the first column, the text beside it."""

    text: str
    example: str = ""
    is_heading: bool = False


def instructions(form: Form, unit: Unit, period: Period, head: Head, checks: str | None) -> Iterator[Paragraph]:
    """What to type into which cell, what the colours mean, and where the workbook goes; `checks`: the name of the list of checks."""
    yield Paragraph(f"{form.name_vi} – {unit.name_vi} – {period_label(period)}", is_heading=True)
    if head.deadline:
        yield Paragraph(f"Hạn gửi: {head.deadline}")
    if head.contact:
        yield Paragraph(f"Liên hệ khi cần hỏi: {head.contact}")
    yield Paragraph("Nhập số vào các ô màu vàng", is_heading=True)
    yield Paragraph("có số liệu: gõ chữ số, không gõ đơn vị tính, không gõ dấu chấm phân cách hàng nghìn", "1448")
    yield Paragraph("đã kiểm tra và bằng không: gõ 0", "0")
    yield Paragraph("chưa có số liệu: để trống. Trống không phải là 0", "(trống)")
    yield Paragraph("chỉ tiêu không áp dụng cho đơn vị", "x")
    yield Paragraph("có số liệu nhưng không được công bố vì quá nhỏ", "<10")
    yield Paragraph("tỷ lệ phần trăm: gõ 66,46; không gõ 0,6646 và không gõ dấu %", "66,46")
    yield Paragraph("Những ô đã có sẵn", is_heading=True)
    yield Paragraph(
        "tự tính (cộng dồn, đạt % kế hoạch, tăng giảm) khi đã có đủ số; chỉ gõ đè khi số của kỳ trước vừa được sửa, ô sẽ có màu cam", "…"
    )
    yield Paragraph("số đơn vị đã báo cáo đến kỳ trước, chỉ để tham khảo", "đã báo 96")
    yield Paragraph("biểu mẫu, đơn vị, mã đơn vị, kỳ báo cáo: không sửa; hệ thống nhận ra báo cáo nhờ các dòng này", "Mã đơn vị")
    yield Paragraph("nhập ngày chốt số liệu, ví dụ 14/08/2022", "Số liệu tính đến ngày")
    if checks:
        yield Paragraph("Kiểm tra trước khi gửi", is_heading=True)
        yield Paragraph("ô chưa khớp: báo cáo sẽ bị giữ lại cho đến khi sửa", "màu đỏ")
        yield Paragraph("ô cần xem lại: số vẫn được công bố kèm ghi chú", "màu cam")
        yield Paragraph(
            f"danh sách mọi phép kiểm tra, hai vế và việc cần làm; cột {CHECKS} của mỗi trang nêu chỗ sai của từng dòng", checks
        )
    yield Paragraph("Gửi báo cáo", is_heading=True)
    yield Paragraph("Lưu dưới dạng .xlsx (không chuyển sang PDF, không đặt mật khẩu mở tệp) và đặt vào thư mục của đơn vị.")
    yield Paragraph("Cần sửa thì sửa trong chính tệp này rồi gửi lại: lần gửi sau thay lần gửi trước.")
