"""What a person does with a workbook: opens it, types into its boxes, saves it with another program."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import openpyxl

from tonghop.catalog import Pack
from tonghop.templates import FileOfUnit
from tonghop.templates.layout import Box, Head, Page
from tonghop.templates.pages import pages_of
from tonghop.templates.words import PENDING


def pages_in(pack: Pack, made: FileOfUnit) -> list[Page]:
    """The pages of a workbook: where its boxes are."""
    form = pack.form_at(made.slot.form_code, made.slot.period.end_date)
    unit = pack.unit(made.slot.unit_code, made.slot.period.end_date)
    assert form is not None and unit is not None
    return pages_of(pack, form, unit, made.slot.period, Head("a deadline", "a contact"))


def boxes_in(pack: Pack, made: FileOfUnit) -> list[Box]:
    """The boxes of a workbook that may be typed into."""
    return [box for page in pages_in(pack, made) for box in page.boxes if box.open]


def typed(content: bytes, figures: Mapping[Box, Any]) -> bytes:
    """The workbook with figures typed into some boxes; None empties one. Formulas in other boxes are as a program leaves them that
    has calculated them before all figures were there."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    cell.value = PENDING
    for box, figure in figures.items():
        book[box.page].cell(box.row, box.column).value = figure
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
