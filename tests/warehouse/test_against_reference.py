"""The marts against a slow reference that works out random small worlds from what was sent: every column of every row, exactly."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from psycopg.rows import dict_row
from tests.warehouse.random_world import RandomPack, figure
from tests.warehouse.reference import Key, Reference, Slot
from tests.warehouse.world import World

from tonghop.catalog import due_reports
from tonghop.catalog.rows import TOTAL
from tonghop.database import connect
from tonghop.model import Period, PeriodType

pytestmark = pytest.mark.database

WEEKS = {"2020-W53", "2021-W01", "2021-W02", "2021-W51", "2021-W52", "2022-W01", "2022-W02", "2022-W03"}
Row = dict[str, Any]


class Told:
    """Publications of a random world, and what each must say."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = random.Random(seed)
        self.world = World.load(folder, **RandomPack(self.chance).files())
        owed = [(due.unit_code, due.form_code, due.period.code) for due in due_reports(self.world.pack) if self._is_wanted(due.period)]
        self.references: list[Reference] = []
        for slot in owed:
            if self.chance.random() < 0.85:
                self._send(slot)
        late = [slot for slot in owed if slot[2] >= "2022" or self.chance.random() < 0.1]
        unasked: list[Slot] = [("D2", "ST", "2022-02"), ("S3", "ST", "2021-02")]
        for slot in unasked:
            self._send(slot)
        self._publish([slot for slot in owed if slot not in late])
        self._publish(list(dict.fromkeys((*late, *unasked))))
        self._publish(self._second_thoughts(owed))

    @staticmethod
    def _is_wanted(period: Period) -> bool:
        return period.code in WEEKS if period.type is PeriodType.WEEK else "2021" <= period.end_date.isoformat() < "2022-05"

    def _send(self, slot: Slot, verdict: str = "accepted") -> None:
        form = self.world.pack.form_at(slot[1], Period.parse(slot[2]).end_date)
        assert form is not None
        asked = {(each.indicator_code, each.breakdown_code): figure(self.chance) for each in self.world.pack.figures(form)}
        self.world.submit(slot, asked, verdict)

    def _second_thoughts(self, owed: Sequence[Slot]) -> list[Slot]:
        """Corrections, a version that is held back, a report that is taken back, one that comes at last."""
        sent = [slot for slot in owed if slot in self.world.chosen]
        missing = [slot for slot in owed if slot not in self.world.chosen]
        corrected, held, (withdrawn,) = self.chance.sample(sent, 9), self.chance.sample(sent, 3), self.chance.sample(sent, 1)
        for slot in (*corrected, *self.chance.sample(missing, 2)):
            self._send(slot)
        for slot in held:
            self._send(slot, "quarantined")
        self.world.withdraw(withdrawn)
        return list(dict.fromkeys((*corrected, *held, *missing, withdrawn)))

    def _publish(self, slots: Sequence[Slot]) -> None:
        self.world.open(slots)
        self.world.build()
        self.world.publish()
        self.references.append(Reference(self.world.pack, dict(self.world.published), self.world.cells))


SEEDS = [pytest.param(1), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 9))]


@pytest.fixture(scope="module", params=SEEDS)
def told(server: None, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Told:
    return Told(request.param, tmp_path_factory.mktemp("pack"))


def seen(view: str, publication: int) -> list[Row]:
    """What BI sees."""
    with connect("bi_reader", publication=publication) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(f"select * from marts.{view}".encode()).fetchall()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_summary_is_what_the_reference_says(told: Told, number: int) -> None:
    reference = told.references[number - 1]
    rows = {
        (row["unit_code"], row["indicator_code"], row["period_code"], TOTAL): row
        for row in seen("indicator_summary", number)
        if row["map"] == "as_reported"
    }
    assert rows.keys() == reference.totals.keys() and len(rows) > 800
    assert [fault for key, row in rows.items() for fault in _faults(key, row, _summary_row(reference, key))] == []


def test_figures_without_comparisons_are_those_of_the_summary(told: Told) -> None:
    figures, summary = seen("indicator_figure", 3), seen("indicator_summary", 3)
    columns = figures[0].keys()
    assert columns < summary[0].keys()
    assert Counter(tuple(row.values()) for row in figures) == Counter(tuple(row[each] for each in columns) for row in summary)


def test_the_breakdowns_are_what_the_reference_says(told: Told) -> None:
    reference = told.references[-1]
    rows = {
        tuple(row[f"{name}_code"] for name in ("unit", "indicator", "period", "breakdown")): row
        for row in seen("indicator_breakdown", 3)
        if row["map"] == "as_reported"
    }
    assert rows.keys() == reference.broken_down.keys() and len(rows) > 300
    assert [fault for key, row in rows.items() for fault in _faults(key, row, _figures(reference, key) | _own(reference, key))] == []


def test_the_leaves_are_what_the_reference_says(told: Told) -> None:
    reference = told.references[-1]
    rows = {(row["unit_code"], row["indicator_code"], row["period_code"], TOTAL): row for row in seen("indicator_leaf", 3)}
    expected = reference.own_totals
    assert rows.keys() == expected.keys() and len(rows) > 400
    for key, row in rows.items():
        assert _faults(key, row, {"value": expected[key].value, "ytd_value": expected[key].ytd_value}) == []


def test_the_groups_of_every_hierarchy_are_what_the_reference_says(told: Told) -> None:
    reference = told.references[-1]
    rows = {
        (f"{row['hierarchy_code']}:{row['group_code']}", row["indicator_code"], row["period_code"], TOTAL): row
        for row in seen("indicator_by_group", 3)
        if row["map"] == "as_reported"
    }
    assert rows.keys() == reference.group_totals.keys() and len(rows) > 400
    assert {key[0] for key in rows} == {group.node_code for group in reference.pack.unit_groups}
    assert [fault for key, row in rows.items() for fault in _faults(key, row, _figures(reference, key) | {"is_estimate": False})] == []


def test_the_world_has_something_of_everything(told: Told) -> None:
    """A property that is never put to the test holds easily."""
    rows = seen("indicator_summary", 3)
    for column in (
        "value",
        "ytd_value",
        "same_period_value",
        "yoy_abs",
        "yoy_pct",
        "month_yoy_pct",
        "target",
        "pct_of_target",
        "pct_of_target_change",
    ):
        assert sum(row[column] is not None for row in rows) > 20, column
    assert {row["kind"] for row in rows if row["value"] is not None} == {"flow", "stock", "since", "ratio"}
    assert {row["period_type"] for row in rows} == {"week", "month", "quarter", "half", "nine_months", "year"}
    assert {row["level"] for row in rows} == {1, 2, 3, 4}


# -- what a row must say


def _figures(reference: Reference, key: Key) -> Row:
    sums, before, kind = reference.figure(key), reference.before(key), reference.pack.indicator(key[1])
    assert sums is not None and kind is not None
    before_value, before_ytd = (before.value, before.ytd_value) if before else (None, None)
    return {
        **vars(sums),
        "kind": kind.kind,
        "same_period_value": before_value,
        "same_period_ytd_value": before_ytd,
        "yoy_abs": _less(sums.ytd_value, before_ytd),
        "yoy_pct": None if kind.kind == "ratio" else _percent(_less(sums.ytd_value, before_ytd), before_ytd),
        "month_yoy_abs": _less(sums.value, before_value),
        "month_yoy_pct": None if kind.kind == "ratio" else _percent(_less(sums.value, before_value), before_value),
    }


def _own(reference: Reference, key: Key) -> Row:
    own = reference.own_broken_down.get(key)
    return {"is_submitting": False} if own is None else {"is_submitting": True, "own_value": own.value, "own_ytd_value": own.ytd_value}


def _summary_row(reference: Reference, key: Key) -> Row:
    row = _figures(reference, key)
    target, comparison = reference.target(key)
    row |= {"target": target, "comparison": comparison, "pct_of_target": _percent(row["ytd_value"], target), "is_estimate": False}
    last_year = Period.parse(key[2]).same_period_last_year
    earlier = (key[0], key[1], last_year.code if last_year else "", key[3])
    before = reference.before(key)
    target_before = reference.target(earlier)[0] if before else None
    comparable = reference.comparable(key)
    now, then = (comparable.now, comparable.before) if comparable else (None, None)
    row |= {
        "comparable_units": comparable.units if comparable else 0,
        "comparable_value": now,
        "comparable_same_period_value": then,
        "comparable_yoy_abs": _less(now, then),
        "comparable_yoy_pct": None if row["kind"] == "ratio" else _percent(_less(now, then), then),
    }
    change = _less(row["pct_of_target"], _percent(before.ytd_value if before else None, target_before))
    return row | {"pct_of_target_change": change}


def _less(now: Fraction | None, before: Fraction | None) -> Fraction | None:
    return None if now is None or before is None else now - before


def _percent(part: Fraction | None, whole: Fraction | None) -> Fraction | None:
    return None if part is None or not whole else 100 * part / whole


def _faults(key: Key, row: Row, expected: Mapping[str, object]) -> list[tuple[Key, str, object, object]]:
    return [(key, column, row[column], value) for column, value in expected.items() if not _same(row[column], value)]


def _same(found: object, expected: object) -> bool:
    """Equal; what was divided ends after some digits."""
    if isinstance(found, Decimal) and isinstance(expected, Fraction):
        return Fraction(found) == expected or abs(Fraction(found) - expected) <= max(1, abs(expected)) / 10**12
    return found == expected
