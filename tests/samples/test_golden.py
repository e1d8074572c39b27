"""The sums of all units print the report: a reference calculation that shares nothing with the warehouse."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from tonghop.catalog import Pack
from tonghop.samples.series import Series

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
YEAR, MONTH = 2022, 8
EXCEPTIONS = {("TB_MDR", "pct_of_plan_printed"), ("NCD_ASTHMA_MANAGED", "pct_of_plan_printed")}
COMPARED = ("month_value", "ytd_value", "pct_of_plan_printed", "yoy_abs_printed", "yoy_pct_printed", "yoy_points_printed")


def golden(name: str) -> list[dict[str, str]]:
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Reference:
    """What the marts must show for the province, computed from lists of numbers."""

    def __init__(self, pack: Pack, series: dict[str, Series]) -> None:
        self.pack = pack
        self.totals = {code: one.totals for code, one in series.items()}

    def value(self, code: str, year: int, cumulative: bool) -> Decimal:
        indicator = self.pack.indicator(code)
        assert indicator is not None
        if indicator.numerator_code and indicator.denominator_code and indicator.factor:
            parts = [self.value(part, year, cumulative) for part in (indicator.numerator_code, indicator.denominator_code)]
            return parts[0] / parts[1] * indicator.factor
        here = 12 * (year - YEAR + 1) + MONTH - 1
        first = here - MONTH + 1 if cumulative and indicator.kind == "flow" else here
        return Decimal(sum(self.totals[code][first : here + 1]))

    def target(self, code: str, year: int) -> Decimal:
        targets = [target for target in self.pack.targets if target.indicator_code == code and target.year == year]
        numbers = [target.target for target in targets if target.target is not None]
        if numbers:
            return sum(numbers, Decimal(0))
        (only,) = targets
        assert only.rate is not None and only.of_indicator_code is not None
        return self.value(only.of_indicator_code, year, cumulative=True) * only.rate / 100

    def pct_of_target(self, code: str, year: int) -> Decimal:
        return self.value(code, year, cumulative=True) * 100 / self.target(code, year)

    def figure(self, code: str, column: str) -> Decimal:
        now, before = (self.value(code, year, cumulative=True) for year in (YEAR, YEAR - 1))
        match column:
            case "month_value":
                return self.value(code, YEAR, cumulative=False)
            case "ytd_value":
                return now
            case "plan_year":
                return self.target(code, YEAR)
            case "pct_of_plan_printed":
                return self.pct_of_target(code, YEAR)
            case "yoy_abs_printed":
                return now - before
            case "yoy_pct_printed":
                return (now - before) * 100 / before
            case _:
                return self.pct_of_target(code, YEAR) - self.pct_of_target(code, YEAR - 1)


def printed(columns: tuple[str, ...]) -> Iterator[tuple[str, str, Decimal]]:
    for row in golden("hau_giang_2022_08.csv"):
        for column in columns:
            if row[column]:
                yield row["indicator_code"], column, Decimal(row[column])


def misses(figure: Decimal, expected: Decimal, column: str) -> bool:
    digit = Decimal(1).scaleb(min(0, int(expected.as_tuple().exponent)))
    return abs(figure - expected) >= digit * (2 if column == "yoy_points_printed" else 1)


def test_every_printed_figure_follows_from_the_units(pack: Pack, series: dict[str, Series]) -> None:
    reference = Reference(pack, series)
    figures = list(printed(COMPARED))
    wrong = {
        (code, column): (reference.figure(code, column), expected)
        for code, column, expected in figures
        if misses(reference.figure(code, column), expected, column)
    }
    assert len(figures) == 366
    assert wrong.keys() == EXCEPTIONS, wrong


def test_counts_and_plans_are_met_exactly(pack: Pack, series: dict[str, Series]) -> None:
    reference = Reference(pack, series)
    counts = [
        (c, k, e)
        for c, k, e in printed(("month_value", "ytd_value", "plan_year"))
        if e == int(e) and (i := pack.indicator(c)) and i.kind != "ratio"
    ]
    assert sum(column == "plan_year" for _, column, _ in counts) == 6
    assert [(code, column) for code, column, expected in counts if reference.figure(code, column) != expected] == []


def test_the_table_by_district_is_met(pack: Pack, series: dict[str, Series]) -> None:
    columns = {
        "g6pd_high_risk": "SCR_G6PD_HIGH_RISK",
        "g6pd_diagnostic": "SCR_G6PD_DIAGNOSTIC",
        "g6pd_confirmed": "SCR_G6PD_CONFIRMED",
        "g6pd_not_joined": "SCR_G6PD_NOT_JOINED",
    }
    units = {unit.unit_code: unit for unit in pack.units}
    rows = [row for row in golden("hau_giang_2022_08_g6pd_by_district.csv") if row["unit_code"] != "HG"]
    assert len(rows) == 8
    for row in rows:
        for column, code in columns.items():
            below = [values for unit, values in series[code].by_unit.items() if row["unit_code"] in units[unit].path.split("/")]
            assert sum(sum(values[12:]) for values in below) == int(row[column]), (row["unit_code"], column)
