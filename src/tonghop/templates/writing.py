"""Writes the workbook: the pages of the form, a sheet of instructions and a sheet of checks. The same input gives the same bytes."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tonghop.intake.cells import address
from tonghop.intake.numbers import plain
from tonghop.intake.vocabulary import ASIDE_MARK
from tonghop.model import Measure, Severity, Slot
from tonghop.templates import formats as look
from tonghop.templates import words
from tonghop.templates.checks import WRONG, Check
from tonghop.templates.formats import Formats, Kind, kind_of, validation
from tonghop.templates.formulas import Boxes, Earlier, formula_of, period_before, quoted
from tonghop.templates.instructions import Paragraph
from tonghop.templates.layout import Box, Page, Quantity, Style

CREATED = datetime(2021, 1, 1)
"""The creation date in every workbook: a clock would change the bytes."""
NOTHING = " "
"""The value of a formula that has nothing to say yet; an empty one would look like a formula that was never calculated."""
A4 = 9
_PROTECTION = {"format_columns": True, "format_rows": True, "select_locked_cells": True, "select_unlocked_cells": True}
_CODE_WIDTH, _NAME_WIDTH, _FIGURE_WIDTH, _ORIENTATION_WIDTH, _ANSWER_WIDTH = 11, 46, 13, 16, 60
_INSTRUCTION_WIDTH = 90
_PORTRAIT_WIDTH = 105
"""Characters that a page in portrait holds in a readable size."""
_LATEST_AS_OF = timedelta(days=366)


class Template(NamedTuple):
    """What a workbook is made of. `given`: figures that are known before anybody types, such as the plan."""

    pages: list[Page]
    checks: list[Check]
    instructions: list[Paragraph]
    boxes: Boxes
    earlier: Earlier
    given: Mapping[Quantity, Decimal]
    identity: Mapping[str, str]
    """defined names and what they say: form, unit, period, catalog"""
    password: str


def workbook_bytes(template: Template) -> bytes:
    """The .xlsx file of a template."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": CREATED, "title": next(iter(template.identity.values()))})
        _Writer(book, template).write()
    return buffer.getvalue()


class _Writer:
    """Writes a template into an open workbook."""

    def __init__(self, book: xlsxwriter.Workbook, template: Template) -> None:
        self.book, self.template, self.formats = book, template, Formats(book)
        taken = {page.name.casefold() for page in template.pages}
        self.checks_name = _free_name(words.CHECKS, taken)
        self.instructions_name = _free_name(words.INSTRUCTIONS, taken)
        self.checks_of_box: dict[Quantity, list[Check]] = defaultdict(list)
        for check in template.checks:
            for box in check.boxes:
                self.checks_of_box[box.quantity].append(check)

    def write(self) -> None:
        """Write every sheet."""
        self._write_instructions()
        for number, page in enumerate(self.template.pages):
            sheet = self.book.add_worksheet(page.name)
            if number == 0:
                sheet.activate()
            self._write_page(sheet, page)
        if self.template.checks:
            self._write_checks()
        for name, said in self.template.identity.items():
            self.book.define_name(name, '="' + said.replace('"', '""') + '"')

    # -- a page

    def _write_page(self, sheet: Worksheet, page: Page) -> None:
        for text in page.texts:
            self._write_text(sheet, text.row, text.column, text.text, self.formats.text(text.style), text.rows, text.columns)
            if text.style is Style.HEADER and page.header and text.row + text.rows - 1 == page.header[1]:
                sheet.set_row(page.header[1] - 1, 34)
        for field in page.fields:
            self._write_field(sheet, page, field)
        for box in page.boxes:
            self._write_box(sheet, box)
        self._validate(sheet, page)
        self._shade(sheet, page)
        self._write_asides(sheet, page)
        self._set_up(sheet, page)

    def _write_text(self, sheet: Worksheet, row: int, column: int, text: str, form: Any, rows: int = 1, columns: int = 1) -> None:
        if rows * columns > 1:
            sheet.merge_range(row - 1, column - 1, row + rows - 2, column + columns - 2, "", form)
        sheet.write_string(row - 1, column - 1, text, form)

    def _write_field(self, sheet: Worksheet, page: Page, field: Any) -> None:
        form = self.formats.field(is_date=field.is_date, is_long=field.is_long)
        row, column = field.row - 1, field.column - 1
        if field.columns > 1:
            sheet.merge_range(row, column, row, column + field.columns - 1, "", form)
        else:
            sheet.write_blank(row, column, None, form)
        if field.is_long:
            sheet.set_row(row, 60)
        if field.is_date:
            first, last = page.period.start_date, page.period.end_date + _LATEST_AS_OF
            sheet.data_validation(
                row,
                column,
                row,
                column,
                {
                    "validate": "date",
                    "criteria": "between",
                    "minimum": first,
                    "maximum": last,
                    "input_title": "Ngày chốt số liệu",
                    "input_message": "Gõ ngày, tháng, năm, ví dụ 14/08/2022.",
                    "error_title": "Ô này cần một ngày",
                    "error_message": f"Hãy gõ một ngày từ {first:%d/%m/%Y} trở đi, ví dụ {page.period.end_date:%d/%m/%Y}.",
                },
            )
            self._shade_empty(sheet, row, column, row, column)

    def _write_box(self, sheet: Worksheet, box: Box) -> None:
        given = self.template.given.get(box.quantity)
        formula = formula_of(box, self.template.boxes, self.template.earlier) if given is None and box.open else None
        form = self.formats.figure(kind_of(box), computed=formula is not None, locked=not box.open)
        if formula is not None:
            sheet.write_formula(box.row - 1, box.column - 1, formula, form, words.PENDING)
            self._shade_overwritten(sheet, box, formula)
        elif given is not None:
            sheet.write_number(box.row - 1, box.column - 1, given, form)
        else:
            sheet.write_blank(box.row - 1, box.column - 1, None, form)

    def _shade_overwritten(self, sheet: Worksheet, box: Box, formula: str) -> None:
        """Show where somebody has typed another figure over a computed one."""
        cell, wanted = address(box.row, box.column), formula.removeprefix("=")
        sheet.conditional_format(
            cell,
            {
                "type": "formula",
                "criteria": f"=IF(COUNT({cell},{wanted})=2,ABS({cell}-({wanted}))>0.005,FALSE)",
                "format": self.formats.shade(look.WARNING),
            },
        )

    def _validate(self, sheet: Worksheet, page: Page) -> None:
        """What may be typed, for every run of boxes of one kind below each other."""
        for boxes in _runs(page.boxes):
            first, last = boxes[0], boxes[-1]
            if first.open:
                rule = validation(kind_of(first), address(first.row, first.column))
                sheet.data_validation(first.row - 1, first.column - 1, last.row - 1, last.column - 1, rule)

    def _shade(self, sheet: Worksheet, page: Page) -> None:
        """Colours while typing: red or orange for what a check finds wrong, yellow for what is empty."""
        for box in page.boxes:
            by_severity = sorted(self.checks_of_box.get(box.quantity, ()), key=lambda check: check.severity is not Severity.CRITICAL)
            for is_critical, checks in groupby(by_severity, key=lambda check: check.severity is Severity.CRITICAL):
                wrong = ",".join(f'{check.name}="{WRONG}"' for check in checks)
                shade = self.formats.shade(look.CRITICAL if is_critical else look.WARNING)
                rule = {"type": "formula", "criteria": f"=OR({wrong})", "format": shade, "stop_if_true": True}
                sheet.conditional_format(box.row - 1, box.column - 1, box.row - 1, box.column - 1, rule)
        for boxes in _runs(page.boxes):
            first, last = boxes[0], boxes[-1]
            if first.open:
                self._shade_empty(sheet, first.row - 1, first.column - 1, last.row - 1, last.column - 1)
            else:
                rule = {"type": "no_errors", "format": self.formats.shade(look.CLOSED)}
                sheet.conditional_format(first.row - 1, first.column - 1, last.row - 1, last.column - 1, rule)

    def _shade_empty(self, sheet: Worksheet, *cells: int) -> None:
        sheet.conditional_format(*cells, {"type": "blanks", "format": self.formats.shade(look.EMPTY)})

    # beside the table

    def _write_asides(self, sheet: Worksheet, page: Page) -> None:
        """Write what stands to the right of the table: figures of the period before, what the checks say."""
        column = page.last_column
        if page.header is None:
            return
        for header, figures in self._orientation(page):
            column += 1
            height = page.header[1] - page.header[0] + 1
            self._write_text(sheet, page.header[0], column, header, self.formats.text(Style.HEADER), height)
            sheet.set_column(column - 1, column - 1, _ORIENTATION_WIDTH)
            for row, figure in figures:
                sheet.write_string(row - 1, column - 1, f"đã báo {_shown(figure)}", self.formats.orientation)
        answers = list(self._answers(page))
        if not answers:
            return
        column += 1
        height = page.header[1] - page.header[0] + 1
        self._write_text(sheet, page.header[0], column, words.CHECKS, self.formats.text(Style.HEADER), height)
        sheet.set_column(column - 1, column - 1, _ANSWER_WIDTH)
        for row, formula in answers:
            sheet.write_formula(row - 1, column - 1, formula, self.formats.answer, NOTHING)

    def _orientation(self, page: Page) -> Iterator[tuple[str, list[tuple[int, Decimal]]]]:
        """What was reported for the period before, by row: for each column of cumulative figures, else of values."""
        for measure in (Measure.YTD, Measure.VALUE):
            known: defaultdict[int, list[tuple[int, Decimal]]] = defaultdict(list)
            for box in page.boxes:
                slot, indicator_code, breakdown_code, own = box.quantity
                before = period_before(slot.period)
                if own is not measure or slot.period != page.period or before is None:
                    continue
                reported = self.template.earlier(Slot(slot.unit_code, slot.form_code, before))
                if (figure := reported.get((indicator_code, breakdown_code, measure))) is not None:
                    known[box.column].append((box.row, figure))
            if known:
                label = words.period_label(period_before(page.period) or page.period)
                yield from (
                    (f"{column.header} – {label} (tham khảo)", known[column.column]) for column in page.columns if column.column in known
                )
                return

    def _answers(self, page: Page) -> Iterator[tuple[int, str]]:
        """For each row with checks, a formula that says what is wrong in it."""
        by_row: defaultdict[int, dict[int, Check]] = defaultdict(dict)
        for box in page.boxes:
            for check in self.checks_of_box.get(box.quantity, ()):
                by_row[box.row][check.number] = check
        for row, checks in sorted(by_row.items()):
            parts = [f'IF({check.name}="{WRONG}","✗ "&{self._check_cell(check, "A")}&"   ","")' for check in checks.values()]
            yield row, "=" + "&".join(parts)

    # -- set-up

    def _set_up(self, sheet: Worksheet, page: Page) -> None:
        sheet.set_column(0, 0, _CODE_WIDTH)
        if page.columns:
            sheet.set_column(1, 1, _NAME_WIDTH)
            sheet.set_column(2, page.last_column - 1, _FIGURE_WIDTH)
        else:
            sheet.set_column(1, page.last_column, _FIGURE_WIDTH + 6)
        if page.header:
            sheet.freeze_panes(page.header[1], page.first_figure - 1)
            sheet.repeat_rows(page.header[0] - 1, page.header[1] - 1)
        sheet.set_paper(A4)
        width = _CODE_WIDTH + _NAME_WIDTH + _FIGURE_WIDTH * (page.last_column - 2)
        if width > _PORTRAIT_WIDTH:
            sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        rows = [text.row for text in page.texts] + [field.row for field in page.fields] + [box.row for box in page.boxes]
        sheet.print_area(0, 0, max(rows) - 1, page.last_column - 1)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.set_footer(f"&L{next(iter(self.template.identity.values())).replace('&', '&&')}&C{page.name.replace('&', '&&')}&R&P/&N")
        sheet.protect(self.template.password, _PROTECTION)

    # -- sheets of our own

    def _aside_sheet(self, name: str, what: str) -> Worksheet:
        sheet = self.book.add_worksheet(name)
        sheet.write_string(0, 0, f"{ASIDE_MARK}. {what}", self.formats.aside)
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.protect(self.template.password, _PROTECTION)
        return sheet

    def _write_instructions(self) -> None:
        sheet = self._aside_sheet(self.instructions_name, "Cách điền báo cáo.")
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, _INSTRUCTION_WIDTH)
        for row, paragraph in enumerate(self.template.instructions, start=2):
            sheet.set_row(row, 15 * (1 + len(paragraph.text) // _INSTRUCTION_WIDTH))
            if paragraph.example:
                sheet.write_string(row, 0, paragraph.example, self.formats.example)
                sheet.write_string(row, 1, paragraph.text, self.formats.plain)
            else:
                form = self.formats.heading if paragraph.is_heading else self.formats.plain
                sheet.merge_range(row, 0, row, 1, "", form)
                sheet.write_string(row, 0, paragraph.text, form)

    def _check_cell(self, check: Check, column: str) -> str:
        return f"{quoted(self.checks_name)}!${column}${_FIRST_CHECK + check.number}"

    def _write_checks(self) -> None:
        sheet = self._aside_sheet(self.checks_name, "Các phép kiểm tra, tự tính khi nhập số.")
        headers = ("Phép kiểm tra", "Vế trái", "Vế phải", "Kết quả", "Mức độ", "Việc cần làm khi SAI")
        for column, (header, width) in enumerate(zip(headers, (70, 14, 14, 10, 12, 80), strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(_FIRST_CHECK - 1, column, header, self.formats.text(Style.HEADER))
        for check in self.template.checks:
            row = _FIRST_CHECK + check.number
            left = check.side(check.left, self.checks_name)
            right = check.side(check.right, self.checks_name, check.rule.constant or Decimal(0))
            sheet.write_string(row - 1, 0, check.text, self.formats.plain)
            sheet.write_formula(row - 1, 1, left, self.formats.side, 0)
            sheet.write_formula(row - 1, 2, right, self.formats.side, 0)
            sheet.write_formula(row - 1, 3, check.result(self.checks_name, f"$B${row}", f"$C${row}"), self.formats.plain, words.PENDING)
            sheet.write_string(row - 1, 4, _SEVERITIES[check.severity], self.formats.plain)
            sheet.write_string(row - 1, 5, check.rule.text_vi, self.formats.plain)
            self.book.define_name(check.name, f"={self._check_cell(check, 'D')}")
        last = _FIRST_CHECK + len(self.template.checks)
        rule = {"type": "cell", "criteria": "==", "value": f'"{WRONG}"', "format": self.formats.shade(look.CRITICAL)}
        sheet.conditional_format(_FIRST_CHECK, 3, last - 1, 3, rule)
        sheet.freeze_panes(_FIRST_CHECK, 0)
        sheet.repeat_rows(_FIRST_CHECK - 1)
        sheet.set_landscape()


_FIRST_CHECK = 3
"""The header of the list of checks; the first one stands below it."""
_SEVERITIES = {Severity.CRITICAL: "nghiêm trọng", Severity.WARNING: "cảnh báo", Severity.INFO: "lưu ý"}


def _free_name(name: str, taken: set[str]) -> str:
    """A name of a sheet that the form has no sheet of."""
    number, free = 2, name
    while free.casefold() in taken:
        free, number = f"{name} {number}", number + 1
    return free


def _runs(boxes: Iterable[Box]) -> Iterator[list[Box]]:
    """The boxes of a page in runs: below each other without a gap, of one kind."""
    run: list[Box] = []
    for box in sorted(boxes, key=lambda box: (box.column, box.row)):
        if run and not _continues(run[-1], box):
            yield run
            run = []
        run.append(box)
    if run:
        yield run


def _continues(above: Box, box: Box) -> bool:
    same: tuple[tuple[int, bool, Kind], ...] = tuple((each.column, each.open, kind_of(each)) for each in (above, box))
    return same[0] == same[1] and box.row == above.row + 1


def _shown(figure: Decimal) -> str:
    """A figure as Vietnamese readers write it: 1.448,5."""
    text = plain(figure)
    whole, _, fraction = text.partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    return f"{'-' if text.startswith('-0') else ''}{grouped}" + (f",{fraction}" if fraction else "")
