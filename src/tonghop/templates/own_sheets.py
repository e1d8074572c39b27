"""The sheets that are no part of the form: how to fill it in, and the list of checks. Intake passes over them by their first line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tonghop.intake.vocabulary import ASIDE_MARK
from tonghop.model import Severity
from tonghop.templates import formats as look
from tonghop.templates import words
from tonghop.templates.checks import WRONG, Check
from tonghop.templates.formats import Formats
from tonghop.templates.formulas import quoted
from tonghop.templates.instructions import Paragraph
from tonghop.templates.layout import Style

A4 = 9
LINE_HEIGHT = 16
"""Points of a line of text."""
PROTECTION = {"format_columns": True, "format_rows": True, "select_locked_cells": True, "select_unlocked_cells": True}
"""What may be done in a protected sheet beside typing into unlocked cells."""

_EXAMPLE_WIDTH, _PARAGRAPH_WIDTH = 24, 90
_CHECK_WIDTH, _ADVICE_WIDTH = 70, 80
_CHECK_COLUMNS = {
    "Phép kiểm tra": _CHECK_WIDTH,
    "Vế trái": 14,
    "Vế phải": 14,
    "Kết quả": 10,
    "Mức độ": 14,
    "Việc cần làm khi SAI": _ADVICE_WIDTH,
}
"""Headers of the list of checks with the widths of their columns."""
_HEADER_ROW = 3
"""The header of the list of checks; the first one stands below it."""
_SEVERITIES = {Severity.CRITICAL: "nghiêm trọng", Severity.WARNING: "cảnh báo", Severity.INFO: "lưu ý"}


class OwnSheets:
    """Writes them into an open workbook, under names that the form has no sheet of."""

    def __init__(self, book: xlsxwriter.Workbook, formats: Formats, pages: Sequence[str], password: str) -> None:
        self._book, self._formats, self._password = book, formats, password
        taken = {page.casefold() for page in pages}
        self.checks, self._instructions = _free_name(words.CHECKS, taken), _free_name(words.INSTRUCTIONS, taken)

    def text_of(self, check: Check) -> str:
        """The cell that says what must hold, as a formula names it."""
        return self._cell_of(check, "A")

    def write_instructions(self, paragraphs: Iterable[Paragraph]) -> None:
        """Write how to fill in the form."""
        sheet, formats = self._sheet(self._instructions, "Cách điền báo cáo."), self._formats
        sheet.set_column(0, 0, _EXAMPLE_WIDTH)
        sheet.set_column(1, 1, _PARAGRAPH_WIDTH)
        for row, paragraph in enumerate(paragraphs, start=2):
            sheet.set_row(row, LINE_HEIGHT * (1 + len(paragraph.text) // _PARAGRAPH_WIDTH))
            if paragraph.example:
                sheet.write_string(row, 0, paragraph.example, formats.example)
                sheet.write_string(row, 1, paragraph.text, formats.plain)
            else:
                form = formats.heading if paragraph.is_heading else formats.plain
                sheet.merge_range(row, 0, row, 1, "", form)
                sheet.write_string(row, 0, paragraph.text, form)

    def write_checks(self, checks: Sequence[Check]) -> None:
        """Write the list of checks, each with both sides and the result, and a defined name for every result."""
        sheet, formats = self._sheet(self.checks, "Các phép kiểm tra, tự tính khi nhập số."), self._formats
        for column, (header, width) in enumerate(_CHECK_COLUMNS.items()):
            sheet.set_column(column, column, width)
            sheet.write_string(_HEADER_ROW - 1, column, header, formats.text(Style.HEADER))
        for check in checks:
            row = _HEADER_ROW + check.number
            left = check.side(check.left, self.checks)
            right = check.side(check.right, self.checks, check.rule.constant or Decimal(0))
            result = check.result(self.checks, f"$B${row}", f"$C${row}")
            lines = 1 + max(len(check.text) // _CHECK_WIDTH, len(check.rule.text_vi) // _ADVICE_WIDTH)
            sheet.set_row(row - 1, LINE_HEIGHT * lines)
            sheet.write_string(row - 1, 0, check.text, formats.plain)
            sheet.write_formula(row - 1, 1, left, formats.side, 0)
            sheet.write_formula(row - 1, 2, right, formats.side, 0)
            sheet.write_formula(row - 1, 3, result, formats.plain, words.PENDING)
            sheet.write_string(row - 1, 4, _SEVERITIES[check.severity], formats.plain)
            sheet.write_string(row - 1, 5, check.rule.text_vi, formats.plain)
            self._book.define_name(check.name, f"={self._cell_of(check, 'D')}")
        wrong = {"type": "cell", "criteria": "==", "value": f'"{WRONG}"', "format": formats.shade(look.CRITICAL)}
        sheet.conditional_format(_HEADER_ROW, 3, _HEADER_ROW + len(checks) - 1, 3, wrong)
        sheet.freeze_panes(_HEADER_ROW, 0)
        sheet.repeat_rows(_HEADER_ROW - 1)
        sheet.set_landscape()

    def _cell_of(self, check: Check, column: str) -> str:
        return f"{quoted(self.checks)}!${column}${_HEADER_ROW + check.number}"

    def _sheet(self, name: str, what: str) -> Worksheet:
        sheet = self._book.add_worksheet(name)
        sheet.write_string(0, 0, f"{ASIDE_MARK}. {what}", self._formats.aside)
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.protect(self._password, PROTECTION)
        return sheet


def _free_name(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free.casefold() in taken:
        free, number = f"{name} {number}", number + 1
    return free
