"""Workbooks built in code: a sheet is a list of rows, as it looks on the screen."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import openpyxl
import xlsxwriter

Grid = list[list[Any]]

STATION_FIGURES: dict[str, list[Any]] = {
    "A.1": [120, 60, 900, 1200],
    "A.2": [40, 20, 300, 400],
    "A.3": [80, 40, 600, 800],
    "A.4": [33, 11, None, 50],
    "A.5": [7, 3, None, None],
}
STATION_LABELS = {
    "A.1": ("Lượt khám", "lượt"),
    "A.2": ("Trẻ em", "lượt"),
    "A.3": ("Người lớn", "lượt"),
    "A.4": ("Bệnh nhân đang quản lý", "người"),
    "A.5": ("Số ca tích lũy", "ca"),
}
STATION_HEADERS = ["Thực hiện trong tháng", "Trong đó nữ", "Cộng dồn", "Kế hoạch năm"]


def head(form: str, unit: str, unit_code: str, period: object, as_of: object = "31/08/2022") -> Grid:
    """The lines above a table."""
    return [
        ["SỞ Y TẾ TỈNH THỬ NGHIỆM"],
        ["BÁO CÁO HOẠT ĐỘNG"],
        ["Biểu mẫu:", form],
        ["Đơn vị:", unit],
        ["Mã đơn vị:", unit_code],
        ["Kỳ báo cáo:", period],
        ["Số liệu tính đến ngày:", as_of],
        [],
    ]


def station_head(**changed: Any) -> Grid:
    lines = {"form": "ST v2", "unit": "Trạm Y tế xã Một", "unit_code": "C11", "period": "Tháng 08/2022"} | changed
    return head(**lines)


def station_table(figures: Mapping[str, list[Any]] = STATION_FIGURES) -> Grid:
    header: list[Any] = ["Mã", "Chỉ tiêu", "Đơn vị tính", *STATION_HEADERS]
    return [header, *([code, *STATION_LABELS[code], *figures[code]] for code in figures)]


def station_sheet(figures: Mapping[str, list[Any]] = STATION_FIGURES, **changed: Any) -> Grid:
    """The one sheet of the station's form, version 2, for August 2022; the header stands in row 9."""
    return station_head(**changed) + station_table(figures) + [[], ["Nhận xét:", "Bình thường"]]


def workbook(sheets: Mapping[str, Grid]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name, grid in sheets.items():
        sheet = book.create_sheet(name)
        for row_number, row in enumerate(grid, start=1):
            for column, content in enumerate(row, start=1):
                if content is not None:
                    sheet.cell(row_number, column, content)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def station_file(grid: Grid | None = None, name: str = "Khám bệnh") -> bytes:
    return saved(workbook({name: station_sheet() if grid is None else grid}))


def shared(sheets: Mapping[str, Grid]) -> bytes:
    """As Excel writes it, with a table of shared strings (openpyxl writes texts into the cells)."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        for name, grid in sheets.items():
            sheet = book.add_worksheet(name)
            for row_number, row in enumerate(grid):
                for column, content in enumerate(row):
                    if content is not None:
                        sheet.write(row_number, column, content)
    return buffer.getvalue()
