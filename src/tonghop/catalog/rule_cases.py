"""Cases of a pack's rules: `rule_cases.yml` as typed, frozen values.

A case is a handful of figures that a rule must catch or must pass. What it leaves out (form, period, unit) `case_places` finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from tonghop.catalog.corrections import Found, Written
from tonghop.catalog.rows import TOTAL, Code, Row, Text
from tonghop.model import Measure, Period, Severity

_FIGURE = re.compile(r"([A-Z0-9][A-Z0-9_.-]*?)(?:\.([a-z_]+)(?:\.([A-Z0-9][A-Z0-9_.-]*))?)?")


class FigureName(NamedTuple):
    """A figure of a report: `VISITS`, `VISITS.ytd` or `VISITS.value.F`."""

    indicator_code: str
    measure: Measure = Measure.VALUE
    breakdown_code: str = TOTAL

    def __str__(self) -> str:
        return f"{self.indicator_code}.{self.measure}" + ("" if self.breakdown_code == TOTAL else f".{self.breakdown_code}")


def _figure_name(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = _FIGURE.fullmatch(value)
    if match is None or (match[2] and match[2] not in list(Measure)):
        raise ValueError("a figure such as VISITS, VISITS.ytd or VISITS.value.F is expected (indicator, measure, breakdown)")
    return FigureName(match[1], Measure(match[2] or Measure.VALUE), match[3] or TOTAL)


Figures = dict[Annotated[FigureName, BeforeValidator(_figure_name)], Found]


class Sent(BaseModel):
    """What one report says: the figures stand in the mapping itself, beside the words for everything else."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    form: Code | None = None
    figures: Figures = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _names_in_capitals_are_figures(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "figures" in data:
            return data
        figures = {name: value for name, value in data.items() if not name[:1].islower()}
        return {**{name: value for name, value in data.items() if name not in figures}, "figures": figures}


class Case(Sent):
    """A report that a rule must catch, or must pass, with the reports around it that the rule looks at.

    `earlier`: the unit's accepted reports so many periods before (-1: the one before). `history`: values of indicators in the periods
    before, the last one in the period before. `repeats`: the report so many periods before said the same. `another_unit`: the report of
    another unit for the same period. `below`: reports of units below this one. `findings`: what the reader found.
    `correction_expects`: what a hand correction expects to stand in a figure. `not_sent`: the report is due and has not come.
    """

    period: str | None = None
    unit: Code | None = None
    earlier: dict[Annotated[int, Field(le=-1)], Figures] = Field(default_factory=dict)
    history: dict[Code, tuple[Found, ...]] = Field(default_factory=dict)
    repeats: Annotated[int, Field(le=-1)] | None = None
    another_unit: Figures | None = None
    below: tuple[Sent, ...] = ()
    findings: tuple[Text, ...] = ()
    correction_expects: Figures = Field(default_factory=dict)
    not_sent: bool = False

    @model_validator(mode="after")
    def _period_is_one(self) -> Self:
        if self.period is not None:
            Period.parse(self.period)
        return self

    @property
    def names(self) -> frozenset[FigureName]:
        """The figures that the reports on the case's own form have."""
        of_reports = (self.figures, *self.earlier.values(), self.another_unit or {}, self.correction_expects)
        return frozenset(name for figures in of_reports for name in figures) | {FigureName(code) for code in self.history}

    def reports_before(self) -> Mapping[int, Mapping[FigureName, Written]]:
        """The unit's earlier reports, by how many periods before."""
        reports: dict[int, dict[FigureName, Written]] = {steps: dict(figures) for steps, figures in self.earlier.items()}
        if self.repeats is not None:
            reports[self.repeats] = dict(self.figures)
        for code, values in self.history.items():
            for place, value in enumerate(values):
                reports.setdefault(place - len(values), {})[FigureName(code)] = value
        return reports


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, dict) else value


Cases = Annotated[tuple[Case, ...], BeforeValidator(_one_or_more), Field(min_length=1)]


class Fate(StrEnum):
    """What becomes of a report that a rule catches: it is held back, published with a flag, or only listed."""

    HELD = "held"
    FLAGGED = "flagged"
    LISTED = "listed"

    @property
    def severity(self) -> Severity:
        """The severity of a rule that does so."""
        return {Fate.HELD: Severity.CRITICAL, Fate.FLAGGED: Severity.WARNING, Fate.LISTED: Severity.INFO}[self]


ELSE = "else"
"""All forms that are not named."""


def _of_every_form(value: object) -> object:
    return {ELSE: value} if isinstance(value, str) else value


class RuleCases(Row):
    """The cases of one rule: at least one that it must catch, and one that it must pass.

    `then`: what becomes of what it catches, by form (`else`: all others). Empty: nothing is said of that.
    """

    rule_code: Annotated[Code, Field(validation_alias=AliasChoices("rule", "rule_code"))]
    then: Annotated[dict[str, Fate], BeforeValidator(_of_every_form), Field(default_factory=dict)]
    catches: Cases
    passes: Cases

    def fate_in(self, form_code: str) -> Fate | None:
        """What becomes of a report for a form; None where nothing is said."""
        return self.then.get(form_code, self.then.get(ELSE))

    def all(self) -> Iterator[tuple[str, bool, Case]]:
        """Each case with its name (`catches`, `passes 2`) and whether the rule must fail."""
        for word, must_fail, cases in (("catches", True, self.catches), ("passes", False, self.passes)):
            for number, case in enumerate(cases, start=1):
                yield word if len(cases) == 1 else f"{word} {number}", must_fail, case
