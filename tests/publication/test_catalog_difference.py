"""What a changed catalog reaches: everything where figures of the past may move, nothing where only a name changes."""

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
PACK = {
    "units": FILES["units.csv"].replace("2004-01-01,2022-07-01,C21", "2004-01-01,2022-07-01,"),
    "unit_succession": LINKS.format("0.6", "0.4"),
    "hierarchies": "hierarchy_code,name_vi,name_en,sort_order\nCLASS,Hạng,Class,1\n",
    "unit_groups": GROUPS.format("Hạng A"),
    "unit_group_members": "hierarchy_code,group_code,unit_code,valid_from,valid_to\nCLASS,A,H1,,\nCLASS,B,H2,,\n",
}


@pytest.mark.parametrize(
    ("changed", "everything"),
    [
        ({"unit_succession": LINKS.format("0.5", "0.5")}, True),
        ({"unit_group_members": PACK["unit_group_members"].replace("CLASS,B,H2", "CLASS,A,H2")}, True),
        ({"unit_groups": GROUPS.format("Hạng nhất")}, False),
        ({"hierarchies": PACK["hierarchies"].replace("Hạng", "Hạng kỹ thuật")}, False),
    ],
    ids=["the weights of a split", "the group of a unit", "the name of a group", "the name of a hierarchy"],
)
def test_a_changed_file_alone_reaches_what_it_may_move(warehouse: None, tmp_path: Path, changed: dict[str, str], everything: bool) -> None:
    before = read_pack(write_pack(tmp_path / "before", **PACK))
    after = read_pack(write_pack(tmp_path / "after", **(PACK | changed)))
    with connect("loader") as loader:
        load_pack(before, loader)
        load_pack(after, loader)
    with connect("publisher") as connection:
        assert find_reach(connection, before.pack_hash, after.pack_hash) is everything
        assert connection.execute("select count(*) from reach").fetchone() == (0,)
