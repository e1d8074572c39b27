"""Workbooks as units send them: one layout, several ways of typing, the same bytes every time.

Each sheet has the department in row 1, the form's title in row 2, then labels and what they say in columns A and B, an empty row,
the header and the rows of the form; remarks stand below the last table.

These are not the workbooks of `templates`: they are typed in several ways, as units do, and have neither formulas nor checks, so
that many hundreds are made in seconds. The words are the same.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

import xlsxwriter

from tonghop.templates.words import (
    AS_OF,
    CODE,
    COMPILER,
    FORM,
    INDICATOR,
    PERIOD,
    REMARKS,
    UNIT,
    UNIT_CODE,
    UNIT_OF_MEASURE,
)
from tonghop.templates.writing import CREATED

HEADER = (CODE, INDICATOR, UNIT_OF_MEASURE)

Figure = Decimal | int | str | None
"""What a cell holds: a number, a text that is written as it stands, or nothing."""


class Typing(StrEnum):
    """How the person who fills in the form types numbers."""

    NUMBERS = "numbers"
    TEXTS = "texts"  # 1.448 and 66,46 as text, 00 for zero, - for nothing


@dataclass(frozen=True)
class Line:
    """A row of a form with its figures, one for each column."""

    row_code: str
    label: str
    unit_of_measure: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet of a form: its name, the headers of its figures, its rows."""

    name: str
    headers: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Workbook:
    """Everything that a workbook says."""

    department: str
    title: str
    form: str
    unit: str
    unit_code: str
    period: str
    as_of: date
    compiler: str
    remark: str
    sheets: tuple[Sheet, ...]
    typing: Typing = Typing.NUMBERS


def as_typed(figure: Figure, typing: Typing) -> Figure:
    """A figure in the way that a person types it: as a number, or as a Vietnamese text."""
    if typing is Typing.NUMBERS or isinstance(figure, str):
        return figure
    if figure is None:
        return "-"
    if figure == 0:
        return "00"
    return f"{figure:,}".replace(",", "\x00").replace(".", ",").replace("\x00", ".")


def workbook_bytes(workbook: Workbook) -> bytes:
    """The .xlsx file of a workbook. The same workbook gives the same bytes."""
    buffer = io.BytesIO()
    file = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    )
    file.set_properties({"created": CREATED})
    day = file.add_format({"num_format": "dd/mm/yyyy"})
    for sheet in workbook.sheets:
        page = file.add_worksheet(sheet.name)
        page.write_string(0, 0, workbook.department)
        page.write_string(1, 0, workbook.title)
        pairs = (
            (FORM, workbook.form),
            (UNIT, workbook.unit),
            (UNIT_CODE, workbook.unit_code),
            (PERIOD, workbook.period),
            (AS_OF, workbook.as_of),
            (COMPILER, workbook.compiler),
        )
        for row, (label, said) in enumerate(pairs, start=2):
            page.write_string(row, 0, label)
            if isinstance(said, str):
                page.write_string(row, 1, said)
            elif workbook.typing is Typing.TEXTS:
                page.write_string(row, 1, f"{said:%d/%m/%Y}")
            else:
                page.write_datetime(row, 1, said, day)
        top = len(pairs) + 3
        for column, header in enumerate(HEADER + sheet.headers):
            page.write_string(top, column, header)
        for row, line in enumerate(sheet.lines, start=top + 1):
            page.write_string(row, 0, line.row_code)
            page.write_string(row, 1, line.label)
            page.write_string(row, 2, line.unit_of_measure)
            for column, figure in enumerate(line.figures, start=len(HEADER)):
                typed = as_typed(figure, workbook.typing)
                if isinstance(typed, str):
                    page.write_string(row, column, typed)
                elif typed is not None:
                    page.write_number(row, column, typed)
        if sheet is workbook.sheets[-1]:
            page.write_string(top + len(sheet.lines) + 2, 0, REMARKS)
            page.write_string(top + len(sheet.lines) + 2, 1, workbook.remark)
    file.close()
    return buffer.getvalue()
