"""What each rule said of each report, as BI sees it: passed, failed, could not judge; by version of the rule, at each publication."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import psycopg
import pytest
from tests.deployed import empty_warehouse
from tests.gate import staged
from tests.gate.staged import Report
from tests.packs import FILES, write_pack

from tonghop import publication, signing
from tonghop.catalog import Pack, read_pack
from tonghop.database import admin_connect, connect, reader_dsn
from tonghop.database.readers import add_reader, remove_reader
from tonghop.gate import decide, judge
from tonghop.signing import Actor
from tonghop.warehouse import build_candidate

pytestmark = [pytest.mark.database, pytest.mark.slow]

MILDER = FILES["rules.yml"].replace(
    "- rule: CUMULATIVE\n  kind: cumulative\n  severity: warning", "- rule: CUMULATIVE\n  kind: cumulative\n  severity: info"
)
READER = "reader_of_c11"


class Result(NamedTuple):
    """What a rule said of a report."""

    outcome: str
    critical: int
    warning: int
    info: int
    waived: int
    status: str


Key = tuple[str, str, int, str]
"""Unit, period, version of the report, rule."""


def month(unit: str, period: str, visits: int, children: int, ytd: int) -> Report:
    """A station's report whose parts add up when there are half as many children as visits."""
    figures = {"VISITS": (visits, ytd), "VISITS_CHILD": (children, ytd // 2), "VISITS_ADULT": (visits // 2, ytd - ytd // 2)}
    cells = {f"{code}.{measure}": figure for code, both in figures.items() for measure, figure in zip(("value", "ytd"), both, strict=True)}
    return Report(unit, "ST", period, cells)


def take_in() -> None:
    """Judge, build and publish; gate 2 is passed by hand."""
    gate_run_id = judge()
    assert gate_run_id is not None
    decide(gate_run_id)
    number = publication.open_candidate()
    assert number is not None
    build_candidate(number)
    with connect("publisher") as connection:
        connection.execute(
            "insert into audit.gate_run (gate, publication, status, pack_hash, code_version) "
            "select 2, number, 'passed', pack_hash, code_version from audit.publication where number = %s",
            (number,),
        )
    publication.publish(number)


@pytest.fixture(scope="module")
def told(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pack]:
    """1: January, with two reports held back. 2: one is corrected, the other waived, February comes, and a rule has become milder."""
    empty_warehouse()
    staged.load(write_pack(tmp_path_factory.mktemp("before")))
    staged.stage([month("C11", "2022-01", 10, 5, 10), month("C21", "2022-01", 20, 9, 20), month("C22", "2022-01", 40, 19, 40)])
    take_in()
    ((waiver, _),) = signing.ask_waiver(
        "VISITS_IS_SUM", "C22", "ST", "2022-01", reason="one of no age", expires_on=date(2999, 1, 1), actor=Actor("lan", "command line")
    )
    signing.decide(waiver, "approve", "seen the register", Actor("minh", "airflow"))
    directory = write_pack(tmp_path_factory.mktemp("after"), rules=MILDER)
    staged.load(directory)
    staged.stage([month("C21", "2022-01", 20, 10, 20), month("C11", "2022-02", 10, 5, 99), month("C12", "2022-02", 30, 15, 60)])
    take_in()
    add_reader(READER, ["C11"], hides_small_counts=False)
    yield read_pack(directory)
    remove_reader(READER)
    empty_warehouse()


def rows(query: str, number: int | None = None, dsn: str | None = None) -> list[tuple[Any, ...]]:
    """What BI sees, or somebody else."""
    with psycopg.connect(dsn) if dsn else connect("bi_reader", publication=number) as connection:
        return connection.execute(query.encode()).fetchall()


def results(number: int) -> dict[Key, Result]:
    """Every result that a publication shows."""
    found = rows(
        "select u.unit_code, p.period_code, r.version, d.rule_code, r.outcome, r.failures_critical, r.failures_warning, r.failures_info,"
        " r.failures_waived, r.status from marts.fct_rule_result r"
        " join marts.dim_unit u using (unit_key) join marts.dim_period p using (period_key)"
        " join marts.dim_rule d using (rule_key)",
        number,
    )
    assert len({row[:4] for row in found}) == len(found)
    return {row[:4]: Result(*row[4:]) for row in found}


def test_a_rule_passes_fails_or_cannot_judge(told: Pack) -> None:
    seen = results(2)
    assert seen["C11", "2022-01", 1, "VISITS_IS_SUM"] == Result("passed", 0, 0, 0, 0, "in_force")
    assert seen["C21", "2022-01", 1, "VISITS_IS_SUM"] == Result("failed", 1, 0, 0, 0, "quarantined")
    assert seen["C21", "2022-01", 2, "VISITS_IS_SUM"] == Result("passed", 0, 0, 0, 0, "in_force")
    assert results(1)["C22", "2022-01", 1, "VISITS_IS_SUM"] == Result("failed", 1, 0, 0, 0, "quarantined")
    assert seen["C22", "2022-01", 1, "VISITS_IS_SUM"] == Result("failed", 1, 0, 0, 1, "in_force")
    # January begins the year; in February a rule that continues the month before needs one
    assert seen["C11", "2022-01", 1, "CUMULATIVE"].outcome == "passed"
    assert seen["C12", "2022-02", 1, "CUMULATIVE"].outcome == "cannot_judge"
    assert seen["C11", "2022-01", 1, "SAME_PERIOD"].outcome == "cannot_judge"
    assert seen["C11", "2022-02", 1, "CUMULATIVE"].outcome == "failed"
    assert {found.outcome for (*_, rule), found in seen.items() if rule == "OUTLIER"} == {"cannot_judge"}, "one month is no history"


def test_every_rule_that_applies_has_said_something_of_every_report_that_was_judged(told: Pack) -> None:
    expected = {rule.rule_code for rule in told.rules if rule.applies_to("ST") and rule.kind != "missing_report"}
    seen = results(2)
    reports = {key[:3] for key in seen}
    assert {(unit, period) for unit, period, _ in reports} == {
        (unit, period)
        for unit, period in (("C11", "2022-01"), ("C21", "2022-01"), ("C22", "2022-01"), ("C11", "2022-02"), ("C12", "2022-02"))
    }
    assert {report: {key[3] for key in seen if key[:3] == report} for report in reports} == dict.fromkeys(reports, expected)


def test_an_earlier_publication_shows_what_was_so_then(told: Pack) -> None:
    seen = results(1)
    assert {key[:3] for key in seen} == {(unit, "2022-01", 1) for unit in ("C11", "C21", "C22")}
    assert seen["C21", "2022-01", 1, "VISITS_IS_SUM"] == Result("failed", 1, 0, 0, 0, "quarantined")


def test_a_changed_rule_is_a_new_version_and_results_keep_theirs(told: Pack) -> None:
    assert rows("select severity, is_current from marts.dim_rule where rule_code = 'CUMULATIVE' order by rule_key", 2) == [
        ("warning", False),
        ("info", True),
    ]
    assert rows("select severity, is_current from marts.dim_rule where rule_code = 'CUMULATIVE'", 1) == [("warning", True)]
    by = rows(
        "select p.period_code, d.severity from marts.fct_rule_result r join marts.dim_rule d using (rule_key)"
        " join marts.dim_period p using (period_key) join marts.dim_unit u using (unit_key)"
        " where d.rule_code = 'CUMULATIVE' and u.unit_code = 'C11' order by 1",
        2,
    )
    assert by == [("2022-01", "warning"), ("2022-02", "info")]
    assert rows("select count(*) from marts.dim_rule where not is_current and rule_code <> 'CUMULATIVE'", 2) == [(0,)]


def test_only_the_judgement_that_gave_the_verdict_counts(told: Pack) -> None:
    before = results(2)
    with admin_connect() as connection:
        for table in ("rule_judgement", "rule_failure_count"):
            connection.execute(
                f"create temporary table again as table warehouse.{table}; update again set gate_run_id = -gate_run_id;"
                f"insert into warehouse.{table} table again; drop table again".encode()
            )
        try:
            assert results(2) == before
            test_failures_by_indicator_add_up_to_the_results(told)
        finally:
            connection.execute(
                "delete from warehouse.rule_judgement where gate_run_id < 0;delete from warehouse.rule_failure_count where gate_run_id < 0"
            )


def test_failures_by_indicator_add_up_to_the_results(told: Pack) -> None:
    sums = "sum(failures_critical), sum(failures_warning), sum(failures_info), sum(failures_waived)"
    by_indicator = rows(f"select submission_id, rule_key, {sums} from marts.fct_rule_failure group by 1, 2 order by 1, 2", 2)
    assert by_indicator == rows(
        f"select submission_id, rule_key, {sums} from marts.fct_rule_result where outcome = 'failed' group by 1, 2 order by 1, 2", 2
    )
    programmes = rows(
        "select distinct i.programme_code from marts.fct_rule_failure join marts.dim_indicator i using (indicator_key) "
        "join marts.dim_rule r using (rule_key) where r.rule_code = 'VISITS_IS_SUM'",
        2,
    )
    assert programmes == [("CARE",)]


def test_who_sees_one_branch_sees_its_results_only(told: Pack) -> None:
    for view in ("fct_rule_result", "fct_rule_failure"):
        seen = rows(f"select distinct unit_code from marts.{view} join marts.dim_unit using (unit_key)", dsn=reader_dsn(READER))
        assert seen == [("C11",)]
