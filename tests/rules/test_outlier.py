"""The outlier rule over many random histories, held against the same rule said slowly: one series at a time, in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import mean, median

import pytest
from tests.deployed import empty_warehouse
from tests.gate import staged
from tests.gate.staged import Report
from tests.packs import FILES, write_pack
from tests.rules import cases

from tonghop.database import connect
from tonghop.gate import judge

pytestmark = pytest.mark.database

MONTHS = [f"{year}-{month:02d}" for year in (2019, 2020, 2021, 2022) for month in range(1, 13)]
NOW = MONTHS.index("2022-08")
SERIES = ("A.value", "A.value.F", "B.value", "C.value", "S.value")
UNITS = len(cases.OWN_UNIT)
Figures = dict[tuple[str, str], tuple[dict[str, Decimal], Decimal]]
"""By unit and series: those of the months before, and the one under judgement."""


@dataclass(frozen=True)
class Rule:
    """What a rule of the kind says."""

    threshold: Decimal
    minimum_points: int
    minimum_value: Decimal


RULES = {
    "FAR": Rule(Decimal("3.5"), 12, Decimal(10)),
    "NEAR": Rule(Decimal("1.25"), 24, Decimal(30)),
    "MANY": Rule(Decimal(6), 5, Decimal(5)),
}
"""None of them is the mildest in everything: what the model passes over must be outside all three."""


@dataclass(frozen=True)
class Outlier:
    """What there is to say of a figure that is far from its history."""

    median: Decimal
    tolerance: Decimal
    spread: str


def outlier(rule: Rule, value: Decimal, history: Sequence[Decimal]) -> Outlier | None:
    """Whether a figure is one, by its modified z."""
    if len(history) < rule.minimum_points:
        return None
    middle = median(history)
    deviation, deviations = abs(value - middle), [abs(each - middle) for each in history]
    if max(abs(value), abs(middle)) < rule.minimum_value or not deviation:
        return None
    if median(deviations):
        spread, scale = "median", median(deviations) / Decimal("0.6745")
    elif any(deviations):
        spread, scale = "mean", Decimal("1.2533") * mean(deviations)
    else:
        spread, scale = "none", Decimal("1.2533") * deviation / (len(history) + 1)
        if deviation < rule.minimum_value:
            return None
    return Outlier(middle, rule.threshold * scale, spread) if deviation > rule.threshold * scale else None


def history_and_figure(chance: random.Random) -> tuple[dict[str, Decimal], Decimal]:
    """A figure, and those of some months before it: constant, nearly so, wide, of two levels, with decimals, negative or all small."""
    level = Decimal(chance.choice((0, 3, 9, 12, 50, 2_000, -40)))
    width = chance.choice((0, 0, 1, 4, 40, 1_000))
    digits = chance.choice((0, 0, 1, 2))
    strays = chance.choice((0, 0.15))

    def figure() -> Decimal:
        if chance.random() < strays:
            return level + Decimal(chance.randint(-5, 5) * chance.choice((1, 10, 300)))
        return level + Decimal(chance.randint(-width * 10**digits, width * 10**digits)).scaleb(-digits)

    months = chance.sample(range(NOW - 40, NOW), chance.choice((4, 5, 11, 12, 13, 23, 24, 25, 30, 40)))
    history = {MONTHS[month]: figure() for month in months}
    far = chance.choice((0, 1, 2, 3, 5, 8, 20, 60)) * max(width, 1) * chance.choice((-1, 1))
    return history, level + Decimal(far) + (Decimal(chance.randint(0, 99)).scaleb(-2) if digits else 0)


@pytest.fixture(scope="module")
def figures() -> Figures:
    """Those of all units."""
    chance = random.Random(20221122)
    return {(f"U{number}", series): history_and_figure(chance) for number in range(UNITS) for series in SERIES}


def reports(unit: str, figures: Figures) -> Iterator[Report]:
    """What a unit has sent: accepted until last month."""
    own = {series: figures[unit, series] for series in SERIES}
    for month in MONTHS[:NOW]:
        if cells := {series: history[month] for series, (history, _) in own.items() if month in history}:
            yield Report(unit, "F", month, cells, "accepted", complete=False)
    yield Report(
        unit, "F", MONTHS[NOW], {"A.ytd": 7, "B.plan": 8} | {series: figure for series, (_, figure) in own.items()}, complete=False
    )


@pytest.fixture(scope="module")
def judged(server: None, tmp_path_factory: pytest.TempPathFactory, figures: Figures) -> Iterator[None]:
    """All of them judged in one run."""
    empty_warehouse()
    rules = "\n".join(
        f"- {{rule: {code}, kind: outlier, severity: info, threshold: {rule.threshold}, minimum_points: {rule.minimum_points}, "
        f"minimum_value: {rule.minimum_value}, text_vi: Sai, text_en: Wrong, reason_vi: Test, reason_en: Test, owner: Test}}"
        for code, rule in RULES.items()
    )
    first_year = FILES["pack.yml"].replace("first_year: 2021", "first_year: 2019")
    staged.load(write_pack(tmp_path_factory.mktemp("pack"), pack=first_year, **{**cases.PACK, "rules": rules}))
    staged.stage([report for number in range(UNITS) for report in reports(f"U{number}", figures)])
    assert judge() is not None
    yield
    empty_warehouse()


def test_every_outlier_is_found_and_no_other(judged: None, figures: Figures) -> None:
    expected = {
        (code, unit, series): said
        for (unit, series), (history, figure) in figures.items()
        for code, rule in RULES.items()
        if (said := outlier(rule, figure, [value for month, value in history.items() if month >= MONTHS[NOW - 36]]))
    }
    with connect("auditor") as connection:
        rows = connection.execute(
            """
            select rule_code, unit_code, indicator_code, cells -> 0 ->> 'breakdown_code', expected, tolerance
            from warehouse.rule_failure where kind = 'outlier'
            """
        ).fetchall()
    found = {
        (code, unit, f"{indicator}.value{'' if breakdown == 'TOTAL' else '.' + breakdown}"): (middle, tolerance)
        for code, unit, indicator, breakdown, middle, tolerance in rows
    }
    assert len(rows) == len(found)
    assert found.keys() == expected.keys()
    for key, (middle, tolerance) in found.items():
        assert middle == expected[key].median
        assert round(tolerance, 9) == round(expected[key].tolerance, 9)
    kinds = {(key[0], said.spread) for key, said in expected.items()}
    assert kinds == {(code, spread) for code in RULES for spread in ("median", "mean", "none")}, "each way is tried by each rule"
