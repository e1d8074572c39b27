"""XLSX: written row by row, texts as texts, with a sheet that says what the figures are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter

from tonghop.exchange.selection import ExportProblem
from tonghop.sheets import MOST_ROWS, write_cell

if TYPE_CHECKING:
    from tonghop.exchange.export import About, Rows

_AT_ONCE = 5_000
_ABOUT, _DATA = "Về tệp này", "Số liệu"


def write_xlsx(rows: Rows, path: Path) -> None:
    """Write the rows as a workbook with two sheets: the figures, and what they are. Raises ExportProblem when a sheet cannot hold them."""
    about = rows.about
    if about.rows > MOST_ROWS:
        raise ExportProblem(f"The selection has {about.rows:,} rows, a sheet holds {MOST_ROWS:,}. Restrict it, or export .csv or .parquet.")
    with xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        formats = {"head": book.add_format({"bold": True}), "quoted": book.add_format({"quote_prefix": True})}
        sheet = book.add_worksheet(_DATA)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(about.columns):
            sheet.write_string(0, place, column.name, formats["head"])
        if about.rows:
            sheet.autofilter(0, 0, about.rows, len(about.columns) - 1)
        with rows.connection.cursor(name="export") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(rows.query, rows.parameters)
            for line, row in enumerate(cursor, start=1):
                for place, value in enumerate(row):
                    write_cell(sheet, line, place, value, formats["quoted"])
        _write_about(book.add_worksheet(_ABOUT), about, formats)


def _write_about(sheet: Any, about: About, formats: Mapping[str, Any]) -> None:
    told = about.told()
    lines = [
        ("Bảng / View", told["view"]),
        ("Lần công bố / Publication", told["publication"]),
        ("Công bố lúc / Published at", told["published_at"]),
        ("Xuất lúc / Exported at", told["exported_at"]),
        *([("Bản đồ đơn vị / Map of units", told["map"])] if "map" in told else []),
        *((f"Chỉ gồm / Only: {name}", ", ".join(codes)) for name, codes in told["filters"].items()),
        ("Số hàng / Rows", told["rows"]),
        (
            "Lưu ý / Note",
            "Bảng tính chỉ giữ 15 chữ số của một số; tệp .csv và .parquet giữ đủ. / "
            "A spreadsheet keeps 15 digits of a number; .csv and .parquet keep them all.",
        ),
    ]
    sheet.set_column(0, 1, 40)
    for line, (name, value) in enumerate(lines):
        sheet.write_string(line, 0, name, formats["head"])
        write_cell(sheet, line, 1, value, formats["quoted"])
