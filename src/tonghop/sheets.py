"""Cells of the workbooks that we write: texts stay texts, whatever they look like, and numbers keep their digits."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tonghop.spreadsheets import starts_a_formula

MOST_ROWS = 1_048_575
"""Rows below the header that a sheet can have."""
_EXACT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps."""


def write_cell(sheet: Any, line: int, place: int, value: object, quoted: Any) -> None:
    """Write a value into a cell of an xlsxwriter sheet; `quoted` is the format of texts that look like formulas (`quote_prefix`)."""
    match value:
        case None:
            return
        case str():
            sheet.write_string(line, place, value, quoted if starts_a_formula(value) else None)
        case bool():
            sheet.write_boolean(line, place, value)
        case int() | Decimal():
            if len(str(abs(int(value)))) > _EXACT_DIGITS and value == int(value):
                sheet.write_string(line, place, f"{value:f}" if isinstance(value, Decimal) else str(value))
            else:
                sheet.write_number(line, place, float(value))
        case datetime():
            sheet.write_string(line, place, value.isoformat(sep=" ", timespec="seconds"))
        case date():
            if value.year >= date.max.year:  # valid without an end: no spreadsheet knows that day
                sheet.write_string(line, place, value.isoformat())
            else:
                sheet.write_datetime(line, place, datetime(value.year, value.month, value.day))
        case _:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            sheet.write_string(line, place, text, quoted if starts_a_formula(text) else None)
