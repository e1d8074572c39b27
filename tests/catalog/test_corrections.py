"""Hand corrections of a pack: what they say, and what is wrong with them, by file and line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.packs import FILES, write_pack

from tonghop.catalog import Pack, check, read_pack
from tonghop.catalog.corrections import Correction, Written
from tonghop.model import Measure, State

RULE = """\
- rule: HAND_CORRECTION
  kind: correction
  severity: critical
  text_vi: Số sửa tay phải khớp
  text_en: A hand correction must match
  reason_vi: Không ai được sửa số không còn ở đó
  reason_en: Nobody may correct what is not there
  owner: Planning office
"""
ENTRY = """\
- correction: C1
  unit: H1
  form: HO
  period: 2022-08
  indicator: VISITS
  found: 1200
  use: 120
  reason: phoned
  author: Registrar
  expires: 2023-01-31
"""


def pack_folder(directory: Path, corrections: str, rules: str = FILES["rules.yml"] + RULE) -> Path:
    write_pack(directory, rules=rules)
    (directory / "corrections.yml").write_text(corrections, encoding="utf-8")
    return directory


def pack(directory: Path, corrections: str) -> Pack:
    return read_pack(pack_folder(directory, corrections))


def test_what_a_correction_says(tmp_path: Path) -> None:
    (row,) = pack(tmp_path, ENTRY).corrections
    assert (row.unit_code, row.form_code, row.period_code, row.indicator_code) == ("H1", "HO", "2022-08", "VISITS")
    assert (row.measure, row.breakdown_code) == (Measure.VALUE, "TOTAL")
    assert (row.found, row.use) == (Written(State.NUMBER, Decimal(1200)), Written(State.NUMBER, Decimal(120)))
    assert row.expires_on == date(2023, 1, 31)


def test_states_and_periods(tmp_path: Path) -> None:
    written = ENTRY.replace("1200", "unreadable").replace("use: 120", "use: 0").replace("2023-01-31", "2022-12")
    (row,) = pack(tmp_path / "1", written).corrections
    assert (row.found, row.use) == (Written(State.UNREADABLE), Written(State.ZERO, Decimal(0)))
    assert row.expires_on == date(2022, 12, 1), "a period stands for its first day"
    (row,) = pack(tmp_path / "2", ENTRY.replace("use: 120", "use: blank")).corrections
    assert row.use == Written(State.BLANK)


def test_packs_that_differ_in_their_corrections_share_a_hash(tmp_path: Path) -> None:
    with_one, with_other = pack(tmp_path / "1", ENTRY), pack(tmp_path / "2", ENTRY.replace("120\n", "121\n"))
    without = read_pack(write_pack(tmp_path / "3", rules=FILES["rules.yml"] + RULE))
    assert len({with_one.pack_hash, with_other.pack_hash, without.pack_hash}) == 3
    assert with_one.hash_without_corrections == with_other.hash_without_corrections == without.hash_without_corrections
    assert without.hash_without_corrections == without.pack_hash and without.corrections == ()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("expires: 2023-01-31", "expires: soon", "corrections.yml:10: field expires: found 'soon'; the first day"),
        ("  expires: 2023-01-31\n", "", "corrections.yml:1: expires is missing"),
        ("found: 1200", "found: 1.200,5", "corrections.yml:6: field found: found '1.200,5'"),
        ("use: 120", "use: 1.200", "corrections.yml:1: use: found 1.200, with 3 decimals; VISITS has 0"),
        ("use: 120", "use: unreadable", "corrections.yml:7: field use: found 'unreadable'; blank or a number"),
        ("use: 120", "use: 1200", "corrections.yml:1: found and use are both 1200: there is nothing to correct"),
        ("unit: H1", "unit: H9", "corrections.yml:1: unit: H9 is no unit_code in units.csv"),
        ("indicator: VISITS", "indicator: X", "corrections.yml:1: indicator: X is no indicator_code in indicators.csv"),
        ("period: 2022-08", "period: 2022-Q3", "corrections.yml:1: correction C1: HO is a form of a month, found the period 2022-Q3"),
        ("period: 2022-08", "period: 2022-13", "corrections.yml:4: field period: found '2022-13'; '2022-13' is not a period"),
        ("indicator: VISITS", "indicator: PATIENTS", "corrections.yml:1: correction C1: no version of form HO has PATIENTS value TOTAL"),
        ("unit: H1\n  form: HO", "unit: C22\n  form: ST", "corrections.yml:1: correction C1: there is no unit C22 in 2022-08"),
        (ENTRY, ENTRY * 2, "corrections.yml:11: the same unit, form, period, indicator, measure, breakdown stands in line 1"),
        (ENTRY, "a: b", "corrections.yml:1: a list of corrections is expected"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in ENTRY
    problems = check(pack_folder(tmp_path, ENTRY.replace(old, new)))
    assert [line for line in problems if line.startswith(problem)], problems


def test_a_pack_with_corrections_must_have_a_rule_that_watches_them(tmp_path: Path) -> None:
    (problem,) = check(pack_folder(tmp_path / "1", ENTRY, rules=FILES["rules.yml"]))
    assert problem.startswith("corrections.yml:1: correction C1: no rule of kind correction in rules.yml judges form HO in 2022-08")
    (problem,) = check(pack_folder(tmp_path / "2", ENTRY, rules=FILES["rules.yml"] + RULE + "  forms: [ST]\n"))
    assert "judges form HO" in problem


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_every_plain_number_is_read_as_it_is_written(number: Decimal) -> None:
    row = Correction.model_validate(
        {
            "correction": "C", "unit": "U", "form": "F", "period": "2022-01", "indicator": "I", "found": f"{number:f}", "use": "blank",
            "reason": "r", "author": "a", "expires": "2022-02",
        }
    )  # fmt: skip
    assert row.found == Written(State.NUMBER if number else State.ZERO, number)
