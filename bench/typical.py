"""Typical workbooks for the benchmarks: 6 sheets, 150 indicators, 900 cells, as units fill them in, and the pack that reads them.

Shared strings, cell styles, dates, a note, a formula with its result, some figures typed as text; other figures in every file.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import xlsxwriter

SHEETS = 6
ROWS = 25
"""indicators on a sheet"""
COLUMNS = (("Thực hiện trong tháng", "value"), ("Cộng dồn từ đầu năm", "ytd"), ("Kế hoạch năm", "plan"))
DISTRICTS = 10
STATIONS = 100
FIRST_YEAR = 2021

_WORDS = (
    *("khám", "điều trị", "tiêm chủng", "phụ nữ", "trẻ em", "dưới năm tuổi", "được quản lý", "thai", "sinh tại trạm", "xét nghiệm"),
    *("sốt xuất huyết", "mắc mới", "tử vong", "sàng lọc", "khẩu phần", "tư vấn", "cấp cứu", "chuyển tuyến", "nội trú", "ngoại trú"),
)


def write_pack(folder: Path) -> Path:
    """A catalog pack with one form of 6 sheets and stations that owe it every month."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "units": _units(),
        "unit_aliases": iter(["unit_code,alias,valid_from,valid_to"]),
        "programmes": iter(
            [
                "programme_code,name_vi,name_en,sort_order",
                *(f"P{sheet},Chương trình {sheet},Programme {sheet},{sheet}" for sheet in range(SHEETS)),
            ]
        ),
        "indicators": _indicators(),
        "breakdowns": iter(["breakdown_code,sex,age_group,name_vi,name_en", "TOTAL,,,Tổng số,Total"]),
        "units_of_measure": iter(["word,unit_of_measure", "lượt khám,lượt"]),
        "forms": iter(
            [
                "form_code,version,name_vi,name_en,unit_types,period_type,valid_from,valid_to",
                "TYT,1,Báo cáo trạm,Station report,station,month,,",
            ]
        ),
        "form_columns": _form_columns(),
        "form_rows": _form_rows(),
        "duties": iter(["form_code,unit_type,unit_code,period_type,valid_from,valid_to,deadline_working_days", "TYT,station,,month,,,5"]),
        "targets": iter(["indicator_code,unit_code,year,comparison,target,rate,of_indicator_code"]),
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "rules.yml").write_text("[]\n")
    (folder / "pack.yml").write_text(
        "code: BENCH\nname_vi: Tỉnh mẫu\nname_en: Bench province\ntime_zone: Asia/Ho_Chi_Minh\nroot_unit: P\nholidays: VN\n"
        f"first_year: {FIRST_YEAR}\nlast_year: {FIRST_YEAR + 9}\ncontact: bench@example.org\n",
        encoding="utf-8",
    )
    return folder


def _units() -> Iterator[str]:
    yield "unit_code,official_code,name_vi,name_en,sort_order,level,unit_type,parent_code,valid_from,valid_to,successor_code"
    yield "P,,Tỉnh mẫu,Bench province,1,1,province,,,,"
    for district in range(DISTRICTS):
        yield f"D{district},,Huyện số {district},District {district},{district},2,district,P,,,"
    for station in range(STATIONS):
        yield f"S{station:03d},,{_station(station)},Station {station},{station},3,station,D{station % DISTRICTS},,,"


def _station(number: int) -> str:
    return f"Trạm Y tế xã số {number}"


def _label(sheet: int, row: int) -> str:
    words = random.Random(sheet * ROWS + row).sample(_WORDS, 4)
    return f"{' '.join(words).capitalize()} ({sheet + 1}.{row + 1})"


def _code(sheet: int, row: int) -> str:
    return f"IND_{sheet + 1}_{row + 1:02d}"


def _indicators() -> Iterator[str]:
    yield (
        "indicator_code,name_vi,name_en,sort_order,programme_code,unit_of_measure,kind,stock_at,decimals,"
        "numerator_code,denominator_code,factor,better"
    )
    for sheet in range(SHEETS):
        for row in range(ROWS):
            yield f"{_code(sheet, row)},{_label(sheet, row)},Indicator {sheet + 1}.{row + 1},{row},P{sheet},lượt,flow,,0,,,,none"


def _form_columns() -> Iterator[str]:
    yield "form_code,version,sheet,header_vi,measure,breakdown_code"
    for sheet in range(SHEETS):
        for header, measure in COLUMNS:
            yield f"TYT,1,Phần {sheet + 1},{header},{measure},TOTAL"


def _form_rows() -> Iterator[str]:
    yield "form_code,version,sheet,sort_order,row_code,label_vi,indicator_code,role,zero_words"
    for sheet in range(SHEETS):
        for row in range(ROWS):
            yield f"TYT,1,Phần {sheet + 1},{row},{sheet + 1}.{row + 1},{_label(sheet, row)},{_code(sheet, row)},additive,"


def write_workbooks(folder: Path, count: int, first: int = 0) -> list[Path]:
    """`count` workbooks, each of a station and a month of its own: those of another `first` are others. Takes some 20 ms a file on each
    of two processes."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(partial(_write, folder), range(first, first + count), chunksize=50))


def _write(folder: Path, number: int) -> Path:
    station, month = number % STATIONS, number // STATIONS
    year, month = FIRST_YEAR + month // 12, month % 12 + 1
    path = folder / f"S{station:03d}" / f"bao cao thang {month:02d}-{year}.xlsx"
    path.parent.mkdir(exist_ok=True)
    figures = random.Random(number)
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        bold, border = book.add_format({"bold": True}), book.add_format({"border": 1})
        number_format = book.add_format({"border": 1, "num_format": "#,##0"})
        for sheet in range(SHEETS):
            page = book.add_worksheet(f"Phần {sheet + 1}")
            page.set_column(1, 1, 48)
            for line, (label, value) in enumerate(_head(station, month, year)):
                page.write(line, 0, label, bold)
                page.write(line, 1, value)
            for column, title in enumerate(("STT", "Chỉ tiêu", "Đơn vị tính", *(header for header, _ in COLUMNS))):
                page.write(7, column, title, bold)
            for row in range(ROWS):
                line = 8 + row
                page.write(line, 0, f"{sheet + 1}.{row + 1}", border)
                page.write(line, 1, _label(sheet, row), border)
                page.write(line, 2, "lượt", border)
                value = figures.randint(0, 3000)
                if row % 12 == 5:
                    page.write_string(line, 3, f"{value:,}".replace(",", "."), border)  # typed as text, with a dot for thousands
                else:
                    page.write_number(line, 3, value, number_format)
                page.write_number(line, 4, value * month, number_format) if row % 10 else page.write_formula(
                    line, 4, f"=D{line + 1}*{month}", number_format, value * month
                )
                page.write_number(line, 5, figures.randint(1, 90) * 500, number_format)
            page.write(9 + ROWS, 0, "Nhận xét:")
            page.write(9 + ROWS, 1, "Tình hình ổn định, không có dịch bệnh lớn trên địa bàn.")
    return path


def _head(station: int, month: int, year: int) -> list[tuple[str, str]]:
    return [
        ("SỞ Y TẾ TỈNH MẪU", ""),
        ("Biểu mẫu:", "TYT v1"),
        ("Mã đơn vị:", f"S{station:03d}"),
        ("Đơn vị:", _station(station)),
        ("Kỳ báo cáo:", f"Tháng {month:02d}/{year}"),
        ("Số liệu tính đến ngày:", f"28/{month:02d}/{year}"),
    ]
