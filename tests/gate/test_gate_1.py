"""Gate 1 on a real PostgreSQL: who is held back, who is not, and what a broken check is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.gate.staged import Report, judge_quickly, load, stage
from tests.packs import edited, write_pack

from tonghop import gate, warehouse
from tonghop.database import DatabaseDown, admin_connect, connect, sqlalchemy_url
from tonghop.gate import GateBroken, decide, judge, suites
from tonghop.gate.suites import Asset, Check, run_suites
from tonghop.model import Severity, Verdict

pytestmark = pytest.mark.database

GOOD = {"VISITS.value": 10, "VISITS_CHILD.value": 4, "VISITS_ADULT.value": 6}
BAD_SUM = {"VISITS.value": 11, "VISITS_CHILD.value": 3, "VISITS_ADULT.value": 7}


def station(unit: str, cells: dict[str, Any], period: str = "2022-03", **more: Any) -> Report:
    return Report(unit, "ST", period, cells, **more)


def verdicts() -> dict[str, tuple[str, int, int, int, str | None]]:
    """The last verdict of each unit's last submission, with its counts and reason."""
    with connect("auditor") as connection:
        rows = connection.execute(
            """
            select distinct on (s.unit_code)
                s.unit_code, v.verdict, v.failures_critical, v.failures_warning, v.failures_info, v.reason
            from audit.verdict as v inner join staging.submission as s using (submission_id)
            order by s.unit_code, v.verdict_id desc
            """
        ).fetchall()
    return {unit: (verdict, *rest) for unit, verdict, *rest in rows}


def judge_and_decide() -> gate.GateOutcome:
    gate_run_id = judge()
    assert gate_run_id is not None
    return decide(gate_run_id)


def test_nothing_staged_is_nothing_to_judge(world: Path) -> None:
    assert judge() is None


def test_a_unit_in_quarantine_does_not_touch_the_others(world: Path) -> None:
    unread = dict(GOOD) | {"VISITS.value": "unreadable"}
    stage(
        [
            station("C11", GOOD | {"VISITS.ytd": 30, "VISITS_CHILD.ytd": 10, "VISITS_ADULT.ytd": 20}),
            station("C12", BAD_SUM),
            station("C21", {"VISITS.value": 20, "VISITS_CHILD.value": 8, "VISITS_ADULT.value": 12, "VISITS.ytd": 25}, "2022-01"),
            station("C22", unread, findings=["unreadable"]),
            Report("P", "CT", "2022-03", BAD_SUM, received_at=station("P", {}).received_at),
        ]
    )
    outcome = judge_and_decide()

    assert outcome.passed
    assert outcome.verdicts == {Verdict.ACCEPTED: 1, Verdict.ACCEPTED_WITH_WARNINGS: 2, Verdict.QUARANTINED: 2}
    given = verdicts()
    assert given["C11"][:2] == ("accepted", 0)
    assert given["C12"] == ("quarantined", 1, 0, 0, "VISITS_IS_SUM")
    assert given["C21"][:3] == ("accepted_with_warnings", 0, 1), "the cumulative figure of January is January"
    assert given["C22"] == ("quarantined", 1, 0, 0, "UNREADABLE")
    assert given["P"][0] == "accepted_with_warnings", "the rule is milder for the compiled report"
    failed = {failure.expectation: failure for failure in outcome.failed}
    assert failed["comparison:critical"].observed["rows"] == [{"rule_code": "VISITS_IS_SUM", "failures": 1, "submissions": 1}]
    assert "VISITS_IS_SUM: 1 in 1 submissions" in outcome.explain()
    assert [failure.severity for failure in outcome.failed] == sorted(
        (failure.severity for failure in outcome.failed), key=["critical", "warning", "info"].index
    )


def test_a_rule_that_is_demoted_does_not_hold_back(world: Path) -> None:
    demoted = edited("rules", "severity: critical\n  severity_by_form: {CT: warning}", "severity: info")
    load(write_pack(world, **demoted))
    stage([station("C12", BAD_SUM)])
    assert judge_and_decide().verdicts == {Verdict.ACCEPTED: 1}
    assert verdicts()["C12"] == ("accepted", 0, 0, 1, None)


@pytest.fixture
def quick_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that are about the gate and not about the rules."""
    monkeypatch.setattr(warehouse, "build_rules", judge_quickly)


def test_without_the_failures_the_expectation_is_met(world: Path, quick_rules: None) -> None:
    """The verdict follows from the failures alone: taken away, the same submission is accepted."""
    stage([station("C12", BAD_SUM)])
    gate_run_id = judge()
    with admin_connect() as connection:
        assert connection.execute("delete from warehouse.rule_failure_comparison").rowcount == 1
    assert gate_run_id is not None
    outcome = decide(gate_run_id)
    assert "comparison:critical" not in {failure.expectation for failure in outcome.failed}
    assert verdicts()["C12"][0] == "accepted"


def test_a_decided_run_is_returned_as_it_was(world: Path, quick_rules: None) -> None:
    stage([station("C11", GOOD), station("C12", BAD_SUM)])
    first = judge_and_decide()
    assert decide(first.gate_run_id) == first
    assert judge() is None
    with connect("auditor") as connection:
        assert connection.execute("select count(*) from audit.verdict").fetchone() == (2,)


def test_a_broken_check_is_no_pass_and_no_failure(world: Path, quick_rules: None) -> None:
    stage([station("C11", GOOD)])
    gate_run_id = judge()
    assert gate_run_id is not None
    with admin_connect() as connection:
        connection.execute("alter table warehouse.int_submissions_in_view rename column gate_run_id to elsewhere")
    try:
        with pytest.raises(GateBroken, match="gate_run_id"):
            decide(gate_run_id)
    finally:
        with admin_connect() as connection:
            connection.execute("alter table warehouse.int_submissions_in_view rename column elsewhere to gate_run_id")
    with connect("auditor") as connection:
        assert connection.execute("select status from audit.gate_run").fetchall() == [("failed",)]
        assert connection.execute("select count(*) from audit.verdict").fetchone() == (0,)
    with pytest.raises(GateBroken, match="broke off"):
        decide(gate_run_id)
    assert judge_and_decide().verdicts == {Verdict.ACCEPTED: 1}, "the next judgement takes the submission up again"


def test_a_killed_judgement_is_taken_up_with_the_same_submissions(world: Path, quick_rules: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(gate_run_id: int) -> None:
        raise KeyboardInterrupt

    stage([station("C11", GOOD)])
    with monkeypatch.context() as patch:
        patch.setattr(warehouse, "build_rules", killed)
        with pytest.raises(KeyboardInterrupt):
            judge()
    stage([station("C12", BAD_SUM)])
    outcome = judge_and_decide()
    assert outcome.gate_run_id == 1
    assert outcome.verdicts == {Verdict.ACCEPTED: 1}
    assert judge_and_decide().verdicts == {Verdict.QUARANTINED: 1}


def test_rules_that_changed_while_a_judgement_was_open_judge_anew(world: Path, quick_rules: None, monkeypatch: pytest.MonkeyPatch) -> None:
    stage([station("C12", BAD_SUM)])
    with monkeypatch.context() as patch:
        patch.setattr(warehouse, "build_rules", lambda gate_run_id: None)
        judge()
    load(write_pack(world, **edited("rules", "severity: critical\n  severity_by_form: {CT: warning}", "severity: warning")))
    assert judge_and_decide().verdicts == {Verdict.ACCEPTED_WITH_WARNINGS: 1}
    with connect("auditor") as connection:
        assert connection.execute("select status from audit.gate_run order by gate_run_id").fetchall() == [("failed",), ("passed",)]


def test_only_the_periods_asked_for_are_judged(world: Path, quick_rules: None) -> None:
    stage([station("C11", GOOD, "2022-03"), station("C11", GOOD, "2022-04")])
    gate_run_id = judge(["2022-04"])
    with connect("auditor") as connection:
        periods = connection.execute(
            "select s.period_code from audit.gate_submission as g join staging.submission as s using (submission_id)"
        )
        assert periods.fetchall() == [("2022-04",)]
    assert gate_run_id is not None
    decide(gate_run_id)


def test_cells_that_were_lost_without_a_finding_hold_the_submission_back(world: Path, quick_rules: None) -> None:
    stage(
        [
            station("C11", GOOD, complete=False),
            station("C12", {}, complete=False),
            station("C21", GOOD, complete=False, findings=["missing_row"]),
        ]
    )
    judge_and_decide()
    given = verdicts()
    assert given["C11"] == ("quarantined", 1, 0, 0, "cells_read_are_cells_of_form")
    assert given["C12"][0] == "quarantined" and "submission_has_cells" in str(given["C12"][4])
    assert given["C21"][0] == "accepted", "a finding says why"


def test_figures_that_the_form_does_not_ask_for_hold_the_submission_back(world: Path, quick_rules: None) -> None:
    stage([Report("H1", "HO", "2022-03", {"VISITS.rate": 3}), Report("H2", "HO", "2022-03", {"VISITS.plan": 100})])
    judge_and_decide()
    given = verdicts()
    assert given["H1"] == ("quarantined", 1, 0, 0, "cells_read_are_cells_of_form")
    assert given["H2"][0] == "accepted", "a plan may stand beside its figure: 5.689/6.653"


def test_what_was_withdrawn_while_it_was_judged_gets_no_verdict(world: Path, quick_rules: None) -> None:
    withdrawn, _ = stage([station("C11", GOOD), station("C12", GOOD)])
    gate_run_id = judge()
    with admin_connect() as connection:
        connection.execute("insert into audit.verdict (submission_id, verdict) values (%s, 'withdrawn')", (withdrawn,))
    assert gate_run_id is not None
    assert decide(gate_run_id).verdicts == {Verdict.ACCEPTED: 1}
    assert verdicts()["C11"][0] == "withdrawn"


def test_a_figure_outside_the_table_belongs_to_the_form(world: Path, quick_rules: None) -> None:
    columns = "form_code,version,sheet,cell,indicator_code,measure,breakdown_code,role"
    (world / "form_cells.csv").write_text(f"{columns}\nST,1,Khám bệnh,H1,VISITS,value,F,additive\n", encoding="utf-8")
    load(world)
    stage([station("C11", GOOD | {"VISITS.value.F": 3}), station("C12", GOOD)])
    judge_and_decide()
    given = verdicts()
    assert given["C11"][0] == "accepted"
    assert given["C12"] == ("quarantined", 1, 0, 0, "cells_read_are_cells_of_form")


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("update warehouse.rule_failure_comparison set submission_id = 999", "failures_belong_to_the_run"),
        ("update warehouse.rule_failure_comparison set severity = 'grave'", "every_failure_is_counted"),
        ("update warehouse.rule_failure_comparison set severity = null", "every_failure_is_counted"),
        ("delete from warehouse.int_submissions_in_view", "rules_saw_every_submission"),
        ("insert into audit.verdict (submission_id, verdict) values (1, 'accepted')", "judged_once"),
    ],
)
def test_a_judgement_that_is_not_sound_gives_no_verdict(world: Path, quick_rules: None, statement: str, check: str) -> None:
    stage([station("C12", BAD_SUM)])
    gate_run_id = judge()
    with admin_connect() as connection:
        assert connection.execute(statement.encode()).rowcount == 1
    assert gate_run_id is not None
    outcome = decide(gate_run_id)
    assert not outcome.passed and outcome.verdicts == {}
    assert check in {failure.expectation for failure in outcome.failed}


def test_every_check_is_recorded_with_its_severity_and_reason(world: Path, quick_rules: None) -> None:
    stage([station("C11", GOOD)])
    judge_and_decide()
    with connect("auditor") as connection:
        rows = connection.execute("select expectation, severity, success, description from audit.quality_result").fetchall()
    assert {name: severity for name, severity, *_ in rows if ":" in name} == {
        f"{kind}:{severity}": severity
        for kind, severity in [
            ("comparison", "critical"), ("comparison", "warning"), ("ratio", "warning"), ("implied_denominator", "info"),
            ("percent_of_plan", "warning"), ("cumulative", "warning"), ("same_period", "warning"), ("control", "warning"),
            ("identical", "warning"), ("outlier", "info"), ("finding", "critical"), ("missing_report", "info"),
        ]
    }  # fmt: skip
    assert all(description for *_, description in rows)
    assert all(success for _, _, success, _ in rows)


def test_a_check_finds_rows_or_not_and_counts_them_exactly(server: None) -> None:
    asset = Asset(
        "numbers",
        "select n, n::numeric / 3 as third from generate_series(1, 1000) as n",
        (
            Check("none", Severity.INFO, "no negative", "select n from {batch} where n < 0"),
            Check("many", Severity.CRITICAL, "no small", "select n, third from {batch} where n <= 900 order by n"),
        ),
    )
    none, many = run_suites("test", sqlalchemy_url("publisher"), [asset])
    assert none.success and none.check.name == "none"
    assert not many.success and many.observed["count"] == 900
    assert len(many.observed["rows"]) == suites.ROWS_KEPT
    assert many.observed["rows"][0]["n"] == 1


def test_what_an_unmet_check_holds_against_submissions_is_asked_of_the_rows_that_it_found(server: None) -> None:
    offences = "select n as submission_id, 'r' || mod(n, 2) as reason, 10 * n as failures from pg_temp.asset_numbers where n > 7 order by n"
    asset = Asset(
        "numbers",
        "select n from generate_series(1, 10) as n",
        (
            Check("met", Severity.INFO, "x", "select n from {batch} where n < 0", offences),
            Check("unmet", Severity.INFO, "x", "select n from {batch} where n > 7", offences),
        ),
    )
    met, unmet = run_suites("test", sqlalchemy_url("publisher"), [asset])
    assert met.offences == ()
    assert sorted(unmet.offences) == [("r0", "{8,10}", "{80,100}"), ("r1", "{9}", "{90}")]


def test_a_check_that_cannot_be_made_raises(server: None) -> None:
    broken = Asset("numbers", "select 1 as n", (Check("typo", Severity.INFO, "x", "select nothing_of_this_name from {batch}"),))
    with pytest.raises(GateBroken, match="typo"):
        run_suites("test", sqlalchemy_url("publisher"), [broken])
    with pytest.raises(GateBroken, match="elsewhere"):
        run_suites("test", sqlalchemy_url("publisher"), [Asset("a", "select 1 from elsewhere", broken.checks)])
    offences = Check("any", Severity.INFO, "x", "select n from {batch}", "select submission_id from elsewhere")
    with pytest.raises(GateBroken, match=r"any of test could not be made.+elsewhere"):
        run_suites("test", sqlalchemy_url("publisher"), [Asset("numbers", "select 1 as n", (offences,))])


@pytest.mark.parametrize(
    "asset",
    [
        Asset(
            "numbers", "select pg_terminate_backend(pg_backend_pid()) as n", (Check("any", Severity.INFO, "x", "select n from {batch}"),)
        ),
        Asset(
            "numbers",
            "select 1 as n",
            (Check("any", Severity.INFO, "x", "select n from {batch} where pg_terminate_backend(pg_backend_pid())"),),
        ),
    ],
    ids=["while an asset is computed", "in a check"],
)
def test_a_database_that_goes_away_is_no_broken_check(server: None, asset: Asset) -> None:
    with pytest.raises(DatabaseDown, match="went away"):
        run_suites("test", sqlalchemy_url("publisher"), [asset])
