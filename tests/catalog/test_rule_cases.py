"""The cases of a pack's rules: how they are written, the report that each stands for, and what cannot be one."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tests.packs import FILES, edited, empty_cases, write_pack

from tonghop.catalog import Pack, check, read_pack
from tonghop.catalog.case_places import place_of
from tonghop.catalog.corrections import Written
from tonghop.catalog.rule_cases import FigureName
from tonghop.model import Measure, Period, State
from tonghop.settings import PROJECT

RULES = FILES["rules.yml"]
CASES = empty_cases(RULES) or ""


def with_cases(code: str, catches: str, passes: str) -> str:
    """The cases of the small pack, those of one rule as given."""
    entry = f"- {{rule: {code}, catches: [{{}}], passes: [{{}}]}}\n"
    assert entry in CASES
    return CASES.replace(entry, f"- rule: {code}\n  catches: {catches}\n  passes: {passes}\n")


def pack_with(directory: Path, code: str, catches: str, passes: str, **files: str | None) -> Pack:
    return read_pack(write_pack(directory, rule_cases=with_cases(code, catches, passes), **files))


def test_figures_stand_beside_the_words(tmp_path: Path) -> None:
    catches = "{earlier: {-1: {VISITS.ytd: 70}}, history: {PATIENTS: [4, blank]}, repeats: -3, VISITS: 5, VISITS.value.F: 0}"
    pack = pack_with(tmp_path, "CUMULATIVE", catches, catches.replace("VISITS: 5", "VISITS: 6"))
    (case,) = next(cases for cases in pack.rule_cases if cases.rule_code == "CUMULATIVE").catches
    visits, women = FigureName("VISITS"), FigureName("VISITS", Measure.VALUE, "F")
    assert dict(case.figures) == {visits: Written(State.NUMBER, 5), women: Written(State.ZERO, 0)}
    assert case.reports_before() == {
        -1: {FigureName("VISITS", Measure.YTD): Written(State.NUMBER, 70), FigureName("PATIENTS"): Written(State.BLANK)},
        -2: {FigureName("PATIENTS"): Written(State.NUMBER, 4)},
        -3: dict(case.figures),
    }


def test_a_case_stands_in_the_first_report_that_the_rule_judges(tmp_path: Path) -> None:
    rules = RULES.replace("kind: outlier", "kind: outlier\n  units: [D2]\n  months: [7, 8]")
    pack = pack_with(tmp_path, "OUTLIER", "{VISITS.value.F: 50}", "{VISITS.value.F: 5}", rules=rules)
    rule = next(rule for rule in pack.rules if rule.rule_code == "OUTLIER")
    (case,) = next(cases for cases in pack.rule_cases if cases.rule_code == "OUTLIER").catches
    form, period, unit = place_of(pack, rule, case)
    assert (form.form_code, form.version, period.code, unit.unit_code) == ("ST", 2, "2022-07", "C21")  # the first version has no women


WRONG = {
    "a figure of no form": (
        "COPIED", "{VISITS: 3, BEDS: 1}", "{VISITS: 2}",
        "COPIED catches: no form of the rule has all its figures; ST lacks BEDS.value",
    ),
    "figures of two forms": (
        "OUTLIER", "{OCCUPANCY.rate: 1, VISITS.plan: 2}", "{OCCUPANCY.rate: 1, VISITS.plan: 3}",
        "OUTLIER catches: no form of the rule has all its figures; ST lacks OCCUPANCY.rate",
    ),
    "a unit that the form is not for": (
        "CONTROL", "[{unit: C11, VISITS: 1}, {VISITS: 1}]", "{VISITS: 1}", "CONTROL catches 1: the rule judges no report like it",
    ),
    "a period of another type": (
        "CONTROL", "{period: 2022-Q3, VISITS: 1}", "{VISITS: 1}", "CONTROL catches: the rule judges no report like it (form CT, period",
    ),
    "nothing below adds it up": (
        "CONTROL", "{VISITS: 1, below: [{OCCUPANCY: 1, PATIENTS: 2}]}", "{VISITS: 1}",
        "CONTROL catches: below: no form  of a month adds up OCCUPANCY.value, PATIENTS.value",
    ),
    "it may pass for want of a figure": (
        "VISITS_IS_SUM", "{VISITS: 3, VISITS_CHILD: 1, VISITS_ADULT: 1}", "{VISITS: 2, VISITS_CHILD: 1}",
        "VISITS_IS_SUM passes: no case has the same figures as one that it catches",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "catches", "passes", "told"), WRONG.values(), ids=WRONG)
def test_a_case_that_no_report_could_be(tmp_path: Path, code: str, catches: str, passes: str, told: str) -> None:
    text = with_cases(code, catches, passes)
    problem, *_ = check(write_pack(tmp_path, rule_cases=text))
    line = text[: text.index(f"- rule: {code}\n")].count("\n") + 1
    assert problem.startswith(f"rule_cases.yml:{line}: {told}")


UNREADABLE = {
    "a word that is none": ("{before: 3}", "field catches.0.before: "),
    "no number": ("{VISITS: three}", "field catches.0.figures.VISITS: found 'three'; blank or unreadable"),
    "no measure": ("{VISITS.sum: 3}", "field catches.0.figures.VISITS.sum.[key]: found 'VISITS.sum'; a figure such as"),
    "a period to come": ("{earlier: {1: {VISITS: 3}}}", "field catches.0.earlier.1.[key]: found '1'"),
}


@pytest.mark.parametrize(("catches", "told"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_case_that_cannot_be_read(tmp_path: Path, catches: str, told: str) -> None:
    problems = check(write_pack(tmp_path, rule_cases=with_cases("COPIED", catches, "{}")))
    assert [problem for problem in problems if told.removeprefix("field catches.0.before: ") in problem], problems


def test_a_rule_without_cases_does_not_load(tmp_path: Path) -> None:
    line = RULES[: RULES.index("- rule: COPIED")].count("\n") + 1
    without = CASES.replace("- {rule: COPIED, catches: [{}], passes: [{}]}\n", "")
    (problem,) = check(write_pack(tmp_path / "1", rule_cases=without))
    assert problem.startswith(f"rules.yml:{line}: rule COPIED has no cases; say in rule_cases.yml")
    half = CASES.replace("COPIED, catches: [{}], passes: [{}]", "COPIED, catches: [{}]")
    (problem,) = check(write_pack(tmp_path / "2", rule_cases=half))
    assert "field passes is empty; it needs a value" in problem
    (problem,) = check(write_pack(tmp_path / "3", rule_cases=CASES + "- {rule: NONE, catches: [{}], passes: [{}]}\n"))
    assert "rule: NONE is no rule in rules.yml" in problem
    assert len(check(write_pack(tmp_path / "4", rule_cases=None))) == RULES.count("- rule:")


SCOPES = {
    "unknown unit": ("units: [D9]", "rule CONTROL: D9 is no unit_code in units.csv"),
    "unknown type": ("unit_types: [ward]", "rule CONTROL: ward is no unit_type in units.csv"),
    "unknown month": ("months: [13]", "field months.0: "),
    "unknown type of period": ("period_types: [decade]", "field period_types.0: found 'decade'"),
}


@pytest.mark.parametrize(("scope", "told"), SCOPES.values(), ids=SCOPES)
def test_a_scope_that_is_none(tmp_path: Path, scope: str, told: str) -> None:
    problems = check(write_pack(tmp_path, **edited("rules", "forms: [CT]", f"forms: [CT]\n  {scope}")))
    assert [problem for problem in problems if told in problem], problems


def test_a_pair_asks_for_no_size(tmp_path: Path) -> None:
    pair = edited("rules", 'operator: "="', "operator: exclusive_pair\n  tolerance: 2")
    assert any(
        "exclusive_pair asks only which figures were given; remove tolerance" in each for each in check(write_pack(tmp_path, **pair))
    )


@pytest.mark.parametrize(
    ("code", "count", "before"),
    [
        ("2022-08", 1, "2022-07"),
        ("2022-01", 13, "2020-12"),
        ("2022-Q1", 1, "2021-Q4"),
        ("2022-H1", 2, "2020-H1"),
        ("2022-9M", 1, "2021-9M"),
        ("2022", 3, "2019"),
        ("2021-W01", 1, "2020-W53"),
    ],
)
def test_periods_before(code: str, count: int, before: str) -> None:
    assert Period.parse(code).before(count).code == before


@pytest.mark.parametrize("pack", ["hau_giang", "hoang_hoa"])
def test_every_rule_of_the_packs_says_what_becomes_of_what_it_catches(pack: str) -> None:
    """So that a severity cannot be exchanged without anybody noticing."""
    read = read_pack(PROJECT / "catalog" / pack)
    rules = {rule.rule_code: rule for rule in read.rules}
    for cases in read.rule_cases:
        for form_code in rules[cases.rule_code].forms or [form.form_code for form in read.forms]:
            assert cases.fate_in(form_code) is not None, (cases.rule_code, form_code)


@pytest.mark.parametrize("pack", ["hau_giang", "hoang_hoa"])
def test_no_rule_of_the_packs_is_lost(pack: str) -> None:
    """A rule that is over gets a valid_to; one that is taken out with its cases would be missed by nothing."""
    with (PROJECT / "tests/golden/rules.csv").open(encoding="utf-8", newline="") as file:
        listed = {line["rule_code"] for line in csv.DictReader(file) if line["pack"] == pack}
    assert {rule.rule_code for rule in read_pack(PROJECT / "catalog" / pack).rules} == listed


def test_another_severity_than_the_cases_say_is_a_problem(tmp_path: Path) -> None:
    entry = "- {rule: VISITS_IS_SUM, catches: [{}], passes: [{}]}\n"
    cases = CASES.replace(entry, entry.replace("catches", "then: {CT: flagged, else: held}, catches"))
    assert check(write_pack(tmp_path / "1", rule_cases=cases)) == []
    swapped = RULES.replace("severity: critical", "severity: warning", 1)
    (hospital, station) = check(write_pack(tmp_path / "2", rules=swapped, rule_cases=cases))
    assert (
        "VISITS_IS_SUM then: a report ST that it catches is said to be held, as by a rule that is critical; in rules.yml it is" in station
    )
    assert "a report HO that" in hospital
    (control,) = check(write_pack(tmp_path / "3", rules=RULES.replace("{CT: warning}", "{CT: critical}"), rule_cases=cases))
    assert "a report CT that it catches is said to be flagged, as by a rule that is warning; in rules.yml it is critical" in control
    (unknown,) = check(write_pack(tmp_path / "4", rule_cases=cases.replace("{CT: flagged,", "{XX: held, CT: flagged,")))
    assert "VISITS_IS_SUM then: XX is no form; expected else or one of ST, HO, CT" in unknown
