"""Gate 2 on a real PostgreSQL: a sound candidate passes, and every way of breaking one is refused for its own reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.deployed import empty_warehouse
from tests.gate import staged
from tests.gate.staged import Report
from tests.packs import write_pack
from typer.testing import CliRunner

from tonghop import publication, warehouse
from tonghop.cli import app
from tonghop.database import admin_connect, connect, sqlalchemy_url
from tonghop.gate import GateBroken, candidate, check_candidate, decide, judge
from tonghop.gate.suites import suite_module
from tonghop.model import Verdict

pytestmark = pytest.mark.database

VERSIONED = ("agg_indicator_period", "fct_indicator_value", "fct_submission", "dim_unit", "dim_period", "dim_breakdown")
ROOT = "(select unit_key from warehouse.dim_unit where unit_code = 'P')"
CANDIDATE_MONTH = "(select period_key from warehouse.dim_period where period_code = '2022-02')"


def indicator(code: str) -> str:
    return f"(select indicator_key from warehouse.dim_indicator where indicator_code = '{code}')"


def month(unit: str, visits: int, ytd: int, period: str) -> Report:
    cells = {"VISITS": (visits, ytd), "VISITS_CHILD": (visits // 2, ytd // 2), "VISITS_ADULT": (visits - visits // 2, ytd - ytd // 2)}
    figures = {f"{code}.{measure}": figure for code, both in cells.items() for measure, figure in zip(("value", "ytd"), both, strict=True)}
    return Report(unit, "ST", period, figures | {"PATIENTS.value": visits + 1})


def hospital(unit: str, days: int, period: str) -> Report:
    return Report(unit, "HO", period, {"BED_DAYS.value": days, "BED_CAPACITY.value": 100, "OCCUPANCY.rate": days})


def open_and_build() -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warehouse, "build_rules", staged.judge_quickly)
        gate_run_id = judge()
    assert gate_run_id is not None
    assert Verdict.QUARANTINED not in decide(gate_run_id).verdicts
    number = publication.open_candidate()
    assert number is not None
    warehouse.build_candidate(number)
    return number


@pytest.fixture(scope="module")
def built(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """January is published; February is built as a candidate. Copies of what the tests break are kept."""
    empty_warehouse()
    staged.load(write_pack(tmp_path_factory.mktemp("pack")))
    in_time = datetime(2022, 2, 8, tzinfo=UTC)
    staged.stage([replace(month("C11", 9, 9, "2022-01"), received_at=in_time), replace(hospital("H1", 75, "2022-01"), received_at=in_time)])
    staged.stage(
        [month("C11", 10, 10, "2022-01"), month("C21", 20, 20, "2022-01"), hospital("H1", 80, "2022-01"), hospital("H2", 90, "2022-01")]
    )
    first = open_and_build()
    assert check_candidate(first).passed
    publication.publish(first)
    staged.stage(
        [month("C11", 12, 22, "2022-02"), month("C21", 21, 41, "2022-02"), hospital("H1", 70, "2022-02"), hospital("H2", 75, "2022-02")]
    )
    number = open_and_build()
    with admin_connect() as connection:
        connection.execute("create schema if not exists kept")
        for table in VERSIONED:
            connection.execute(f"drop table if exists kept.{table}; create table kept.{table} as table warehouse.{table}".encode())
    yield number
    with admin_connect() as connection:
        connection.execute("drop schema kept cascade")
    empty_warehouse()


@pytest.fixture
def number(built: int) -> Iterator[int]:
    """The candidate; put back as it was built after the test."""
    yield built
    with admin_connect() as connection, connection.transaction():
        for table in VERSIONED:
            connection.execute(f"truncate warehouse.{table}; insert into warehouse.{table} table kept.{table}".encode())


def broken(number: int, statement: str, check: str) -> set[str]:
    """What gate 2 objects to after `statement`."""
    with admin_connect() as connection:
        assert (connection.execute(statement.encode()).rowcount or 0) > 0
    outcome = check_candidate(number)
    assert not outcome.passed
    assert check in outcome.explain()
    return {failure.expectation for failure in outcome.failed}


def test_a_sound_candidate_passes(number: int) -> None:
    outcome = check_candidate(number)
    assert outcome.passed and outcome.failed == () and outcome.publication == number
    with connect("auditor") as connection:
        recorded = connection.execute(
            "select count(*), bool_and(success), bool_and(description <> '') from audit.quality_result where gate_run_id = %s",
            (outcome.gate_run_id,),
        ).fetchone()
    assert recorded is not None and recorded[0] > 10 and recorded[1:] == (True, True)


def test_a_gate_that_looks_at_the_live_publication_refuses(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidate, "sqlalchemy_url", lambda role, publication: sqlalchemy_url(role))
    outcome = check_candidate(number)
    assert not outcome.passed
    assert "sees_the_candidate" in {failure.expectation for failure in outcome.failed}


def test_a_duplicate_row_is_refused(number: int) -> None:
    with admin_connect() as connection:
        connection.execute(
            """
            create temporary table duplicate as
            select * from warehouse.agg_indicator_period where from_publication = (select max(number) from audit.publication) limit 1;
            update duplicate set to_publication = to_publication - 1;
            insert into warehouse.agg_indicator_period table duplicate
            """
        )
    outcome = check_candidate(number)
    assert not outcome.passed
    assert "every_row_is_shown_once" in {failure.expectation for failure in outcome.failed}


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        (
            f"update warehouse.agg_indicator_period set unit_key = 9999 where unit_key = {ROOT} and period_key = {CANDIDATE_MONTH} "
            f"and indicator_key = {indicator('VISITS')}",
            "every_row_is_shown_once",
        ),
        (
            f"update warehouse.agg_indicator_period set value = value + 1 where unit_key = {ROOT} and period_key = {CANDIDATE_MONTH} "
            f"and indicator_key = {indicator('PATIENTS')}",
            "root_is_sum_of_units",
        ),
        (
            f"update warehouse.agg_indicator_period set ytd_value = ytd_value + 1 where period_key = {CANDIDATE_MONTH} "
            f"and indicator_key = {indicator('VISITS')}",
            "cumulative_continues",
        ),
        (
            f"update warehouse.agg_indicator_period set reporting_units = expected_units + 1 where period_key = {CANDIDATE_MONTH}",
            "reporting_units_within_expected",
        ),
        (
            f"update warehouse.agg_indicator_period set value = 99 where unit_key = {ROOT} and period_key = {CANDIDATE_MONTH} "
            f"and indicator_key = {indicator('OCCUPANCY')}",
            "ratio_between_those_of_its_units",
        ),
        (
            f"update warehouse.agg_indicator_period set to_publication = 2 where unit_key = {ROOT} and period_key < {CANDIDATE_MONTH}",
            "published_periods_keep_their_figures",
        ),
        (
            f"update warehouse.dim_unit set to_publication = 2 where unit_key = {ROOT}",
            "published_periods_keep_their_figures",
        ),
        (
            "update warehouse.dim_period set to_publication = 2 where period_code = '2022-01'",
            "published_periods_keep_their_figures",
        ),
        (
            f"delete from warehouse.fct_indicator_value where period_key = {CANDIDATE_MONTH} and indicator_key = {indicator('PATIENTS')}",
            "cells_accepted_are_cells_shown",
        ),
        (
            f"update warehouse.fct_indicator_value set value = value + 1 where period_key = {CANDIDATE_MONTH} "
            f"and indicator_key = {indicator('PATIENTS')}",
            "cells_accepted_are_cells_shown",
        ),
        (
            f"update warehouse.fct_indicator_value set unit_key = 9999 where period_key = {CANDIDATE_MONTH} "
            f"and indicator_key = {indicator('PATIENTS')} and unit_key = (select min(unit_key) from warehouse.fct_indicator_value)",
            "no_fact_without_its_dimensions",
        ),
        (
            f"update warehouse.fct_submission set status = 'quarantined' where period_key = {CANDIDATE_MONTH}",
            "only_submissions_in_force_are_shown",
        ),
        ("delete from warehouse.dim_breakdown", "no_mart_is_empty"),
    ],
    ids=lambda value: value if " " not in value else "broken",
)
def test_a_broken_candidate_is_refused(number: int, statement: str, check: str) -> None:
    assert check in broken(number, statement, check)
    with connect("auditor") as connection:
        assert connection.execute("select status from audit.gate_run order by gate_run_id desc limit 1").fetchone() == ("refused",)
        assert connection.execute("select number from audit.live").fetchone() == (number - 1,), "what BI sees never noticed"


def test_what_the_candidate_does_not_touch_is_not_read_and_cannot_lose_a_figure(number: int) -> None:
    suite = suite_module("gate_2")
    touched = suite.touched_periods(number)
    with connect("publisher") as connection:
        keys = suite.Keys(*(connection.execute(suite.keys_of_the_root(number).encode()).fetchone() or ()))
    assert set(candidate._root_figures(number - 1, keys.hold("s"))) == {"2022-Q1", "2022-H1", "2022-9M", "2022"}

    def shown(publication: int) -> set[tuple[Any, ...]]:
        with connect("publisher", publication=publication) as connection:
            return set(
                connection.execute(
                    "select period_code, unit_code, indicator_code, map, value from marts.indicator_summary "
                    f"where period_key not in ({touched})".encode()
                )
            )

    assert shown(number) == shown(number - 1) != set()


def test_first_and_last_version_have_a_timeliness_of_their_own(number: int) -> None:
    with connect("bi_reader") as connection:
        rows = connection.execute(
            """
            select
                unit_code, status, versions, is_first_on_time, is_last_on_time,
                timeliness_pct::integer, completeness_pct::integer, correctness_pct::integer, round(score)::integer
            from marts.data_quality where period_code = '2022-01' and form_code = 'ST' order by unit_code
            """
        ).fetchall()
    assert rows == [  # four of five figures are there
        ("C11", "in_force", 2, True, False, 100, 80, 100, 93),
        ("C12", "missing", 0, False, False, 0, 0, 0, 0),
        ("C21", "in_force", 1, False, False, 0, 80, 100, 60),
        ("C22", "missing", 0, False, False, 0, 0, 0, 0),
    ]
    with connect("auditor") as connection:
        counts = connection.execute(
            """
            select unit_code, expected, received, on_time from warehouse.agg_report_count
            where period_key = (select period_key from warehouse.dim_period where period_code = '2022-01') order by unit_code, due_at
            """
        ).fetchall()
    assert [counted for counted in counts if counted[0] != "P"] == [
        *(("C11", 1, 1, 1), ("C12", 1, 0, 0), ("C21", 1, 1, 0), ("C22", 1, 0, 0)),
        *(("D1", 2, 1, 1), ("D2", 2, 1, 0), ("H1", 1, 1, 1), ("H2", 1, 1, 0)),
    ]


def test_only_the_open_candidate_can_be_checked(number: int) -> None:
    with pytest.raises(GateBroken, match="is not the open candidate"):
        check_candidate(number - 1)


def test_a_run_that_was_broken_off_is_closed(number: int) -> None:
    with admin_connect() as connection:
        connection.execute(
            """
            insert into audit.gate_run (gate, publication, status, pack_hash, code_version)
            select 2, number, 'judging', pack_hash, code_version from audit.publication where number = %s
            """,
            (number,),
        )
    assert check_candidate(number).passed
    with connect("auditor") as connection:
        assert connection.execute("select count(*) from audit.gate_run where status = 'judging'").fetchone() == (0,)


def test_a_refused_candidate_is_discarded_and_its_evidence_stays(number: int) -> None:
    """The last test of this file: it gives the candidate up."""
    broken(
        number,
        f"update warehouse.agg_indicator_period set value = value + 1 where unit_key = {ROOT} and period_key = {CANDIDATE_MONTH} "
        f"and indicator_key = {indicator('PATIENTS')}",
        "root_is_sum_of_units",
    )
    publication.discard(number, "the sums of the root are wrong")
    (found, *_) = [each for each in publication.list_checks(number) if each.expectation == "root_is_sum_of_units" and not each.success]
    assert (found.status, found.severity) == ("refused", "critical") and found.observed["rows"], "which rows they were"
    told = CliRunner().invoke(app, ["checks", str(number)], catch_exceptions=False).output
    assert "refused" in told and "root_is_sum_of_units" in told
    with connect("auditor") as connection:
        left = connection.execute("select count(*) from warehouse.agg_indicator_period where from_publication = %s", (number,)).fetchone()
    assert left == (0,) and publication.live_number() == number - 1
