"""The shared words of the project as small frozen types: everything else speaks in them.

Nothing here touches a file, a clock, a database or Airflow.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple, overload

OPEN_END = 2147483647
"""`to_publication` of a row that is still valid."""


class PeriodType(StrEnum):
    """The kinds of period that a figure can stand for, finest first."""

    __hash__ = str.__hash__  # Enum's own is slow, and slots are hashed often

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    NINE_MONTHS = "nine_months"
    YEAR = "year"


_PERIOD_FORMS = (
    (PeriodType.WEEK, re.compile(r"(\d{4})-W(\d{2})")),
    (PeriodType.MONTH, re.compile(r"(\d{4})-(\d{2})")),
    (PeriodType.QUARTER, re.compile(r"(\d{4})-Q([1-4])")),
    (PeriodType.HALF, re.compile(r"(\d{4})-H(1)")),
    (PeriodType.NINE_MONTHS, re.compile(r"(\d{4})-(9)M")),
    (PeriodType.YEAR, re.compile(r"(\d{4})()")),
)


@dataclass(frozen=True, order=True)
class Period:
    """A reporting period, known by its code: `2022-08`, `2022-Q3`, `2022-H1`, `2022-9M`, `2022`, `2022-W33` (ISO 8601)."""

    year: int
    type: PeriodType
    number: int

    @classmethod
    def parse(cls, code: str) -> Period:
        """Read a period code. Raises ValueError with the accepted forms when `code` is none of them."""
        for period_type, pattern in _PERIOD_FORMS:
            if match := pattern.fullmatch(code.strip()):
                year, number = int(match[1]), int(match[2] or 1)
                last = {
                    PeriodType.MONTH: 12,
                    PeriodType.WEEK: date(max(year, 1), 12, 28).isocalendar().week,
                }.get(period_type, 9)
                if year >= 1 and 1 <= number <= last:
                    return cls(year, period_type, number)
        raise ValueError(f"{code!r} is not a period; expected 2022-08, 2022-Q3, 2022-H1, 2022-9M, 2022 or 2022-W33")

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """The period of one calendar month."""
        return cls.parse(f"{year:04d}-{month:02d}")

    @property
    def code(self) -> str:
        """The code that `parse` reads back."""
        match self.type:
            case PeriodType.WEEK:
                return f"{self.year:04d}-W{self.number:02d}"
            case PeriodType.MONTH:
                return f"{self.year:04d}-{self.number:02d}"
            case PeriodType.QUARTER:
                return f"{self.year:04d}-Q{self.number}"
            case PeriodType.HALF:
                return f"{self.year:04d}-H1"
            case PeriodType.NINE_MONTHS:
                return f"{self.year:04d}-9M"
            case PeriodType.YEAR:
                return f"{self.year:04d}"

    def __str__(self) -> str:
        return self.code

    @property
    def start_date(self) -> date:
        """First day of the period."""
        match self.type:
            case PeriodType.WEEK:
                return date.fromisocalendar(self.year, self.number, 1)
            case PeriodType.MONTH:
                return date(self.year, self.number, 1)
            case PeriodType.QUARTER:
                return date(self.year, 3 * self.number - 2, 1)
            case _:
                return date(self.year, 1, 1)

    @property
    def end_date(self) -> date:
        """Last day of the period (included)."""
        match self.type:
            case PeriodType.WEEK:
                return date.fromisocalendar(self.year, self.number, 7)
            case PeriodType.MONTH:
                month = self.number
            case PeriodType.QUARTER:
                month = 3 * self.number
            case PeriodType.HALF:
                month = 6
            case PeriodType.NINE_MONTHS:
                month = 9
            case PeriodType.YEAR:
                month = 12
        return date(self.year, month, calendar.monthrange(self.year, month)[1])

    def before(self, count: int) -> Period:
        """The period of the same type that lies `count` periods earlier."""
        match self.type:
            case PeriodType.WEEK:
                year, week, _ = (self.start_date - timedelta(weeks=count)).isocalendar()
                return Period(year, self.type, week)
            case PeriodType.MONTH | PeriodType.QUARTER:
                in_year = 12 if self.type is PeriodType.MONTH else 4
                year, place = divmod(self.year * in_year + self.number - 1 - count, in_year)
                return Period(year, self.type, place + 1)
            case _:
                return Period(self.year - count, self.type, self.number)

    @property
    def same_period_last_year(self) -> Period | None:
        """The same period one year before; None for week 53 when that year has none, and before year 1."""
        try:
            return Period.parse(Period(self.year - 1, self.type, self.number).code)
        except ValueError:
            return None


class State(StrEnum):
    """What a cell says. Only NUMBER and ZERO carry a value; blank is not zero."""

    __hash__ = str.__hash__  # Enum's own is slow, and values are hashed often

    NUMBER = "number"
    ZERO = "zero"
    BLANK = "blank"
    NOT_APPLICABLE = "not_applicable"
    SUPPRESSED = "suppressed"
    UNREADABLE = "unreadable"


class Measure(StrEnum):
    """Which figure of an indicator a cell holds. The marts compute from VALUE; the others are compared by rules."""

    VALUE = "value"
    YTD = "ytd"
    PLAN = "plan"
    PCT_OF_PLAN = "pct_of_plan"
    SAME_PERIOD = "same_period"
    CHANGE = "change"
    CHANGE_PCT = "change_pct"
    CHANGE_POINTS = "change_points"
    RATE = "rate"


class Role(StrEnum):
    """Whether a reported figure is added up, or only reconciled."""

    ADDITIVE = "additive"
    CONTROL = "control"


class Severity(StrEnum):
    """What a finding or a failure does: hold the submission back, flag it, or only be listed."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Verdict(StrEnum):
    """What gate 1 decides about a submission. HELD: taken back by a rollback; WITHDRAWN: taken back by the unit."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_WARNINGS = "accepted_with_warnings"
    QUARANTINED = "quarantined"
    HELD = "held"
    WITHDRAWN = "withdrawn"


class CellAddress(NamedTuple):
    """Where a figure stands: sheet name and A1 reference."""

    sheet: str
    cell: str

    def __str__(self) -> str:
        return f"{self.sheet}!{self.cell}"


@dataclass(frozen=True)
class Slot:
    """What one report is for: a unit, a form, a period."""

    unit_code: str
    form_code: str
    period: Period

    def __str__(self) -> str:
        return f"{self.unit_code} {self.form_code} {self.period}"


class Value(NamedTuple):
    """A read cell: its state, its number when there is one, what stood there, and flags such as `none_positive`."""

    state: State
    number: Decimal | None = None
    raw: str = ""
    flags: tuple[str, ...] = ()


class Cell(NamedTuple):
    """One figure of a submission with its lineage."""

    at: CellAddress
    indicator_code: str
    measure: Measure
    breakdown_code: str
    role: Role
    value: Value


@dataclass(frozen=True, eq=False)
class Frame:
    """Figures of a report and where they stand, without what they say. Workbooks made from one template share it; compared by identity."""

    places: tuple[tuple[CellAddress, str, Measure, str, Role], ...]
    """address, indicator, measure, breakdown and role of each"""


class FramedCells(Sequence[Cell]):
    """The cells of a frame, each put together when somebody asks for it."""

    def __init__(self, frame: Frame, values: tuple[Value, ...]) -> None:
        """`values` are those of the places of the frame, in their order."""
        self.frame, self.values = frame, values

    @overload
    def __getitem__(self, place: int) -> Cell: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Cell, ...]: ...
    def __getitem__(self, place: int | slice) -> Cell | tuple[Cell, ...]:
        if isinstance(place, slice):
            return tuple(Cell(*at, value) for at, value in zip(self.frame.places[place], self.values[place], strict=True))
        return Cell(*self.frame.places[place], self.values[place])

    def __len__(self) -> int:
        return len(self.values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as equal to tuples, which hash by their cells


@dataclass(frozen=True)
class Candidate:
    """What an unknown text may mean: the code of a unit or row, its name, and how near it is (0 to 100)."""

    code: str
    name: str
    score: int


@dataclass(frozen=True)
class Proposal:
    """A text that is not known where it stands, and what it may mean, nearest first. People decide; nothing is read by it.

    `scope` is the form, for rows and columns with the sheet behind a space; empty for units and senders.
    """

    kind: Literal["unit", "row", "column", "sheet", "sender"]
    scope: str
    seen: str
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something wrong or doubtful in a file, with its address. `code` is stable; both texts say what was expected,
    what was found and what to do. `severity` is intake's own; rules of kind `finding` decide what it does to a verdict.
    """

    code: str
    severity: Severity
    text_vi: str
    text_en: str
    sheet: str | None = None
    cell: str | None = None
    found: str | None = None
    expected: str | None = None
    indicator_code: str | None = None
    proposal: Proposal | None = None


@dataclass(frozen=True)
class Narrative:
    """Free text of a report (a section's comments), with its address."""

    at: CellAddress
    topic: str
    text: str


@dataclass(frozen=True)
class SubmissionReading:
    """What a file says for one slot."""

    slot: Slot
    form_version: int
    as_of_date: date | None
    cells: Sequence[Cell]
    findings: tuple[Finding, ...] = ()
    narratives: tuple[Narrative, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What intake makes of one file: its submissions, and the findings that belong to the file as a whole.

    A file that cannot be read has no submissions and at least one critical finding. `reading_sha256` of a submission is
    computed from its cells by `staging`, not here.
    """

    file_name: str
    sha256: str
    size: int
    submissions: tuple[SubmissionReading, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where a file came from: its address, who sent it (folder, user, mail sender), and when the source says it changed."""

    uri: str
    received_at: datetime
    sender: str | None = None
    details: dict[str, str] = field(default_factory=dict)
