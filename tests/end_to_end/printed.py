"""The printed figures of the province's report, and what it means that a mart reproduces one."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

FILE = Path(__file__).parents[1] / "golden" / "hau_giang_2022_08.csv"

MART_COLUMN = {
    "month_value": "value",
    "ytd_value": "ytd_value",
    "plan_year": "target",
    "pct_of_plan_printed": "pct_of_target",
    "yoy_abs_printed": "yoy_abs",
    "yoy_pct_printed": "yoy_pct",
    "yoy_points_printed": "pct_of_target_change",
}
"""Printed column -> column of `marts.indicator_summary`. The printed rates are for rules to recompute, not for the marts."""

NO_WHOLE_PLAN = {("TB_MDR", "pct_of_plan_printed"), ("NCD_ASTHMA_MANAGED", "pct_of_plan_printed")}
"""The only two printed percentages that no whole plan gives."""


@dataclass(frozen=True)
class Figure:
    """One printed figure."""

    indicator_code: str
    kind: str
    column: str
    printed: Decimal
    ytd: Decimal | None

    @property
    def last_digit(self) -> Decimal:
        """One unit of the last printed digit: 0.01 for 83.64, 1 for 559."""
        exponent = self.printed.as_tuple().exponent
        assert isinstance(exponent, int)
        return Decimal(1).scaleb(exponent)

    @property
    def allowance(self) -> Decimal:
        """Reports round and sometimes truncate: less than one unit of the last digit; differences of two rounded percentages, two."""
        in_points = self.column == "yoy_points_printed" or (self.kind == "ratio" and self.column == "yoy_abs_printed")
        return self.last_digit * (2 if in_points else 1)

    def is_reproduced_by(self, value: Decimal | None) -> bool:
        """Whether `value` would be printed as this figure."""
        return value is not None and abs(value - self.printed) < self.allowance


def printed_figures() -> list[Figure]:
    """Every printed figure that the marts must reproduce."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return [
            Figure(
                row["indicator_code"], row["kind"], column, Decimal(row[column]), Decimal(row["ytd_value"]) if row["ytd_value"] else None
            )
            for row in csv.DictReader(file)
            for column in MART_COLUMN
            if row[column]
        ]
