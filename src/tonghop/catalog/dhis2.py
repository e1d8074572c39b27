"""What DHIS2 calls the units, forms, figures and periods of a pack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tonghop.catalog.pack import Pack
from tonghop.catalog.rows import Dhis2Code
from tonghop.model import Measure, Period, PeriodType

DEFAULT_COMBO = frozenset({"HllvX50cXC0", "default"})
"""The option combination of a data element that is not split: its UID and its code are the same in every DHIS2."""

FigureKey = tuple[str, Measure, str]
"""Indicator, measure, breakdown."""

_FORMS: Mapping[PeriodType, tuple[str, re.Pattern[str]]] = {
    PeriodType.WEEK: ("{year:04d}W{number}", re.compile(r"(\d{4})W(\d{1,2})")),
    PeriodType.MONTH: ("{year:04d}{number:02d}", re.compile(r"(\d{4})(\d{2})")),
    PeriodType.QUARTER: ("{year:04d}Q{number}", re.compile(r"(\d{4})Q([1-4])")),
    PeriodType.HALF: ("{year:04d}S{number}", re.compile(r"(\d{4})S(1)")),
    PeriodType.YEAR: ("{year:04d}", re.compile(r"(\d{4})()")),
}


def to_dhis2(period: Period) -> str | None:
    """A period as DHIS2 writes it: 202208, 2022Q3, 2022S1, 2022, 2022W33. None for nine months, which it does not have."""
    form = _FORMS.get(period.type)
    return form[0].format(year=period.year, number=period.number) if form else None


def from_dhis2(text: str) -> Period | None:
    """The period that DHIS2 means; None for one that does not exist here (a day, the second half of a year …)."""
    for period_type, (_, pattern) in _FORMS.items():
        if match := pattern.fullmatch(text):
            code = Period(int(match[1]), period_type, int(match[2] or 1)).code
            try:
                return Period.parse(code)
            except ValueError:
                return None
    return None


@dataclass(frozen=True)
class Dhis2Codes:
    """The mapping of a pack in both directions."""

    rows: tuple[Dhis2Code, ...]

    @classmethod
    def of(cls, pack: Pack) -> Dhis2Codes:
        """The mapping of a pack; empty for one without `dhis2.csv`."""
        return cls(pack.dhis2)

    def ours(self, part: str) -> Mapping[str, str]:
        """DHIS2's identifier of a unit or form -> our code."""
        return {row.dhis2: row.code for row in self.rows if row.part == part}

    @cached_property
    def units(self) -> Mapping[str, str]:
        """Organisation unit -> unit."""
        return self.ours("unit")

    @cached_property
    def forms(self) -> Mapping[str, str]:
        """Data set -> form."""
        return self.ours("form")

    @cached_property
    def _figures(self) -> Mapping[tuple[str, str | None], FigureKey]:
        return {
            (row.dhis2, None if row.option_combo in DEFAULT_COMBO else row.option_combo): (row.code, row.measure, row.breakdown_code)
            for row in self.rows
            if row.part == "indicator"
        }

    def figure(self, data_element: str, option_combo: str | None) -> FigureKey | None:
        """The figure that a data element and its option combination stand for."""
        return self._figures.get((data_element, None if option_combo in DEFAULT_COMBO else option_combo))
