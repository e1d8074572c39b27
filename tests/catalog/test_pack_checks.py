"""Every check of a pack: the small pack passes all of them, and one change makes each of them speak."""

from __future__ import annotations

import pickle
import re
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.packs import FILES, edited, write_pack

from tonghop.catalog import CatalogError, check, due_reports, read_pack
from tonghop.model import Measure

UNITS, RULES = FILES["units.csv"], FILES["rules.yml"]
MOVED = """\
R,,Vùng,Region,3,2,region,P,2004-01-01,,
D2,931,Huyện Hòa Lợi,Hoa Loi district,2,3,district,P,2004-01-01,2022-04-01,
D2,931,Huyện Hòa Lợi,Hoa Loi district,2,3,district,R,2022-04-01,,
"""


def line_of(text: str) -> int:
    """The line of rules.yml in which a text stands."""
    return RULES[: RULES.index(text)].count("\n") + 1


def at(code: str, message: str) -> str:
    """A problem with the rule of that code."""
    return f"rules.yml:{line_of(f'- rule: {code}')}: {message}"


def test_the_small_pack_is_sound(tmp_path: Path) -> None:
    assert check(write_pack(tmp_path)) == []


TARGETS_IN_TIME = """\
indicator_code,unit_code,year,comparison,target,rate,of_indicator_code,valid_from,valid_to,decision
VISITS,D1,2022,>=,1200,,,,2022-07-01,Decision 1
VISITS,D1,2022,>=,1500,,,2022-07-01,,Decision 2
VISITS,C11,2021,>=,200,,,,,
PATIENTS,P,2022,<=,300,,,,,
VISITS_CHILD,P,2022,>=,,30,VISITS,,,
"""
"""A plan that was changed in July."""


BROKEN_FILES: dict[str, tuple[dict[str, str | None], str]] = {
    "missing file": ({"targets": None}, "targets.csv: the file is missing"),
    "missing column": (edited("programmes", "name_en,", ""), "programmes.csv:1: column name_en is missing"),
    "unknown column": (edited("programmes", "sort_order\n", "sort_order,colour\n"), "programmes.csv:1: unknown column colour"),
    "column twice": (edited("units_of_measure", "word,unit", "word,word,unit"), "units_of_measure.csv:1: column word stands twice"),
    "empty file": ({"programmes": ""}, "programmes.csv:1: column programme_code is missing"),
    "tabs": ({"programmes": FILES["programmes.csv"].replace(",", "\t")}, "programmes.csv:1: the columns are separated by tabs"),
    "semicolons": ({"programmes": FILES["programmes.csv"].replace(",", ";")}, "programmes.csv:1: the columns are separated by semicolons"),
    "too many cells": (edited("programmes", "Care,1", "Care, all,1"), "programmes.csv:2: found 5 cells; expected 4"),
    "quotation mark": (edited("programmes", "Khám", '"Khám'), "programmes.csv: the file is no proper CSV"),
    "empty cell": (edited("programmes", "Care,1", ",1"), "programmes.csv:2: column name_en is empty"),
    "bad code": (edited("programmes", "CARE", "care"), "programmes.csv:2: column programme_code: found 'care'; a code is expected"),
    "bad date": (edited("units", "2022-07-01,C21", "1/7/2022,C21"), "units.csv:9: column valid_to: found '1/7/2022'; a date such as"),
    "no such date": (edited("units", "2022-07-01,C21", "2022-06-31,C21"), "units.csv:9: column valid_to: found '2022-06-31'; a date of"),
    "bad number": (edited("targets", "1200", "nhiều"), "targets.csv:2: column target: found 'nhiều'; a number such as 12.5"),
    "bad whole number": (edited("programmes", "Care,1", "Care,1st"), "programmes.csv:2: column sort_order: found '1st'; a whole number"),
    "unknown kind": (edited("indicators", "ca,since", "ca,ever"), "indicators.csv:6: column kind: found 'ever'; one of 'flow'"),
    "unknown measure": (
        edited("form_columns", "Tỷ lệ %,rate", "Tỷ lệ %,ratio"),
        "form_columns.csv:12: column measure: found 'ratio'; one of",
    ),
    "unknown role": (edited("form_rows", "VISITS_CHILD,control", "VISITS_CHILD,sum"), "form_rows.csv:19: column role: found 'sum'; one of"),
    "bad yes": (edited("form_rows", "CASES,control,", "CASES,control,maybe"), "form_rows.csv:22: column zero_words: found 'maybe'; yes or"),
    "unknown comparison": (edited("targets", "<=", "<"), "targets.csv:5: column comparison: found '<'; one of"),
    "unknown period type": (edited("duties", "P,month", "P,monthly"), "duties.csv:5: column period_type: found 'monthly'; one of"),
    "sheet name": (
        {key: FILES[f"{key}.csv"].replace("Giường bệnh,", "Giường/bệnh,") for key in ("form_rows", "form_columns")},
        "form_columns.csv:11: column sheet: found 'Giường/bệnh'; a sheet name of at most 31",
    ),
    "validity backwards": (
        edited("units", "2004-01-01,2022-07-01", "2022-08-01,2022-07-01"),
        "units.csv:9: valid_to 2022-07-01 is not after",
    ),
    "ratio without denominator": (
        edited("indicators", "BED_DAYS,BED_CAPACITY,", "BED_DAYS,,"),
        "indicators.csv:9: numerator_code, denominator",
    ),
    "parts of a flow": (
        edited("indicators", "ngày,flow,,0,,,,none\nBED_C", "ngày,flow,,0,CASES,CASES,1,none\nBED_C"),
        "indicators.csv:7: num",
    ),
    "stock without moment": (edited("indicators", "stock,end", "stock,"), "indicators.csv:5: stock_at (start or end) must be given for"),
    "moment of a flow": (edited("indicators", "ngày,flow,,0,,,,none\nOCC", "ngày,flow,end,0,,,,none\nOCC"), "indicators.csv:8: stock_at"),
    "no address": (
        {"contacts": "unit_code,name,email,valid_from,valid_to\nC11,Lan,lan at example.org,,\n"},
        "contacts.csv:2: column email: found 'lan at example.org'",
    ),
    "two debtors": (edited("duties", "CT,,P", "CT,province,P"), "duties.csv:5: exactly one of unit_type and unit_code"),
    "no deadline": (
        edited("duties", "hospital,,month,,,15", "hospital,,month,,,0"),
        "duties.csv:4: column deadline_working_days: found '0'",
    ),
    "target and rate": (edited("targets", "PATIENTS,P,2022,<=,300,,", "PATIENTS,P,2022,<=,300,5,VISITS"), "targets.csv:5: exactly one of"),
    "rate of nothing": (edited("targets", "30,VISITS", "30,"), "targets.csv:6: rate and of_indicator_code stand together"),
    "time zone": (edited("pack", "Asia/Ho_Chi_Minh", "Hanoi"), "pack.yml:4: field time_zone: found 'Hanoi'; a time zone such as"),
    "holidays": (edited("pack", "holidays: VN", "holidays: XX"), "pack.yml:6: field holidays: found 'XX'; a country code"),
    "years": (edited("pack", "last_year: 2022", "last_year: 2020"), "pack.yml:1: first_year 2021 is after last_year 2020"),
    "unknown field": (edited("pack", "contact:", "contacts:"), "pack.yml:9: unknown field contacts"),
    "policy of no kind": (
        edited("pack", "contact: test@example.org", "publication: {month: {corrections: shut}}"),
        "pack.yml:9: field publication.month.corrections: found 'shut'; one of 'open', 'restate_with_notice' or 'closed' is expected",
    ),
    "policy of no period": (edited("pack", "contact: test@example.org", "publication: {day: {approval: yes}}"), "pack.yml:9: "),
    "threshold of more than all": (
        edited("pack", "contact: test@example.org", "minimum_completeness: {ST: 101}"),
        "pack.yml:9: field minimum_completeness.ST: found '101'",
    ),
    "missing field": (edited("pack", "code: TEST\n", ""), "pack.yml:1: field code is empty"),
    "YAML syntax": (
        edited("rules", 'operator: "="', 'operator: "='),
        f"rules.yml:{RULES.count(chr(10)) + 1}: the YAML cannot be read: while scanning a quoted scalar (begun in line 6)",
    ),
    "YAML tab": (edited("pack", "name_vi: T", "\tname_vi: T"), "pack.yml:2: the YAML cannot be read"),
    "YAML key twice": (edited("pack", "name_vi:", "name_en:"), "pack.yml:3: name_en stands twice"),
    "YAML list for a name": (edited("pack", "contact:", "[contact]:"), "pack.yml:9: the YAML cannot be read"),
    "YAML inside itself": (
        edited("rules", "codes: [unreadable]", "codes: &codes [*codes]"),
        f"rules.yml:{line_of('codes: [unreadable]')}: the YAML cannot be read",
    ),
    "rules no list": ({"rules": "rule: X\n"}, "rules.yml:1: a list of rules is expected"),
    "rule no mapping": ({"rules": "- X\n"}, "rules.yml:1: found 'X'; names and values are expected"),
}


@pytest.mark.parametrize(("overrides", "problem"), BROKEN_FILES.values(), ids=BROKEN_FILES)
def test_a_file_that_cannot_be_read(tmp_path: Path, overrides: dict[str, str | None], problem: str) -> None:
    problems = check(write_pack(tmp_path, **overrides))
    assert [line for line in problems if line.startswith(problem)], problems


BROKEN_RULES: dict[str, tuple[dict[str, str | None], str]] = {
    "unknown kind": (
        edited("rules", "kind: control", "kind: controlled"),
        f"rules.yml:{line_of('kind: control')}: field kind: found 'controlled'; one of",
    ),
    "unknown severity": (edited("rules", "{CT: warning}", "{CT: mild}"), "rules.yml:4: field severity_by_form.CT: found 'mild'; one of"),
    "unknown operator": (edited("rules", 'operator: "="', 'operator: "=="'), "rules.yml:6: field operator: found '=='; one of"),
    "unknown measure": (edited("rules", "[value, ytd]", "[value, sum]"), "rules.yml:8: field measures.1: found 'sum'; one of"),
    "unknown parameter": (
        edited("rules", "minimum_values: 3", "minimum_count: 3"),
        at("COPIED", "unknown parameter minimum_count of kind"),
    ),
    "another kind's parameter": (
        edited("rules", "codes: [unreadable]", "codes: [unreadable]\n  factor: 2"),
        at("UNREADABLE", "unknown parameter factor of kind finding"),
    ),
    "missing parameter": (edited("rules", "  threshold: 3.5\n", ""), at("OUTLIER", "kind outlier needs threshold")),
    "nothing to compare with": (
        edited("rules", "  right: [{indicator: VISITS_CHILD}, {indicator: VISITS_ADULT}]\n", ""),
        "rules.yml:1: a comparison needs right or constant",
    ),
    "unknown part of a term": (
        edited("rules", "{indicator: VISITS_CHILD}", "{indicator: VISITS_CHILD, times: 2}"),
        "rules.yml:7: unknown field",
    ),
    "measure said twice": (
        edited("rules", "{indicator: VISITS_CHILD}", "{indicator: VISITS_CHILD, measure: ytd}"),
        "rules.yml:1: measures st",
    ),
    "several figures": (
        edited("rules", "left: [{indicator: OCCUPANCY}]", "left: [{indicator: OCCUPANCY}, {indicator: VISITS}]"),
        f"rules.yml:{line_of('rule: OCCUPANCY_PRINTED')}: left of kind ratio is exactly one figure",
    ),
    "no Vietnamese text": (edited("rules", "  text_vi: Chưa có báo cáo\n", ""), at("MISSING", "field text_vi is empty")),
    "empty text": (
        edited("rules", "text_en: A report is missing", "text_en:"),
        f"rules.yml:{line_of('text_en: A report')}: field text_en is empty",
    ),
    "no English reason": (edited("rules", "  reason_en: Totals lack a unit\n", ""), at("MISSING", "field reason_en is empty")),
    "no Vietnamese reason": (edited("rules", "  reason_vi: Tổng thiếu một đơn vị\n", ""), at("MISSING", "field reason_vi is empty")),
    "a reason in no language": (
        edited("rules", "  reason_vi: Tổng thiếu một đơn vị\n  reason_en: Totals lack a unit\n", "  reason: Totals lack a unit\n"),
        at("MISSING", "a reason is read in two languages; reason_vi and reason_en are expected"),
    ),
    "unknown indicator": (
        edited("rules", "left: [{indicator: BED_DAYS}]", "left: [{indicator: BED_DAY}]"),
        f"rules.yml:{line_of('rule: SAME_BASE')}: rule SAME_BASE: left names BED_DAY, which is no indicator_code",
    ),
    "unknown breakdown": (
        edited("rules", "left: [{indicator: BED_DAYS}]", "left: [{indicator: BED_DAYS, breakdown: BOYS}]"),
        f"rules.yml:{line_of('rule: SAME_BASE')}: rule SAME_BASE: left names BOYS, which is no breakdown_code",
    ),
    "between a figure and nothing": (
        {"rules": RULES.replace('operator: "="', "operator: between").replace(", {indicator: VISITS_ADULT}", "")},
        "rules.yml:1: between compares with the smallest and the largest of two or more figures of right",
    ),
    "unknown form": (edited("rules", "forms: [CT]", "forms: [CTT]"), at("CONTROL", "rule CONTROL: CTT is no form_code in forms.csv")),
    "severity of a form that is left out": (
        {"rules": RULES.replace("forms: [CT]", "forms: [CT]\n  severity_by_form: {ST: info}")},
        at("CONTROL", "rule CONTROL: severity_by_form names ST, which its forms leave out"),
    ),
    "rule twice": (
        edited("rules", "rule: COPIED", "rule: CONTROL"),
        at("COPIED", f"the same rule stands in line {line_of('- rule: CONTROL')}"),
    ),
    "no cell for the rule": (
        edited("rules", "forms: [HO]\n  left: [{indicator: OCC", "forms: [HO, ST]\n  left: [{indicator: OCC"),
        f"rules.yml:{line_of('rule: OCCUPANCY_PRINTED')}: rule OCCUPANCY_PRINTED can never be judged in form ST",
    ),
    "no form for the rule": (
        edited("rules", "{indicator: VISITS_ADULT}", "{indicator: VISITS_ADULT}, {indicator: BED_DAYS}, {indicator: PATIENTS}"),
        "rules.yml:1: rule VISITS_IS_SUM can never be judged: no form has all its figures",
    ),
}


@pytest.mark.parametrize(("overrides", "problem"), BROKEN_RULES.values(), ids=BROKEN_RULES)
def test_a_rule_that_cannot_stand(tmp_path: Path, overrides: dict[str, str | None], problem: str) -> None:
    problems = check(write_pack(tmp_path, **overrides))
    assert [line for line in problems if line.startswith(problem)], problems


CONTRADICTIONS: dict[str, tuple[dict[str, str | None], str]] = {
    "row twice": ({"programmes": FILES["programmes.csv"] + "CARE,A,B,3\n"}, "programmes.csv:4: the same programme_code stands in line 2"),
    "alias twice": (
        {"unit_aliases": FILES["unit_aliases.csv"] + "H1,BVĐK,,\n"},
        "unit_aliases.csv:5: the same unit_code, alias, valid_from",
    ),
    "target twice": (
        {"targets": FILES["targets.csv"] + "VISITS,D1,2022,>=,1,,\n"},
        "targets.csv:7: D1 has a target of VISITS for 2022 in line 2 already; a plan that was changed has one row for each version",
    ),
    "word twice": (
        {"units_of_measure": FILES["units_of_measure.csv"] + "Cas,người\n"},
        "units_of_measure.csv:4: the same word stands in line 3",
    ),
    "no total": (
        {"breakdowns": "breakdown_code,sex,age_group,name_vi,name_en\nF,F,,Nữ,Female\n"},
        "breakdowns.csv:1: the breakdown TOTAL is missing",
    ),
    "unknown parent": (
        edited("units", "Commune One,1,3,station,D1", "Commune One,1,3,station,D9"),
        "units.csv:5: parent_code: D9 is no unit_code",
    ),
    "unknown successor": (edited("units", "2022-07-01,C21", "2022-07-01,C29"), "units.csv:9: successor_code: C29 is no unit_code"),
    "alias of nobody": (edited("unit_aliases", "H1,", "H9,"), "unit_aliases.csv:4: unit_code: H9 is no unit_code in units.csv"),
    "unknown programme": (edited("indicators", "8,CARE", "8,CARES"), "indicators.csv:9: programme_code: CARES is no programme_code"),
    "unknown numerator": (
        edited("indicators", "BED_DAYS,BED_CAPACITY,", "BED_DAY,BED_CAPACITY,"),
        "indicators.csv:9: numerator_code: BED_DAY",
    ),
    "ratio of a ratio": (
        edited("indicators", "BED_DAYS,BED_CAPACITY,", "OCCUPANCY,BED_CAPACITY,"),
        "indicators.csv:9: numerator_code: OCCUP",
    ),
    "unknown breakdown": (edited("form_columns", "value,F", "value,M"), "form_columns.csv:6: breakdown_code: M is no breakdown_code"),
    "unknown indicator in a form": (
        edited("form_rows", "VISITS_ADULT,control", "VISIT_ADULT,control"),
        "form_rows.csv:20: indicator_code: V",
    ),
    "unknown indicator in a target": (
        edited("targets", "PATIENTS", "PATIENT"),
        "targets.csv:5: indicator_code: PATIENT is no indicator_code",
    ),
    "unknown unit in a target": (edited("targets", "VISITS,H1", "VISITS,H9"), "targets.csv:4: unit_code: H9 is no unit_code in units.csv"),
    "contact of an unknown unit": (
        {"contacts": "unit_code,name,email,valid_from,valid_to\nC99,Lan,lan@example.org,,\n"},
        "contacts.csv:2: unit_code: C99 is no unit_code in units.csv",
    ),
    "contact twice": (
        {"contacts": "unit_code,name,email,valid_from,valid_to\nC11,Lan,l@example.org,,\nC11,Mai,l@example.org,,\n"},
        "contacts.csv:3: the same unit_code, email, valid_from stands in line 2",
    ),
    "unknown form of a duty": (edited("duties", "HO,", "HX,"), "duties.csv:4: form_code: HX is no form_code in forms.csv"),
    "unknown unit type of a duty": (edited("duties", "HO,hospital", "HO,clinic"), "duties.csv:4: unit_type: clinic is no unit_type"),
    "unknown unit type of a form": (edited("forms", "hospital,hospital,", "hospital,hospital;clinic,"), "forms.csv:4: unit_types: no unit"),
    "unknown form version": (
        {"form_rows": FILES["form_rows.csv"] + "HO,2,Khám bệnh,1,B.1,Lượt khám,VISITS,additive,\n"},
        "form_rows.csv:24: form HO version 2 is not in forms.csv",
    ),
    "unknown root": (edited("pack", "root_unit: P", "root_unit: Q"), "pack.yml:1: root_unit: Q is no unit_code in units.csv"),
    "threshold of no form": (
        edited("pack", "contact: test@example.org", "minimum_completeness: {XX: 90}"),
        "pack.yml:1: minimum_completeness: XX is no form_code in forms.csv",
    ),
    "second root": (
        edited("units", "hospital,P,2004-01-01,,\nH2", "hospital,,2004-01-01,,\nH2"),
        "units.csv:10: unit H1 has no parent_code",
    ),
    "root with a parent": (edited("units", "1,1,province,,", "1,1,province,D1,"), "units.csv:2: unit P is the root_unit"),
    "root of another level": (edited("units", "1,1,province", "1,2,province"), "units.csv:2: level: found 2; the root P has level 1"),
    "circle": (
        {"units": UNITS.replace("1,2,district,P,", "1,2,district,C11,")},
        "units.csv:3: units stand in a circle: D1 under C11 under D1",
    ),
    "level above its parent's": (
        edited("units", "Commune One,1,3", "Commune One,1,2"),
        "units.csv:5: level: found 2; expected more than 2",
    ),
    "overlap": (
        edited("units", "2004-01-01,2022-01-01,", "2004-01-01,2022-02-01,"),
        "units.csv:7: unit C12 holds from 2022-01-01, but the row in line 6 holds until 2022-02-01",
    ),
    "outlives its parent": (
        {"units": UNITS.replace("2,2,district,P,2004-01-01,,", "2,2,district,P,2004-01-01,2022-03-01,")},
        "units.csv:8: unit C21 holds from 2022-03-01 to 9999-12-31 while its parent D2 does not",
    ),
    "older than its parent": (
        {"units": UNITS.replace("2,2,district,P,2004-01-01", "2,2,district,P,2005-01-01")},
        "units.csv:8: unit C21 holds from 2004-01-01 to 2005-01-01 while its parent D2 does not",
    ),
    "moves with its parent": (
        {
            "units": UNITS.replace("D2,931,Huyện Hòa Lợi,Hoa Loi district,2,2,district,P,2004-01-01,,\n", MOVED).replace(
                "3,station,D2", "4,station,D2"
            )
        },
        "units.csv:10: unit C21 moves on 2022-04-01 from P/D2/C21 to P/R/D2/C21, because a unit above it moves; split this row",
    ),
    "successor gone": (
        edited(
            "units",
            "C21,31324,Trạm Y tế xã Ba,Commune Three,1,3,station,D2,2004-01-01,,",
            "C21,,Ba,Three,1,3,station,D2,2004-01-01,2022-05-01,",
        ),
        "units.csv:9: successor_code: C21 does not hold on 2022-07-01",
    ),
    "successor without an end": (edited("units", "2022-07-01,C21", ",C21"), "units.csv:9: unit C22 has a successor_code but no valid_to"),
    "own successor": (edited("units", "2022-07-01,C21", "2022-07-01,C22"), "units.csv:9: unit C22 is its own successor"),
    "ambiguous alias": (edited("unit_aliases", "TYT Hai", "trạm y tế xã BA"), "unit_aliases.csv:3: alias 'trạm y tế xã BA' of C12 is also"),
    "versions overlap": (edited("forms", "2020-01-01,2022-07-01", "2020-01-01,2022-08-01"), "forms.csv:3: form ST: version 2 holds from"),
    "period of a version": (
        edited("forms", "month,2022-07-01", "quarter,2022-07-01"),
        "forms.csv:3: period_type: found quarter; expected month",
    ),
    "form without rows": ({"forms": FILES["forms.csv"] + "XX,1,X,X,station,month,,\n"}, "forms.csv:6: form XX version 1 has no rows"),
    "rows without columns": (
        {"form_columns": "\n".join(line for line in FILES["form_columns.csv"].splitlines() if "Giường" not in line)},
        "form_rows.csv:15: sheet Giường bệnh of form HO version 1 has rows but no columns",
    ),
    "columns without rows": (
        {"form_columns": FILES["form_columns.csv"] + "HO,1,Khác,Số lượng,value,TOTAL\n"},
        "form_columns.csv:19: sheet Khác of form HO version 1 has columns but no rows",
    ),
    "column twice": (
        edited("form_columns", "Trong đó nữ,value,F", "Trong đó nữ,value,TOTAL"),
        "form_columns.csv:6: the same form_code, version, sheet, indicator_code, measure, breakdown_code, month stands in line 5",
    ),
    "header twice": (
        edited("form_columns", "Trong đó nữ", "thực hiện trong THÁNG"),
        "form_columns.csv:6: the same form_code, version, sheet, h",
    ),
    "figure twice in a form": (
        edited("form_rows", "B.4,Ngày điều trị,BED_DAYS", "B.4,Lượt khám,VISITS"),
        "form_rows.csv:15: VISITS (value, TOTAL) stands twice in form HO version 1, here and in line 12",
    ),
    "additive twice on a branch": (
        edited("form_rows", "VISITS,control", "VISITS,additive"),
        "form_rows.csv:2: VISITS is additive in form ST (station) and form CT (province, line 18), which units of one branch send",
    ),
    "additive above itself": (
        edited("forms", "station,station,month,2022-07-01", "station,station;district,month,2022-07-01"),
        "form_rows.csv:7: VISITS is additive in form ST (station) and form ST (district, line 7), which units of one branch send",
    ),
    "targets on a branch": (
        {"targets": FILES["targets.csv"] + "VISITS,P,2022,>=,9000,,\n"},
        "targets.csv:2: D1 has a target of VISITS for 2022, and so has P above it (line 7)",
    ),
    "target of another year": (
        {"targets": TARGETS_IN_TIME + "VISITS,D2,2022,>=,1,,,2021-07-01,,\n"},
        "targets.csv:7: valid_from 2021-07-01 is no day of 2022; a target is valid within its year",
    ),
    "target beyond its year": (
        {"targets": TARGETS_IN_TIME + "VISITS,D2,2022,>=,1,,,,2023-01-02,\n"},
        "targets.csv:7: valid_to 2023-01-02 is no day of 2022 after its first",
    ),
    "versions of a plan that overlap": (
        {"targets": TARGETS_IN_TIME + "VISITS,D1,2022,>=,1,,,2022-09-01,,\n"},
        "targets.csv:7: D1 has a target of VISITS for 2022 in line 3 already; a plan that was changed has one row for each version",
    ),
    "version of a plan below another target": (
        {"targets": TARGETS_IN_TIME + "VISITS,C11,2022,>=,1,,,2022-09-01,,\n"},
        "targets.csv:7: C11 has a target of VISITS for 2022, and so has D1 above it (line 3)",
    ),
    "rate for a ratio": (
        {"targets": TARGETS_IN_TIME + "OCCUPANCY,H1,2022,>=,,80,BED_CAPACITY,,,\n"},
        "targets.csv:7: rate: OCCUPANCY is a ratio, and a rate is one of a quantity",
    ),
    "rate of a ratio": (
        {"targets": TARGETS_IN_TIME + "BED_DAYS,H1,2022,>=,,80,OCCUPANCY,,,\n"},
        "targets.csv:7: rate: OCCUPANCY is a ratio, and a rate is one of a quantity",
    ),
    "target of a unit that is gone": (
        edited("targets", "VISITS,D2,2022", "VISITS,C22,2023"),
        "targets.csv:3: unit_code: C22 does not hold in",
    ),
    "many targets of a unit that is gone": (
        edited("targets", "VISITS,D2,2022", "".join(f"VISITS,C22,{year},>=,1,,\n" for year in range(2023, 2028)) + "VISITS,D2,2022"),
        "targets.csv:3: unit_code: C22 does not hold in 2023, 2024, 2025, 2026, 2027 and has 5 targets for then, "
        "this one and those in lines 4, 5, 6, …; correct",
    ),
    "rate of itself": (
        edited("targets", "30,VISITS", "30,VISITS_CHILD"),
        "targets.csv:6: of_indicator_code: VISITS_CHILD cannot be a rate of",
    ),
    "duties overlap": (
        edited("duties", "ST,station,,month,,2022-01-01,5", "ST,station,,month,,2022-03-01,5"),
        "duties.csv:3: ST is owed by station from 2022-01-01, and until 2022-03-01 already by line 2",
    ),
    "duty of a unit and of its type": (
        {"duties": FILES["duties.csv"] + "HO,,H1,month,,,20\n"},
        "duties.csv:6: H1 owes HO here and as a hospital in line 4",
    ),
    "duty without a form": (
        edited("forms", "station,month,2022-07-01,", "station,month,2022-08-01,"),
        "duties.csv:3: ST is owed for 2022-07, but has no version on 2022-07-31",
    ),
    "duty of another period": (
        edited("duties", "CT,,P,month", "CT,,P,quarter"),
        "duties.csv:5: period_type: found quarter; CT is a form of",
    ),
    "duty of another type": (
        edited("duties", "HO,hospital,", "HO,station,"),
        "duties.csv:4: station owes HO, but is not among the unit_types",
    ),
}


@pytest.mark.parametrize(("overrides", "problem"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_contradiction_between_rows(tmp_path: Path, overrides: dict[str, str | None], problem: str) -> None:
    problems = check(write_pack(tmp_path, **overrides))
    assert [line for line in problems if line.startswith(problem)], problems


def test_everything_is_said_at_once_and_one_mistake_is_said_once(tmp_path: Path) -> None:
    """A row that cannot be read still names its unit: its children and aliases are not orphans."""
    overrides = edited("units", "Huyện Hòa Lợi,Hoa Loi district,2,2", "Huyện Hòa Lợi,Hoa Loi district,2,two")
    overrides |= edited("targets", "VISITS,H1", "VISIT,H1") | edited("pack", "holidays: VN", "holidays: XX") | {"duties": None}
    assert [line.split(": ")[0] for line in check(write_pack(tmp_path, **overrides))] == [
        "pack.yml:6",
        "units.csv:4",
        "duties.csv",
        "targets.csv:4",
    ]


def test_the_error_holds_every_problem(tmp_path: Path) -> None:
    write_pack(tmp_path, **edited("targets", "VISITS,H1", "VISIT,H1"), **edited("duties", "HO,", "HX,"))
    with pytest.raises(CatalogError) as raised:
        read_pack(tmp_path)
    text = str(raised.value)
    assert "has 2 problems:\n" in text
    assert text.splitlines()[1:] == [str(problem) for problem in raised.value.problems] == check(tmp_path)


@settings(max_examples=150, deadline=None)
@given(
    file=st.sampled_from(sorted(FILES)),
    place=st.floats(0, 1, exclude_max=True),
    length=st.integers(0, 40),
    put=st.one_of(
        st.binary(max_size=8), st.sampled_from([b",", b'"', b"\n", b"\t", b": ", b"[", b"{", b"- ", b"&a", b"*a", b"\0", b"9999-12-31"])
    ),
)
def test_a_spoilt_file_is_answered_never_a_crash(file: str, place: float, length: int, put: bytes) -> None:
    content = FILES[file].encode()
    start = int(place * len(content))
    with tempfile.TemporaryDirectory() as folder:
        directory = write_pack(Path(folder))
        (directory / file).write_bytes(content[:start] + put + content[start + length :])
        for problem in check(directory):
            assert re.match(r"[a-z_]+\.(csv|yml)(:[1-9]\d*)?: \S", problem)


def test_no_folder(tmp_path: Path) -> None:
    assert check(tmp_path / "nowhere") == [f"{tmp_path / 'nowhere'}: there is no such folder; expected the folder of a catalog pack"]


def test_not_utf_8(tmp_path: Path) -> None:
    write_pack(tmp_path)
    (tmp_path / "programmes.csv").write_bytes(FILES["programmes.csv"].encode("cp1258", "replace"))
    assert check(tmp_path)[0].startswith("programmes.csv:2: the file is not UTF-8: found the byte 0x")


def test_a_file_that_is_none_of_a_pack(tmp_path: Path) -> None:
    write_pack(tmp_path)
    (tmp_path / "unit.csv").write_text("unit_code\n")
    (tmp_path / "README.md").write_text("notes")
    assert [line.split(";")[0] for line in check(tmp_path)] == ["unit.csv: not a file of a pack"]


def test_a_quoted_cell_may_hold_commas_and_lines_and_the_next_line_is_counted_right(tmp_path: Path) -> None:
    text = (
        FILES["programmes.csv"]
        .replace("Khám chữa bệnh,Care,1", '"Khám,\nchữa bệnh",Care,1')
        .replace("Disease control,2", "Disease control,x")
    )
    assert check(write_pack(tmp_path, programmes=text)) == ["programmes.csv:4: column sort_order: found 'x'; a whole number is expected"]


def test_a_plan_may_change_during_its_year(tmp_path: Path) -> None:
    pack = read_pack(write_pack(tmp_path, targets=TARGETS_IN_TIME))
    june, july, other = (pack.target("VISITS", "D1", day) for day in (date(2022, 6, 30), date(2022, 7, 1), date(2021, 7, 1)))
    assert june and july and (june.target, july.target, july.decision, other) == (1200, 1500, "Decision 2", None)


def test_targets_and_duties_may_follow_each_other_in_time(tmp_path: Path) -> None:
    """A target of the year before, and a unit whose duty begins where that of its type ends, contradict nothing."""
    targets = FILES["targets.csv"] + "VISITS,P,2021,>=,9000,,\n"
    duties = FILES["duties.csv"].replace("HO,hospital,,month,,,15", "HO,hospital,,month,,2022-01-01,15\nHO,,H1,month,2022-01-01,,10")
    assert check(write_pack(tmp_path, targets=targets, duties=duties)) == []


def test_rows_of_one_unit_may_change_its_parent(tmp_path: Path) -> None:
    moved = "C12,31321,Trạm Y tế thị trấn Hai,Town Two,2,3,station,D2,2022-01-01"
    pack = read_pack(write_pack(tmp_path, **edited("units", moved.replace("D2", "D1"), moved)))
    assert [unit.path for unit in pack.unit_history("C12")] == ["P/D1/C12", "P/D2/C12"]
    assert pack.unit_history("C12")[1].ancestors == ("P", "D2")


def test_the_hash_follows_the_content_only(tmp_path: Path) -> None:
    pack = read_pack(write_pack(tmp_path / "a"))
    crlf = {Path(name).stem: text.replace("\n", "\r\n") for name, text in FILES.items()}
    other = read_pack(write_pack(tmp_path / "b", **crlf))
    changed = read_pack(write_pack(tmp_path / "c", **edited("targets", "1200", "1201")))
    (tmp_path / "a" / "README.md").write_text("notes")
    (tmp_path / "a" / "pack.yml").write_bytes(b"\xef\xbb\xbf" + FILES["pack.yml"].encode())
    assert pack.pack_hash == other.pack_hash == read_pack(tmp_path / "a").pack_hash
    assert pack.pack_hash != changed.pack_hash
    assert len(pack.pack_hash) == 64


def test_looking_up_units(tmp_path: Path) -> None:
    pack = read_pack(write_pack(tmp_path, **edited("unit_aliases", "H1,BVĐK,,", "H1,Viện lớn,,2022-01-01")))
    before, after = date(2021, 12, 31), date(2022, 1, 1)
    assert [unit.name_en for at in (before, after) if (unit := pack.unit("C12", at))] == ["Commune Two", "Town Two"]
    assert pack.unit("C12", date(2003, 12, 31)) is None and pack.unit("C99", after) is None
    assert [unit.unit_code for unit in pack.units_named("trạm y tế XÃ  hai", before)] == ["C12"]
    assert pack.units_named("trạm y tế xã hai", after) == ()
    assert [unit.unit_code for unit in pack.units_named("viện LỚN", before)] == ["H1"]
    assert pack.units_named("viện lớn", after) == ()
    assert [unit.name_en for unit in pack.units_with_official_code("31321", after)] == ["Town Two"]
    assert len(pack.units_at(date(2022, 6, 30))) == 9 and len(pack.units_at(date(2022, 7, 1))) == 8


def test_a_name_that_two_units_bear_gives_both(tmp_path: Path) -> None:
    pack = read_pack(write_pack(tmp_path, **edited("units", "Bệnh viện Sản Nhi", "Bệnh viện Đa khoa")))
    assert [unit.unit_code for unit in pack.units_named("bệnh viện đa khoa", date(2022, 1, 1))] == ["H1", "H2"]


def test_looking_up_forms_and_words(tmp_path: Path) -> None:
    pack = read_pack(write_pack(tmp_path))
    older, newer = pack.form_at("ST", date(2022, 6, 30)), pack.form_at("ST", date(2022, 7, 1))
    assert older and newer and (older.version, newer.version) == (1, 2) and pack.form("ST", 2) is newer
    assert [form.form_code for form in pack.forms_at(date(2022, 7, 1))] == ["ST", "HO", "CT"]
    assert [column.measure for column in pack.sheets(newer)[0].columns] == [Measure.VALUE, Measure.VALUE, Measure.YTD, Measure.PLAN]
    assert [row.indicator_code for row in pack.sheets(newer)[0].rows][:2] == ["VISITS", "VISITS_CHILD"]
    assert pack.unit_of_measure("LƯỢT khám") == "lượt" and pack.unit_of_measure("ngày") == "ngày" and pack.unit_of_measure("đ") is None
    assert (indicator := pack.indicator("OCCUPANCY")) and indicator.factor == 100 and pack.indicator("NONE") is None


def test_reports_that_are_due(tmp_path: Path) -> None:
    due = list(due_reports(read_pack(write_pack(tmp_path))))
    assert len(due) == len({report[:3] for report in due})
    # stations: 3 for 24 months and one for 18; 2 hospitals and the province for 24 months
    assert len(due) == 3 * 24 + 18 + 2 * 24 + 24
    deadlines = {report.period.code: report.due_at.date() for report in due if report.unit_code == "C11"}
    assert (deadlines["2021-12"], deadlines["2022-01"]) == (date(2022, 1, 10), date(2022, 2, 18))


def test_a_rule_gives_its_terms_their_measures(tmp_path: Path) -> None:
    rules = {rule.rule_code: rule for rule in read_pack(write_pack(tmp_path)).rules}
    assert [(term.side, term.measure) for term in rules["OCCUPANCY_PRINTED"].terms()] == [
        ("left", Measure.RATE),
        ("numerator", Measure.VALUE),
        ("denominator", Measure.VALUE),
    ]
    assert {term.measure for term in rules["VISITS_IS_SUM"].terms()} == {None}
    assert (rules["VISITS_IS_SUM"].severity_in("CT"), rules["VISITS_IS_SUM"].severity_in("ST")) == ("warning", "critical")
    assert rules["CONTROL"].applies_to("CT") and not rules["CONTROL"].applies_to("ST") and rules["MISSING"].applies_to("ST")


def test_a_pack_travels_between_processes(tmp_path: Path) -> None:
    pack = read_pack(write_pack(tmp_path))
    assert pickle.loads(pickle.dumps(pack)) == pack
