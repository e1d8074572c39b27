"""Hand corrections and withdrawals through rules, gates, facts and marts: two publications of a small pack, one after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.deployed import empty_warehouse
from tests.gate import staged
from tests.gate.staged import Report, stage
from tests.packs import FILES, write_pack

from tonghop import gate, publication, warehouse
from tonghop.database import admin_connect, connect
from tonghop.publication.slot_versions import NoSuchVersion
from tonghop.settings import settings

pytestmark = [pytest.mark.slow, pytest.mark.database]

MARCH = "2022-03"
TOMORROW = date.today() + timedelta(days=2)
"""Far enough that it does not come while the tests run, whatever the time zone of the pack."""
RULE = """\
- rule: HAND_CORRECTION
  kind: correction
  severity: critical
  text_vi: Số sửa tay phải đúng với số trong báo cáo
  text_en: A hand correction must find what it expects
  reason_vi: Không ai được sửa số không còn ở đó
  reason_en: Nobody may correct what is not there
  owner: Planning office
"""


def correction(code: str, slot: str, indicator: str, found: object, use: object, expires: object = "2999-01-01") -> str:
    unit, form, period = slot.split()
    return (
        f"- correction: {code}\n  unit: {unit}\n  form: {form}\n  period: {period}\n  indicator: {indicator}\n  found: {found}\n"
        f"  use: {use}\n  reason: phoned\n  author: Registrar\n  expires: {expires}\n"
    )


EXTRA_ZERO = correction("EXTRA-ZERO", f"H1 HO {MARCH}", "VISITS", 1200, 120)
BEDS = correction("BEDS", f"H2 HO {MARCH}", "BED_DAYS", 310, 31)
FOR_NOW = correction("FOR-NOW", f"C11 ST {MARCH}", "PATIENTS", 500, "blank", TOMORROW)
TOO_EARLY = correction("TOO-EARLY", f"C21 ST {MARCH}", "PATIENTS", 5, 6)
LATER = correction("LATER", f"C12 ST {MARCH}", "CASES", 7, 8)

H1 = {"VISITS.value": 1200, "VISITS_CHILD.value": 40, "VISITS_ADULT.value": 80, "BED_DAYS.value": 100}
H2 = {"VISITS.value": 30, "VISITS_CHILD.value": 10, "VISITS_ADULT.value": 20, "BED_DAYS.value": 310}
C11 = {"PATIENTS.value": 500, "CASES.value": 7}


class World:
    """A pack with its corrections, and refreshes of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, *corrections: str) -> None:
        directory = write_pack(self.folder / str(len(list(self.folder.iterdir()))), rules=FILES["rules.yml"] + RULE)
        (directory / "corrections.yml").write_text("".join(corrections), encoding="utf-8")
        staged.load(directory)

    def refresh(self) -> int:
        run = gate.judge()
        assert run is not None
        gate.decide(run)
        number = publication.open_candidate()
        assert number is not None
        warehouse.build_candidate(number)
        outcome = gate.check_candidate(number)
        assert outcome.passed, outcome.explain()
        publication.publish(number)
        return number


def query(statement: str, *parameters: object, at: int | None = None) -> list[tuple[Any, ...]]:
    with connect("auditor", publication=at) as connection:
        return connection.execute(statement.encode(), parameters).fetchall()


def fact(unit: str, indicator: str, at: int | None = None) -> list[tuple[Any, ...]]:
    return query(
        "select f.value, f.state, f.correction_code from marts.fct_indicator_value f join marts.dim_unit using (unit_key) "
        "join marts.dim_indicator using (indicator_key) where unit_code = %s and indicator_code = %s and measure = 'value'",
        unit,
        indicator,
        at=at,
    )


@pytest.fixture(scope="module")
def corrected(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Publication 1: of five reports three come with a hand correction, without which H1 would be held back."""
    empty_warehouse()
    world = World(tmp_path_factory.mktemp("packs"))
    world.load(EXTRA_ZERO, BEDS, FOR_NOW, TOO_EARLY)
    stage([Report("H1", "HO", MARCH, H1), Report("H2", "HO", MARCH, H2), *(Report(unit, "ST", MARCH, C11) for unit in ("C11", "C12"))])
    stage([Report("C22", "ST", MARCH, C11)])
    world.refresh()
    yield world
    empty_warehouse()


def test_a_correction_is_at_work_where_it_matches_and_says_so(corrected: World) -> None:
    assert fact("H1", "VISITS", at=1) == [(Decimal(120), "number", "EXTRA-ZERO")]
    assert fact("H2", "BED_DAYS", at=1) == [(Decimal(31), "number", "BEDS")]
    assert fact("C11", "PATIENTS", at=1) == [(None, "blank", "FOR-NOW")]
    assert fact("H1", "VISITS_ADULT", at=1) == [(Decimal(80), "number", None)]
    summary = (
        "select value from marts.indicator_summary "
        "where map = 'as_reported' and unit_code = 'P' and indicator_code = %s and period_code = %s"
    )
    assert query(summary, "VISITS", MARCH, at=1) == [(Decimal(150),)]
    assert query(summary, "PATIENTS", MARCH, at=1) == [(Decimal(1000),)], "blank is not zero: C12 and C22"


def test_what_was_sent_is_never_edited(corrected: World) -> None:
    sent = "select value, raw from staging.cell where submission_id = 1 and indicator_code = 'VISITS' and measure = 'value'"
    assert query(sent) == [(1200, "1200")]


def test_trace_and_manifest_name_the_correction(corrected: World) -> None:
    (part,) = publication.trace("P", "BED_DAYS", MARCH, publication=1).parts
    assert part.agrees and part.published == 131
    contribution = next(each for each in part.contributions if each.unit_code == "H2")
    assert (contribution.raw, contribution.value) == ("310", Decimal(31))
    assert contribution.correction == {"correction": "BEDS", "found": "310", "use": "31", "reason": "phoned", "author": "Registrar"}
    assert [each.correction for each in part.contributions if each.unit_code == "H1"] == [None]
    ((path,),) = query("select manifest_path from audit.publication where number = 1")
    slots = json.loads((settings().archive_path / path).read_text())["slots"]
    named = {slot["unit"]: [each["correction"] for each in slot["corrections"]] for slot in slots if slot["corrections"]}
    assert named == {"H1": ["EXTRA-ZERO"], "H2": ["BEDS"], "C11": ["FOR-NOW"]}


@pytest.fixture(scope="module")
def moved_on(corrected: World) -> World:
    """Publication 2: H1 has sent another value, H2 has withdrawn its report, the correction of C11 has expired, C12 has got one."""
    standings = {each.correction_code: (each.standing, each.is_published) for each in publication.list_corrections()}
    assert standings == {
        "EXTRA-ZERO": ("matches", True), "BEDS": ("matches", True), "FOR-NOW": ("matches", True), "TOO-EARLY": ("no report", False),
    }  # fmt: skip
    later = Report.received_at + timedelta(days=1)
    stage([Report("H1", "HO", MARCH, H1 | {"VISITS.value": 130, "VISITS_CHILD.value": 50}, findings=["noted"], received_at=later)])
    publication.withdraw("H2", "HO", MARCH, reason="Figures of another month", by="Head of H2")
    corrected.load(EXTRA_ZERO, BEDS, FOR_NOW, TOO_EARLY, LATER)
    with admin_connect() as connection:  # the day has come
        connection.execute("update catalog.correction set expires_on = current_date - 1 where correction_code = 'FOR-NOW'")
    assert corrected.refresh() == 2
    return corrected


def test_only_the_reports_with_other_corrections_are_judged_and_published_again(moved_on: World) -> None:
    runs = query(
        "select array_agg(s.unit_code order by s.unit_code) from audit.gate_submission g join staging.submission s using (submission_id) "
        "group by g.gate_run_id order by g.gate_run_id"
    )
    assert runs == [(["C11", "C12", "C22", "H1", "H2"],), (["C11", "C12", "H1"],)]
    slots = query("select unit_code, change from audit.candidate_slot where publication = 2 and change <> 'missing' order by unit_code")
    assert slots == [("C11", "judged"), ("C12", "judged"), ("H1", "judged"), ("H2", "withdrawn")]
    assert query("select scope_all from audit.publication where number = 2") == [(False,)]
    written = query(
        "select u.unit_code, i.indicator_code from warehouse.fct_indicator_value f join catalog.unit_key u using (unit_key) "
        "join catalog.indicator_key i using (indicator_key) where f.from_publication = 2"
    )
    assert sorted(written) == [("C11", "PATIENTS"), ("C12", "CASES")]
    assert fact("C12", "CASES") == [(Decimal(8), "number", "LATER")]


def test_an_expired_correction_is_taken_back(moved_on: World) -> None:
    assert fact("C11", "PATIENTS") == [(Decimal(500), "number", None)]


def test_a_correction_that_finds_another_value_holds_the_report_back(moved_on: World) -> None:
    failures = query(
        "select submission_id, severity, found_text, expected_text, found, expected, cells -> 0 ->> 'value' "
        "from warehouse.rule_failure where rule_code = 'HAND_CORRECTION'"
    )
    assert failures == [(6, "critical", "130", "1200 (EXTRA-ZERO: → 120)", 130, 1200, "130")]
    assert fact("H1", "VISITS") == [(Decimal(120), "number", "EXTRA-ZERO")], "the accepted version stays as it was judged"
    status = query(
        "select version, status from marts.fct_submission join marts.dim_unit using (unit_key) where unit_code = 'H1' order by 1"
    )
    assert status == [(1, "in_force"), (2, "quarantined")]
    standing = {each.correction_code: (each.standing, each.found_now) for each in publication.list_corrections()}
    assert standing["EXTRA-ZERO"] == ("differs", "130") and standing["FOR-NOW"] == ("expired", "500")
    assert standing["BEDS"] == ("no report", None), "the report that it was about is withdrawn"


def test_a_withdrawn_report_is_missing_and_not_zero(moved_on: World) -> None:
    assert fact("H2", "VISITS") == [] and fact("H2", "VISITS", at=1) == [(Decimal(30), "number", None)]
    (summary,) = query(
        "select value, reporting_units from marts.indicator_summary "
        "where map = 'as_reported' and unit_code = 'H2' and indicator_code = 'VISITS' and period_code = %s",
        MARCH,
    )
    assert summary == (None, 0)
    assert query("select status from marts.data_quality where unit_code = 'H2' and period_code = %s", MARCH) == [("missing",)]
    assert query("select status from marts.fct_submission join marts.dim_unit using (unit_key) where unit_code = 'H2'") == [("withdrawn",)]
    missing = query("select gate_run_id, period_code from warehouse.rule_failure where kind = 'missing_report' and unit_code = 'H2'")
    assert missing == [(3, MARCH)], "the rules were told when they judged the period next"
    assert query("select count(*) > 0 from staging.cell where submission_id = 2") == [(True,)], "nothing is deleted"


def test_the_difference_of_two_versions(moved_on: World) -> None:
    difference = publication.diff_versions("H1", "HO", MARCH)
    assert (difference.unit_name, difference.before.version, difference.after.version) == ("Bệnh viện Đa khoa", 1, 2)
    assert [(each.change, each.indicator_code, each.old_value, each.new_value) for each in difference.cells] == [
        ("changed", "VISITS", Decimal(1200), Decimal(130)),
        ("changed", "VISITS_CHILD", Decimal(40), Decimal(50)),
    ]
    visits = difference.cells[0]
    assert (visits.name_vi, visits.name_en, visits.label_vi, visits.new_cell) == ("Lượt khám", "Visits", "Lượt khám", "VISITS/value/TOTAL")
    assert (difference.before.verdict, difference.after.verdict) == ("accepted", "quarantined")
    assert [each["code"] for each in difference.after.findings] == ["noted"] and difference.before.findings == []
    assert [each["rule"] for each in difference.after.failures] == ["HAND_CORRECTION"] and difference.before.failures == []
    back = publication.diff_versions("H1", "HO", MARCH, from_version=2, to_version=1)
    assert [each.old_value for each in back.cells] == [Decimal(130), Decimal(50)] and back.same == difference.same > 0


@pytest.mark.parametrize(
    ("slot", "told"),
    [
        (("H9", "HO", MARCH), "The catalog has no unit H9"),
        (("H1", "XX", MARCH), "The catalog has no form XX. It has: CT, HO, ST"),
        (("H1", "HO", "2022-04"), "Nothing was ever received from H1 on form HO for 2022-04"),
        (("H2", "HO", MARCH), "Version 1 of H2 HO 2022-03 is the first one received"),
    ],
)
def test_what_cannot_be_compared_is_said(moved_on: World, slot: tuple[str, str, str], told: str) -> None:
    with pytest.raises(NoSuchVersion, match=told):
        publication.diff_versions(*slot)
