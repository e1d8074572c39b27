"""What the marts say of a small world: periods, ways back to the cells, leaves, targets (every figure: `test_against_reference`)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from tests.warehouse.reference import Figure, Reference, Slot
from tests.warehouse.world import World

from tonghop.catalog import due_reports
from tonghop.catalog.rows import TOTAL
from tonghop.database import connect
from tonghop.model import Period, PeriodType
from tonghop.publication import trace

pytestmark = pytest.mark.database

SUMMARY = (
    "select unit_code, indicator_code, period_code, value, ytd_value, reporting_units, expected_units, is_complete, kind, period_type,"
    " target, pct_of_target, pct_of_target_change, same_period_value, same_period_ytd_value, yoy_abs, yoy_pct, month_yoy_abs, month_yoy_pct"
    " from marts.indicator_summary where map = 'as_reported'"
)


def rows(query: str, publication: int | None = None) -> list[tuple[Any, ...]]:
    """What BI sees."""
    with connect("bi_reader", publication=publication) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]


def figure(chance: random.Random) -> Figure:
    if chance.random() < 0.7:
        return Decimal(chance.randint(1, 500)) / chance.choice((1, 1, 1, 10))
    return chance.choice((0, 0, "blank", "unreadable", "not_applicable"))


@pytest.fixture(scope="module")
def told(server: None, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Reference]:
    """What three publications must say: 2021 but for two months, then the rest up to May 2022, then corrections of both years."""
    chance = random.Random(20220814)
    world = World.load(tmp_path_factory.mktemp("pack"))
    wanted_weeks = {"2021-W01", "2021-W02", "2021-W52", "2022-W01", "2022-W03"}
    owed: list[Slot] = [
        (due.unit_code, due.form_code, due.period.code)
        for due in due_reports(world.pack)
        if (due.period.code in wanted_weeks if due.form_code == "WK" else "2021" <= due.period.end_date.isoformat() < "2022-06")
    ]
    late = [slot for slot in owed if slot[2] >= "2022" or slot[2] in ("2021-03", "2021-11", "2021-Q2")]
    not_owed: Slot = ("D1", "ST", "2022-02")  # a branch that reports of its own
    corrected = [*chance.sample(owed, 12), not_owed]

    def report(slot: Slot) -> None:
        form = next(form for form in world.pack.forms if form.form_code == slot[1] and form.valid_at(Period.parse(slot[2]).end_date))
        codes = [row.indicator_code for row in world.pack.form_rows if (row.form_code, row.version) == (form.form_code, form.version)]
        world.submit(slot, {code: figure(chance) for code in codes})

    def publish(slots: Sequence[Slot]) -> Reference:
        world.open(slots)
        world.build()
        world.publish()
        return world.reference()

    for slot in owed:
        if chance.random() < 0.85:
            report(slot)
    report(not_owed)
    first = publish([slot for slot in owed if slot not in late])
    second = publish([*late, not_owed])
    for slot in corrected:
        report(slot)
    return first, second, publish(corrected)


def test_without_a_number_the_live_publication_is_seen(told: Sequence[Reference]) -> None:
    assert sorted(rows(SUMMARY)) == sorted(rows(SUMMARY, publication=3))


def test_periods_are_those_of_the_calendar(told: Sequence[Reference]) -> None:
    periods = rows("select period_code, period_type, start_date, end_date, year, same_period_last_year_code from marts.dim_period")
    assert len({row[0] for row in periods}) == len(periods) == 3 * (12 + 4 + 1 + 1 + 1 + 52) + 1
    for code, *described in periods:
        period = Period.parse(code)
        last_year = period.same_period_last_year
        assert described == [period.type, period.start_date, period.end_date, period.year, last_year.code if last_year else None]


@pytest.mark.parametrize("indicator", ["AUDITS", "PATIENTS"])
@pytest.mark.parametrize("period", ["2021-06", "2021-Q2", "2021-H1", "2021"])
def test_a_figure_of_months_and_quarters_leads_back_to_both(told: Sequence[Reference], indicator: str, period: str) -> None:
    found = trace("P", indicator, period)
    (part,) = found.parts
    assert part.agrees and part.published == told[-1].totals["P", indicator, period, TOTAL].value
    types = {Period.parse(each.period_code).type for each in part.contributions}
    assert types == ({PeriodType.MONTH} if period == "2021-06" else {PeriodType.MONTH, PeriodType.QUARTER})


def test_a_submitted_ratio_leads_back_to_its_own_period_alone(told: Sequence[Reference]) -> None:
    (month,), (quarter,) = (trace("H1", "SCORE", period).parts for period in ("2021-06", "2021-Q2"))
    assert month.agrees and quarter.agrees and quarter.published is None
    assert ([each.period_code for each in month.contributions], quarter.contributions) == (["2021-06"], [])


def test_leaves_add_up_to_the_root(told: Sequence[Reference]) -> None:
    leaves = rows("select indicator_code, period_code, value from marts.indicator_leaf")
    root = {row[1:3]: row[3] for row in rows(SUMMARY) if row[0] == "P" and row[8] != "ratio"}
    assert len(root) > 200
    for (indicator, period), total in root.items():
        parts = [value for *at, value in leaves if at == [indicator, period] and value is not None]
        assert total == (sum(parts) if parts else None), (indicator, period)


def test_targets_are_added_up_and_rates_hold_below(told: Sequence[Reference]) -> None:
    targets = {
        (indicator, unit, year): rest
        for indicator, unit, year, *rest in rows(
            "select indicator_code, unit_code, year, target, t.comparison, rate, of_indicator_code, is_sum"
            " from marts.fct_target t join marts.dim_unit using (unit_key) join marts.dim_indicator using (indicator_key)"
            " where is_current or unit_code = 'C22'"
        )
    }
    assert targets["VISITS", "P", 2022] == [7000, ">=", None, None, True]
    assert targets["VISITS", "D1", 2022] == [1200, ">=", None, None, False]
    assert ("VISITS", "C11", 2022) not in targets
    assert targets["VISITS_CHILD", "P", 2022] == targets["VISITS_CHILD", "C22", 2022] == [None, ">=", 30, "VISITS", False]
    assert ("VISITS_CHILD", "P", 2021) not in targets


def test_achievement_of_targets(told: Sequence[Reference]) -> None:
    figures = told[-1].totals
    seen = {(unit, indicator, code): tuple(rest[5:8]) for unit, indicator, code, _, _, *rest in rows(SUMMARY)}

    def ytd(unit: str, indicator: str, period: str) -> Decimal:
        found = figures[unit, indicator, period, TOTAL].ytd_value
        assert found is not None
        return Decimal(found.numerator) / found.denominator

    d1 = 100 * ytd("D1", "VISITS", "2022-04") / 1200
    change = d1 - 100 * ytd("D1", "VISITS", "2021-04") / 1000
    assert seen["D1", "VISITS", "2022-04"] == pytest.approx((1200, d1, change))
    children = Decimal("0.3") * ytd("H1", "VISITS", "2022-04")
    assert seen["H1", "VISITS_CHILD", "2022-04"] == pytest.approx((children, 100 * ytd("H1", "VISITS_CHILD", "2022-04") / children, None))
    assert seen["D2", "VISITS", "2021-04"] == (0, None, None)  # a target of zero has no percentage
