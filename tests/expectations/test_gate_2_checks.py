"""Every check of gate 2 by itself, on rows written by hand: it lets the sound row pass and finds the broken one."""

from __future__ import annotations

import pytest

from tonghop.database import connect
from tonghop.gate.suites import Asset, suite_module
from tonghop.model import Severity

pytestmark = pytest.mark.database

SUITE = suite_module("gate_2")
ASSETS: list[Asset] = SUITE.assets(7, SUITE.Keys([2022101], [1], [1]), SUITE.Keys([2022101], [1], [1]), {"2022-01": 100}, 20)
CHECKS = {check.name: check for asset in ASSETS for check in asset.checks}

SUMMARY = (
    "period_key, indicator_key, unit_key, map, is_written, is_shown, unit_code, indicator_code, period_code, kind, period_type, value, "
    "ytd_value, target, pct_of_target, reporting_units, expected_units, ytd_before, has_month_before"
)


def summary(
    period_key: int = 2022102, value: str = "5", ytd: str = "15", before: str = "10", percent: str = "null", reporting: str = "2",
    has_before: bool = True, written: bool = True, shown: bool = True, kind: str = "flow", target: str = "null::numeric",
) -> str:  # fmt: skip
    return (
        f"({period_key}, 1, 1, 'today', {written}, {shown}, 'P', 'A', '2022-02', '{kind}', 'month', {value}::numeric, {ytd}::numeric, "
        f"{target}, {percent}::numeric, {reporting}::integer, 2, {before}::numeric, {has_before})"
    )


CASES = [
    ("sees_the_candidate", "number", "(7)", "(6)"),
    ("sees_the_candidate", "number", "(7)", "(null::integer)"),
    ("no_mart_is_empty", "mart, has_rows", "('dim_unit', true)", "('dim_unit', false)"),
    ("published_periods_keep_their_figures", "period_code, figures_before, figures_now", "('2022-01', 100, 80)", "('2022-01', 100, 79)"),
    ("published_periods_do_not_grow_much", "period_code, figures_before, figures_now", "('2022-01', 100, 120)", "('2022-01', 100, 121)"),
    (
        "cells_accepted_are_cells_shown",
        "submission_id, is_in_candidate, cells_accepted, cells_shown, total_accepted, total_shown",
        "(1, true, 9, 9, 5.5, 5.5), (2, false, 0, 4, null, 3), (3, true, 1, 1, null, null)",
        "(1, true, 9, 8, 5.5, 5.5)",
    ),
    (
        "cells_accepted_are_cells_shown",
        "submission_id, is_in_candidate, cells_accepted, cells_shown, total_accepted, total_shown",
        "(1, true, 9, 9, 5.5, 5.5)",
        "(1, true, 9, 9, 5.5, 5.6)",
    ),
    ("only_submissions_in_force_are_shown", "submission_id, status, cells_shown", "(1, 'in_force', 9)", "(1, 'quarantined', 9)"),
    ("only_submissions_in_force_are_shown", "submission_id, status, cells_shown", "(1, 'in_force', 9)", "(1, null, 9)"),
    ("every_row_is_shown_once", SUMMARY, summary(), f"{summary()}, {summary()}"),
    ("every_row_is_shown_once", SUMMARY, summary(), summary(shown=False)),
    ("cumulative_continues", SUMMARY, summary(), summary(ytd="16")),
    ("cumulative_continues", SUMMARY, summary(written=False), summary(written=False, ytd="16")),
    (
        "cumulative_continues",
        SUMMARY,
        summary(2022101, ytd="5", before="99", has_before=False),
        summary(2022101, ytd="15", has_before=False),
    ),
    ("cumulative_continues", SUMMARY, summary(ytd="99", has_before=False), summary(value="null")),
    ("cumulative_continues", SUMMARY, summary(kind="stock", ytd="5"), summary(ytd="null")),
    ("reporting_units_within_expected", SUMMARY, summary(reporting="0"), summary(reporting="3")),
    ("reporting_units_within_expected", SUMMARY, summary(reporting="2"), summary(reporting="null")),
    ("percentage_of_target_follows", SUMMARY, summary(target="45", percent="33.333333"), summary(target="45", percent="33.3")),
    ("percentage_of_target_follows", SUMMARY, summary(target="0", percent="null"), summary(target="45", percent="null")),
    (
        "root_is_sum_of_units",
        "period_code, indicator_code, root_value, sum_of_units",
        "('2022', 'A', null::numeric, null::numeric)",
        "('2022', 'A', 5, null::numeric)",
    ),
    ("root_is_sum_of_units", "period_code, indicator_code, root_value, sum_of_units", "('2022', 'A', 5, 5)", "('2022', 'A', 5, 4)"),
    ("ratio_between_those_of_its_units", "value, lowest, highest", "(70.0, 70.0, 80.0)", "(69.9, 70.0, 80.0)"),
    ("ratio_between_those_of_its_units", "value, lowest, highest", "(80.0, 70.0, 80.0)", "(80.1, 70.0, 80.0)"),
]


@pytest.mark.parametrize(("name", "columns", "sound", "broken"), CASES, ids=[case[0] for case in CASES])
def test_a_check_tells_sound_from_broken(server: None, name: str, columns: str, sound: str, broken: str) -> None:
    def found(rows: str) -> int:
        query = CHECKS[name].query.format(batch="rows_by_hand")
        with connect("auditor") as connection:
            return len(connection.execute(f"with rows_by_hand ({columns}) as (values {rows}) {query}".encode()).fetchall())

    assert found(sound) == 0
    assert found(broken) == 1


def test_every_check_has_a_case_here_or_needs_the_marts() -> None:
    assert set(CHECKS) - {case[0] for case in CASES} == {"no_fact_without_its_dimensions"}


def test_only_growth_is_let_through() -> None:
    assert {name for name, check in CHECKS.items() if check.severity is not Severity.CRITICAL} == {"published_periods_do_not_grow_much"}


def test_every_check_says_why_in_both_languages() -> None:
    assert all(" / " in check.description for check in CHECKS.values())
    gate_1 = suite_module("gate_1").assets(1, [("comparison", Severity.CRITICAL)])
    assert all(" / " in check.description for asset in gate_1 for check in asset.checks)
