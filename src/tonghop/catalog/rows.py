"""The rows of a pack as typed, frozen values: one class per file, one field per column (see `catalog/README.md`).

Every row knows the line it stands in, so that a problem found later can still be answered with file and line.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

import holidays
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from tonghop.model import Measure, PeriodType, Role

SINCE_EVER = date.min
"""`valid_from` of what has no known beginning."""
STILL_VALID = date.max
"""`valid_to` of what has no known end."""
TOTAL = "TOTAL"
"""The breakdown that every pack has: all people, no split."""


def _day(value: object) -> object:
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise ValueError("a date such as 2021-01-31 is expected")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("a date of the calendar, such as 2021-01-31, is expected") from None
    return value


def _words(value: object) -> object:
    return tuple(word.strip() for word in value.split(";") if word.strip()) if isinstance(value, str) else value


def _sheet_name(value: str) -> str:
    if len(value) > 31 or re.search(r"[\[\]:*?/\\]", value):
        raise ValueError("a sheet name of at most 31 characters without []:*?/\\ is expected, or a workbook cannot have it")
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("a time zone such as Asia/Ho_Chi_Minh is expected") from None
    return value


def _country(value: str) -> str:
    try:
        holidays.country_holidays(value)
    except NotImplementedError:
        raise ValueError("a country code whose public holidays are known, such as VN, is expected") from None
    return value


Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9_.-]*$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Day = Annotated[date, BeforeValidator(_day)]
Sheet = Annotated[str, StringConstraints(min_length=1), AfterValidator(_sheet_name)]


class Row(BaseModel):
    """A row of one of the pack's files. `derived` are the fields that are no columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    derived: ClassVar[frozenset[str]] = frozenset({"line"})

    line: int = 0

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """The columns of the file, in the order of `catalog/README.md`."""
        return tuple(name for name in cls.model_fields if name not in cls.derived)


class DatedRow(Row):
    """A row that holds from `valid_from` (included) to `valid_to` (excluded)."""

    valid_from: Day = SINCE_EVER
    valid_to: Day = STILL_VALID

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.valid_from >= self.valid_to:
            raise ValueError(f"valid_to {self.valid_to} is not after valid_from {self.valid_from}; valid_to is the first day that is out")
        return self

    def valid_at(self, at: date) -> bool:
        """Whether the row holds on that day."""
        return self.valid_from <= at < self.valid_to

    def overlaps(self, other: DatedRow) -> bool:
        """Whether there is a day on which both rows hold."""
        return self.valid_from < other.valid_to and other.valid_from < self.valid_to


class PackHead(Row):
    """`pack.yml`: what the pack is, and the calendar that its deadlines live in.

    `revision` has no meaning of its own: raising it lets a pack go back to a content that was loaded before.
    """

    code: Word
    name_vi: Text
    name_en: Text
    time_zone: Annotated[str, AfterValidator(_time_zone)]
    root_unit: Code
    holidays: Annotated[str, AfterValidator(_country)]
    first_year: Annotated[int, Field(ge=1900, le=2200)]
    last_year: Annotated[int, Field(ge=1900, le=2200)]
    contact: Text | None = None
    revision: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _years_in_order(self) -> Self:
        if self.first_year > self.last_year:
            raise ValueError(f"first_year {self.first_year} is after last_year {self.last_year}")
        return self


class Unit(DatedRow):
    """A unit as it was between two dates. `path` is made of the codes from the root down to it, separated by `/`."""

    derived: ClassVar[frozenset[str]] = frozenset({"line", "path"})

    unit_code: Code
    official_code: Text | None = None
    name_vi: Text
    name_en: Text
    sort_order: int
    level: Annotated[int, Field(ge=1)]
    unit_type: Word
    parent_code: Code | None = None
    successor_code: Code | None = None
    path: str = ""

    @property
    def ancestors(self) -> tuple[str, ...]:
        """Codes from the root down to the parent."""
        return tuple(self.path.split("/")[:-1])


class UnitAlias(DatedRow):
    """Another spelling of a unit's name."""

    unit_code: Code
    alias: Text


class Programme(Row):
    """A section of the report."""

    programme_code: Code
    name_vi: Text
    name_en: Text
    sort_order: int


class Indicator(Row):
    """What is counted. `kind` says how it adds up over months; a ratio is recomputed from its parts at every level."""

    indicator_code: Code
    name_vi: Text
    name_en: Text
    sort_order: int
    programme_code: Code
    unit_of_measure: Text
    kind: Literal["flow", "stock", "since", "ratio"]
    stock_at: Literal["start", "end"] | None = None
    decimals: Annotated[int, Field(ge=0, le=9)]
    numerator_code: Code | None = None
    denominator_code: Code | None = None
    factor: Annotated[Decimal, Field(gt=0)] | None = None
    better: Literal["up", "down", "none"]

    @model_validator(mode="after")
    def _parts_fit_kind(self) -> Self:
        parts = (self.numerator_code, self.denominator_code, self.factor)
        if any(part is not None for part in parts):
            if self.kind != "ratio":
                raise ValueError(f"numerator_code, denominator_code and factor belong to a ratio; this is a {self.kind}")
            if any(part is None for part in parts):
                raise ValueError("numerator_code, denominator_code and factor stand together: give all three or none")
        if (self.kind == "stock") != (self.stock_at is not None):
            raise ValueError("stock_at (start or end) must be given for a stock, and only for a stock")
        return self


class Breakdown(Row):
    """A split of an indicator by sex or age."""

    breakdown_code: Code
    sex: Text | None = None
    age_group: Text | None = None
    name_vi: Text
    name_en: Text


class MeasureWord(Row):
    """A word that may stand behind a number, and the unit of measure that it means."""

    word: Text
    unit_of_measure: Text


class Form(DatedRow):
    """A version of a form, and the types of unit that fill it in."""

    form_code: Code
    version: Annotated[int, Field(ge=1)]
    name_vi: Text
    name_en: Text
    unit_types: Annotated[tuple[Word, ...], BeforeValidator(_words), Field(min_length=1)]
    period_type: PeriodType


class FormColumn(Row):
    """A column of figures of a form version: which measure and breakdown its header stands for."""

    form_code: Code
    version: int
    sheet: Sheet
    header_vi: Text
    measure: Measure
    breakdown_code: Code


class FormRow(Row):
    """A row of a form version: which indicator its label stands for. `zero_words`: words such as *không có* mean 0."""

    form_code: Code
    version: int
    sheet: Sheet
    sort_order: int
    row_code: Text
    label_vi: Text
    indicator_code: Code
    role: Role
    zero_words: bool = False


class Duty(DatedRow):
    """Who owes a form, every period, and how many working days after the period's end it is due."""

    form_code: Code
    unit_type: Word | None = None
    unit_code: Code | None = None
    period_type: PeriodType
    deadline_working_days: Annotated[int, Field(ge=1, le=366)]

    @model_validator(mode="after")
    def _one_debtor(self) -> Self:
        if (self.unit_type is None) == (self.unit_code is None):
            raise ValueError("exactly one of unit_type and unit_code must be given")
        return self


class Target(Row):
    """A yearly target of a unit: a number, or a rate (percent) of another indicator."""

    indicator_code: Code
    unit_code: Code
    year: Annotated[int, Field(ge=1900, le=2200)]
    comparison: Literal[">=", "<=", "="]
    target: Decimal | None = None
    rate: Decimal | None = None
    of_indicator_code: Code | None = None

    @model_validator(mode="after")
    def _number_or_rate(self) -> Self:
        if (self.rate is None) != (self.of_indicator_code is None):
            raise ValueError("rate and of_indicator_code stand together: a rate needs the indicator that it is a rate of")
        if (self.target is None) == (self.rate is None):
            raise ValueError("exactly one of target (a number) and rate (percent of another indicator) must be given")
        return self
