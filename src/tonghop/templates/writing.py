"""Writes the workbook: the pages of the form, a sheet of instructions and a sheet of checks. The same input gives the same bytes."""

from __future__ import annotations

import io
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tonghop.intake.cells import address
from tonghop.intake.numbers import plain
from tonghop.model import Measure, Severity, Slot
from tonghop.templates import formats as look
from tonghop.templates import words
from tonghop.templates.checks import WRONG, Check
from tonghop.templates.formats import Formats, Kind, kind_of, validation
from tonghop.templates.formulas import Boxes, Earlier, formula_of, period_before
from tonghop.templates.instructions import Paragraph
from tonghop.templates.layout import Box, Page, Quantity, Style
from tonghop.templates.own_sheets import A4, LINE_HEIGHT, PROTECTION, OwnSheets

CREATED = datetime(2021, 1, 1)
"""The creation date in every workbook: a clock would change the bytes."""
NOTHING = " "
"""The value of a formula that has nothing to say yet; an empty one would look like a formula that was never calculated."""
_CODE_WIDTH, _NAME_WIDTH, _FIGURE_WIDTH, _ORIENTATION_WIDTH, _ANSWER_WIDTH = 11, 46, 13, 16, 60
_PORTRAIT_WIDTH = 105
"""Characters that a page in portrait holds in a readable size."""
_LATEST_AS_OF = timedelta(days=366)


class Template(NamedTuple):
    """What a workbook is made of. `given`: figures that are known before anybody types, such as the plan."""

    pages: list[Page]
    checks: list[Check]
    instructions: Callable[[str | None], Iterable[Paragraph]]
    """how to fill it in, by the name of the sheet of checks"""
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
        self.own = OwnSheets(book, self.formats, [page.name for page in template.pages], template.password)
        self.checks_of_box: dict[Quantity, list[Check]] = defaultdict(list)
        for check in template.checks:
            for box in check.boxes:
                self.checks_of_box[box.quantity].append(check)

    def write(self) -> None:
        """Write every sheet."""
        self.own.write_instructions(self.template.instructions(self.own.checks if self.template.checks else None))
        for number, page in enumerate(self.template.pages):
            sheet = self.book.add_worksheet(page.name)
            if number == 0:
                sheet.activate()
            self._write_page(sheet, page)
        if self.template.checks:
            self.own.write_checks(self.template.checks)
        for name, said in self.template.identity.items():
            self.book.define_name(name, '="' + said.replace('"', '""') + '"')

    # -- a page

    def _write_page(self, sheet: Worksheet, page: Page) -> None:
        for text in page.texts:
            self._write_text(sheet, text.row, text.column, text.text, self.formats.text(text.style), text.rows, text.columns)
        for row, lines in self._heights(page).items():
            sheet.set_row(row - 1, LINE_HEIGHT * lines)
        for field in page.fields:
            self._write_field(sheet, page, field)
        for box in page.boxes:
            self._write_box(sheet, box)
        self._validate(sheet, page)
        self._shade(sheet, page)
        self._write_asides(sheet, page)
        self._set_up(sheet, page)

    def _heights(self, page: Page) -> dict[int, int]:
        """How many lines the rows of a page are high whose texts need more than one: programs do not agree on when to fit them."""
        heights: dict[int, int] = {}
        for text in page.texts:
            if text.style in (Style.HEADER, Style.NAME, Style.UNDER):
                width = _NAME_WIDTH if text.column == 2 and page.columns else _FIGURE_WIDTH * text.columns
                lines = -(-math.ceil(len(text.text) / (0.9 * width)) // text.rows)
                for row in range(text.row, text.row + text.rows):
                    heights[row] = max(heights.get(row, 1), lines)
        return {row: lines for row, lines in heights.items() if lines > 1}

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
        alike: defaultdict[tuple[bool, str], list[str]] = defaultdict(list)
        for box in page.boxes:
            for is_critical in (True, False):
                checks = [
                    check for check in self.checks_of_box.get(box.quantity, ()) if (check.severity is Severity.CRITICAL) is is_critical
                ]
                if checks:
                    wrong = ",".join(f'{check.name}="{WRONG}"' for check in checks)
                    alike[is_critical, f"=OR({wrong})"].append(address(box.row, box.column))
        for (is_critical, formula), cells in sorted(alike.items(), key=lambda item: not item[0][0]):
            shade = self.formats.shade(look.CRITICAL if is_critical else look.WARNING)
            rule = {"type": "formula", "criteria": formula, "format": shade, "stop_if_true": True, "multi_range": " ".join(cells)}
            sheet.conditional_format(cells[0], rule)
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
            parts = [f'IF({check.name}="{WRONG}","✗ "&{self.own.text_of(check)}&"   ","")' for check in checks.values()]
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
        sheet.protect(self.template.password, PROTECTION)


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
