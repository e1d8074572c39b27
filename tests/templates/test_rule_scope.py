"""Checks in a template for rules that judge some units and periods only, and for pairs."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import openpyxl
from tests.packs import FILES, write_pack

from tonghop.catalog import read_pack
from tonghop.model import Period
from tonghop.templates import make_template

MAY = Period.parse("2022-05")
RULE = """\
- rule: {code}
  kind: comparison
  severity: warning
  {more}
  left: [{{indicator: VISITS_CHILD}}]
  right: [{{indicator: VISITS_ADULT}}]
  text_vi: {code}
  text_en: {code}
  reason_vi: r
  reason_en: r
  owner: o
"""


def checks_in(folder: Path, unit: str, period: str, **rules: str) -> dict[str, tuple[str, str]]:
    """What is checked and the formula of the result, by the text of the rule (which is its code here)."""
    text = FILES["rules.yml"] + "".join(RULE.format(code=code, more=more) for code, more in rules.items())
    pack = read_pack(write_pack(folder, rules=text))
    book = openpyxl.load_workbook(BytesIO(make_template(pack, "ST", unit, Period.parse(period)).content))
    return {row[5].value: (row[0].value, row[3].value) for row in book["Kiểm tra"].iter_rows(min_row=4)}


def test_only_rules_that_judge_the_unit_and_the_period_are_checked(tmp_path: Path) -> None:
    scoped = {
        "OF_D1": "operator: '<='\n  units: [D1]",
        "OF_D2": "operator: '<='\n  units: [D2]",
        "OF_AUGUST": "operator: '<='\n  months: [8]",
        "OF_STATIONS": "operator: '<='\n  unit_types: [station]",
        "OF_HOSPITALS": "operator: '<='\n  unit_types: [hospital]",
    }
    assert set(scoped) & checks_in(tmp_path / "1", "C11", "2022-08", **scoped).keys() == {"OF_D1", "OF_AUGUST", "OF_STATIONS"}
    assert set(scoped) & checks_in(tmp_path / "2", "C21", "2022-09", **scoped).keys() == {"OF_D2", "OF_STATIONS"}


def test_a_pair_looks_at_which_boxes_have_a_number(tmp_path: Path) -> None:
    found = checks_in(tmp_path, "C11", "2022-06", BOTH="operator: compulsory_pair", ONE="operator: exclusive_pair", OTHER="operator: '!='")
    told, formula = found["BOTH"]
    assert told == "[A.2] cùng có số với [A.3] (Thực hiện trong tháng)"
    assert ")=0)=(" in formula and formula.count("COUNT(") == 4
    told, formula = found["ONE"]
    assert told == "[A.2] không đồng thời có số với [A.3] (Thực hiện trong tháng)"
    assert "=0,COUNT(" in formula and formula.count("COUNT(") == 4
    assert "≠" in found["OTHER"][0] and ",6))>0" in found["OTHER"][1]


def test_what_lies_between_two_figures_is_compared_with_the_nearest(tmp_path: Path) -> None:
    text = FILES["rules.yml"].replace('operator: "="', "operator: between")
    book = openpyxl.load_workbook(BytesIO(make_template(read_pack(write_pack(tmp_path, rules=text)), "ST", "C11", MAY).content))
    row, _ = (row for row in book["Kiểm tra"].iter_rows(min_row=4, max_col=6) if row[0].value and "nằm giữa" in str(row[0].value))
    assert row[0].value == "[A.1] nằm giữa [A.2] và [A.3] (Thực hiện trong tháng)"
    assert "MAX(MIN(1*N(" in row[3].value and ",MIN(MAX(1*N(" in row[3].value
