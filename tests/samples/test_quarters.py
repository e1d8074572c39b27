"""The sample of a pack that reports by quarter: its sums print the report, worked out from the figures of the units alone."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from tonghop.catalog import Pack, read_pack
from tonghop.samples.data import Data, Relation, read_data
from tonghop.samples.reports import Reports
from tonghop.samples.series import Series, unit_series

PACK = Path(__file__).resolve().parents[2] / "catalog" / "hoang_hoa"
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "hoang_hoa_2024_q1.csv"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_pack(PACK)


@pytest.fixture(scope="module")
def data(pack: Pack) -> Data:
    return read_data(PACK / "samples", pack)


@pytest.fixture(scope="module")
def series(pack: Pack, data: Data) -> dict[str, Series]:
    return unit_series(pack, data)


def test_the_sums_of_both_years_print_the_report(pack: Pack, series: dict[str, Series]) -> None:
    def total(code: str, place: int) -> Decimal:
        indicator = pack.indicator(code)
        assert indicator is not None
        if indicator.numerator_code and indicator.denominator_code and indicator.factor:
            return total(indicator.numerator_code, place) / total(indicator.denominator_code, place) * indicator.factor
        return Decimal(series[code].totals[place])

    compared = 0
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            for column, place in (("value_q1", 4), ("value_same_period", 0)):
                if line[column]:
                    printed = Decimal(line[column])
                    digit = Decimal(1).scaleb(int(printed.as_tuple().exponent))
                    assert abs(total(line["indicator_code"], place) - printed) < digit, (line["indicator_code"], column)
                    compared += 1
    assert compared == 80 + 19


def test_a_year_of_quarters_is_sent_by_every_unit(pack: Pack, data: Data, series: dict[str, Series]) -> None:
    assert {len(one.values) for one in series.values()} == {5}
    reports = Reports(pack, data, series)
    periods = [period.code for period in data.calendar.periods]
    assert periods == ["2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4", "2024-Q1"]
    assert reports.waves == ("1_to_2023-Q4", "2_2024-Q1", "3_corrections")
    assert [reports.ytd("BIRTHS_LIVE", "HH-01", place) for place in (3, 4)] == [
        sum(series["BIRTHS_LIVE"].by_unit["HH-01"][:4]),
        series["BIRTHS_LIVE"].by_unit["HH-01"][4],
    ]


def test_bounds_hold_and_running_totals_never_fall(pack: Pack, data: Data, series: dict[str, Series]) -> None:
    links = [link for link in data.links if link.relation is Relation.WITHIN]
    assert len(links) > 20
    for link in links:
        part = series[link.indicator_code]
        for values, whole in zip(part.values, series[link.other_code].of(part.units), strict=True):
            assert all(value <= bound for value, bound in zip(values, whole, strict=True)), link
    for code, one in series.items():
        indicator = pack.indicator(code)
        if indicator and indicator.kind == "since":
            assert all(values == sorted(values) for values in one.by_unit.values()), code
