"""What a changed catalog reaches: where figures of the past may move, and nothing where only a name changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.packs import FILES, write_pack

from tonghop.catalog import load_pack, read_pack
from tonghop.database import connect
from tonghop.publication.catalog_difference import find_reach

pytestmark = pytest.mark.database

LINKS = "old_code,new_code,changed_on,extent,weight,basis\nC22,C21,2022-07-01,part,{},made up\nC22,C11,2022-07-01,part,{},made up\n"
GROUPS = "hierarchy_code,group_code,name_vi,name_en,sort_order,parent_code\nCLASS,A,{},A,1,\nCLASS,B,B,B,2,\n"
UNITS = FILES["units.csv"].replace("2004-01-01,2022-07-01,C21", "2004-01-01,2022-07-01,")
PACK = {
    "units": UNITS,
    "unit_succession": LINKS.format("0.6", "0.4"),
    "hierarchies": "hierarchy_code,name_vi,name_en,sort_order\nCLASS,Hạng,Class,1\n",
    "unit_groups": GROUPS.format("Hạng A"),
    "unit_group_members": "hierarchy_code,group_code,unit_code,valid_from,valid_to\nCLASS,A,H1,,\nCLASS,B,H2,,\n",
}


def in_units(old: str, new: str) -> dict[str, str]:
    assert UNITS.count(old) == 1
    return {"units": UNITS.replace(old, new)}


C11 = "C11,31318,Trạm Y tế xã Một,Commune One,1,3,station,D1,2004-01-01,,\n"
MOVED = C11.replace(",2004-01-01,,", ",2004-01-01,2022-03-01,") + C11.replace("D1,2004-01-01", "D2,2022-03-01")
RENAMED = C11.replace(",2004-01-01,,", ",2004-01-01,2022-01-05,") + C11.replace("Một,", "Mới,").replace("2004-01-01", "2022-01-05")


@pytest.mark.parametrize(
    ("changed", "reached"),
    [
        # where these lie in the tree and the groups dbt sees for itself
        ({"unit_succession": LINKS.format("0.5", "0.5")}, []),
        ({"unit_group_members": PACK["unit_group_members"].replace("CLASS,B,H2", "CLASS,A,H2")}, []),
        (in_units(C11, C11.replace("D1,2004", "D2,2004")), []),
        ({"unit_groups": GROUPS.format("Hạng nhất")}, []),
        ({"hierarchies": PACK["hierarchies"].replace("Hạng", "Hạng kỹ thuật")}, []),
        (in_units("Commune One", "First commune"), []),
        (in_units(C11, MOVED), [("units", "C11", 2022)]),
        # of a week that began in the year before
        (in_units(C11, RENAMED), [("units", "C11", 2021)]),
        (in_units("station,D2,2004-01-01,2022-07-01,", "station,D2,2004-01-01,2022-06-01,"), None),
        (in_units("Maternity hospital,4,2,", "Maternity hospital,4,3,"), [("units", "H2", 2003)]),
    ],
    ids=[
        *("the weights of a split", "the group of a unit", "a parent all the time", "the name of a group", "the name of a hierarchy"),
        *("a name in another language", "a parent from a day on", "a name from a day on", "an end on another day", "a level"),
    ],
)
def test_a_changed_file_alone_reaches_what_it_may_move(
    warehouse: None, tmp_path: Path, changed: dict[str, str], reached: list[tuple[str, str, int]] | None
) -> None:
    if reached is None:  # with it ends what is owed
        changed |= {"unit_succession": LINKS.format("0.6", "0.4").replace("2022-07-01", "2022-06-01")}
        reached = [("units", "C22", 2022)]
    assert find(tmp_path, changed) == (False, reached)


def test_where_most_units_change_everything_is_built_anew(warehouse: None, tmp_path: Path) -> None:
    assert find(tmp_path, {"units": UNITS.replace("2004-01-01", "2005-01-01")}) == (True, [])


def test_what_has_no_word_reaches_everything(warehouse: None, tmp_path: Path) -> None:
    assert find(tmp_path, {"pack": FILES["pack.yml"].replace("first_year: 2021", "first_year: 2020")}) == (True, [])


def find(folder: Path, changed: dict[str, str]) -> tuple[bool, list[tuple[str, str, int]]]:
    """Whether a changed pack reaches everything, and what else, but for what follows from duties."""
    before = read_pack(write_pack(folder / "before", **PACK))
    after = read_pack(write_pack(folder / "after", **(PACK | changed)))
    with connect("loader") as loader:
        load_pack(before, loader)
        load_pack(after, loader)
    with connect("publisher") as connection:
        everything = find_reach(connection, before.pack_hash, after.pack_hash)
        rows = connection.execute("select what, unit_code, year from reach where what <> 'figures' order by 1, 2").fetchall()
    return everything, rows
