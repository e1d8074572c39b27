"""Where everything stands in the workbook of a form: a page for each tab, its texts, and the boxes that figures are typed into."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from tonghop.catalog.rows import Indicator
from tonghop.intake.numbers import Expects
from tonghop.model import Measure, Period, Slot
from tonghop.templates import words


class Quantity(NamedTuple):
    """What a box is for: a figure of one report."""

    slot: Slot
    indicator_code: str
    breakdown_code: str
    measure: Measure


class Box(NamedTuple):
    """A cell that a figure is typed into. Rows and columns count from 1; `open` unless its period is still to come."""

    page: str
    row: int
    column: int
    quantity: Quantity
    indicator: Indicator
    expects: Expects
    open: bool


class Style(StrEnum):
    """What a text is on its page."""

    DEPARTMENT = "department"
    TITLE = "title"
    LABEL = "label"
    SAID = "said"
    NOTE = "note"
    HEADER = "header"
    CODE = "code"
    NAME = "name"
    UNDER = "under"
    UNIT_OF_MEASURE = "unit of measure"
    REMARK = "remark"


class Text(NamedTuple):
    """A text that stands in a cell, or in the merged cells of an extent."""

    row: int
    column: int
    text: str
    style: Style
    rows: int = 1
    columns: int = 1


class Field(NamedTuple):
    """A cell (or some, merged) for something else than a figure: the date of the data, a name, free text."""

    row: int
    column: int
    is_date: bool = False
    columns: int = 1
    is_long: bool = False


class Line(NamedTuple):
    """A row of a table: its row on the page, and its code."""

    row: int
    code: str


class Column(NamedTuple):
    """A column of figures of a table: its place, and its header in one line."""

    column: int
    header: str


@dataclass
class Page:
    """A tab of the workbook."""

    name: str
    period: Period
    texts: list[Text] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    header: tuple[int, int] | None = None
    """first and last row of the table's header"""
    first_figure: int = 1
    """the first column of figures of the table"""

    @property
    def last_column(self) -> int:
        """The last column of the head, of the table, and of what stands in fixed cells."""
        own = [text.column + text.columns - 1 for text in self.texts] + [field.column + field.columns - 1 for field in self.fields]
        return max([*own, *(box.column for box in self.boxes)])


class Head(NamedTuple):
    """What the head of every page says beside form, unit and period: when the report is due, and whom to ask."""

    deadline: str | None
    contact: str | None

    @property
    def line(self) -> str:
        """Both in one line; empty when there is neither."""
        said = ((words.DEADLINE, self.deadline), (words.CONTACT, self.contact))
        return ". ".join(f"{label} {text}" for label, text in said if text)
