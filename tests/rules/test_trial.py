"""Trying rules on their own cases: each kind of case becomes a report, and a rule that does otherwise is found out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from tests.deployed import empty_warehouse
from tests.packs import FILES, write_pack
from tests.test_cli import tonghop

from tonghop.catalog import read_pack
from tonghop.database import admin_connect, connect
from tonghop.rules import Outcome, try_rules
from tonghop.rules.trial import NoSuchRule
from tonghop.settings import PROJECT

pytestmark = pytest.mark.database

RULES = (
    FILES["rules.yml"]
    + """\
- rule: HAND
  kind: correction
  severity: warning
  text_vi: Số sửa tay không khớp
  text_en: A hand correction does not match
  reason_vi: The report has changed
  reason_en: The report has changed
  owner: Planning office
- rule: OF_TOWNS
  kind: comparison
  severity: info
  units: [D2]
  left: [{indicator: VISITS}]
  operator: ">="
  constant: 1
  text_vi: Có lượt khám
  text_en: There are visits
  reason_vi: A station that is open has visits
  reason_en: A station that is open has visits
  owner: Planning office
"""
)
CASES = """\
- rule: VISITS_IS_SUM
  then: {CT: flagged, else: held}
  catches: [{VISITS: 5, VISITS_CHILD: 2, VISITS_ADULT: 2}, {VISITS.ytd: 4, VISITS_CHILD.ytd: 2, VISITS_ADULT.ytd: 2}]  # the second is right
  passes: {VISITS: 4, VISITS_CHILD: 2, VISITS_ADULT: 2}
- rule: OCCUPANCY_PRINTED
  catches: {OCCUPANCY.rate: 74.5, BED_DAYS: 45, BED_CAPACITY: 60}
  passes: {OCCUPANCY.rate: 75.0, BED_DAYS: 45, BED_CAPACITY: 60}
- rule: SAME_BASE
  catches: {BED_DAYS: 50, BED_DAYS.rate: 10.00, BED_CAPACITY: 100, BED_CAPACITY.rate: 25.00}
  passes: {BED_DAYS: 50, BED_DAYS.rate: 10.00, BED_CAPACITY: 100, BED_CAPACITY.rate: 20.00}
- rule: PLAN_PERCENTAGE
  catches: {VISITS.ytd: 50, VISITS.plan: 80, VISITS.pct_of_plan: 60.50}
  passes: {VISITS.ytd: 50, VISITS.plan: 80, VISITS.pct_of_plan: 62.50}
- rule: CUMULATIVE
  then: flagged
  catches: {earlier: {-1: {VISITS.ytd: 70}}, VISITS: 5, VISITS.ytd: 76}
  passes: {earlier: {-1: {VISITS.ytd: 70}}, VISITS: 5, VISITS.ytd: 75}
- rule: SAME_PERIOD
  catches: {earlier: {-12: {VISITS.ytd: 33}}, VISITS.same_period: 34}
  passes: {earlier: {-12: {VISITS.ytd: 33}}, VISITS.same_period: 33}
- rule: CONTROL
  catches: {VISITS: 31, below: [{VISITS: 10}, {form: HO, VISITS: 20}]}
  passes: {VISITS: 30, below: [{VISITS: 10}, {form: HO, VISITS: 20}]}
- rule: COPIED
  catches:
    - {repeats: -1, VISITS: 3, VISITS_CHILD: 2, VISITS_ADULT: 1}
    - {another_unit: {VISITS: 5, VISITS_CHILD: 2, VISITS_ADULT: 3}, VISITS: 5, VISITS_CHILD: 2, VISITS_ADULT: 3}
  passes: {repeats: -14, VISITS: 9, VISITS_CHILD: 6, VISITS_ADULT: 3}
- rule: OUTLIER
  catches: {history: {VISITS: [48, 52, 50, 47, 53, 50, 49, 51, 50, 46, 54]}, VISITS: 500}
  passes: {history: {VISITS: [48, 52, 50, 47, 53, 50, 49, 51, 50, 46, 54]}, VISITS: 55}
- rule: UNREADABLE
  catches: {findings: [unreadable]}
  passes: {findings: [something_else]}
- rule: MISSING
  catches: {not_sent: yes}
  passes: {VISITS: 1}
- rule: HAND
  catches: {correction_expects: {VISITS: 1200}, VISITS: 120}
  passes: {correction_expects: {VISITS: 1200}, VISITS: 1200}
- rule: OF_TOWNS
  catches: {VISITS: 0}
  passes: {VISITS: 1}
"""


@pytest.fixture(scope="module")
def outcomes(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Outcome]]:
    """All cases of the small pack. The database apart is a copy of the deployed one, since dbt takes long to make one."""
    empty_warehouse()
    with admin_connect("postgres") as connection:
        # a database in use cannot be copied, and the pools of a gate that ran before in this process may still hold sessions
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'tonghop'")
        connection.execute("create database tonghop_rules template tonghop")
    folder = write_pack(tmp_path_factory.mktemp("pack"), rules=RULES, rule_cases=CASES)
    with patch.dict(os.environ, {"TONGHOP_CATALOG": str(folder)}):
        yield try_rules(read_pack(folder))


def test_every_rule_does_what_its_cases_say_and_a_wrong_case_is_found_out(outcomes: list[Outcome]) -> None:
    assert [(each.rule_code, each.case) for each in outcomes if not each.as_it_should] == [("VISITS_IS_SUM", "catches 2")]
    assert len(outcomes) == 2 * RULES.count("- rule:") + 2


def test_an_outcome_says_what_the_rule_said(outcomes: list[Outcome]) -> None:
    told = {(each.rule_code, each.case): (each.failures, each.found, each.expected, each.severity) for each in outcomes}
    assert told["VISITS_IS_SUM", "catches 1"] == (1, "VISITS: 5", "= 4", "critical")
    assert told["CUMULATIVE", "catches"] == (1, "VISITS: 76", "75 (70 + 5)", "warning")
    assert told["VISITS_IS_SUM", "passes"] == (0, None, None, None)


def test_a_rule_that_fails_with_another_severity_does_otherwise(outcomes: list[Outcome]) -> None:
    outcome = next(each for each in outcomes if (each.rule_code, each.case) == ("VISITS_IS_SUM", "catches 1"))
    assert outcome.must_be == "critical" and outcome.as_it_should
    assert not replace(outcome, severity="warning").as_it_should
    assert replace(outcome, severity="warning", must_be=None).as_it_should


def test_nothing_of_it_reaches_the_warehouse(outcomes: list[Outcome]) -> None:
    with connect("auditor") as connection:
        assert connection.execute("select count(*) from staging.submission").fetchone() == (0,)
    with admin_connect("tonghop_rules") as connection:
        assert connection.execute("select count(*) > 40 from staging.submission").fetchone() == (True,)


def test_a_rule_that_is_not_there(outcomes: list[Outcome], tmp_path: Path) -> None:
    with pytest.raises(NoSuchRule, match="There is no rule NOBODY in the pack TEST"):
        try_rules(read_pack(write_pack(tmp_path)), "NOBODY")


def test_the_command_fails_for_a_wrong_case(outcomes: list[Outcome]) -> None:
    with patch("tonghop.rules.try_rules", return_value=outcomes):
        told = tonghop("rules", "test")
        assert told.code == 1 and f"{len(outcomes)} cases of 13 rules, 1 wrong." in told.out
        assert [line for line in told.out.splitlines() if "WRONG" in line and "catches 2" in line]
        assert len(json.loads(tonghop("rules", "test", "--json").out)) == len(outcomes)
    with patch("tonghop.rules.try_rules", return_value=[each for each in outcomes if each.as_it_should]):
        assert tonghop("rules", "test").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("pack", ["hau_giang", "hoang_hoa"])
def test_every_rule_of_the_packs_does_what_its_cases_say(server: None, pack: str) -> None:
    found = try_rules(read_pack(PROJECT / "catalog" / pack))
    assert [(each.rule_code, each.case, each.found) for each in found if not each.as_it_should] == []
    assert found
