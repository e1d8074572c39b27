"""Profiles of a pack: `profiles.yml` as typed, frozen values. A profile is a named set of thresholds by which the quality of figures is
measured; it has versions, so that what was judged years ago can be understood by what held then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import sqrt
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from tonghop.catalog.files import Table
from tonghop.catalog.problems import Problem
from tonghop.catalog.rows import Code, DatedRow, Text
from tonghop.model import PeriodType

Metric = Literal[
    "report_completeness",
    "timeliness",
    "indicator_completeness",
    "completeness_consistency",
    "consistency_over_time",
    "extreme_outliers",
    "moderate_outliers",
    "modified_outliers",
]
PairMetric = Literal["related_band", "related_at_least", "related_to_parent", "dropout", "denominators"]

_DEVIATIONS: Mapping[str, frozenset[str]] = {
    "extreme_outliers": frozenset({"deviations"}),
    "moderate_outliers": frozenset({"deviations", "up_to_deviations"}),
    "modified_outliers": frozenset({"deviations"}),
}
"""Metrics that count figures beyond so many deviations."""


class Criterion(BaseModel):
    """The threshold of a metric, and what it needs to be judged: fewer points are *cannot judge*. Figures below `minimum_value` are no
    outliers, unless those that they are compared with are as large."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    threshold: Decimal
    deviations: Annotated[Decimal, Field(gt=0)] | None = None
    up_to_deviations: Annotated[Decimal, Field(gt=0)] | None = None
    minimum_points: Annotated[int, Field(ge=1)] = 1
    minimum_value: Annotated[Decimal, Field(ge=0)] = Decimal(0)

    def fires_on(self, points: int) -> bool:
        """Whether one of so many figures can lie beyond the deviations of all of them: at most (n - 1) / √n of them."""
        return self.deviations is None or (points - 1) / sqrt(points) > self.deviations


class Pair(BaseModel):
    """A comparison of two indicators of one unit and period."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    pair_code: Annotated[Code, Field(validation_alias=AliasChoices("pair", "pair_code"))]
    metric: PairMetric
    a: Code
    b: Code
    threshold: Decimal


class PlacedCriterion(NamedTuple):
    """A criterion of a version of a profile; a metric that compares no pair has no code of one."""

    profile: Profile
    metric: str
    pair_code: str
    a_indicator_code: str | None
    b_indicator_code: str | None
    criterion: Criterion


class Profile(DatedRow):
    """A version of a profile. `period_type`: the periods that it measures; `base_periods`: how many before are looked at."""

    omissible: ClassVar[frozenset[str]] = frozenset({"metrics", "pairs"})

    profile_code: Annotated[Code, Field(validation_alias=AliasChoices("profile", "profile_code"))]
    version: Annotated[int, Field(ge=1)]
    period_type: PeriodType
    base_periods: Annotated[int, Field(ge=1, le=60)]
    name_vi: Text
    name_en: Text
    source: Text
    metrics: Annotated[dict[Metric, Criterion], Field(default_factory=dict)]
    pairs: tuple[Pair, ...] = ()

    @model_validator(mode="after")
    def _criteria_fit_their_metrics(self) -> Self:
        for metric, criterion in self.metrics.items():
            needed = _DEVIATIONS.get(metric, frozenset())
            given = {name for name in ("deviations", "up_to_deviations") if getattr(criterion, name) is not None}
            if given != needed:
                wanted = " and ".join(sorted(needed)) or "no deviations"
                raise ValueError(f"{metric}: {wanted} expected, found {', '.join(sorted(given)) or 'none'}")
            by_itself = self.period_type is PeriodType.YEAR and metric in ("extreme_outliers", "moderate_outliers")
            if by_itself and not criterion.fires_on(criterion.minimum_points):
                told = f"{metric}: of {criterion.minimum_points} figures none can lie {criterion.deviations} deviations from their mean"
                least = next(points for points in range(2, 10_000) if criterion.fires_on(points))
                raise ValueError(f"{told}; minimum_points of at least {least} is expected")
        codes = [pair.pair_code for pair in self.pairs]
        if repeated := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"pairs: {', '.join(repeated)} stands twice; give each its own code")
        return self

    def criteria(self) -> Iterator[PlacedCriterion]:
        """Every criterion of the profile. A pair needs both of its figures."""
        for metric, criterion in self.metrics.items():
            yield PlacedCriterion(self, metric, "", None, None, criterion)
        for pair in self.pairs:
            yield PlacedCriterion(self, pair.metric, pair.pair_code, pair.a, pair.b, Criterion(threshold=pair.threshold, minimum_points=2))


def check_profiles(profiles: Table[Profile], indicators: Table[Any]) -> Iterator[Problem]:
    """Versions of a profile follow each other, and pairs name indicators of the pack."""
    for later in profiles.rows:
        for earlier in profiles.rows:
            if earlier.line < later.line and earlier.profile_code == later.profile_code:
                if earlier.version == later.version:
                    told = f"version {later.version} of profile {later.profile_code} stands in line {earlier.line}; number it anew"
                    yield Problem(profiles.file, later.line, told)
                elif earlier.overlaps(later):
                    told = f"profile {later.profile_code}: version {later.version} holds together with version {earlier.version}"
                    yield Problem(profiles.file, later.line, f"{told} (line {earlier.line}); let one end where the other begins")
        for pair in later.pairs:
            for word, code in (("a", pair.a), ("b", pair.b)):
                if not indicators.mentions("indicator_code", code):
                    told = f"pair {pair.pair_code}: {word} names {code}, which is no indicator_code in {indicators.file}"
                    yield Problem(profiles.file, later.line, told)
