"""Hierarchies beside the tree: every check speaks once, and who belongs to which group."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.packs import write_pack

from tonghop.catalog import check, read_pack

HIERARCHIES = "hierarchy_code,name_vi,name_en,sort_order\nCLASS,Hạng,Class,1\n"
GROUPS = """\
hierarchy_code,group_code,name_vi,name_en,sort_order,parent_code
CLASS,ALL,Tất cả,All,1,
CLASS,A,Hạng A,Class A,2,ALL
CLASS,B,Hạng B,Class B,3,ALL
"""
MEMBERS = "hierarchy_code,group_code,unit_code,valid_from,valid_to\n"
SOUND = "CLASS,A,P,,\nCLASS,B,H1,,\nCLASS,A,C12,,2022-01-01\nCLASS,B,C12,2022-01-01,\n"


def pack_with(directory: Path, *, groups: str = GROUPS, members: str = SOUND) -> Path:
    return write_pack(directory, hierarchies=HIERARCHIES, unit_groups=groups, unit_group_members=MEMBERS + members)


def test_the_nearest_membership_counts_and_a_version_has_one(tmp_path: Path) -> None:
    pack = read_pack(pack_with(tmp_path))
    places = {(place.unit_code, place.valid_from.year): place.group_code for place in pack.group_places}
    assert (places["P", 1], places["C11", 2004], places["H1", 2004]) == ("A", "A", "B")
    assert (places["C12", 2004], places["C12", 2022]) == ("A", "B")
    assert [group.path for group in pack.unit_groups] == ["ALL", "ALL/A", "ALL/B"]


PROBLEMS: dict[str, tuple[str, str, str]] = {
    "unknown hierarchy": (GROUPS + "X,Z,Z,Z,1,\n", SOUND, "unit_groups.csv:5: hierarchy_code: X is no hierarchy_code in hierarchies.csv"),
    "unknown parent": (
        GROUPS.replace("3,ALL", "3,TOP"),
        SOUND,
        "unit_groups.csv:4: parent_code: TOP is no group_code of the hierarchy CLASS",
    ),
    "circle": (GROUPS.replace("All,1,", "All,1,A"), SOUND, "unit_groups.csv:2: groups stand in a circle: ALL is above itself"),
    "group twice": (GROUPS + "CLASS,A,A,A,4,\n", SOUND, "unit_groups.csv:5: the same hierarchy_code, group_code stands in line 3"),
    "unknown group": (GROUPS, "CLASS,C,P,,\n", "unit_group_members.csv:2: C is no group_code of the hierarchy CLASS"),
    "unknown unit": (GROUPS, "CLASS,A,Z9,,\n", "unit_group_members.csv:2: unit_code: Z9 is no unit_code in units.csv"),
    "two groups at a time": (GROUPS, SOUND + "CLASS,B,P,2022-01-01,\n", "unit_group_members.csv:6: P is in B, and until 9999-12-31 in A"),
    "a row that is cut": (
        GROUPS,
        "CLASS,A,H1,,2022-05-01\nCLASS,B,H1,2022-05-01,\n",
        "units.csv:10: unit H1 changes its place in the hierarchy CLASS on 2022-05-01; split this row",
    ),
    "a unit below that is cut": (
        GROUPS,
        "CLASS,A,D1,,2021-05-01\n",
        "units.csv:5: unit C11 changes its place in the hierarchy CLASS on 2021-05-01; split this row",
    ),
}


@pytest.mark.parametrize(("groups", "members", "problem"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, groups: str, members: str, problem: str) -> None:
    problems = check(pack_with(tmp_path, groups=groups, members=members))
    assert [line for line in problems if line.startswith(problem)], problems
