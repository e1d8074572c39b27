"""`unit_succession.csv`: every check speaks once, and what follows from it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.packs import FILES, write_pack

from tonghop.catalog import check, read_pack

HEADER = "old_code,new_code,changed_on,extent,weight,basis\n"
ENDED = FILES["units.csv"].replace("2022-07-01,C21", "2022-07-01,")
"""C22 ends on 2022-07-01; who took over is said elsewhere."""
GONE = ENDED.replace("D2,2004-01-01,,\nC22", "D2,2004-01-01,2023-01-01,\nC22")
"""And C21 ends half a year later."""
NEW_ROOT = (ENDED.replace("province,,,,", "province,,,2023-01-01,").replace(",2004-01-01,,", ",2004-01-01,2023-01-01,")).replace(
    "2022-01-01,,", "2022-01-01,2023-01-01,"
) + "Q,94,Tỉnh Mới,New province,1,1,province,,{begin},,\n"

PROBLEMS: dict[str, tuple[str, str, str]] = {
    "no such unit": (ENDED, "C22,C99,2022-07-01,whole,,", "unit_succession.csv:2: new_code: C99 is no unit_code in units.csv"),
    "no such old unit": (ENDED, "C99,C21,2022-07-01,whole,,", "unit_succession.csv:2: old_code: C99 is no unit_code in units.csv"),
    "the day is another": (
        ENDED,
        "C22,C21,2022-08-01,whole,,",
        "unit_succession.csv:2: changed_on: C22 has no row that ends on 2022-08-01 (it ends: 2022-07-01)",
    ),
    "the new one is gone": (
        ENDED.replace("D2,2004-01-01,,\nC22", "D2,2004-01-01,2022-05-01,\nC22"),
        "C22,C21,2022-07-01,whole,,",
        "unit_succession.csv:2: new_code: C21 does not hold on 2022-07-01",
    ),
    "in a circle": (
        ENDED.replace("D2,2004-01-01,,\nC22", "D2,2004-01-01,2022-07-01,\nC22"),
        "C22,C21,2022-07-01,whole,,\nC21,C22,2022-07-01,whole,,",
        "unit_succession.csv:3: new_code: C22 does not hold on 2022-07-01",
    ),
    "the chain ends": (GONE, "C22,C21,2022-07-01,whole,,", "unit_succession.csv:2: C21 took over from C22 and ended on 2023-01-01 without"),
    "its own successor": (ENDED, "C22,C22,2022-07-01,whole,,", "unit_succession.csv:2: C22 is its own successor"),
    "the whole of a unit that goes on": (
        ENDED,
        "C12,C11,2022-01-01,whole,,",
        "unit_succession.csv:2: C12 goes on from 2022-01-01, so that C11 cannot have taken over the whole of it",
    ),
    "parts are not a whole": (
        ENDED,
        "C22,C21,2022-07-01,part,0.5,census\nC22,C11,2022-07-01,part,0.4,census",
        "unit_succession.csv:2: weight: the parts of C22 on 2022-07-01 (lines 2, 3) add up to 0.9; expected 1",
    ),
    "whole and part": (
        ENDED,
        "C22,C21,2022-07-01,whole,,\nC22,C11,2022-07-01,part,0.4,census",
        "unit_succession.csv:3: C22 went as a whole to one unit and to C11 as well (line 2)",
    ),
    "a part without a weight": (ENDED, "C22,C21,2022-07-01,part,,census", "unit_succession.csv:2: a part needs a weight"),
    "a part without a basis": (ENDED, "C22,C21,2022-07-01,part,0.5,", "unit_succession.csv:2: a part needs a weight"),
    "a whole with a weight": (ENDED, "C22,C21,2022-07-01,whole,0.9,", "unit_succession.csv:2: weight belongs to a part"),
    "a weight of 1": (ENDED, "C22,C21,2022-07-01,part,1,census", "unit_succession.csv:2: column weight: found '1'"),
    "twice": (
        ENDED,
        "C22,C21,2022-07-01,part,0.5,census\nC22,C21,2022-07-01,part,0.5,census",
        "unit_succession.csv:3: the same old_code, new_code, changed_on stands in line 2",
    ),
    "another one in units.csv": (
        FILES["units.csv"],
        "C22,C11,2022-07-01,whole,,",
        "units.csv:9: successor_code: found C21; unit_succession.csv says C11",
    ),
    "two roots at a time": (
        NEW_ROOT.format(begin="2022-06-01"),
        "P,Q,2023-01-01,whole,,",
        "units.csv:12: units P (line 2) and Q are roots at the same time",
    ),
    "a root that nobody took over from": (NEW_ROOT.format(begin="2023-01-01"), "", "units.csv:12: unit Q has no parent_code"),
}


@pytest.mark.parametrize(("units", "lines", "problem"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, units: str, lines: str, problem: str) -> None:
    problems = check(write_pack(tmp_path, units=units, unit_succession=f"{HEADER}{lines}\n", targets=FILES["targets.csv"]))
    assert [line for line in problems if line.startswith(problem)], problems


def test_a_whole_link_is_the_successor_of_the_unit_in_either_file(tmp_path: Path) -> None:
    by_column = read_pack(write_pack(tmp_path / "a"))
    by_file = read_pack(write_pack(tmp_path / "b", units=ENDED, unit_succession=f"{HEADER}C22,C21,2022-07-01,whole,,\n"))
    for pack in (by_column, by_file):
        (link,) = pack.successions
        assert (link.old_code, link.new_code, link.changed_on, link.share) == ("C22", "C21", date(2022, 7, 1), 1)
        assert pack.unit_history("C22")[-1].successor_code == "C21"


def test_a_split_unit_has_parts_and_no_successor(tmp_path: Path) -> None:
    lines = "C22,C21,2022-07-01,part,0.75,census 2019\nC22,C11,2022-07-01,part,0.25,census 2019\n"
    pack = read_pack(write_pack(tmp_path, units=ENDED, unit_succession=HEADER + lines))
    assert [link.share for link in pack.successions] == [Decimal("0.75"), Decimal("0.25")]
    assert pack.unit_history("C22")[-1].successor_code is None


def test_a_unit_may_give_a_part_away_and_go_on(tmp_path: Path) -> None:
    lines = "C12,C12,2022-01-01,part,0.9,census 2019\nC12,C11,2022-01-01,part,0.1,census 2019\n"
    pack = read_pack(write_pack(tmp_path, unit_succession=HEADER + lines))
    assert {(link.old_code, link.new_code, link.share) for link in pack.successions} == {
        ("C12", "C12", Decimal("0.9")),
        ("C12", "C11", Decimal("0.1")),
        ("C22", "C21", Decimal(1)),
    }


def test_a_root_may_take_over_from_the_root(tmp_path: Path) -> None:
    units = NEW_ROOT.format(begin="2023-01-01")
    assert check(write_pack(tmp_path, units=units, unit_succession=f"{HEADER}P,Q,2023-01-01,whole,,\n")) == []
