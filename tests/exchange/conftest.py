"""A small published warehouse: two months of two stations and a hospital, and a correction."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.warehouse.world import World

VISITS = {"VISITS": 120, "VISITS_CHILD": 50, "VISITS_ADULT": 70, "PATIENTS": 9, "CASES": 0, "AUDITS": "blank"}
HOSPITAL = {"VISITS": 2000, "VISITS_CHILD": 700, "VISITS_ADULT": 1300, "BED_DAYS": 700, "BED_CAPACITY": 900, "OCCUPANCY": Decimal("77.78")}
SLOTS = {
    ("C11", "ST", "2022-01"): VISITS,
    ("C11", "ST", "2022-02"): VISITS | {"VISITS": 121, "VISITS_ADULT": 71},
    ("H1", "HO", "2022-01"): HOSPITAL,
}


@pytest.fixture(scope="module")
def world(server: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Publication 1, and publication 2 with one figure corrected. The name of a unit begins like a formula."""
    from tests.packs import edited

    units = edited("units", "C11,31318,Trạm Y tế xã Một", 'C11,31318,"=HYPERLINK(""x"") Trạm Y tế xã Một"')
    world = World.load(tmp_path_factory.mktemp("pack"), **units)
    for slot, cells in SLOTS.items():
        world.submit(slot, cells)
    world.open(SLOTS, scope_all=True)
    world.build()
    world.publish()
    world.submit(("C11", "ST", "2022-02"), VISITS | {"VISITS": 222, "VISITS_ADULT": 172})
    world.open([("C11", "ST", "2022-02")])
    world.build()
    world.publish()
    return world
