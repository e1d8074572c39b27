"""The reform of 1 July 2025: figures as reported and on today's map, in a small world that lives through it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg
import pytest
from tests.packs import write_pack
from tests.warehouse.reform import CLOSED, MERGED_CENTRES, SPLIT, SPLIT_INTO, carried, communes, pack_files
from tests.warehouse.world import Slot, World

from tonghop.catalog import due_reports, read_pack
from tonghop.database import connect

pytestmark = [pytest.mark.database, pytest.mark.slow]

BEFORE = ("2022-03", "2024-02", "2024-03", "2025-03")
AFTER = ("2025-08", "2026-03")
CORRECTED: Slot = ("C31360", "ST", "2022-03")
"""Xã Thạnh Xuân, of which Xã Thạnh Xuân (with two others) is made."""


class Told(NamedTuple):
    """What units sent for the publication after the reform, and for the one after that, with one correction."""

    sent: Mapping[Slot, Mapping[str, int]]
    corrected: Mapping[str, int]

    def figures(self, indicator: str, *periods: str) -> dict[str, Decimal]:
        """By unit, what it sent of an indicator in these periods together."""
        found: dict[str, Decimal] = {}
        for (unit, _, period), cells in self.sent.items():
            if period in periods and indicator in cells:
                found[unit] = found.get(unit, Decimal(0)) + cells[indicator]
        return found


def rows(query: str, publication: int | None = None, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """What BI sees."""
    with connect("bi_reader", publication=publication) as connection:
        return connection.execute(query, parameters).fetchall()  # type: ignore[call-overload, no-any-return]


def summary(map_: str, indicator: str, period: str, columns: str = "value, is_estimate", publication: int = 2) -> dict[str, Any]:
    """By unit, columns of the summary on a map."""
    found = rows(
        f"select unit_code, {columns} from marts.indicator_summary where map = %s and indicator_code = %s and period_code = %s",
        publication,
        (map_, indicator, period),
    )
    assert len({row[0] for row in found}) == len(found)
    return {row[0]: row[1:] for row in found}


@pytest.fixture(scope="module")
def told(server: None, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Three publications: before the reform, after it (with a pack that knows it), and with a workbook of 2022 corrected after that."""
    chance = random.Random(20250701)
    world = World.load(tmp_path_factory.mktemp("before"), **pack_files(reformed=False))
    sent: dict[Slot, dict[str, int]] = {}

    def report(periods: Sequence[str]) -> list[Slot]:
        slots = [
            (due.unit_code, due.form_code, due.period.code)
            for due in due_reports(world.pack)
            if due.period.code in periods and due.form_code in ("ST", "HO")
        ]
        for slot in slots:
            codes = ["VISITS", "VISITS_CHILD", "PATIENTS"] if slot[1] == "ST" else ["BED_DAYS", "BED_CAPACITY"]
            codes += ["SCORE"] if slot[1] == "ST" and slot[2] > "2022-07" else []
            if slot[0] != "C31366":  # never reports
                sent[slot] = {code: chance.randint(1, 900) for code in codes}
                world.submit(slot, sent[slot])
        return slots

    old = report(BEFORE)
    world.open(old)
    world.build()
    world.publish()

    world.load_pack(read_pack(write_pack(tmp_path_factory.mktemp("after"), **pack_files(reformed=True))))
    new = report(AFTER)
    world.open([*old, *new], scope_all=True)
    world.build()
    world.publish()

    corrected = {"VISITS": 5000, "VISITS_CHILD": 100, "PATIENTS": sent[CORRECTED]["PATIENTS"]}
    world.submit(CORRECTED, corrected)
    world.open([CORRECTED])
    world.build()
    world.publish()
    return Told(sent, corrected)


def test_75_communes_are_28_today(told: Told) -> None:
    assert (len(communes()), len({each.new_code for each in communes()})) == (75, 28)
    today = rows("select unit_code from marts.dim_unit where is_current and unit_type = 'station'", 2)
    assert len(today) == 28


@pytest.mark.parametrize("indicator", ["VISITS", "PATIENTS"])
@pytest.mark.parametrize("period", [*BEFORE, *AFTER])
def test_each_commune_of_today_is_the_sum_of_those_that_it_was_made_of(told: Told, indicator: str, period: str) -> None:
    sent = told.figures(indicator, period)
    seen = summary("today", indicator, period)
    stations = {f"N{each.new_code}" for each in communes()}
    assert stations <= seen.keys()
    for unit in [*stations, "CTKV1", "CT"]:
        expected = carried(unit, sent)
        # a cumulative that began before the split rests on it
        is_estimate = expected.is_estimate or ((indicator, period) == ("VISITS", "2025-08") and unit in SPLIT_INTO)
        assert seen[unit] == (expected.value, is_estimate), unit


def test_the_sum_of_the_province_is_the_same_on_both_maps_and_no_estimate(told: Told) -> None:
    for indicator in ("VISITS", "PATIENTS", "BED_DAYS"):
        for period in BEFORE[:3]:
            today, then = summary("today", indicator, period), summary("as_reported", indicator, period)
            assert today["CT"] == then["HG"] == (sum(told.figures(indicator, period).values()), False)
            assert "HG" not in today and "CT" not in then


def test_years_before_and_after_the_reform_compare_in_one_query(told: Told) -> None:
    unit = f"N{communes()[0].new_code}"
    found = dict(
        rows(
            "select period_code, value from marts.indicator_summary where map = 'today' and unit_code = %s and indicator_code = 'VISITS' "
            "and period_code in ('2022', '2024', '2025', '2026')",
            2,
            (unit,),
        )
    )
    for year in found:
        assert (
            found[year] == carried(unit, told.figures("VISITS", *(period for period in (*BEFORE, *AFTER) if period.startswith(year)))).value
        )
    assert len(found) == 4
    (compared,) = rows(
        "select value, same_period_value, month_yoy_abs, is_estimate, is_same_period_estimate from marts.indicator_summary "
        "where map = 'today' and unit_code = %s and indicator_code = 'VISITS' and period_code = '2026-03'",
        2,
        (unit,),
    )
    now, before = (carried(unit, told.figures("VISITS", period)).value for period in ("2026-03", "2025-03"))
    assert now is not None and before is not None and compared == (now, before, now - before, False, False)
    as_reported = summary("as_reported", "VISITS", "2026-03", "value, same_period_value")
    assert as_reported[unit] == (now, None)


def test_the_parts_of_a_split_are_estimates_and_their_sum_is_none(told: Told) -> None:
    seen = summary("today", "VISITS", "2024-03")
    assert {unit for unit, (_, is_estimate) in seen.items() if is_estimate} == SPLIT_INTO.keys()
    after = summary("today", "VISITS", "2026-03", "is_estimate, is_same_period_estimate")
    assert {unit for unit, flags in after.items() if flags == (False, True)} == SPLIT_INTO.keys()
    assert not any(flags[0] for flags in after.values())
    cumulative = summary("today", "VISITS", "2025-08", "value, ytd_value, is_estimate")
    assert {unit for unit, row in cumulative.items() if row[-1]} == SPLIT_INTO.keys(), "the cumulative has March in it"
    stock = summary("today", "PATIENTS", "2025-08")
    assert not any(is_estimate for _, is_estimate in stock.values()), "the stock of August is as it was counted"


def test_a_ratio_is_recomputed_from_what_was_carried_and_null_without_parts(told: Told) -> None:
    visits, children = told.figures("VISITS", "2024-03"), told.figures("VISITS_CHILD", "2024-03")
    for unit, (share,) in summary("today", "CHILD_SHARE", "2024-03", "round(value, 9)").items():
        above, below = carried(unit, children).value, carried(unit, visits).value
        assert share == (None if above is None or below is None else round(100 * above / below, 9)), unit
    scores = summary("today", "SCORE", "2024-03")
    assert all(scores[f"N{each.new_code}"][0] is None for each in communes())
    own = told.figures("SCORE", "2024-03")
    lives_on = next(unit for unit in own if unit.startswith("TT") and unit not in MERGED_CENTRES)
    assert scores[lives_on][0] == own[lives_on]


def test_who_reported_is_who_stood_for_the_unit_then(told: Told) -> None:
    counted = summary("today", "VISITS", "2024-03", "reporting_units, expected_units, is_complete")
    for new in {each.new_code for each in communes()}:
        olds = {f"C{each.old_code}" for each in communes() if each.new_code == new}
        olds |= {SPLIT} if f"N{new}" in SPLIT_INTO else set()
        missing = len(olds & {"C31366"})
        assert counted[f"N{new}"] == (len(olds) - missing, len(olds), not missing)
    # two hospitals owe visits and never report them
    assert counted["CT"] == summary("as_reported", "VISITS", "2024-03", "reporting_units, expected_units, is_complete")["HG"]
    assert counted["CT"] == (75 + 8 - 1, 75 + 8 + 2, False)


def test_a_unit_that_moved_is_shown_where_it_is_and_one_that_closed_stays_in_the_sums(told: Told) -> None:
    (today,) = rows("select unit_key from marts.dim_unit where unit_code = 'BV1' and is_current", 2)
    (then,) = rows("select unit_key from marts.dim_unit where unit_code = 'BV1' and not is_current", 2)
    assert summary("today", "BED_DAYS", "2024-03", "unit_key")["BV1"] == today
    assert summary("as_reported", "BED_DAYS", "2024-03", "unit_key")["BV1"] == then
    assert CLOSED not in summary("today", "BED_DAYS", "2024-03")
    assert summary("today", "BED_DAYS", "2024-03")["CT"][0] == sum(told.figures("BED_DAYS", "2024-03").values())


EVERYTHING = "select * from marts.indicator_summary"


def everything(publication: int) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Every row of the summary by map, unit version, indicator and period."""
    with connect("bi_reader", publication=publication) as connection:
        cursor = connection.execute(EVERYTHING.encode())
        names = [column.name for column in cursor.description or ()]
        places = [names.index(name) for name in ("map", "unit_code", "unit_key", "indicator_code", "period_code")]
        return {tuple(row[place] for place in places): row for row in cursor}


def test_a_correction_after_the_reform_changes_both_maps_and_nothing_else(told: Told) -> None:
    before, after = everything(2), everything(3)
    assert before.keys() == after.keys()
    changed = {key for key in before if before[key] != after[key]}
    unit, _, _ = CORRECTED
    (commune,) = (each for each in communes() if f"C{each.old_code}" == unit)
    branches = {"as_reported": {unit, f"D{commune.district_code}", "HG"}, "today": {f"N{commune.new_code}", "CT"}}
    # months without a report have no row; there is none of 2023 to compare with
    periods = {"2022-03", "2022-Q1", "2022-H1", "2022-9M", "2022"}
    indicators = {"VISITS", "VISITS_CHILD", "CHILD_SHARE"}
    assert {(key[0], key[1], key[3], key[4]) for key in changed} == {
        (map_, unit, indicator, period)
        for map_, units in branches.items()
        for unit in units
        for indicator in indicators
        for period in periods
    }
    figures = told.figures("VISITS", "2022-03") | {unit: Decimal(told.corrected["VISITS"])}
    today = summary("today", "VISITS", "2022-03", publication=3)
    assert today[f"N{commune.new_code}"] == (carried(f"N{commune.new_code}", figures).value, False)


def test_an_old_publication_shows_the_map_of_its_day(told: Told) -> None:
    assert rows("select count(*) from marts.dim_unit where unit_code = 'CT' or unit_code like 'N%%'", 1) == [(0,)]
    shown = everything(1)
    as_reported = {key[1:]: row for key, row in shown.items() if key[0] == "as_reported"}
    today = {key[1:]: row for key, row in shown.items() if key[0] == "today"}
    assert as_reported.keys() >= today.keys()
    assert {key[0] for key in as_reported.keys() - today.keys()} == {CLOSED}
    (then,) = rows("select value from marts.indicator_summary where map = 'today' and unit_code = 'HG' and indicator_code = 'VISITS' "
                   "and period_code = '2024-03'", 1)  # fmt: skip
    assert then == (sum(told.figures("VISITS", "2024-03").values()),)


def test_rows_are_stored_twice_only_where_the_maps_differ(told: Told) -> None:
    stored = (
        "select u.unit_code, array_agg(distinct a.map order by a.map) from warehouse.agg_indicator_period as a "
        "inner join catalog.unit_key as u on a.unit_key = u.unit_key "
        "where a.year = 2022 and a.from_publication <= %(number)s and a.to_publication > %(number)s group by u.unit_code"
    )
    with connect("auditor") as connection:
        before = dict(connection.execute(stored, {"number": 1}).fetchall())
        after = dict(connection.execute(stored, {"number": 3}).fetchall())
    assert before.pop(CLOSED) == ["as_reported"]
    assert all(maps == ["both"] for maps in before.values())
    assert after["CT"] == ["today"] and after["HG"] == after[SPLIT] == ["as_reported"]
    assert after["BV1"] == ["as_reported", "today"]


def test_an_official_code_is_asked_for_with_a_day(told: Told) -> None:
    assert rows("select marts.unit_at('31321', '2024-03-01'), marts.unit_at('31321', '2025-07-01'), marts.unit_at('HG')", 2) == [
        ("C31321", "N31321", "HG")
    ]
    assert rows("select marts.unit_at('31318')", 2) == [("C31318",)], "never given again"
    with pytest.raises(psycopg.errors.CardinalityViolation, match=r"'31321' is ambiguous: C31321 .*, N31321 .*"):
        rows("select marts.unit_at('31321')", 2)
    with pytest.raises(psycopg.errors.NoDataFound, match="no unit bears the code '31318' on 2025-08-01"):
        rows("select marts.unit_at('31318', '2025-08-01')", 2)
    assert rows("select marts.unit_at('31321')", 1) == [("C31321",)], "before the reform was known nobody else bore it"


def test_a_target_is_not_carried_to_another_unit(told: Told) -> None:
    assert summary("as_reported", "BED_DAYS", "2025-03", "target")["BV1"] == (7000,)
    assert summary("today", "BED_DAYS", "2025-03", "target")["BV1"] == (None,)


def test_codes_borne_are_stretches_of_time(told: Told) -> None:
    history = rows(
        "select unit_code, valid_from::text, valid_to::text, is_reused from marts.unit_code_history "
        "where official_code = '31321' order by valid_from",
        2,
    )
    assert history == [("C31321", "2004-01-01", "2025-07-01", True), ("N31321", "2025-07-01", "9999-12-31", True)]
    (merged,) = rows("select count(*) from marts.unit_code_history where unit_code = 'BV1'", 2)
    assert merged == (0,), "it has no official code"


GROUPS = {"HOSP": ("BV1", CLOSED), "GRASS": ("C", "N", "TT"), "ALL": ("",)}
"""Group to the beginnings of the codes of the units that it has."""


@pytest.mark.parametrize("map_", ["as_reported", "today"])
@pytest.mark.parametrize("indicator", ["VISITS", "BED_DAYS", "PATIENTS"])
def test_a_hierarchy_adds_up_at_every_level_on_both_maps(told: Told, map_: str, indicator: str) -> None:
    found = {
        (group, period): rest
        for group, period, *rest in rows(
            "select group_code, period_code, value, is_estimate, yoy_abs from marts.indicator_by_group "
            "where hierarchy_code = 'MGMT' and map = %s and indicator_code = %s and period_type = 'month'",
            2,
            (map_, indicator),
        )
    }
    for group, prefixes in GROUPS.items():
        for period in (*BEFORE, *AFTER):
            sent = [value for unit, value in told.figures(indicator, period).items() if unit.startswith(prefixes)]
            value, is_estimate, change = found.get((group, period), (None, False, None))
            assert (value, is_estimate) == (sum(sent) if sent else None, False), (group, period)
            assert (change is not None) == (bool(sent) and period in ("2025-03", "2026-03"))


def test_who_is_in_which_group_is_said_for_every_depth(told: Told) -> None:
    members = rows("select unit_code, depth, group_code from marts.unit_group_member where unit_code in ('BV1', 'N31321')", 2)
    assert set(members) == {("BV1", 0, "HOSP"), ("BV1", 1, "ALL"), ("N31321", 0, "GRASS"), ("N31321", 1, "ALL")}
    levels = rows("select group_code, level, path from marts.dim_unit_group order by sort_order", 2)
    assert levels == [("ALL", 1, "ALL"), ("GRASS", 2, "ALL/GRASS"), ("HOSP", 2, "ALL/HOSP")]
    everything_in_tree = rows("select count(*) from marts.indicator_summary where unit_code like 'MGMT:%%'", 2)
    assert everything_in_tree == [(0,)], "groups stand in a view of their own"
