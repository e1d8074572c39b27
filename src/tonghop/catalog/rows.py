"""The rows of a pack as typed, frozen values: one class per file, one field per column (see `catalog/README.md`).

Every row knows the line it stands in, so that a problem found later can still be answered with file and line.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from tonghop.model import Measure, PeriodType, Role

SINCE_EVER = date.min
"""`valid_from` of what has no known beginning."""
STILL_VALID = date.max
"""`valid_to` of what has no known end."""
TOTAL = "TOTAL"
"""The breakdown that every pack has: all people, no split."""
ANY_UNIT = "{unit}"
"""In place of a row's code and label, or of a part of a column's header: the code or a name of any unit."""
HEADER_PARTS = " | "
"""Between the texts of a header that is several rows high, from top to bottom."""


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


def _cell(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{1,3}[1-9][0-9]{0,6}", value):
        raise ValueError("a cell such as C4 is expected")
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("a time zone such as Asia/Ho_Chi_Minh is expected") from None
    return value


def _email(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", value):
        raise ValueError("an e-mail address such as tram@example.org is expected")
    return value


def _country(value: str) -> str:
    from holidays.registry import COUNTRIES  # slow, and needed by those who read a pack from its files only

    if not any(value in names for names in COUNTRIES.values()):  # to look its holidays up would import those of all countries
        raise ValueError("a country code whose public holidays are known, such as VN, is expected")
    return value


Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9_.-]*$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Identifier = Annotated[str, StringConstraints(pattern=r"^\S+$")]
Day = Annotated[date, BeforeValidator(_day)]
Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_email)]
Sheet = Annotated[str, StringConstraints(min_length=1), AfterValidator(_sheet_name)]
CellReference = Annotated[str, AfterValidator(_cell)]
Month = Annotated[int, Field(ge=1, le=12)]


class Row(BaseModel):
    """A row of one of the pack's files. `derived` are the fields that are no columns, `omissible` the columns that a file may lack."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)  # who is handed a pack checks no row
    derived: ClassVar[frozenset[str]] = frozenset({"line"})
    omissible: ClassVar[frozenset[str]] = frozenset()

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


class PeriodPolicy(BaseModel):
    """What the publication of periods of a type needs: `approval` of two people before the first time, and what a correction is once the
    period is closed: `open` (nothing special), `restate_with_notice` (listed as a restatement), `closed` (needs an approval). It closes so
    many working days after its last deadline, or after its own end."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    approval: bool = False
    corrections: Literal["open", "restate_with_notice", "closed"] = "restate_with_notice"
    closes_after: Literal["deadline", "end"] = "deadline"
    closes_working_days: Annotated[int, Field(ge=0, le=1000)] = 0


class PackHead(Row):
    """`pack.yml`: what the pack is, and the calendar that its deadlines live in.

    `revision` has no meaning of its own: raising it lets a pack go back to a content that was loaded before. Counts below `suppress_below`
    are hidden from readers who publish, of indicators whose unit of measure is one of `counts_of_persons`. `publication` has a policy for
    each type of period that needs another one than the default; below `minimum_completeness` (percent of the owed reports on a form that
    are accepted) a period is not published at all.
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
    suppress_below: Annotated[int, Field(ge=2)] | None = None
    counts_of_persons: tuple[Text, ...] = ()
    publication: Annotated[dict[PeriodType, PeriodPolicy], Field(default_factory=dict)]
    minimum_completeness: Annotated[dict[Code, Annotated[Decimal, Field(gt=0, le=100)]], Field(default_factory=dict)]
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


class Succession(Row):
    """A unit in the place of another from a day on: of the whole, or of a part with the weight that its figures are carried with.

    A unit that gives a part away and lives on is one of the successors of its own parts. `basis` says what the weight rests on.
    """

    old_code: Code
    new_code: Code
    changed_on: Day
    extent: Literal["whole", "part"]
    weight: Annotated[Decimal, Field(gt=0, lt=1)] | None = None
    basis: Text | None = None

    @model_validator(mode="after")
    def _a_part_has_a_weight(self) -> Self:
        if self.extent == "whole" and self.weight is not None:
            raise ValueError("weight belongs to a part; the whole is carried as it is")
        if self.extent == "part" and (self.weight is None or self.basis is None):
            raise ValueError("a part needs a weight (between 0 and 1) and a basis: what the weight rests on")
        return self

    @property
    def share(self) -> Decimal:
        """What share of the old unit's figures goes to the new one: 1 for the whole."""
        return Decimal(1) if self.weight is None else self.weight


class Hierarchy(Row):
    """Another way than the tree of units to put units together, such as the line of management or a technical class."""

    hierarchy_code: Code
    name_vi: Text
    name_en: Text
    sort_order: int


class UnitGroup(Row):
    """A group of units in a hierarchy, which may be part of a larger one. `path` is made of the codes from the topmost down to it."""

    derived: ClassVar[frozenset[str]] = frozenset({"line", "path"})
    omissible: ClassVar[frozenset[str]] = frozenset({"parent_code"})

    hierarchy_code: Code
    group_code: Code
    name_vi: Text
    name_en: Text
    sort_order: int
    parent_code: Code | None = None
    path: str = ""

    @property
    def node_code(self) -> str:
        """Its code among all that have figures: no unit can have it, since codes have no colon."""
        return f"{self.hierarchy_code}:{self.group_code}"


class GroupMember(DatedRow):
    """A unit, with everything below it that is not said to be elsewhere, as a member of a group."""

    hierarchy_code: Code
    group_code: Code
    unit_code: Code


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

    omissible: ClassVar[frozenset[str]] = frozenset({"suppress_below"})

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
    suppress_below: Annotated[int, Field(ge=0)] | None = None

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
        if self.kind == "ratio" and self.suppress_below is not None:
            raise ValueError("suppress_below belongs to a count; a ratio is hidden with its numerator and denominator")
        return self

    def hidden_below(self, head: PackHead) -> int | None:
        """Counts below this are hidden from readers who publish; None: none are. The indicator comes before the pack."""
        if self.suppress_below is not None:
            return self.suppress_below if self.suppress_below > 1 else None
        return head.suppress_below if self.kind != "ratio" and self.unit_of_measure in head.counts_of_persons else None


class Breakdown(Row):
    """A split of an indicator by sex, age, level (of a facility, of a disease …) or something else; the total has none of them."""

    omissible: ClassVar[frozenset[str]] = frozenset({"level", "other"})

    breakdown_code: Code
    sex: Text | None = None
    age_group: Text | None = None
    level: Text | None = None
    other: Text | None = None
    name_vi: Text
    name_en: Text

    @property
    def dimensions(self) -> tuple[str | None, ...]:
        """What it splits by, in a fixed order; None where it does not."""
        return self.sex, self.age_group, self.level, self.other

    @property
    def split_by(self) -> frozenset[str]:
        """The names of the columns by which it splits."""
        names = ("sex", "age_group", "level", "other")
        return frozenset(name for name, value in zip(names, self.dimensions, strict=True) if value is not None)


class BreakdownPart(Row):
    """One part of a whole. The parts of one partition, all together and nothing else, make up its whole: all women and all men, say."""

    partition_code: Code
    whole_code: Code
    part_code: Code


class MeasureWord(Row):
    """A word that may stand behind a number, and the unit of measure that it means."""

    word: Text
    unit_of_measure: Text


class Form(DatedRow):
    """A version of a form, and the types of unit that fill it in.

    `number_style` says how numbers are typed as text: `vi` (1.448,5), `en` (1,448.5); without it the indicator decides.
    """

    omissible: ClassVar[frozenset[str]] = frozenset({"number_style"})

    form_code: Code
    version: Annotated[int, Field(ge=1)]
    name_vi: Text
    name_en: Text
    unit_types: Annotated[tuple[Word, ...], BeforeValidator(_words), Field(min_length=1)]
    period_type: PeriodType
    number_style: Literal["vi", "en"] | None = None


class SheetLayout(Row):
    """How a sheet of a form version is found and read; a sheet without one is found by its name and searched for its header.

    `one_per`: every tab that names a unit (or a month) is one such sheet. `ignored`: known, and never read. `control`: all its
    figures are controls. `stands_in`: it stands in workbooks of that other form, as a sheet of totals does. The header is
    `header_rows` high and lies in `header_row`, or is searched for. `rows_by`: by what rows are known.
    """

    omissible: ClassVar[frozenset[str]] = frozenset(
        {"other_names", "one_per", "optional", "ignored", "control", "stands_in"}
        | {"header_row", "header_rows", "rows_by", "unit_cell", "period_cell", "as_of_cell"}
    )

    form_code: Code
    version: int
    sheet: Sheet
    other_names: Annotated[tuple[Text, ...], BeforeValidator(_words)] = ()
    one_per: Literal["unit", "month"] | None = None
    optional: bool = False
    ignored: bool = False
    control: bool = False
    stands_in: Code | None = None
    header_row: Annotated[int, Field(ge=1)] | None = None
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
    rows_by: Literal["code", "label", "both"] | None = None
    unit_cell: CellReference | None = None
    period_cell: CellReference | None = None
    as_of_cell: CellReference | None = None


class FormColumn(Row):
    """A column of figures of a form version: what its header says of them. What it leaves empty, its rows say."""

    omissible: ClassVar[frozenset[str]] = frozenset({"indicator_code", "role", "zero_words", "month"})

    form_code: Code
    version: int
    sheet: Sheet
    header_vi: Text
    measure: Measure | None = None
    breakdown_code: Code | None = None
    indicator_code: Code | None = None
    role: Role | None = None
    zero_words: bool = False
    month: Month | None = None

    @property
    def stands_for_units(self) -> bool:
        """Whether there is one such column for each unit."""
        return ANY_UNIT in self.header_vi.split(HEADER_PARTS)


class FormRow(Row):
    """A row of a form version: what its label says of its figures. What it leaves empty, its columns say.

    `zero_words`: words such as *không có* mean 0. `under`: the code of the row below which a label stands that is not the only
    one of its kind.
    """

    omissible: ClassVar[frozenset[str]] = frozenset({"measure", "breakdown_code", "month", "under"})

    form_code: Code
    version: int
    sheet: Sheet
    sort_order: int
    row_code: Text
    label_vi: Text
    indicator_code: Code | None = None
    role: Role | None = None
    zero_words: bool = False
    measure: Measure | None = None
    breakdown_code: Code | None = None
    month: Month | None = None
    under: Text | None = None

    @property
    def stands_for_units(self) -> bool:
        """Whether there is one such row for each unit."""
        return self.row_code == ANY_UNIT


class FormCell(Row):
    """A figure of a form version that stands in a fixed cell; with a label, it is read only while `label_vi` stands in `label_cell`."""

    omissible: ClassVar[frozenset[str]] = frozenset({"zero_words", "month", "label_cell", "label_vi"})

    form_code: Code
    version: int
    sheet: Sheet
    cell: CellReference
    indicator_code: Code
    measure: Measure
    breakdown_code: Code = TOTAL
    role: Role | None = None
    zero_words: bool = False
    month: Month | None = None
    label_cell: CellReference | None = None
    label_vi: Text | None = None

    @model_validator(mode="after")
    def _label_has_a_place(self) -> Self:
        if (self.label_cell is None) != (self.label_vi is None):
            raise ValueError("label_cell and label_vi stand together: the text, and the cell in which it must stand")
        return self


class FormNarrative(Row):
    """A field of free text of a form version: the label before it, and the topic that the text is kept under."""

    form_code: Code
    version: int
    sheet: Sheet
    label_vi: Text
    topic: Text


class FormAlias(Row):
    """Another text for a part of a form, in all of its versions: for a row (`name` is its row_code), a column (its header) or the
    tab itself (no name).
    """

    form_code: Code
    sheet: Sheet
    part: Literal["row", "column", "sheet"]
    name: Text | None = None
    alias: Text

    @model_validator(mode="after")
    def _names_its_part(self) -> Self:
        if (self.part == "sheet") != (self.name is None):
            raise ValueError("name is the row_code of a row or the header_vi of a column, and empty for a sheet")
        return self


class Sender(DatedRow):
    """Who sends for a unit and everything below it: a folder, a user or an address, as the landing area tells it."""

    sender: Text
    unit_code: Code


class Contact(DatedRow):
    """Who answers for the reports of a unit: answers are sent to this address."""

    unit_code: Code
    name: Text
    email: Email


class ReminderStep(DatedRow):
    """When a report that has not come is reminded of, in working days after the day due (before it, where negative), and who is told: the
    unit itself, or the one above it. Without a form it holds for every form that has no step of its own. Dates are those of the day due."""

    step_code: Code
    form_code: Code | None = None
    goes_to: Literal["unit", "parent"]
    working_days: Annotated[int, Field(ge=-30, le=60)]


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


class Target(DatedRow):
    """A yearly target of a unit: a number, or a rate (percent) of another indicator. A plan that is changed during the year has a
    row for each of its versions: a period is compared with the one that holds on its last day."""

    omissible: ClassVar[frozenset[str]] = frozenset({"valid_from", "valid_to", "decision"})

    indicator_code: Code
    unit_code: Code
    year: Annotated[int, Field(ge=1900, le=2200)]
    comparison: Literal[">=", "<=", "="]
    target: Decimal | None = None
    rate: Decimal | None = None
    of_indicator_code: Code | None = None
    decision: Text | None = None

    @model_validator(mode="after")
    def _within_its_year(self) -> Self:
        first, end = date(self.year, 1, 1), date(self.year + 1, 1, 1)
        if self.valid_from != SINCE_EVER and not first <= self.valid_from < end:
            raise ValueError(f"valid_from {self.valid_from} is no day of {self.year}; a target is valid within its year")
        if self.valid_to != STILL_VALID and not first < self.valid_to <= end:
            raise ValueError(f"valid_to {self.valid_to} is no day of {self.year} after its first; valid_to is the first day that is out")
        return self

    @model_validator(mode="after")
    def _number_or_rate(self) -> Self:
        if (self.rate is None) != (self.of_indicator_code is None):
            raise ValueError("rate and of_indicator_code stand together: a rate needs the indicator that it is a rate of")
        if (self.target is None) == (self.rate is None):
            raise ValueError("exactly one of target (a number) and rate (percent of another indicator) must be given")
        return self


class Dhis2Code(Row):
    """What a unit, a form or a figure of ours is called in DHIS2: an organisation unit, a data set, a data element (with the
    option combination that stands for a breakdown), by UID or code.
    """

    omissible: ClassVar[frozenset[str]] = frozenset({"measure", "breakdown_code", "option_combo"})

    part: Literal["unit", "form", "indicator"]
    code: Code
    measure: Measure = Measure.VALUE
    breakdown_code: Code = TOTAL
    dhis2: Identifier
    option_combo: Identifier | None = None

    @model_validator(mode="after")
    def _only_figures_are_split(self) -> Self:
        if self.part != "indicator" and {"measure", "breakdown_code", "option_combo"} & self.model_fields_set:
            raise ValueError(f"measure, breakdown_code and option_combo belong to an indicator; this is a {self.part}: leave them empty")
        return self

    @property
    def ours(self) -> tuple[str, str, Measure, str]:
        """What it stands for here."""
        return self.part, self.code, self.measure, self.breakdown_code

    @property
    def theirs(self) -> tuple[str, str, str | None]:
        """What it is there."""
        return self.part, self.dhis2, self.option_combo
