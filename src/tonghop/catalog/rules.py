"""Rules of a pack: `rules.yml` as typed, frozen values."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from tonghop.catalog.rows import TOTAL, Code, DatedRow, Month, Text, Unit, Word
from tonghop.model import Measure, Period, PeriodType, Severity

Kind = Literal[
    "comparison",
    "parts",
    "ratio",
    "implied_denominator",
    "percent_of_plan",
    "cumulative",
    "same_period",
    "control",
    "identical",
    "outlier",
    "finding",
    "missing_report",
    "correction",
]


class Parameters(NamedTuple):
    """The parameters of a kind of rule beside those that every rule has."""

    needed: frozenset[str]
    possible: frozenset[str]


_TOLERANCE = ("tolerance", "tolerance_pct")


def _parameters(needed: tuple[str, ...] = (), possible: tuple[str, ...] = ()) -> Parameters:
    return Parameters(frozenset(needed), frozenset(needed + possible))


PARAMETERS: dict[Kind, Parameters] = {
    "comparison": _parameters(("left", "operator"), ("right", "constant", "measures", "missing", *_TOLERANCE)),
    "parts": _parameters((), ("measures", *_TOLERANCE)),
    "ratio": _parameters(("left", "numerator", "denominator", "factor"), _TOLERANCE),
    "implied_denominator": _parameters(("left", "right", "tolerance_pct"), ("percentage",)),
    "percent_of_plan": _parameters((), _TOLERANCE),
    "cumulative": _parameters((), _TOLERANCE),
    "same_period": _parameters((), _TOLERANCE),
    "control": _parameters((), _TOLERANCE),
    "identical": _parameters(("minimum_values",)),
    "outlier": _parameters(("threshold", "minimum_points", "minimum_value")),
    "finding": _parameters(("codes",)),
    "missing_report": _parameters(),
    "correction": _parameters(),
}

_SCOPE = ("forms", "units", "unit_types", "period_types", "months")
_SAID = ("text_vi", "text_en", "reason_vi", "reason_en", "owner")
_COMMON = frozenset({"rule", "kind", "severity", "severity_by_form", *_SCOPE, *_SAID, "valid_from", "valid_to", "line"})

Operator = Literal["=", "!=", "<=", ">=", "<", ">", "between", "compulsory_pair", "exclusive_pair"]
PAIRS: frozenset[Operator] = frozenset({"compulsory_pair", "exclusive_pair"})
"""Operators that ask which figures were given, whatever their size."""
OPERATOR_NAMES: dict[str, Operator] = {
    "equal_to": "=",
    "not_equal_to": "!=",
    "less_than_or_equal_to": "<=",
    "greater_than_or_equal_to": ">=",
    "less_than": "<",
    "greater_than": ">",
}
"""What other systems of the field call the operators that have a sign."""

Side = Literal["left", "right", "numerator", "denominator"]
SIDES: tuple[Side, ...] = ("left", "right", "numerator", "denominator")


class Term(BaseModel):
    """One figure of a rule, with its weight. Without a measure it takes the one of the comparison; without a breakdown the rule is made
    in every breakdown that the report has, unless another of its terms names one: then it is the total."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)

    indicator_code: Annotated[Code, Field(alias="indicator")]
    measure: Measure | None = None
    breakdown_code: Annotated[Code | None, Field(alias="breakdown")] = None
    weight: Decimal = Decimal(1)


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, dict) else value


Terms = Annotated[tuple[Term, ...], BeforeValidator(_one_or_more)]


class PlacedTerm(NamedTuple):
    """A term with its place in the rule, its measure (None: the measure of the comparison, one after the other) and its breakdown (None:
    that of the comparison, likewise)."""

    side: Side
    position: int
    indicator_code: str
    measure: Measure | None
    breakdown_code: str | None
    weight: Decimal


def _sign(value: object) -> object:
    return OPERATOR_NAMES.get(value, value) if isinstance(value, str) else value


class Rule(DatedRow):
    """A rule: what it judges follows from its kind, `PARAMETERS` says which parameters a kind has.

    Its scope is what all of `forms`, `units` (with all below them), `unit_types`, `period_types` and `months` (in which a period ends)
    allow; an empty one allows everything.
    """

    rule_code: Annotated[Code, Field(validation_alias=AliasChoices("rule", "rule_code"))]
    kind: Kind
    severity: Severity
    severity_by_form: Annotated[dict[Code, Severity], Field(default_factory=dict)]
    forms: tuple[Code, ...] = ()
    units: tuple[Code, ...] = ()
    unit_types: tuple[Word, ...] = ()
    period_types: tuple[PeriodType, ...] = ()
    months: tuple[Month, ...] = ()
    left: Terms = ()
    operator: Annotated[Operator | None, BeforeValidator(_sign)] = None
    right: Terms = ()
    constant: Decimal | None = None
    numerator: Terms = ()
    denominator: Terms = ()
    measures: tuple[Measure, ...] = ()
    missing: Literal["skip_if_any", "skip_if_all", "never"] = "skip_if_any"
    tolerance: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    tolerance_pct: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    factor: Annotated[Decimal, Field(gt=0)] | None = None
    percentage: Literal[Measure.RATE, Measure.PCT_OF_PLAN, Measure.CHANGE_PCT] = Measure.RATE
    minimum_values: Annotated[int, Field(ge=1)] | None = None
    threshold: Annotated[Decimal, Field(gt=0)] | None = None
    minimum_points: Annotated[int, Field(ge=3)] | None = None
    minimum_value: Annotated[Decimal, Field(ge=0)] | None = None
    codes: tuple[Text, ...] = ()
    text_vi: Text
    text_en: Text
    reason_vi: Text
    reason_en: Text
    owner: Text

    @model_validator(mode="before")
    @classmethod
    def _parameters_fit_kind(cls, data: Any) -> Any:
        known = next((known for kind, known in PARAMETERS.items() if isinstance(data, dict) and data.get("kind") == kind), None)
        if known is None:
            return data  # the field `kind` says what is wrong
        if "reason" in data:
            raise ValueError("a reason is read in two languages; reason_vi and reason_en are expected")
        given = set(data) - _COMMON
        if unknown := sorted(given - known.possible):
            expected = ", ".join(sorted(known.possible)) or "none"
            raise ValueError(f"unknown parameter {', '.join(unknown)} of kind {data['kind']}; its own parameters: {expected}")
        if lacking := sorted(known.needed - given):
            raise ValueError(f"kind {data['kind']} needs {', '.join(lacking)}")
        return data

    @model_validator(mode="after")
    def _terms_fit_kind(self) -> Self:
        if self.kind == "comparison" and not self.right and self.constant is None:
            raise ValueError("a comparison needs right or constant to compare with")
        if self.is_pair:
            if not self.right:
                raise ValueError(f"{self.operator} needs right: the figures that belong to those of left")
            if given := sorted({"constant", "missing", *_TOLERANCE} & self.model_fields_set):
                raise ValueError(f"{self.operator} asks only which figures were given; remove {', '.join(given)}")
        if self.measures and any(term.measure for side in SIDES for term in getattr(self, side)):
            raise ValueError("measures stands instead of the measure of each term: give one or the other")
        if self.kind == "ratio" and len(self.left) != 1:
            raise ValueError("left of kind ratio is exactly one figure")
        if self.operator == "between" and (len(self.right) < 2 or self.constant is not None or self.missing != "skip_if_any"):
            raise ValueError("between compares with the smallest and the largest of two or more figures of right: no constant, no missing")
        return self

    @property
    def is_pair(self) -> bool:
        """Whether it asks only which figures were given."""
        return self.operator in PAIRS

    def breakdown_of(self, term: Term) -> str | None:
        """The breakdown of a term: what it says, the total where another term names one, else None: each breakdown of the report."""
        return term.breakdown_code or (TOTAL if self.names_breakdowns else None)

    @property
    def names_breakdowns(self) -> bool:
        """Whether it is about certain breakdowns, and not made in each that the report has."""
        return any(term.breakdown_code for side in SIDES for term in getattr(self, side))

    def severity_in(self, form_code: str) -> Severity:
        """How grave a failure is in a report of that form."""
        return self.severity_by_form.get(form_code, self.severity)

    def applies_to(self, form_code: str) -> bool:
        """Whether reports of that form are judged, of some unit and period at least."""
        return not self.forms or form_code in self.forms

    def covers_period(self, period: Period) -> bool:
        """Whether reports of that period are judged: by the rule's validity, and by its scope."""
        return (
            self.valid_at(period.end_date)
            and (not self.period_types or period.type in self.period_types)
            and (not self.months or period.end_date.month in self.months)
        )

    def covers_unit(self, unit: Unit) -> bool:
        """Whether reports of a unit are judged that stands where `unit` does, and is of its type."""
        return (not self.units or not {*unit.ancestors, unit.unit_code}.isdisjoint(self.units)) and (
            not self.unit_types or unit.unit_type in self.unit_types
        )

    def terms(self) -> Iterator[PlacedTerm]:
        """All terms with their places. A measure that is not said is `value`, and `rate` for the left side of a ratio; a breakdown that is
        not said is the total where another term names one."""
        for side in SIDES:
            usual = Measure.RATE if self.kind == "ratio" and side == "left" else Measure.VALUE
            for position, term in enumerate(getattr(self, side), start=1):
                measure = None if self.measures else term.measure or usual
                yield PlacedTerm(side, position, term.indicator_code, measure, self.breakdown_of(term), term.weight)
