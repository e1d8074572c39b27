"""What a quality report shows, as types: each is a row that a query of `queries/` gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Names = tuple[str, str]
"""A name in Vietnamese and in English."""

DAYS_BOUNDS = (-5, -2, 0, 1, 3, 6, 11)
"""Working days after the day due at which the spans begin that reports are counted in; the first one has no beginning."""


@dataclass(frozen=True)
class Head:
    """The publication that the report is about."""

    number: int
    kind: str
    base: int | None
    reason: str | None
    opened_at: datetime
    published_at: datetime
    periods: list[str]
    code_version: str
    pack_hash: str
    catalog_version: int
    name_vi: str
    name_en: str
    time_zone: str
    holidays: str
    """whose public holidays are no working days: a country's code"""
    since: datetime | None
    """when the publication before it was opened: files and gate runs after that belong to this report"""
    files: dict[str, int]
    """arrivals by outcome"""


@dataclass(frozen=True)
class PeriodCounts:
    """How the reports of one period stand: number of slots by standing, and problems by severity; waived ones apart."""

    period_code: str
    units: int
    owed: int
    received: int
    accepted: int
    accepted_with_warnings: int
    quarantined: int
    held: int
    missing: int
    not_due: int
    late: int
    critical: int
    warning: int
    info: int
    waived: int


@dataclass(frozen=True)
class RuleCounts:
    """How often a rule, or a finding that no rule judges, was broken, and by whom."""

    rule_code: str
    text_vi: str
    text_en: str
    reason_vi: str | None
    reason_en: str | None
    owner: str | None
    critical: int
    warning: int
    info: int
    waived: int
    units: list[dict[str, Any]]
    """unit_code, name_vi, name_en, count"""

    @property
    def count(self) -> int:
        """All problems of this rule."""
        return self.critical + self.warning + self.info + self.waived


@dataclass(frozen=True)
class UnitRow:
    """A line of a period's matrix: a unit and how its slots stand, by form."""

    period_code: str
    parent_code: str | None
    parent_vi: str | None
    parent_en: str | None
    unit_code: str
    name_vi: str
    name_en: str
    has_page: bool
    slots: dict[str, dict[str, Any]]
    """by form code: standing, is_late, critical, warning, info, waived"""


@dataclass(frozen=True)
class UnitPage:
    """Everything that a unit should look at."""

    unit_code: str
    name_vi: str
    name_en: str
    parent_vi: str | None
    parent_en: str | None
    slots: list[dict[str, Any]]
    """form, period, standing, due_at, and `versions`, each with its problems"""


@dataclass(frozen=True)
class RejectedFile:
    """A file that nothing could be read from."""

    source_uri: str
    sender: str | None
    received_at: datetime
    findings: list[dict[str, Any]]


@dataclass(frozen=True)
class GateRun:
    """A run of a gate with its results, failed ones first."""

    gate: int
    gate_run_id: int
    status: str
    started_at: datetime
    ended_at: datetime | None
    results: list[dict[str, Any]]


@dataclass(frozen=True)
class WithheldRow:
    """A period, or a report of a closed one, that was accepted and stayed out; `why` as in `tonghop.publication.Withheld`."""

    period_code: str
    form_code: str | None
    unit_code: str | None
    why: str
    given_for: str
    name_vi: str
    name_en: str


@dataclass(frozen=True)
class Restatement:
    """A report of a closed period whose published figures changed; of an approved correction also who asked and who approved."""

    period_code: str
    form_code: str
    unit_code: str
    change: str
    name_vi: str
    name_en: str
    before_version: int | None
    after_version: int | None
    closes_at: datetime | None
    asked_by: str
    approved_by: str
    reason: str | None


@dataclass(frozen=True)
class Waiver:
    """A waiver in force when the figures were published: what it lets pass, until when, who asked and who approved."""

    number: int
    rule_code: str
    unit_code: str
    form_code: str
    period_code: str
    indicator_code: str | None
    given_for: str
    reason: str
    expires_on: date
    asked_by: str
    approved_by: str
    name_vi: str
    name_en: str


@dataclass(frozen=True)
class Change:
    """A report whose published figures this publication changed: corrected by another version, or withdrawn."""

    period_code: str
    form_code: str
    unit_code: str
    change: str
    restates: bool
    before_version: int | None
    after_version: int | None
    received_at: datetime | None
    name_vi: str
    name_en: str


@dataclass(frozen=True)
class Score:
    """How the reports of the whole, of the units under one parent, or of one unit did over the last periods of a type.

    `scope`: whole, parent or unit. `trend`, oldest period first: period_code; numbers of reports: owed, received, in_force, held_back,
    first_on_time and last_on_time (first and last version); completeness and score, percent; critical, warning; first_days and
    last_days: working days after the day due, of the latest.
    """

    period_type: str
    scope: str
    parent_code: str | None
    parent_vi: str | None
    parent_en: str | None
    unit_code: str | None
    name_vi: str | None
    name_en: str | None
    trend: list[dict[str, Any]]


@dataclass(frozen=True)
class ProgrammeScore:
    """A programme over the last periods of a type: figures reported of those expected, failures of rules, and in how many units."""

    period_type: str
    programme_code: str
    name_vi: str
    name_en: str
    indicators: int
    trend: list[dict[str, Any]]


@dataclass(frozen=True)
class Timeliness:
    """When the reports of a period came, of a form and a type of unit. Days are working days after the day due, negative before it;
    `first_counts` and `last_counts`: how many first and last versions came in each span of days, as `DAYS_BOUNDS` divides them.
    """

    period_code: str
    form_code: str
    unit_type: str
    owed: int
    received: int
    first_on_time: int
    last_on_time: int
    corrected: int
    first_median: int | None
    last_median: int | None
    first_latest: int | None
    last_latest: int | None
    first_counts: list[int]
    last_counts: list[int]


@dataclass(frozen=True)
class YearMetric:
    """A metric of a year's quality: what it says of the whole (`judgement` is None where it was not measured there), how many of the
    units right below it pass, fail and cannot be judged (`too_few_points`: for want of enough figures), and which fail.
    """

    profile_code: str
    profile_version: int
    profile_vi: str
    profile_en: str
    source: str
    metric: str
    pair_code: str
    indicator_code: str | None
    other_indicator_code: str | None
    threshold: Decimal
    minimum_points: int
    value: Decimal | None
    points: int | None
    judgement: str | None
    passed: int
    failed: int
    not_judged: int
    too_few_points: int
    failing: list[dict[str, Any]]


@dataclass(frozen=True)
class Evidence:
    """All of it. `matrix`, `units` and `scores` can be read once: there can be very many, and they are fetched as they are asked for."""

    head: Head
    forms: dict[str, Names]
    indicators: dict[str, Names]
    periods: list[PeriodCounts]
    rules: list[RuleCounts]
    matrix: Iterable[UnitRow]
    units: Iterable[UnitPage]
    rejected: list[RejectedFile]
    gates: list[GateRun]
    withheld: list[WithheldRow] = field(default_factory=list)
    restatements: list[Restatement] = field(default_factory=list)
    waivers: list[Waiver] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    scores: Iterable[Score] = ()
    programmes: list[ProgrammeScore] = field(default_factory=list)
    timeliness: list[Timeliness] = field(default_factory=list)
    years: dict[int, list[YearMetric]] = field(default_factory=dict)
