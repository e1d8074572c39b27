"""Every kind of rule on a real PostgreSQL, through dbt: what it must find, what it must let pass, and its edges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.deployed import empty_warehouse
from tests.gate import staged
from tests.packs import FILES, write_pack
from tests.rules import cases
from tests.rules.cases import CONTROL, OWN_UNIT, PACK, Case

from tonghop.database import admin_connect, connect
from tonghop.gate import judge
from tonghop.warehouse import build_rules

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def run(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """All cases staged and judged in one run."""
    empty_warehouse()
    first_year = FILES["pack.yml"].replace("first_year: 2021", "first_year: 2019")
    staged.load(write_pack(tmp_path_factory.mktemp("pack"), pack=first_year, **PACK))
    with admin_connect() as connection:
        connection.execute("update catalog.duty set due_at = '9999-01-01' where unit_code = 'D' and period_code = '2022-08'")
    own = [replace(report, unit=f"U{number}") for number, case in enumerate(OWN_UNIT) for report in case.reports]
    staged.stage([*own, *(report for case in CONTROL for report in case.reports), *cases.DUE])
    gate_run_id = judge()
    assert gate_run_id is not None
    yield gate_run_id
    empty_warehouse()


def query(text: str, *parameters: object) -> list[tuple[Any, ...]]:
    with connect("auditor") as connection:
        return connection.execute(text.encode(), parameters).fetchall()


def found(unit: str, rule: str) -> list[tuple[Any, ...]]:
    rows = query(
        "select indicator_code, measure, found, expected from warehouse.rule_failure where unit_code = %s and rule_code = %s", unit, rule
    )
    return sorted(((*row[:2], *(number and round(number, 6) for number in row[2:])) for row in rows), key=str)


def expected(case: Case) -> list[tuple[Any, ...]]:
    return sorted(((*failure[:2], *(n if n is None else Decimal(n) for n in failure[2:])) for failure in case.failures), key=str)


@pytest.mark.parametrize(("number", "case"), list(enumerate(OWN_UNIT)), ids=[f"{case.rule}: {case.name}" for case in OWN_UNIT])
def test_a_rule_finds_this_and_no_more(run: int, number: int, case: Case) -> None:
    assert found(f"U{number}", case.rule) == expected(case)


@pytest.mark.parametrize("case", CONTROL, ids=[f"{case.rule}: {case.name}" for case in CONTROL])
def test_a_control_is_reconciled_with_the_reports_below(run: int, case: Case) -> None:
    assert found(case.name, case.rule) == expected(case)


def test_a_rule_of_a_branch_judges_the_reports_of_that_branch_only(run: int) -> None:
    """They differ from those of other branches in nothing but the units above them."""
    assert found("K1-1", "OF_K1") == [("A", "value", 10, 9)]
    assert found("K1-1", "OF_D") == []


def test_every_kind_of_rule_has_found_something(run: int) -> None:
    kinds = {kind for (kind,) in query("select distinct kind from warehouse.rule_failure where gate_run_id = %s", run)}
    assert len(kinds) == 12


def test_a_failure_points_at_its_cells(run: int) -> None:
    unit = f"U{cases.OWN_UNIT.index(cases.COMPARISON[0])}"
    ((sheet, cell, tolerance, found_text, expected_text, cells),) = query(
        """
        select sheet, cell, tolerance, found_text, expected_text, cells from warehouse.rule_failure
        where unit_code = %s and rule_code = 'SUM'
        """,
        unit,
    )
    assert (sheet, cell, tolerance, found_text, expected_text) == ("S", "A/value/TOTAL", 0, "10", "= 9")
    assert [(each["cell"], each["value"]) for each in cells] == [("A/value/TOTAL", 10), ("B/value/TOTAL", 4), ("C/value/TOTAL", 5)]
    assert len({each["submission_id"] for each in cells}) == 1


def test_a_cumulative_failure_points_into_the_report_before(run: int) -> None:
    unit = f"U{cases.OWN_UNIT.index(cases.CUMULATIVE[1])}"
    ((cells, text),) = query(
        "select cells, expected_text from warehouse.rule_failure where unit_code = %s and rule_code = 'CUMULATIVE'", unit
    )
    assert [each["measure"] for each in cells] == ["ytd", "value", "ytd"]
    assert len({each["submission_id"] for each in cells}) == 2
    assert text == "75 (70 + 5)"


def test_an_outlier_says_how_far_it_is(run: int) -> None:
    unit = f"U{cases.OWN_UNIT.index(cases.OUTLIER[0])}"
    ((tolerance, text),) = query(
        "select tolerance, expected_text from warehouse.rule_failure where unit_code = %s and rule_code = 'OUTLIER'", unit
    )
    assert round(tolerance, 4) == round(Decimal("3.5") / Decimal("0.6745"), 4)
    assert text == "10 (z = 4.0, n = 12)"


def test_a_copy_names_the_other(run: int) -> None:
    numbers = {case.name: cases.OWN_UNIT.index(case) for case in cases.IDENTICAL}
    first, second, half = (
        numbers[name]
        for name in ("another unit's figures", "the other unit", "those of half a year ago and of the year before: one failure")
    )
    rows = query(
        "select unit_code, found_text from warehouse.rule_failure where rule_code = 'COPIED' and unit_code in (%s, %s, %s)",
        *(f"U{number}" for number in (first, second, half)),
    )
    expected = {
        f"U{first}": f"3 = U{second} (Trạm {second}) 2022-08",
        f"U{second}": f"3 = U{first} (Trạm {first}) 2022-08",
        f"U{half}": f"3 = U{half} (Trạm {half}) 2022-02",
    }
    assert dict(rows) == expected


def test_a_form_may_be_judged_more_mildly(run: int) -> None:
    assert query("select distinct severity from warehouse.rule_failure where rule_code = 'CUMULATIVE'") == [("info",)]


def test_only_reports_that_are_due_and_have_not_come_are_missing(run: int) -> None:
    rows = query(
        "select rule_code, unit_code, severity, form_code, period_code, submission_id, expected_text from warehouse.rule_failure "
        "where kind = 'missing_report'"
    )
    due = ("K", "2022-07", None, "2022-08-05")
    assert sorted(rows) == [
        ("MISSING", "D", "critical", *due),
        ("MISSING", "K1", "critical", *due),
        ("MISSING", "K3", "critical", *due),
        ("MISSING_OF_K1", "K1", "info", *due),
    ]


def test_a_rerun_changes_nothing(run: int) -> None:
    columns = "kind, rule_code, severity, submission_id, unit_code, period_code, indicator_code, measure, found, expected, cells::text"
    text = f"select {columns} from warehouse.rule_failure order by {columns}"
    before = query(text)
    build_rules(run)
    assert query(text) == before
