"""A workbook with everything in it that must survive being marked."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import xlsxwriter

from tonghop.answers.marking import Level, Line, Mark, Summary

SHEET = "Khám bệnh"
OTHER = "Ghi chú '22"
MACROS = b"bytes of a macro project, which nobody runs"

SUMMARY = Summary(
    title="Kết quả kiểm tra báo cáo",
    paragraphs=("Báo cáo chưa được nhận.", "The report is held back."),
    columns=("Mức độ", "Ô", "Chỉ tiêu", "Sai sót", "Tìm thấy", "Cần có"),
    lines=(
        Line(Level.CRITICAL, "Nghiêm trọng", SHEET, "D12", ("Người lớn", "không đọc được", "“8O”", "số")),
        Line(Level.WARNING, "Cảnh báo", OTHER, None, ("", "trang lạ", "", "")),
        Line(Level.INFO, "Lưu ý", None, None, ("", "cả tệp", "", "")),
    ),
)
MARKS = {
    (SHEET, "D10"): Mark(Level.WARNING, "▶ Tổng Hợp\ntổng không khớp"),
    (SHEET, "D11"): Mark(Level.RELATED, "▶ Tổng Hợp\nxem D10"),
    (SHEET, "D12"): Mark(Level.CRITICAL, "▶ Tổng Hợp\nkhông đọc được"),
    (SHEET, "F30"): Mark(Level.CRITICAL, "▶ Tổng Hợp\nô chưa từng có"),
    (SHEET, "G10"): Mark(Level.INFO),
}


def rich_workbook() -> bytes:
    """A form with styles, protection, validation, conditional formats, hidden rows and columns, comments, a button, a chart, a table,
    names, links, macros; the second sheet is the one that was looked at last."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    figure = book.add_format({"bg_color": "#E2EFDA", "border": 1, "num_format": "#,##0.00", "locked": False})
    label = book.add_format({"bold": True})
    sheet, other = book.add_worksheet(SHEET), book.add_worksheet(OTHER)
    hidden = book.add_worksheet("Ẩn")
    hidden.hide()
    sheet.set_column("B:B", 40)
    sheet.set_column("C:C", 10, None, {"hidden": True})
    for row, (name, figures) in enumerate({"Lượt khám": [120, 60, 900], "Trẻ em": [40, 20, 300], "Người lớn": ["8O", 40, 600]}.items(), 9):
        sheet.write_row(row, 0, [f"A.{row - 8}", name, "lượt"], label)
        sheet.write_row(row, 3, figures, figure)
    sheet.write_blank("G10", None, figure)
    sheet.set_row(12, None, None, {"hidden": True})
    sheet.data_validation("D10:G12", {"validate": "integer", "criteria": ">=", "value": 0})
    sheet.conditional_format("D10:D12", {"type": "cell", "criteria": ">", "value": 1000, "format": book.add_format({"font_color": "red"})})
    sheet.write_comment("B10", "Ghi chú của đơn vị", {"author": "Lan"})
    sheet.write_comment("D11", "Số ước tính", {"author": "Lan"})
    sheet.insert_button("I2", {"caption": "Bấm", "macro": "x"})
    sheet.write_formula("D14", "=SUM(D10:D12)", figure, 160)
    sheet.add_table("I10:J12")
    sheet.protect("", {"objects": True})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": f"='{SHEET}'!$D$10:$D$12"})
    other.insert_chart("B2", chart)
    other.activate()
    sheet.print_area("A1:G14")
    other.print_area("A1:B2")
    book.define_name("Tổng", f"='{SHEET}'!$D$14")
    book.add_vba_project(io.BytesIO(MACROS), is_stream=True)
    book.close()
    return buffer.getvalue()


def parts(data: bytes) -> dict[str, bytes]:
    """The parts of a workbook by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(data: bytes, change: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """The workbook with its parts changed (None: left out), and with more parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in (parts(data) | more).items():
            if (changed := change(name, content)) is not None:
                archive.writestr(name, changed)
    return buffer.getvalue()


def prefixed(name: str, xml: bytes) -> bytes:
    """A part whose elements all have a prefix, as some programs write them."""
    if not re.search(r"^xl/(workbook|styles|worksheets/sheet\d+|comments\d+)\.xml$", name):
        return xml
    text = re.sub(r"<(/?)(?![?/!])", r"<\1x:", xml.decode())
    return re.sub(r"(<x:\w+[^>]*?) xmlns=", r"\1 xmlns:x=", text, count=1).encode()
